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
};

} // namespace vmcore
