#pragma once

#include "models/tlm/peripheral.h"

namespace vmcore {

/// Goldfish real-time clock as QEMU's riscv `virt` has it (Android's "goldfish" virtual hardware, section
/// "Goldfish real-time clock"): nanoseconds since 1970-01-01T00:00:00 UTC, and one alarm.
///
/// Time is simulated time from a configured start, so it has no drift and is the same in every run. An access
/// sees it at the initiator's local time; the alarm's interrupt rises when the kernel's time has reached it.
///
/// As in QEMU, setting the time moves no alarm that is running already, and a reset forgets the alarm and
/// keeps the time.
class goldfish_rtc : public peripheral {
public:
    static constexpr uint64_t size = 0x24; ///< bytes of its registers

    struct config {
        /// The time at the start of the simulation, in seconds since 1970-01-01T00:00:00 UTC; nanoseconds are
        /// kept modulo 2^64. Unless told, it is 2024-01-01T00:00:00.
        uint64_t start = 1704067200;
        sc_core::sc_time access_latency;
    };

    sc_core::sc_out<bool> irq{"irq"};

    goldfish_rtc(const sc_core::sc_module_name& name, const config& settings);

    const char* kind() const override { return "goldfish_rtc"; }

    /// No alarm, no interrupt. The time goes on, and the half that was latched stays.
    void reset() override;

private:
    uint64_t count(const sc_core::sc_time& now) const;
    void set_count(uint64_t value, const register_access& access);
    void set_alarm(const sc_core::sc_time& now);
    void stop_alarm();
    void ring();
    void update_irq();
    void drive_irq();

    uint64_t read_time_low(const register_access& access);
    uint64_t peek_time_low(const register_access& access) const;
    void write_time_low(const register_access& access, uint64_t value);
    uint64_t read_time_high(const register_access&) const { return m_time_high; }
    void write_time_high(const register_access& access, uint64_t value);
    uint64_t read_alarm(const register_access& access) const;
    void write_alarm(const register_access& access, uint64_t value);
    uint64_t read_irq_enabled(const register_access&) const { return m_irq_enabled; }
    void write_irq_enabled(const register_access& access, uint64_t value);
    void write_clear_alarm(const register_access&, uint64_t) { stop_alarm(); }
    uint64_t read_alarm_status(const register_access&) const { return m_alarm_running; }
    void write_clear_interrupt(const register_access& access, uint64_t value);
    void ignore_write(const register_access&, uint64_t) {}
    uint64_t read_zero(const register_access&) const { return 0; }

    uint64_t m_offset; ///< what the time is ahead of simulated time, in nanoseconds
    uint64_t m_alarm = 0;
    uint32_t m_time_high = 0; ///< as of the last read of the low half
    bool m_alarm_running = false;
    bool m_irq_pending = false;
    bool m_irq_enabled = false;
    bool m_irq_asserted = false; ///< since the line was driven last
    sc_core::sc_event m_alarm_due{"alarm_due"};
    sc_core::sc_event m_irq_changed{"irq_changed"};

    reg m_reg_time_low;        ///< 0x00: reading latches the high half
    reg m_reg_time_high;       ///< 0x04: as latched
    reg m_reg_alarm;           ///< 0x08 low half, which starts the alarm when it is written; 0x0c high half
    reg m_reg_irq_enabled;     ///< 0x10: bit 0
    reg m_reg_clear_alarm;     ///< 0x14: any write stops the alarm; reads 0
    reg m_reg_alarm_status;    ///< 0x18: bit 0, an alarm is running; ignores writes
    reg m_reg_clear_interrupt; ///< 0x1c: any write; reads 0
    reg m_reg_reserved;        ///< 0x20: reads 0, ignores writes
};

} // namespace vmcore
