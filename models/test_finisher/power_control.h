#pragma once

namespace vmcore {

/// Why a guest wants to end.
enum class shutdown_cause { guest_shutdown, guest_panic };

/// What a guest says of itself without asking for anything.
enum class guest_notice {
    crash_loaded, ///< it has failed, and its crash kernel takes over
    shutting_down ///< a request_shutdown() follows
};

/// Whoever ends and restarts the machine: the platform, or a test. The calls come from within an access of
/// the guest: they note the request and return, and the machine acts on it afterwards.
class power_control {
public:
    virtual ~power_control() = default;

    /// @param exit_code 0 to 65535, as the guest gave it
    virtual void request_shutdown(shutdown_cause cause, int exit_code) = 0;
    virtual void request_reset() = 0;
    /// The guest has failed, or can not go on, without having ended: what becomes of it is the machine's to
    /// say.
    /// @param exit_code of the run, if the machine ends it
    virtual void guest_panicked(int exit_code) { request_shutdown(shutdown_cause::guest_panic, exit_code); }
    virtual void notice(guest_notice) {}
};

} // namespace vmcore
