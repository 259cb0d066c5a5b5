#pragma once

#include "models/riscv/float_unit.h"

#include <array>
#include <cstdint>

namespace vmcore::riscv {

enum class privilege : uint8_t { user = 0, machine = 3 };

namespace mstatus {
constexpr uint64_t mie = uint64_t(1) << 3;
constexpr uint64_t mpie = uint64_t(1) << 7;
constexpr uint64_t mpp = uint64_t(3) << 11;
constexpr uint64_t fs = uint64_t(3) << 13;
constexpr uint64_t mprv = uint64_t(1) << 17;
constexpr uint64_t tw = uint64_t(1) << 21;
constexpr uint64_t sd = uint64_t(1) << 63;
} // namespace mstatus

/// Exception codes of mcause.
enum class cause : uint8_t {
    fetch_access = 1,
    illegal_instruction = 2,
    breakpoint = 3,
    load_misaligned = 4,
    load_access = 5,
    amo_misaligned = 6,
    store_access = 7,
    user_call = 8,
    machine_call = 11,
};

/// Interrupt numbers: bits of mip and mie.
constexpr unsigned machine_software = 3;
constexpr unsigned machine_timer = 7;
constexpr unsigned machine_external = 11;

/// What the CSRs count and mirror.
class csr_sources {
public:
    virtual ~csr_sources() = default;
    virtual uint64_t retired() const = 0; ///< instructions before the one that reads
    virtual uint64_t cycles() const = 0;
    virtual uint64_t time() const = 0;
};

/// The control and status registers of a hart with M and U mode: which exist, and what they keep of what is
/// written, is QEMU's choice (see README.md for the table and the differences).
class csr_file {
public:
    /// @param floats what fcsr shows; nullptr for a hart without F
    csr_file(csr_sources& sources, unsigned hartid, float_registers* floats, bool has_d);

    void reset();

    /// Whether the hart has the register at all.
    bool exists(unsigned number) const;
    /// Whether the register can be read, or written, in this mode.
    bool permits(unsigned number, bool write, privilege mode) const;
    /// Reading has no effect on any register, so that a debugger may do it as well.
    uint64_t read(unsigned number) const;
    void write(unsigned number, uint64_t value);

    /// The interrupt lines' state, as bits of mip.
    void set_lines(uint64_t lines) { m_lines = lines; }
    uint64_t pending_and_enabled() const { return (m_lines | m_soft) & m_mie; }
    bool device_interrupts_enabled() const { return (m_mie & device_lines) != 0; }
    /// The interrupt to take in this mode: its number, or -1.
    int interrupt(privilege mode) const;

    /// Enters a trap: the state goes to mstatus, mepc, mcause and mtval. Returns the handler's address.
    uint64_t enter_trap(privilege mode, uint64_t pc, bool is_interrupt, unsigned code, uint64_t value);
    /// Leaves a trap handler. Returns the pc, and the mode it runs in.
    uint64_t leave_trap(privilege& mode);

    bool timeout_wait() const { return (m_mstatus & mstatus::tw) != 0; }

    /// mstatus.FS: whether floating-point instructions are legal, and whether the state is known as changed.
    bool float_enabled() const { return (m_mstatus & mstatus::fs) != 0; }
    bool float_dirty() const { return (m_mstatus & mstatus::fs) == mstatus::fs; }
    void set_float_dirty() { m_mstatus |= mstatus::fs; }

private:
    static constexpr uint64_t device_lines =
        uint64_t(1) << machine_software | uint64_t(1) << machine_timer | uint64_t(1) << machine_external;

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

    static const std::array<plain, 12> plain_registers;
    static const plain* find_plain(unsigned number);

    void write_mstatus(uint64_t value);
    void write_float(unsigned number, uint64_t value);
    void inhibit(uint64_t value);
    static void stop(counter& which, bool stopped, uint64_t source);
    static uint64_t value_of(const counter& which, uint64_t source);

    csr_sources& m_sources;
    uint64_t m_hartid;
    float_registers* m_floats;
    uint64_t m_misa;
    uint64_t m_lines = 0; ///< bits of mip that follow the ports
    uint64_t m_soft = 0;  ///< bits of mip that software writes

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
    uint64_t m_tselect = 0;
    std::array<uint64_t, 2> m_tdata2{};
    std::array<uint64_t, 2> m_tdata3{};
    std::array<uint64_t, 29> m_mhpmevent{};
    counter m_mcycle;
    counter m_minstret;
};

} // namespace vmcore::riscv
