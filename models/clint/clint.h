#pragma once

#include "models/tlm/peripheral.h"
#include "models/tlm/time_source.h"

#include <vector>

namespace vmcore {

/// SiFive core-local interruptor: software and timer interrupts of machine mode, as QEMU's riscv `virt` has
/// it (RISC-V ACLINT specification 1.0-rc4, chapters 2 and 3, at the SiFive CLINT's offsets).
///
/// mtime counts the ticks of simulated time, so it has no drift, and may be written. mtip of a hart rises
/// when mtime reaches mtimecmp, to the tick; like QEMU's it is compared again only when either register is
/// written, so it stays up when mtime wraps past 2^64.
///
/// A hart runs ahead of the kernel by its local time. A write takes effect at that local time, but a line
/// never waits for it: msip follows a write in the next delta cycles, mtip falls at once and rises as soon as
/// the kernel's time has reached the tick. A hart that synchronises after a store therefore sees its own
/// write.
class clint : public peripheral, public time_source {
public:
    static constexpr unsigned max_harts = 4095;

    struct config {
        unsigned harts = 1;               ///< 1 to max_harts
        uint64_t frequency_hz = 10000000; ///< of mtime, not 0
        sc_core::sc_time access_latency;
    };

    sc_core::sc_vector<sc_core::sc_out<bool>> msip{"msip"}; ///< machine software interrupt, one per hart
    sc_core::sc_vector<sc_core::sc_out<bool>> mtip{"mtip"}; ///< machine timer interrupt, one per hart

    /// @throws std::invalid_argument when a field of settings is out of its range
    clint(const sc_core::sc_module_name& name, const config& settings);

    uint64_t mtime(const sc_core::sc_time& now) const override;
    sc_core::sc_time when(uint64_t value) const override;
    const sc_core::sc_event* set_event() const override { return &m_time_set; }

    /// mtime restarts from 0 and msip falls; mtimecmp keeps its value as in QEMU (0 after power-on, so mtip
    /// is up until a guest writes it).
    void reset() override;

private:
    struct timer {
        uint64_t compare = 0;
        bool expired = false;
        sc_core::sc_time due; ///< when mtime reaches compare, while not expired; sc_max_time() for never
    };

    uint64_t ticks(const sc_core::sc_time& now) const;
    void set_time(uint64_t value, const sc_core::sc_time& now);
    void compare(timer& changed);
    void changed() { m_changed.notify(sc_core::SC_ZERO_TIME); }
    void drive_lines();

    uint64_t read_msip(const register_access& access) const;
    void write_msip(const register_access& access, uint64_t value);
    uint64_t read_mtimecmp(const register_access& access) const;
    void write_mtimecmp(const register_access& access, uint64_t value);
    uint64_t read_mtime(const register_access& access) const;
    void write_mtime(const register_access& access, uint64_t value);

    config m_config;
    std::vector<bool> m_msip;
    std::vector<timer> m_timers;
    uint64_t m_base_value = 0; ///< what mtime was set to ...
    uint64_t m_base_ticks = 0; ///< ... when simulated time was that many ticks
    sc_core::sc_event m_changed{"changed"};
    sc_core::sc_event m_time_set{"time_set"};
    sc_core::sc_event m_due{"due"};

    // Those of harts that the board lacks read 0 and ignore writes.
    reg m_reg_msip;     ///< 0x0000 + 4 * hart, up to 0x3fff
    reg m_reg_mtimecmp; ///< 0x4000 + 8 * hart, up to 0xbff7
    reg m_reg_mtime;    ///< 0xbff8
};

} // namespace vmcore
