#include "models/riscv/csr.h"

// Which CSRs a hart has, and who may touch them.

namespace vmcore::riscv {

bool csr_file::exists(unsigned number) const {
    if (number >= csr_mhpmevent3 && number <= csr_mhpmevent31)
        return true;
    if (number >= csr_pmpaddr0 && number <= csr_pmpaddr15)
        return m_isa.pmp;
    switch (number) {
    case csr_fflags:
    case csr_frm:
    case csr_fcsr: return m_isa.f;
    case csr_sstatus:
    case csr_sie:
    case csr_stvec:
    case csr_scounteren:
    case csr_senvcfg:
    case csr_sscratch:
    case csr_sepc:
    case csr_scause:
    case csr_stval:
    case csr_sip:
    case csr_satp: return m_isa.s;
    case csr_stimecmp: return m_isa.s && m_isa.sstc;
    case csr_mcounteren:
    case csr_menvcfg: return m_isa.u;
    case csr_pmpcfg0:
    case csr_pmpcfg2: return m_isa.pmp;
    case csr_cycle:
    case csr_time:
    case csr_instret: return m_isa.zicntr;
    case csr_mstatus:
    case csr_misa:
    case csr_mtvec:
    case csr_mcountinhibit:
    case csr_mip:
    case csr_tdata1:
    case csr_tdata2:
    case csr_tdata3:
    case csr_tinfo:
    case csr_mcycle:
    case csr_minstret:
    case csr_mvendorid:
    case csr_marchid:
    case csr_mimpid:
    case csr_mconfigptr: return true;
    default: return find_plain(number) != nullptr;
    }
}

bool csr_file::permits(unsigned number, bool write, privilege mode) const {
    const unsigned lowest_mode = number >> 8 & 3;
    const bool read_only = number >> 10 == 3;
    if (static_cast<unsigned>(mode) < lowest_mode || (write && read_only) || !exists(number))
        return false;
    if (number >= csr_fflags && number <= csr_fcsr && !float_enabled())
        return false;
    if (mode == privilege::machine)
        return true;
    if (number >= csr_cycle && number <= csr_instret)
        return counter_permitted(number - csr_cycle, mode);
    if (number == csr_stimecmp)
        return counter_permitted(csr_time - csr_cycle, mode) && timer_compare_in_use();
    if (number == csr_satp)
        return (m_mstatus & mstatus::tvm) == 0;
    return true;
}

bool csr_file::counter_permitted(unsigned number, privilege mode) const {
    if ((m_mcounteren >> number & 1) == 0)
        return false;
    return mode != privilege::user || !m_isa.s || (m_scounteren >> number & 1) != 0;
}

/// CBIE has several values that permit cbo.inval, so that menvcfg and senvcfg may do so in different ways.
static uint64_t rights_of(uint64_t environment) {
    return (environment & envcfg::cbie) != 0 ? environment | envcfg::cbie : environment;
}

uint64_t csr_file::environment_rights(privilege mode) const {
    switch (mode) {
    case privilege::machine: return ~uint64_t(0);
    case privilege::supervisor: return rights_of(m_menvcfg);
    default: return m_isa.s ? rights_of(m_menvcfg) & rights_of(m_senvcfg) : rights_of(m_menvcfg);
    }
}

} // namespace vmcore::riscv
