#pragma once

#include "models/test_finisher/power_control.h"
#include "platform/board.h"
#include "sim/kernel_bell.h"
#include "sim/mailbox.h"

#include <chrono>
#include <functional>
#include <optional>
#include <systemc>

namespace vmcore::sim {

/// Why a run ended.
struct run_end {
    enum class cause { guest_shutdown, guest_panic, guest_reset, stopped };

    cause why;
    int exit_code = 0; ///< the guest's, where it gave one
};

/// Runs the SystemC kernel in slices of simulated time, and between two of them does what was asked for
/// meanwhile: by the guest through its devices, or from outside through the mailbox. A request of the guest
/// ends the slice right behind the instruction that made it. While nothing is left that could ever happen in
/// the simulation, the thread sleeps on the mailbox. Without commands from outside a run is deterministic:
/// the slices are cut by simulated time alone.
class run_control : public power_control {
public:
    /// @param slice simulated time between two looks into the mailbox, where time does not jump further
    run_control(const sc_core::sc_time& slice, bool reboot)
        : m_slice(slice)
        , m_reboot(reboot) {}

    /// Runs until the guest or a command ends it.
    run_end run(board& controlled);

    void on_guest_publish(std::function<void()> action) { m_publish_action = std::move(action); }
    void guest_published(); ///< called by the board, from within the simulation

    /// Has a command carried out on the kernel's thread, soon; any thread may call it.
    void post(mailbox::command command) {
        m_mailbox.post(std::move(command));
        m_bell.ring();
    }
    void stop() { m_end = run_end{run_end::cause::stopped}; } ///< to be posted: ends the run

    std::chrono::steady_clock::duration host_time() const { return m_host_time; }

    void request_shutdown(shutdown_cause cause, int exit_code) override;
    void request_reset() override;

private:
    void interrupt_slice();
    void run_slice();
    void serve_guest();

    sc_core::sc_time m_slice;
    bool m_reboot;
    board* m_board = nullptr;
    mailbox m_mailbox;
    kernel_bell m_bell{"bell"};
    std::function<void()> m_publish_action;
    bool m_publish_pending = false;
    bool m_reset_pending = false;
    std::optional<run_end> m_end;
    std::chrono::steady_clock::duration m_host_time{};
};

} // namespace vmcore::sim
