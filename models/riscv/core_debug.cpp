#include "models/riscv/core.h"

// Running under a debugger. The order of what happens is that of core::run(), so that stops change nothing of
// what a guest sees.

namespace vmcore::riscv {

void core::set_breakpoints(std::vector<uint64_t> addresses) {
    m_debug.set_breakpoints(std::move(addresses));
    forget_code();
}

void core::set_watchpoints(std::vector<watchpoint> watched) {
    m_debug.set_watchpoints(std::move(watched));
    m_memory.forget_pages();
}

void core::run_debugged(uint64_t quantum) {
    m_leave = false;
    if (asleep())
        return;
    m_waiting = false;
    for (;;) {
        const uint64_t now = local_time();
        if (m_leave || now >= quantum)
            return;
        if (m_csr.pending_and_enabled() != 0 && !m_debug.masks_interrupts()) {
            const bool is_taken = m_csr.interrupt(m_mode) >= 0;
            take_interrupt();
            if (is_taken && m_debug.steps() && m_debug.stops_behind())
                return;
        }
        if (!m_debug.steps() && m_debug.stops_before(m_pc))
            return;
        step(m_debug.steps() ? 1 : (quantum - now + m_config.period - 1) / m_config.period);
        if (m_debug.stops_behind())
            return;
    }
}

} // namespace vmcore::riscv
