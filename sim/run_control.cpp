#include "sim/run_control.h"

#include <algorithm>

namespace vmcore::sim {

void run_control::interrupt_slice() {
    if (m_board != nullptr)
        m_board->yield();
    if (sc_core::sc_get_status() == sc_core::SC_RUNNING)
        sc_core::sc_pause();
}

void run_control::guest_published() {
    m_publish_pending = true;
    if (m_publish_action)
        interrupt_slice();
}

void run_control::request_shutdown(shutdown_cause cause, int exit_code) {
    const bool panic = cause == shutdown_cause::guest_panic;
    m_end = run_end{panic ? run_end::cause::guest_panic : run_end::cause::guest_shutdown, exit_code};
    interrupt_slice();
}

void run_control::request_reset() {
    m_reset_pending = true;
    interrupt_slice();
}

void run_control::run_slice() {
    const auto before = std::chrono::steady_clock::now();
    const bool active = sc_core::sc_pending_activity();
    const sc_core::sc_time idle = active ? sc_core::sc_time_to_pending_activity() : sc_core::SC_ZERO_TIME;
    // A reset that waits for the end of a transfer follows it at once: one step of the kernel at a time.
    sc_core::sc_start(m_reset_pending ? idle : std::max(m_slice, idle));
    m_host_time += std::chrono::steady_clock::now() - before;
}

void run_control::serve_guest() {
    if (std::exchange(m_publish_pending, false) && m_publish_action)
        m_publish_action();
    if (m_reset_pending && !m_end && !(m_reboot && m_board->busy())) {
        m_reset_pending = false;
        if (m_reboot)
            m_board->reset();
        else
            m_end = run_end{run_end::cause::guest_reset};
    }
}

run_end run_control::run(board& controlled) {
    m_board = &controlled;
    while (!m_end) {
        for (const mailbox::command& command : m_mailbox.take())
            command();
        if (m_end)
            break;
        run_slice();
        serve_guest();
        if (!m_end && !sc_core::sc_pending_activity())
            m_mailbox.wait();
    }
    return *m_end;
}

} // namespace vmcore::sim
