#pragma once

#include "models/dump/guest_state.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vmcore {

/// Guest memory by address, without a copy where the platform gave a pointer. The memory outlives the view.
class memory_view {
public:
    explicit memory_view(const guest_memory& memory);

    /// The memory's, without empty ones.
    const std::vector<memory_range>& ranges() const { return m_ranges; }

    /// The index of the first range that does not end before `paddr`; their number when all do.
    size_t find(uint64_t paddr) const;

    /// `size` bytes from `paddr` on, in `buffer` when they have to be copied; what is no memory reads as
    /// zeros. Null when there is none at `paddr`.
    const uint8_t* bytes(uint64_t paddr, size_t size, std::vector<uint8_t>& buffer) const;

private:
    const guest_memory& m_memory;
    std::vector<memory_range> m_ranges;
};

} // namespace vmcore
