#pragma once

#include "models/test_finisher/power_control.h"
#include "platform/board.h"
#include "sim/kernel_bell.h"
#include "sim/mailbox.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <systemc>
#include <vector>

namespace vmcore::sim {

/// Who wanted a reset or the end of a run.
enum class run_cause { guest_shutdown, guest_panic, guest_reset, host_signal, host_quit, host_reset };

inline bool by_guest(run_cause cause) {
    return cause <= run_cause::guest_reset;
}

/// Why a run ended.
struct run_end {
    run_cause why;
    int exit_code = 0; ///< the guest's, where it gave one
};

/// QEMU's run states, as far as they occur here.
enum class run_state {
    prelaunch, ///< held from the start, or after a reset
    running,
    paused,
    debug,          ///< a CPU has stopped for its debugger
    shutdown,       ///< the run has ended, or the guest has powered off and the run was not ended for it
    guest_panicked, ///< the guest has failed and the run was not ended for it
};

/// Something that observers are told of, on the thread that runs the kernel.
struct run_event {
    enum class kind {
        stop,
        resume,
        reset,
        shutdown,
        powerdown,
        guest_panicked,
        guest_crash_loaded,
        guest_shutting_down
    };
    enum class aftermath { run_ends, guest_is_held, guest_goes_on };

    kind what;
    run_cause cause = run_cause::host_quit;  ///< of a reset or shutdown
    aftermath follows = aftermath::run_ends; ///< of guest_panicked
    bool brief = false;                      ///< of stop: the guest goes on when somebody has looked at it
};

/// What happens on requests of the guest, and how the run begins.
struct run_policy {
    enum class panic_action {
        shutdown,     ///< ends the run with the guest's exit code
        exit_failure, ///< the same, with 1 where the guest gave 0
        pause,        ///< holds the guest for whoever looks at it
        none          ///< nothing
    };

    bool reboot = true;           ///< a reset restarts the guest; otherwise it ends the run
    bool hold = false;            ///< the guest does not run before resume()
    bool executes = true;         ///< without it harts never run and time moves only by advance()
    bool shutdown_pauses = false; ///< the guest's power-off holds it instead of ending the run
    panic_action on_panic = panic_action::shutdown;
};

/// Runs the SystemC kernel in slices of simulated time, and between two of them does what was asked for
/// meanwhile: by the guest through its devices, or from outside through the mailbox. A request of the guest
/// ends the slice right behind the instruction that made it. While nothing is left that could ever happen in
/// the simulation, or the guest is paused, the thread sleeps on the mailbox. Without commands from outside a
/// run is deterministic: the slices are cut by simulated time alone.
///
/// While the guest is paused simulated time stands still, but for what advance() asks for and what an access
/// from outside takes.
class run_control : public power_control {
public:
    using observer = std::function<void(const run_event&)>;

    /// @param slice simulated time between two looks into the mailbox, where time does not jump further
    run_control(const sc_core::sc_time& slice, const run_policy& policy);

    /// Runs until the guest or a command ends it.
    run_end run(board& controlled);

    void on_guest_publish(std::function<void()> action) { m_publish_action = std::move(action); }
    /// Called by a CPU that stops for its debugger, from within the simulation: no hart executes anything
    /// from then on, and the guest stands still at the same simulated time.
    void stop_for_debugger();
    void guest_published(); ///< called by the board, from within the simulation
    /// Carried out when the guest has failed and the run is not ended for it.
    void on_guest_panic(std::function<void()> action) { m_panic_action = std::move(action); }
    void observe(observer added) { m_observers.push_back(std::move(added)); }

    /// Has a command carried out on the kernel's thread, soon; any thread may call it.
    void post(mailbox::command command);

    // To be called by posted commands only.
    run_state state() const { return m_state; }
    /// Whether the run is over, and commands are carried out only by serve_until().
    bool has_ended() const { return m_end.has_value(); }
    /// @param brief whether resume() is to follow by itself
    /// @returns whether the guest ran until now
    bool pause(bool brief = false);
    /// @returns whether the guest runs now; false when only a reset could make it run
    bool resume();
    void reset(run_cause cause); ///< takes place before the guest's next instruction
    void power_down();           ///< the power button, which no device of ours passes on
    void end(run_cause cause) { m_shutdown = run_end{cause}; }
    /// Lets simulated time pass until `target`, paused or not; then calls `done`. One at a time.
    void advance(const sc_core::sc_time& target, std::function<void()> done);
    /// Carries out commands from outside while the kernel stands still, until `done` says so. What they ask
    /// of the run takes place afterwards, also after the end of the run. Calls `between` every now and then.
    /// @returns false when an end of the run from outside comes first
    bool serve_until(const std::function<bool()>& done, const std::function<void()>& between);
    /// An access from outside has begun, or ended: meanwhile the kernel runs even while the guest is paused.
    void begin_access() { ++m_accesses; }
    void end_access() { --m_accesses; }

    std::chrono::steady_clock::duration host_time() const { return m_host_time; }

    void request_shutdown(shutdown_cause cause, int exit_code) override;
    void request_reset() override;
    void guest_panicked(int exit_code) override;
    void notice(guest_notice what) override;

private:
    bool time_flows() const { return m_state == run_state::running && m_policy.executes; }
    void hold_or_release();
    void interrupt_slice();
    bool take_commands();
    void carry_out_next();
    void carry_out_commands();
    std::optional<sc_core::sc_time> next_slice() const;
    void run_kernel(const sc_core::sc_time& span);
    void settle();
    void serve_requests();
    run_event::aftermath tell_of_panic();
    void serve_notices();
    void serve_panic();
    void serve_shutdown();
    void end_run(const run_end& wanted);
    void serve_reset();
    void stop_in(run_state state, bool brief = false);
    void tell(const run_event& event);

    sc_core::sc_time m_slice;
    run_policy m_policy;
    board* m_board = nullptr;
    mailbox m_mailbox;
    std::deque<mailbox::command> m_taken; ///< out of the mailbox, and not begun
    kernel_bell m_bell{"bell"};
    std::atomic<bool> m_in_kernel{false};
    run_state m_state;
    unsigned m_accesses = 0;
    std::function<void()> m_publish_action;
    bool m_publish_pending = false;
    bool m_debug_stop = false; ///< asked for
    std::function<void()> m_panic_action;
    std::deque<guest_notice> m_notices; ///< not told of yet: at most one of each kind
    std::optional<int> m_panic;         ///< the guest has failed; exit code of the run
    std::optional<run_cause> m_reset;   ///< asked for
    std::optional<run_end> m_shutdown;  ///< asked for
    std::optional<run_end> m_end;
    sc_core::sc_time m_advance_target;
    std::function<void()> m_advanced; ///< empty: no advance() is under way
    std::vector<observer> m_observers;
    std::chrono::steady_clock::duration m_host_time{};
};

} // namespace vmcore::sim
