#pragma once

#include <cstdint>

namespace vmcore::riscv {

enum class access : uint8_t { fetch, load, store };

/// How the bus answered.
enum class outcome : uint8_t {
    done,
    discarded, ///< a store that a ROM ignored
    refused,   ///< the access faults
    abandoned, ///< the hart was reset while the access was under way
};

/// A stretch of the address space, as direct memory access sees it. Both ends are inclusive.
struct region {
    uint64_t first = 0;
    uint64_t last = 0;
    uint8_t* host = nullptr; ///< the byte at `first`; nullptr when access is not granted
    uint64_t latency = 0;    ///< time units for each access of up to 8 bytes

    bool granted() const { return host != nullptr; }
    bool contains(uint64_t address) const { return address >= first && address <= last; }
    bool contains(uint64_t address, unsigned size) const {
        return contains(address) && size - 1 <= last - address;
    }
};

/// What a core needs of the world around it. Times are in the kernel's smallest unit.
class environment {
public:
    virtual ~environment() = default;

    /// One transaction of `size` bytes, naturally aligned, 1 to 8 bytes.
    /// @param local_time how far the core is ahead of the kernel; the transaction adds to it
    virtual outcome transport(access kind, uint64_t address, uint8_t* data, unsigned size,
                              uint64_t& local_time) = 0;

    /// The largest known stretch around `address` that is granted, or refused, for this kind of access.
    virtual region direct(access kind, uint64_t address) = 0;

    /// The counters behind the CSRs `time` and `mcycle`, for a core that is `local_time` ahead of the kernel.
    virtual uint64_t time_counter(uint64_t local_time) = 0;
    virtual uint64_t cycle_counter(uint64_t local_time) = 0;
    /// The core is to be told when the `time` counter reaches this value, instead of one asked for before.
    virtual void await_time(uint64_t value) = 0;
};

} // namespace vmcore::riscv
