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
    m_tlb.forget_hosts(0, ~uint64_t(0)); // of pages that hosts served until now
}

void core::set_mode(privilege mode) {
    m_mode = mode;
    update_context();
}

void core::write_csr(unsigned number, uint64_t value) {
    switch (m_csr.write(number, value)) {
    case csr_file::effect::none: break;
    case csr_file::effect::context: update_context(); break;
    case csr_file::effect::translation: m_tlb.flush(); break;
    }
}

/// Pages of U mode and of S mode are looked up alike; only where that is no use does the mode count.
std::optional<uint64_t> core::look_up(uint64_t address, page_table_memory& tables) const {
    if (m_data_mode == privilege::machine || m_csr.satp() >> 60 == satp_mode::bare)
        return address;
    for (const privilege mode : {privilege::supervisor, privilege::user})
        for (const access kind : {access::load, access::store}) {
            const page_request asked{kind, address, mode, true, true, true};
            const page_answer answer = walk_page_tables(m_csr.satp(), asked, tables);
            if (answer.what == page_answer::verdict::granted)
                return answer.physical;
        }
    return std::nullopt;
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
            if (is_taken && m_debug.steps() && m_debug.stops_behind(m_pc))
                return;
        }
        if (!m_debug.steps() && m_debug.stops_before(m_pc))
            return;
        const bool alone = m_debug.passes_watchpoint(m_pc) || m_debug.steps();
        const uint64_t retired = m_retired;
        step(alone ? 1 : (quantum - now + m_config.period - 1) / m_config.period);
        if (m_debug.gave_up() && m_retired == retired)
            set_local_time(now); // its fetch will happen once more
        if (m_debug.stops_behind(m_pc))
            return;
    }
}

} // namespace vmcore::riscv
