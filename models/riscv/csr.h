#pragma once

#include "models/riscv/csr_numbers.h"
#include "models/riscv/float_unit.h"
#include "models/riscv/isa.h"
#include "models/riscv/pmp.h"
#include "models/riscv/privilege.h"

#include <array>
#include <cstdint>

namespace vmcore::riscv {

/// What the CSRs count and mirror.
class csr_sources {
public:
    virtual ~csr_sources() = default;
    virtual uint64_t retired() const = 0; ///< instructions before the one that reads
    virtual uint64_t cycles() const = 0;
    virtual uint64_t time() const = 0;
    /// The hart is to call supervisor_timer_due() when `time` reaches this value.
    virtual void await_time(uint64_t value) = 0;
};

/// The control and status registers of a hart: which exist, and what they keep of what is written, is QEMU's
/// choice (see README.md for the table and the differences).
class csr_file {
public:
    /// @param floats what fcsr shows
    csr_file(csr_sources& sources, unsigned hartid, const isa& implemented, float_registers& floats);

    void reset();

    /// Whether there is such a register, in whatever mode and state of the hart.
    bool exists(unsigned number) const;
    /// Whether the register can be read, or written, in this mode.
    bool permits(unsigned number, bool write, privilege mode) const;
    /// Reading has no effect on any register, so that a debugger may do it as well.
    /// @param mode that of the reader: as in QEMU, M mode does not find STIP in sip while stimecmp drives it
    uint64_t read(unsigned number, privilege mode = privilege::machine) const;
    /// What CSRRS and CSRRC combine with their operand: of mip and sip, what software has written, and not
    /// the lines.
    uint64_t read_to_change(unsigned number) const;

    /// What a write changed beyond the register.
    enum class effect {
        none,
        context,     ///< how addresses are to be translated and checked, perhaps
        translation, ///< what is known of translations is void
    };
    effect write(unsigned number, uint64_t value);

    /// The interrupt lines' state, as bits of mip.
    void set_lines(uint64_t lines) { m_lines = lines; }
    /// The time that await_time() asked for is there.
    void supervisor_timer_due();
    uint64_t pending() const { return m_lines | m_soft; }
    uint64_t pending_and_enabled() const { return pending() & m_mie; }
    bool device_interrupts_enabled() const { return (m_mie & device_lines) != 0; }
    /// The interrupt to take in this mode: its number, or -1.
    int interrupt(privilege mode) const;

    /// Where control goes on, and in which mode.
    struct transfer {
        uint64_t pc;
        privilege mode;
    };
    /// Enters a trap, in S mode when it is delegated to that.
    transfer enter_trap(privilege mode, uint64_t pc, bool is_interrupt, unsigned code, uint64_t value);
    transfer leave_machine_trap();
    transfer leave_supervisor_trap();

    uint64_t status() const;                                                                ///< mstatus
    privilege previous_mode() const { return static_cast<privilege>(m_mstatus >> 11 & 3); } ///< mstatus.MPP
    uint64_t satp() const { return m_satp; }
    bool hardware_updates_page_tables() const { return (m_menvcfg & envcfg::adue) != 0; }
    /// Bits of menvcfg, and in U mode of senvcfg as well; in M mode all.
    uint64_t environment_rights(privilege mode) const;
    const pmp& protection() const { return m_pmp; }
    const isa& implemented() const { return m_isa; }

    /// mstatus.FS: whether floating-point instructions are legal, and whether the state is known as changed.
    bool float_enabled() const { return (m_mstatus & mstatus::fs) != 0; }
    bool float_dirty() const { return (m_mstatus & mstatus::fs) == mstatus::fs; }
    void set_float_dirty() { m_mstatus |= mstatus::fs; }

private:
    static constexpr uint64_t device_lines = uint64_t(1) << machine_software | uint64_t(1) << machine_timer |
                                             uint64_t(1) << machine_external |
                                             uint64_t(1) << supervisor_external;

    /// A register that keeps the bits of its mask and has no other effect.
    struct plain {
        uint16_t number;
        uint64_t csr_file::*value;
        uint64_t mask;
    };
    /// A counter that may be stopped.
    struct counter {
        uint64_t base = 0; ///< what to add to the source; the value itself while stopped
        bool stopped = false;
    };

    static const std::array<plain, 17> plain_registers;
    static const plain* find_plain(unsigned number);
    bool counter_permitted(unsigned number, privilege mode) const;

    void write_float(unsigned number, uint64_t value);
    effect write_special(unsigned number, uint64_t value);
    void write_mstatus(uint64_t value, uint64_t mask);
    void write_mip(uint64_t value, uint64_t mask);
    void write_menvcfg(uint64_t value);
    effect write_satp(uint64_t value);
    void await_supervisor_time();
    static void write_vector(uint64_t& vector, uint64_t value);
    void inhibit(uint64_t value);
    static void stop(counter& which, bool stopped, uint64_t source);
    static uint64_t value_of(const counter& which, uint64_t source);
    bool timer_compare_in_use() const { return m_isa.sstc && (m_menvcfg & envcfg::stce) != 0; }

    csr_sources& m_sources;
    isa m_isa;
    float_registers& m_floats;
    uint64_t m_hartid;
    uint64_t m_lines = 0; ///< bits of mip that follow the ports
    uint64_t m_soft = 0;  ///< bits of mip that software writes, or stimecmp

    uint64_t m_mstatus = 0;
    uint64_t m_medeleg = 0;
    uint64_t m_mideleg = 0;
    uint64_t m_mie = 0;
    uint64_t m_mtvec = 0;
    uint64_t m_mcounteren = 0;
    uint64_t m_menvcfg = 0;
    uint64_t m_mscratch = 0;
    uint64_t m_mepc = 0;
    uint64_t m_mcause = 0;
    uint64_t m_mtval = 0;
    uint64_t m_mcontext = 0;
    uint64_t m_stvec = 0;
    uint64_t m_scounteren = 0;
    uint64_t m_senvcfg = 0;
    uint64_t m_sscratch = 0;
    uint64_t m_sepc = 0;
    uint64_t m_scause = 0;
    uint64_t m_stval = 0;
    uint64_t m_stimecmp = 0;
    bool m_compares_time = false; ///< stimecmp was written since reset
    uint64_t m_satp = 0;
    uint64_t m_tselect = 0;
    std::array<uint64_t, 2> m_tdata2{};
    std::array<uint64_t, 2> m_tdata3{};
    std::array<uint64_t, 29> m_mhpmevent{};
    counter m_mcycle;
    counter m_minstret;
    pmp m_pmp;
};

} // namespace vmcore::riscv
