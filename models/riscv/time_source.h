#pragma once

#include <cstdint>
#include <systemc>

namespace vmcore::riscv {

/// Whoever keeps the counter behind the `time` CSR: the CLINT, or a test.
class time_source {
public:
    virtual ~time_source() = default;
    /// The counter at a simulated time, which may lie a quantum ahead of the kernel's.
    virtual uint64_t mtime(sc_core::sc_time now) const = 0;
};

} // namespace vmcore::riscv
