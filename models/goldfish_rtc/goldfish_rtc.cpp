// Simulated time is a count of kernel resolution units; nanoseconds are floor(units * 10^9 / units per
// second), with a product of 128 bits, and the unit at which a nanosecond begins is the ceiling of the
// inverse. All sums of nanoseconds are modulo 2^64, as the registers are.

#include "models/goldfish_rtc/goldfish_rtc.h"

#include <algorithm>
#include <utility>

namespace vmcore {

namespace {

__extension__ typedef unsigned __int128 wide;

constexpr uint64_t nanoseconds_per_second = 1000000000;

register_layout word_at(uint64_t offset, unsigned count = 1) {
    return {offset, 4, byte_order::little, size_4, size_4, false, count};
}

uint64_t units_per_second() {
    static const uint64_t units = sc_core::sc_time(1, sc_core::SC_SEC).value();
    return units;
}

uint64_t nanoseconds(const sc_core::sc_time& time) {
    return static_cast<uint64_t>(wide(time.value()) * nanoseconds_per_second / units_per_second());
}

/// The first instant of a nanosecond; sc_max_time() when simulated time does not get there.
sc_core::sc_time beginning_of(uint64_t nanosecond) {
    const wide units =
        (wide(nanosecond) * units_per_second() + nanoseconds_per_second - 1) / nanoseconds_per_second;
    return units < sc_core::sc_max_time().value() ? sc_core::sc_time::from_value(static_cast<uint64_t>(units))
                                                  : sc_core::sc_max_time();
}

sc_core::sc_time local_time(const register_access& access) {
    return sc_core::sc_time_stamp() + access.delay;
}

uint64_t with_low_half(uint64_t old, uint64_t half) {
    return (old & ~uint64_t(0xffffffff)) | half;
}

uint64_t with_high_half(uint64_t old, uint64_t half) {
    return (old & 0xffffffff) | half << 32;
}

} // namespace

goldfish_rtc::goldfish_rtc(const sc_core::sc_module_name& name, const config& settings)
    : peripheral(name, settings.access_latency)
    , m_offset(settings.start * nanoseconds_per_second)
    , m_reg_time_low(m_registers, "time_low", word_at(0x00), on(this, &goldfish_rtc::read_time_low),
                     on(this, &goldfish_rtc::write_time_low), on(this, &goldfish_rtc::peek_time_low))
    , m_reg_time_high(m_registers, "time_high", word_at(0x04), on(this, &goldfish_rtc::read_time_high),
                      on(this, &goldfish_rtc::write_time_high), on(this, &goldfish_rtc::read_time_high))
    , m_reg_alarm(m_registers, "alarm", word_at(0x08, 2), on(this, &goldfish_rtc::read_alarm),
                  on(this, &goldfish_rtc::write_alarm), on(this, &goldfish_rtc::read_alarm))
    , m_reg_irq_enabled(m_registers, "irq_enabled", word_at(0x10), on(this, &goldfish_rtc::read_irq_enabled),
                        on(this, &goldfish_rtc::write_irq_enabled), on(this, &goldfish_rtc::read_irq_enabled))
    , m_reg_clear_alarm(m_registers, "clear_alarm", word_at(0x14), on(this, &goldfish_rtc::read_zero),
                        on(this, &goldfish_rtc::write_clear_alarm), on(this, &goldfish_rtc::read_zero))
    , m_reg_alarm_status(m_registers, "alarm_status", word_at(0x18),
                         on(this, &goldfish_rtc::read_alarm_status), on(this, &goldfish_rtc::ignore_write),
                         on(this, &goldfish_rtc::read_alarm_status))
    , m_reg_clear_interrupt(m_registers, "clear_interrupt", word_at(0x1c), on(this, &goldfish_rtc::read_zero),
                            on(this, &goldfish_rtc::write_clear_interrupt),
                            on(this, &goldfish_rtc::read_zero))
    , m_reg_reserved(m_registers, "reserved", word_at(0x20), on(this, &goldfish_rtc::read_zero),
                     on(this, &goldfish_rtc::ignore_write), on(this, &goldfish_rtc::read_zero)) {
    m_registers.split_accesses_of_twice(4);
    SC_HAS_PROCESS(goldfish_rtc);
    SC_METHOD(drive_irq);
    sensitive << m_irq_changed;
    SC_METHOD(ring);
    sensitive << m_alarm_due;
    dont_initialize();
}

void goldfish_rtc::reset() {
    stop_alarm();
    m_alarm = 0;
    m_irq_pending = m_irq_enabled = m_irq_asserted = false;
    update_irq();
}

uint64_t goldfish_rtc::count(const sc_core::sc_time& now) const {
    return nanoseconds(now) + m_offset;
}

void goldfish_rtc::set_count(uint64_t value, const register_access& access) {
    m_offset = value - nanoseconds(local_time(access));
}

void goldfish_rtc::stop_alarm() {
    m_alarm_running = false;
    m_alarm_due.cancel();
}

/// As in QEMU, the distance between two times is a signed number: an alarm half of all times away or farther
/// is late already, and rings as soon as time moves.
void goldfish_rtc::set_alarm(const sc_core::sc_time& now) {
    stop_alarm();
    if (m_alarm <= count(now)) {
        ring();
        return;
    }
    m_alarm_running = true;
    const auto due = static_cast<int64_t>(m_alarm - m_offset);
    const uint64_t earliest = nanoseconds(now) + 1;
    const sc_core::sc_time when =
        beginning_of(due < 0 ? earliest : std::max(static_cast<uint64_t>(due), earliest));
    if (when != sc_core::sc_max_time())
        m_alarm_due.notify(when - sc_core::sc_time_stamp());
}

void goldfish_rtc::ring() {
    m_alarm_running = false;
    m_irq_pending = true;
    update_irq();
}

/// A line that is high is asserted anew by every event and access that finds the reason still there.
void goldfish_rtc::update_irq() {
    m_irq_asserted = m_irq_asserted || (m_irq_pending && m_irq_enabled);
    m_irq_changed.notify(sc_core::SC_ZERO_TIME);
}

void goldfish_rtc::drive_irq() {
    if (std::exchange(m_irq_asserted, false))
        irq.write(true);
    irq.write(m_irq_pending && m_irq_enabled);
}

uint64_t goldfish_rtc::peek_time_low(const register_access& access) const {
    return count(local_time(access)) & 0xffffffff;
}

uint64_t goldfish_rtc::read_time_low(const register_access& access) {
    const uint64_t now = count(local_time(access));
    m_time_high = static_cast<uint32_t>(now >> 32);
    return now & 0xffffffff;
}

void goldfish_rtc::write_time_low(const register_access& access, uint64_t value) {
    set_count(with_low_half(count(local_time(access)), value), access);
}

void goldfish_rtc::write_time_high(const register_access& access, uint64_t value) {
    set_count(with_high_half(count(local_time(access)), value), access);
}

uint64_t goldfish_rtc::read_alarm(const register_access& access) const {
    return m_alarm >> (32 * access.index) & 0xffffffff;
}

void goldfish_rtc::write_alarm(const register_access& access, uint64_t value) {
    const bool is_high = access.index == 1;
    m_alarm = is_high ? with_high_half(m_alarm, value) : with_low_half(m_alarm, value);
    if (!is_high)
        set_alarm(local_time(access));
}

void goldfish_rtc::write_irq_enabled(const register_access&, uint64_t value) {
    m_irq_enabled = value & 1;
    update_irq();
}

void goldfish_rtc::write_clear_interrupt(const register_access&, uint64_t) {
    m_irq_pending = false;
    update_irq();
}

} // namespace vmcore
