// Times are integers throughout: simulated time is a count of kernel resolution units, and the ticks of mtime
// are floor(units * frequency / units per second), with a product of 128 bits. The unit at which a tick
// begins is the ceiling of the inverse, so a line rises at the first instant at which a read returns the
// value.

#include "models/clint/clint.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace vmcore {

namespace {

__extension__ typedef unsigned __int128 wide;

constexpr access_sizes word_or_double = size_4 | size_8;

const clint::config& checked(const clint::config& settings) {
    if (settings.harts < 1 || settings.harts > clint::max_harts)
        throw std::invalid_argument("clint: harts is " + std::to_string(settings.harts) + ", expected 1 to " +
                                    std::to_string(clint::max_harts));
    if (settings.frequency_hz == 0)
        throw std::invalid_argument("clint: frequency_hz is 0, expected at least 1");
    return settings;
}

uint64_t units_per_second() {
    static const uint64_t units = sc_core::sc_time(1, sc_core::SC_SEC).value();
    return units;
}

/// `old` with the part that the access covers replaced.
uint64_t merge(uint64_t old, const register_access& access, uint64_t value) {
    if (access.size == 8)
        return value;
    const unsigned shift = 8 * access.offset;
    return (old & ~(uint64_t(0xffffffff) << shift)) | value << shift;
}

uint64_t extract(uint64_t value, const register_access& access) {
    return value >> (8 * access.offset);
}

sc_core::sc_time local_time(const register_access& access) {
    return sc_core::sc_time_stamp() + access.delay;
}

} // namespace

clint::clint(const sc_core::sc_module_name& name, const config& settings)
    : peripheral(name, settings.access_latency)
    , m_config(checked(settings))
    , m_msip(settings.harts)
    , m_timers(settings.harts)
    , m_reg_msip(m_registers, "msip", {0, 4, byte_order::little, size_4, size_4, false, max_harts + 1},
                 on(this, &clint::read_msip), on(this, &clint::write_msip), on(this, &clint::read_msip))
    , m_reg_mtimecmp(m_registers, "mtimecmp",
                     {0x4000, 8, byte_order::little, word_or_double, word_or_double, true, max_harts},
                     on(this, &clint::read_mtimecmp), on(this, &clint::write_mtimecmp),
                     on(this, &clint::read_mtimecmp))
    , m_reg_mtime(m_registers, "mtime", {0xbff8, 8, byte_order::little, word_or_double, word_or_double, true},
                  on(this, &clint::read_mtime), on(this, &clint::write_mtime), on(this, &clint::read_mtime)) {
    msip.init(settings.harts);
    mtip.init(settings.harts);
    for (timer& each : m_timers)
        compare(each);
    SC_HAS_PROCESS(clint);
    SC_METHOD(drive_lines);
    sensitive << m_changed << m_due;
}

void clint::reset() {
    m_msip.assign(m_msip.size(), false);
    set_time(0, sc_core::sc_time_stamp());
}

uint64_t clint::ticks(const sc_core::sc_time& now) const {
    return static_cast<uint64_t>(wide(now.value()) * m_config.frequency_hz / units_per_second());
}

uint64_t clint::mtime(const sc_core::sc_time& now) const {
    // A reader may be behind the writer in local time: for it, mtime stands still at the written value.
    const uint64_t passed = ticks(now);
    return m_base_value + (passed > m_base_ticks ? passed - m_base_ticks : 0);
}

void clint::set_time(uint64_t value, const sc_core::sc_time& now) {
    m_base_value = value;
    m_base_ticks = ticks(now);
    for (timer& each : m_timers)
        compare(each);
    changed();
    m_time_set.notify(sc_core::SC_ZERO_TIME);
}

sc_core::sc_time clint::when(uint64_t value) const {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    const uint64_t current = mtime(now);
    if (current >= value)
        return now;
    // From here rather than from the last write of mtime: it may have wrapped since.
    const wide due_ticks = wide(std::max(ticks(now), m_base_ticks)) + (value - current);
    const uint64_t frequency = m_config.frequency_hz;
    const wide due = (due_ticks * units_per_second() + frequency - 1) / frequency;
    const bool reachable = due < sc_core::sc_max_time().value();
    return reachable ? sc_core::sc_time::from_value(static_cast<uint64_t>(due)) : sc_core::sc_max_time();
}

void clint::compare(timer& changed) {
    changed.expired = mtime(sc_core::sc_time_stamp()) >= changed.compare;
    if (!changed.expired)
        changed.due = when(changed.compare);
}

void clint::drive_lines() {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    sc_core::sc_time next = sc_core::sc_max_time();
    for (unsigned hart = 0; hart < m_timers.size(); ++hart) {
        timer& each = m_timers[hart];
        if (!each.expired && each.due <= now)
            each.expired = true;
        if (!each.expired)
            next = std::min(next, each.due);
        msip[hart].write(m_msip[hart]);
        mtip[hart].write(each.expired);
    }
    m_due.cancel();
    if (next != sc_core::sc_max_time())
        m_due.notify(next - now);
}

uint64_t clint::read_msip(const register_access& access) const {
    return access.index < m_msip.size() && m_msip[access.index];
}

void clint::write_msip(const register_access& access, uint64_t value) {
    if (access.index >= m_msip.size())
        return;
    m_msip[access.index] = value & 1;
    changed();
}

uint64_t clint::read_mtimecmp(const register_access& access) const {
    if (access.index >= m_timers.size())
        return 0;
    return extract(m_timers[access.index].compare, access);
}

void clint::write_mtimecmp(const register_access& access, uint64_t value) {
    if (access.index >= m_timers.size())
        return;
    timer& written = m_timers[access.index];
    written.compare = merge(written.compare, access, value);
    compare(written);
    changed();
}

uint64_t clint::read_mtime(const register_access& access) const {
    return extract(mtime(local_time(access)), access);
}

void clint::write_mtime(const register_access& access, uint64_t value) {
    const sc_core::sc_time now = local_time(access);
    set_time(merge(mtime(now), access, value), now);
}

} // namespace vmcore
