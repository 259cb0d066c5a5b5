#include "models/riscv/csr.h"

#include <algorithm>

namespace vmcore::riscv {

namespace {

constexpr uint64_t bit(unsigned position) {
    return uint64_t(1) << position;
}

/// UXL and SXL: 64 bit.
constexpr uint64_t mstatus_fixed = uint64_t(2) << 32 | uint64_t(2) << 34;
/// MPP and FS are handled apart. QEMU has the fields of S mode even on harts without it.
constexpr uint64_t mstatus_writable = mstatus::sie | mstatus::mie | mstatus::spie | mstatus::mpie |
                                      mstatus::spp | mstatus::mprv | mstatus::sum | mstatus::mxr |
                                      mstatus::tvm | mstatus::tw | mstatus::tsr;
constexpr uint64_t sstatus_writable =
    mstatus::sie | mstatus::spie | mstatus::spp | mstatus::sum | mstatus::mxr;
/// SSIP, VSSIP, STIP, VSTIP, SEIP, VSEIP, LCOFIP: QEMU keeps and raises them without the modes they belong
/// to.
constexpr uint64_t mip_writable = 0x2666;
constexpr uint64_t mie_writable = ~uint64_t(0x1fff) | 0xaaa;
/// SSIP, STIP, SEIP and LCOFIP, where they are delegated; of them S mode may write the first and the last.
constexpr uint64_t supervisor_interrupts = 0x2222;
constexpr uint64_t sip_writable = 0x2002;
constexpr uint64_t stip = bit(supervisor_timer);
constexpr uint64_t vstip = bit(6);
constexpr uint64_t envcfg_writable = bit(0) | envcfg::cbie | envcfg::cbcfe | envcfg::cbze;
constexpr uint64_t counter_delegation = bit(60); ///< of menvcfg, without effect
constexpr uint64_t inhibit_cycle = bit(0);
constexpr uint64_t inhibit_instret = bit(2);
constexpr uint64_t trigger_type_match = uint64_t(2) << 60; ///< tdata1: mcontrol, nothing enabled
constexpr uint64_t trigger_types = bit(2) | bit(6);

uint64_t replace(uint64_t old, uint64_t value, uint64_t mask) {
    return (old & ~mask) | (value & mask);
}

} // namespace

const std::array<csr_file::plain, 17> csr_file::plain_registers = {{
    {csr_scounteren, &csr_file::m_scounteren, 7},
    {csr_senvcfg, &csr_file::m_senvcfg, envcfg_writable},
    {csr_sscratch, &csr_file::m_sscratch, ~uint64_t(0)},
    {csr_sepc, &csr_file::m_sepc, ~uint64_t(1)},
    {csr_scause, &csr_file::m_scause, ~uint64_t(0)},
    {csr_stval, &csr_file::m_stval, ~uint64_t(0)},
    {csr_medeleg, &csr_file::m_medeleg, 0xf4bfff},
    {csr_mideleg, &csr_file::m_mideleg, 0x2666},
    {csr_mie, &csr_file::m_mie, mie_writable},
    {csr_mcounteren, &csr_file::m_mcounteren, 7},
    {csr_mscratch, &csr_file::m_mscratch, ~uint64_t(0)},
    {csr_mepc, &csr_file::m_mepc, ~uint64_t(1)},
    {csr_mcause, &csr_file::m_mcause, ~uint64_t(0)},
    {csr_mtval, &csr_file::m_mtval, ~uint64_t(0)},
    {csr_tselect, &csr_file::m_tselect, 1},
    {csr_mcontext, &csr_file::m_mcontext, 0x1fff},
    {csr_mhartid, &csr_file::m_hartid, 0},
}};

csr_file::csr_file(csr_sources& sources, unsigned hartid, const isa& implemented, float_registers& floats)
    : m_sources(sources)
    , m_isa(implemented)
    , m_floats(floats)
    , m_hartid(hartid)
    , m_pmp(implemented.pmp) {}

void csr_file::reset() {
    m_soft = 0;
    m_mstatus = mstatus_fixed;
    m_menvcfg = m_isa.s && m_isa.svadu ? envcfg::adue : 0;
    m_medeleg = m_mideleg = m_mie = m_mtvec = m_mcounteren = 0;
    m_mscratch = m_mepc = m_mcause = m_mtval = m_mcontext = m_tselect = 0;
    m_stvec = m_scounteren = m_senvcfg = m_sscratch = m_sepc = m_scause = m_stval = m_satp = 0;
    m_stimecmp = 0;
    m_compares_time = false;
    m_tdata2.fill(0);
    m_tdata3.fill(0);
    m_mhpmevent.fill(0);
    m_mcycle = {uint64_t(0) - m_sources.cycles(), false};
    m_minstret = {uint64_t(0) - m_sources.retired(), false};
    m_pmp.reset();
}

const csr_file::plain* csr_file::find_plain(unsigned number) {
    const auto found = std::find_if(plain_registers.begin(), plain_registers.end(),
                                    [number](const plain& each) { return each.number == number; });
    return found == plain_registers.end() ? nullptr : &*found;
}

uint64_t csr_file::value_of(const counter& which, uint64_t source) {
    return which.stopped ? which.base : source + which.base;
}

void csr_file::stop(counter& which, bool stopped, uint64_t source) {
    if (which.stopped == stopped)
        return;
    which.base = stopped ? source + which.base : which.base - source;
    which.stopped = stopped;
}

uint64_t csr_file::status() const {
    return m_mstatus | (float_dirty() ? mstatus::sd : 0);
}

uint64_t csr_file::read(unsigned number, privilege mode) const {
    if (const plain* found = find_plain(number))
        return this->*found->value;
    if (number >= csr_mhpmevent3 && number <= csr_mhpmevent31)
        return m_mhpmevent[number - csr_mhpmevent3];
    if (number >= csr_pmpaddr0 && number <= csr_pmpaddr15)
        return m_pmp.address(number - csr_pmpaddr0);
    switch (number) {
    case csr_fflags: return m_floats.fflags;
    case csr_frm: return m_floats.frm;
    case csr_fcsr: return static_cast<uint64_t>(m_floats.frm) << 5 | m_floats.fflags;
    case csr_sstatus: return status() & (sstatus_writable | mstatus::fs | mstatus::uxl | mstatus::sd);
    case csr_sie: return m_mie & m_mideleg & supervisor_interrupts;
    case csr_sip: {
        const bool hidden = mode == privilege::machine && timer_compare_in_use();
        return pending() & m_mideleg & supervisor_interrupts & ~(hidden ? stip : 0);
    }
    case csr_stvec: return m_stvec;
    case csr_stimecmp: return m_stimecmp;
    case csr_satp: return m_satp;
    case csr_mstatus: return status();
    case csr_misa: return m_isa.misa();
    case csr_mtvec: return m_mtvec;
    case csr_menvcfg: return m_menvcfg;
    case csr_mcountinhibit:
        return (m_mcycle.stopped ? inhibit_cycle : 0) | (m_minstret.stopped ? inhibit_instret : 0);
    case csr_mip: return pending();
    case csr_pmpcfg0:
    case csr_pmpcfg2: return m_pmp.config(number - csr_pmpcfg0);
    case csr_tdata1: return trigger_type_match;
    case csr_tdata2: return m_tdata2[m_tselect];
    case csr_tdata3: return m_tdata3[m_tselect];
    case csr_tinfo: return trigger_types;
    case csr_mcycle:
    case csr_cycle: return value_of(m_mcycle, m_sources.cycles());
    case csr_minstret:
    case csr_instret: return value_of(m_minstret, m_sources.retired());
    case csr_time: return m_sources.time();
    default: return 0; // mvendorid, marchid, mimpid, mconfigptr
    }
}

uint64_t csr_file::read_to_change(unsigned number) const {
    switch (number) {
    case csr_mip: return m_soft;
    case csr_sip: return m_soft & m_mideleg & supervisor_interrupts;
    default: return read(number);
    }
}

csr_file::effect csr_file::write(unsigned number, uint64_t value) {
    if (const plain* found = find_plain(number)) {
        if (number != csr_tselect || value <= found->mask) // no third trigger can be selected
            this->*found->value = value & found->mask;
        return effect::none;
    }
    if (number >= csr_mhpmevent3 && number <= csr_mhpmevent31) {
        // MINH, UINH and, with S mode, SINH; OF and the modes of the H extension are not there.
        m_mhpmevent[number - csr_mhpmevent3] = value & (m_isa.s ? 0xf3ffffffffffffff : 0xd3ffffffffffffff);
        return effect::none;
    }
    if (number >= csr_pmpaddr0 && number <= csr_pmpaddr15) {
        m_pmp.set_address(number - csr_pmpaddr0, value);
        return effect::translation;
    }
    return write_special(number, value);
}

csr_file::effect csr_file::write_special(unsigned number, uint64_t value) {
    switch (number) {
    case csr_fflags:
    case csr_frm:
    case csr_fcsr: write_float(number, value); break;
    case csr_sstatus: write_mstatus(value, sstatus_writable); return effect::context;
    case csr_mstatus: write_mstatus(value, mstatus_writable | mstatus::mpp); return effect::context;
    case csr_satp: return write_satp(value);
    case csr_pmpcfg0:
    case csr_pmpcfg2: m_pmp.set_config(number - csr_pmpcfg0, value); return effect::translation;
    case csr_sie: m_mie = replace(m_mie, value, m_mideleg & supervisor_interrupts); break;
    case csr_sip: write_mip(value, m_mideleg & sip_writable); break;
    case csr_mip: write_mip(value, mip_writable); break;
    case csr_stvec: write_vector(m_stvec, value); break;
    case csr_mtvec: write_vector(m_mtvec, value); break;
    case csr_menvcfg: write_menvcfg(value); break;
    case csr_stimecmp:
        m_stimecmp = value;
        await_supervisor_time();
        break;
    case csr_mcountinhibit: inhibit(value); break;
    case csr_tdata2: m_tdata2[m_tselect] = value; break;
    case csr_tdata3: m_tdata3[m_tselect] = value & 0xfffc000000000000; break;
    case csr_mcycle: m_mcycle.base = m_mcycle.stopped ? value : value - m_sources.cycles(); break;
    case csr_minstret: m_minstret.base = m_minstret.stopped ? value : value - m_sources.retired(); break;
    default: break; // misa, tdata1, tinfo keep what they have
    }
    return effect::none;
}

void csr_file::write_mstatus(uint64_t value, uint64_t mask) {
    const uint64_t mode = value & mstatus::mpp;
    const bool is_mode = mode == mstatus::mpp || (mode == 0 && m_isa.u) ||
                         (mode == static_cast<uint64_t>(privilege::supervisor) << 11 && m_isa.s);
    if (!is_mode)
        mask &= ~mstatus::mpp;
    if (m_isa.f)
        mask |= mstatus::fs;
    m_mstatus = replace(m_mstatus, value, mask);
}

void csr_file::write_mip(uint64_t value, uint64_t mask) {
    if (timer_compare_in_use())
        mask &= ~(stip | vstip);
    m_soft = replace(m_soft, value, mask);
}

/// Reserved modes leave the register alone.
void csr_file::write_vector(uint64_t& vector, uint64_t value) {
    if ((value & 3) < 2)
        vector = value;
}

void csr_file::write_menvcfg(uint64_t value) {
    const uint64_t mask = envcfg_writable | counter_delegation | (m_isa.s && m_isa.sstc ? envcfg::stce : 0) |
                          (m_isa.s && m_isa.svadu ? envcfg::adue : 0);
    m_menvcfg = value & mask;
}

/// A mode that the hart does not have makes the whole write ineffective.
csr_file::effect csr_file::write_satp(uint64_t value) {
    const uint64_t mode = value >> 60;
    const uint64_t widest = m_isa.translation == virtual_memory::bare
                                ? 0
                                : 7 + static_cast<uint64_t>(m_isa.translation); // 8: Sv39, 9: Sv48, 10: Sv57
    if (value == m_satp || mode > widest || (mode != 0 && mode < 8))
        return effect::none;
    m_satp = value;
    return effect::translation;
}

/// stimecmp drives STIP from its first write on. As in QEMU, menvcfg.STCE has no part in that: it only says
/// who may write the register, and whether software may write STIP.
void csr_file::await_supervisor_time() {
    m_compares_time = true;
    m_soft &= ~stip;
    if (m_sources.time() >= m_stimecmp)
        m_soft |= stip;
    else
        m_sources.await_time(m_stimecmp);
}

void csr_file::supervisor_timer_due() {
    if (m_compares_time)
        await_supervisor_time();
}

void csr_file::write_float(unsigned number, uint64_t value) {
    if (number != csr_frm)
        m_floats.fflags = value & 0x1f;
    if (number != csr_fflags)
        m_floats.frm = (number == csr_fcsr ? value >> 5 : value) & 7;
    set_float_dirty();
}

void csr_file::inhibit(uint64_t value) {
    stop(m_mcycle, (value & inhibit_cycle) != 0, m_sources.cycles());
    stop(m_minstret, (value & inhibit_instret) != 0, m_sources.retired());
}

} // namespace vmcore::riscv
