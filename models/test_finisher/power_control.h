#pragma once

namespace vmcore {

/// Why a guest wants to end.
enum class shutdown_cause { guest_shutdown, guest_panic };

/// Whoever ends and restarts the machine: the platform, or a test. The calls come from within an access of
/// the guest: they note the request and return, and the machine acts on it afterwards.
class power_control {
public:
    virtual ~power_control() = default;

    /// @param exit_code 0 to 65535, as the guest gave it
    virtual void request_shutdown(shutdown_cause cause, int exit_code) = 0;
    virtual void request_reset() = 0;
};

} // namespace vmcore
