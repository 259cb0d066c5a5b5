#include "models/riscv/csr.h"

// How traps are chosen, entered and left (privileged ISA, 3.1.6 to 3.1.9 and the same of S mode).

namespace vmcore::riscv {

namespace {

/// Interrupts from the most to the least urgent (privileged ISA, 3.1.9, then QEMU's order for the rest).
constexpr int interrupt_order[] = {11, 3, 7, 9, 1, 5, 13, 10, 2, 6};

int most_urgent(uint64_t candidates) {
    for (const int each : interrupt_order)
        if ((candidates >> each & 1) != 0)
            return each;
    return -1;
}

uint64_t handler(uint64_t vector, bool is_interrupt, unsigned code) {
    const uint64_t base = vector & ~uint64_t(3);
    return is_interrupt && (vector & 1) != 0 ? base + uint64_t(4) * code : base;
}

} // namespace

int csr_file::interrupt(privilege mode) const {
    const uint64_t candidates = pending_and_enabled();
    if (candidates == 0)
        return -1;
    const uint64_t delegated = m_isa.s ? m_mideleg : 0;
    if (mode != privilege::machine || (m_mstatus & mstatus::mie) != 0)
        if (const int chosen = most_urgent(candidates & ~delegated); chosen >= 0)
            return chosen;
    if (mode == privilege::user || (mode == privilege::supervisor && (m_mstatus & mstatus::sie) != 0))
        return most_urgent(candidates & delegated);
    return -1;
}

csr_file::transfer csr_file::enter_trap(privilege mode, uint64_t pc, bool is_interrupt, unsigned code,
                                        uint64_t value) {
    const uint64_t full_code = code | (is_interrupt ? uint64_t(1) << 63 : 0);
    const uint64_t delegated = is_interrupt ? m_mideleg : m_medeleg;
    if (m_isa.s && mode != privilege::machine && (delegated >> code & 1) != 0) {
        const bool enabled = (m_mstatus & mstatus::sie) != 0;
        m_mstatus &= ~(mstatus::sie | mstatus::spie | mstatus::spp);
        m_mstatus |= (enabled ? mstatus::spie : 0) | (mode == privilege::supervisor ? mstatus::spp : 0);
        m_sepc = pc;
        m_scause = full_code;
        m_stval = value;
        return {handler(m_stvec, is_interrupt, code), privilege::supervisor};
    }
    const bool enabled = (m_mstatus & mstatus::mie) != 0;
    m_mstatus &= ~(mstatus::mie | mstatus::mpie | mstatus::mpp);
    m_mstatus |= (enabled ? mstatus::mpie : 0) | static_cast<uint64_t>(mode) << 11;
    m_mepc = pc;
    m_mcause = full_code;
    m_mtval = value;
    return {handler(m_mtvec, is_interrupt, code), privilege::machine};
}

csr_file::transfer csr_file::leave_machine_trap() {
    const bool enable = (m_mstatus & mstatus::mpie) != 0;
    const auto mode = static_cast<privilege>(m_mstatus >> 11 & 3);
    if (mode != privilege::machine)
        m_mstatus &= ~mstatus::mprv;
    m_mstatus &= ~(mstatus::mie | mstatus::mpp);
    m_mstatus |= mstatus::mpie | (enable ? mstatus::mie : 0);
    if (!m_isa.u)
        m_mstatus |= mstatus::mpp;
    return {m_mepc, mode};
}

csr_file::transfer csr_file::leave_supervisor_trap() {
    const bool enable = (m_mstatus & mstatus::spie) != 0;
    const privilege mode = (m_mstatus & mstatus::spp) != 0 ? privilege::supervisor : privilege::user;
    m_mstatus &= ~(mstatus::mprv | mstatus::sie | mstatus::spp);
    m_mstatus |= mstatus::spie | (enable ? mstatus::sie : 0);
    return {m_sepc, mode};
}

} // namespace vmcore::riscv
