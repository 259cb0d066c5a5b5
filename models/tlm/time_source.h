#pragma once

#include <cstdint>
#include <systemc>

namespace vmcore {

/// Whoever can tell the machine timer: the CLINT, or a test. A hart reads its `time` CSR from it.
class time_source {
public:
    virtual ~time_source() = default;

    /// The timer's value at an absolute simulated time: sc_time_stamp() plus the caller's local offset.
    virtual uint64_t mtime(const sc_core::sc_time& now) const = 0;

    /// The first simulated time, from now on, at which mtime() is at least `value`; sc_max_time() when that
    /// is out of reach.
    virtual sc_core::sc_time when(uint64_t value) const = 0;

    /// Notified when the timer was set to another value, so that what when() told is void; null for a timer
    /// that nobody sets.
    virtual const sc_core::sc_event* set_event() const { return nullptr; }
};

} // namespace vmcore
