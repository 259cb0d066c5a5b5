#include "models/riscv/csr.h"

#include <algorithm>

namespace vmcore::riscv {

namespace {

enum number : unsigned {
    csr_fflags = 0x001,
    csr_frm = 0x002,
    csr_fcsr = 0x003,
    csr_mstatus = 0x300,
    csr_misa = 0x301,
    csr_medeleg = 0x302,
    csr_mideleg = 0x303,
    csr_mie = 0x304,
    csr_mtvec = 0x305,
    csr_mcounteren = 0x306,
    csr_menvcfg = 0x30a,
    csr_mcountinhibit = 0x320,
    csr_mhpmevent3 = 0x323,
    csr_mhpmevent31 = 0x33f,
    csr_mscratch = 0x340,
    csr_mepc = 0x341,
    csr_mcause = 0x342,
    csr_mtval = 0x343,
    csr_mip = 0x344,
    csr_tselect = 0x7a0,
    csr_tdata1 = 0x7a1,
    csr_tdata2 = 0x7a2,
    csr_tdata3 = 0x7a3,
    csr_tinfo = 0x7a4,
    csr_mcontext = 0x7a8,
    csr_mcycle = 0xb00,
    csr_minstret = 0xb02,
    csr_cycle = 0xc00,
    csr_time = 0xc01,
    csr_instret = 0xc02,
    csr_mvendorid = 0xf11,
    csr_marchid = 0xf12,
    csr_mimpid = 0xf13,
    csr_mhartid = 0xf14,
    csr_mconfigptr = 0xf15,
};

constexpr uint64_t bit(unsigned position) {
    return uint64_t(1) << position;
}

constexpr uint64_t misa_value =
    uint64_t(2) << 62 | bit('I' - 'A') | bit('M' - 'A') | bit('A' - 'A') | bit('C' - 'A') | bit('U' - 'A');
/// UXL and SXL: 64 bit.
constexpr uint64_t mstatus_fixed = uint64_t(2) << 32 | uint64_t(2) << 34;
/// SIE, MIE, SPIE, MPIE, SPP, MPRV, SUM, MXR, TVM, TW, TSR. MPP is handled apart.
constexpr uint64_t mstatus_writable =
    bit(1) | bit(3) | bit(5) | bit(7) | bit(8) | bit(17) | bit(18) | bit(19) | bit(20) | bit(21) | bit(22);
/// SSIP, VSSIP, STIP, VSTIP, SEIP, VSEIP, LCOFIP: QEMU keeps and raises them without the modes they belong
/// to.
constexpr uint64_t mip_writable = 0x2666;
constexpr uint64_t mie_writable = ~uint64_t(0x1fff) | 0xaaa;
constexpr uint64_t inhibit_cycle = bit(0);
constexpr uint64_t inhibit_instret = bit(2);
constexpr uint64_t trigger_type_match = uint64_t(2) << 60; ///< tdata1: mcontrol, nothing enabled
constexpr uint64_t trigger_types = bit(2) | bit(6);

/// Interrupts from the most to the least urgent (privileged ISA, 3.1.9, then QEMU's order for the rest).
constexpr int interrupt_order[] = {11, 3, 7, 9, 1, 5, 13, 10, 2, 6};

} // namespace

const std::array<csr_file::plain, 12> csr_file::plain_registers = {{
    {csr_medeleg, &csr_file::m_medeleg, 0xf4bfff},
    {csr_mideleg, &csr_file::m_mideleg, 0x2666},
    {csr_mie, &csr_file::m_mie, mie_writable},
    {csr_mcounteren, &csr_file::m_mcounteren, 7},
    {csr_menvcfg, &csr_file::m_menvcfg, 0x10000000000000f1},
    {csr_mscratch, &csr_file::m_mscratch, ~uint64_t(0)},
    {csr_mepc, &csr_file::m_mepc, ~uint64_t(1)},
    {csr_mcause, &csr_file::m_mcause, ~uint64_t(0)},
    {csr_mtval, &csr_file::m_mtval, ~uint64_t(0)},
    {csr_tselect, &csr_file::m_tselect, 1},
    {csr_mcontext, &csr_file::m_mcontext, 0x1fff},
    {csr_mhartid, &csr_file::m_hartid, 0},
}};

csr_file::csr_file(csr_sources& sources, unsigned hartid, float_registers* floats, bool has_d)
    : m_sources(sources)
    , m_hartid(hartid)
    , m_floats(floats)
    , m_misa(misa_value | (floats != nullptr ? bit('F' - 'A') : 0) |
             (floats != nullptr && has_d ? bit('D' - 'A') : 0)) {}

void csr_file::reset() {
    m_soft = 0;
    m_mstatus = mstatus_fixed;
    m_medeleg = m_mideleg = m_mie = m_mtvec = m_mcounteren = m_menvcfg = 0;
    m_mscratch = m_mepc = m_mcause = m_mtval = m_mcontext = m_tselect = 0;
    m_tdata2.fill(0);
    m_tdata3.fill(0);
    m_mhpmevent.fill(0);
    m_mcycle = {uint64_t(0) - m_sources.cycles(), false};
    m_minstret = {uint64_t(0) - m_sources.retired(), false};
}

const csr_file::plain* csr_file::find_plain(unsigned number) {
    const auto found = std::find_if(plain_registers.begin(), plain_registers.end(),
                                    [number](const plain& each) { return each.number == number; });
    return found == plain_registers.end() ? nullptr : &*found;
}

bool csr_file::exists(unsigned number) const {
    switch (number) {
    case csr_fflags:
    case csr_frm:
    case csr_fcsr: return m_floats != nullptr;
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
    case csr_cycle:
    case csr_time:
    case csr_instret:
    case csr_mvendorid:
    case csr_marchid:
    case csr_mimpid:
    case csr_mconfigptr: return true;
    default: return (number >= csr_mhpmevent3 && number <= csr_mhpmevent31) || find_plain(number) != nullptr;
    }
}

bool csr_file::permits(unsigned number, bool write, privilege mode) const {
    const unsigned lowest_mode = number >> 8 & 3;
    const bool read_only = number >> 10 == 3;
    if (static_cast<unsigned>(mode) < lowest_mode || (write && read_only) || !exists(number))
        return false;
    if (number >= csr_fflags && number <= csr_fcsr && !float_enabled())
        return false;
    const bool is_counter = number >= csr_cycle && number <= csr_instret;
    return mode == privilege::machine || !is_counter || (m_mcounteren >> (number - csr_cycle) & 1) != 0;
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

uint64_t csr_file::read(unsigned number) const {
    if (const plain* found = find_plain(number))
        return this->*found->value;
    if (number >= csr_mhpmevent3 && number <= csr_mhpmevent31)
        return m_mhpmevent[number - csr_mhpmevent3];
    switch (number) {
    case csr_fflags: return m_floats->fflags;
    case csr_frm: return m_floats->frm;
    case csr_fcsr: return static_cast<uint64_t>(m_floats->frm) << 5 | m_floats->fflags;
    case csr_mstatus: return m_mstatus | (float_dirty() ? mstatus::sd : 0);
    case csr_misa: return m_misa;
    case csr_mtvec: return m_mtvec;
    case csr_mcountinhibit:
        return (m_mcycle.stopped ? inhibit_cycle : 0) | (m_minstret.stopped ? inhibit_instret : 0);
    case csr_mip: return m_lines | m_soft;
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

void csr_file::write(unsigned number, uint64_t value) {
    if (const plain* found = find_plain(number)) {
        if (number != csr_tselect || value <= found->mask) // no third trigger can be selected
            this->*found->value = value & found->mask;
        return;
    }
    if (number >= csr_mhpmevent3 && number <= csr_mhpmevent31) {
        m_mhpmevent[number - csr_mhpmevent3] = value & 0xd3ffffffffffffff;
        return;
    }
    switch (number) {
    case csr_fflags:
    case csr_frm:
    case csr_fcsr: write_float(number, value); break;
    case csr_mstatus: write_mstatus(value); break;
    case csr_mtvec:
        if ((value & 3) < 2) // direct or vectored; reserved modes leave the register alone
            m_mtvec = value;
        break;
    case csr_mcountinhibit: inhibit(value); break;
    case csr_mip: m_soft = value & mip_writable; break;
    case csr_tdata2: m_tdata2[m_tselect] = value; break;
    case csr_tdata3: m_tdata3[m_tselect] = value & 0xfffc000000000000; break;
    case csr_mcycle: m_mcycle.base = m_mcycle.stopped ? value : value - m_sources.cycles(); break;
    case csr_minstret: m_minstret.base = m_minstret.stopped ? value : value - m_sources.retired(); break;
    default: break; // misa, tdata1, tinfo keep what they have
    }
}

void csr_file::write_mstatus(uint64_t value) {
    const uint64_t writable = mstatus_writable | (m_floats != nullptr ? mstatus::fs : 0);
    uint64_t next = (m_mstatus & ~writable) | (value & writable);
    const uint64_t mode = value & mstatus::mpp;
    if (mode == 0 || mode == mstatus::mpp)
        next = (next & ~mstatus::mpp) | mode;
    m_mstatus = next;
}

void csr_file::write_float(unsigned number, uint64_t value) {
    if (number != csr_frm)
        m_floats->fflags = value & 0x1f;
    if (number != csr_fflags)
        m_floats->frm = (number == csr_fcsr ? value >> 5 : value) & 7;
    set_float_dirty();
}

void csr_file::inhibit(uint64_t value) {
    stop(m_mcycle, (value & inhibit_cycle) != 0, m_sources.cycles());
    stop(m_minstret, (value & inhibit_instret) != 0, m_sources.retired());
}

int csr_file::interrupt(privilege mode) const {
    const uint64_t candidates = pending_and_enabled();
    if (candidates == 0 || (mode == privilege::machine && (m_mstatus & mstatus::mie) == 0))
        return -1;
    for (const int each : interrupt_order)
        if ((candidates >> each & 1) != 0)
            return each;
    return -1;
}

uint64_t csr_file::enter_trap(privilege mode, uint64_t pc, bool is_interrupt, unsigned code, uint64_t value) {
    const bool enabled = (m_mstatus & mstatus::mie) != 0;
    m_mstatus &= ~(mstatus::mie | mstatus::mpie | mstatus::mpp);
    m_mstatus |= (enabled ? mstatus::mpie : 0) | static_cast<uint64_t>(mode) << 11;
    m_mepc = pc;
    m_mcause = code | (is_interrupt ? bit(63) : 0);
    m_mtval = value;
    const uint64_t base = m_mtvec & ~uint64_t(3);
    return is_interrupt && (m_mtvec & 1) != 0 ? base + uint64_t(4) * code : base;
}

uint64_t csr_file::leave_trap(privilege& mode) {
    const bool enable = (m_mstatus & mstatus::mpie) != 0;
    mode = (m_mstatus & mstatus::mpp) == 0 ? privilege::user : privilege::machine;
    if (mode == privilege::user)
        m_mstatus &= ~mstatus::mprv;
    m_mstatus &= ~(mstatus::mie | mstatus::mpp);
    m_mstatus |= mstatus::mpie | (enable ? mstatus::mie : 0);
    return m_mepc;
}

} // namespace vmcore::riscv
