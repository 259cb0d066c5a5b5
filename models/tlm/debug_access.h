#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace vmcore {

/// Moves bytes by debug transport, `move(address, data, size)`, which tells how many it moved. A target may
/// move fewer than it is asked for, and a register answers only to an access of its own width: bytes are
/// asked for as a whole, and then in ever smaller aligned pieces.
/// @returns whether all bytes were moved; those in front of a gap were
template <typename MOVE>
bool debug_access(MOVE move, uint64_t address, uint8_t* data, size_t size) {
    constexpr size_t largest = size_t(1) << 20;
    if (size == 0)
        return true;
    if (size - 1 > ~uint64_t(0) - address)
        return false;
    for (size_t done = 0; done < size;) {
        const uint64_t at = address + done;
        auto wanted = static_cast<unsigned>(std::min(size - done, largest));
        unsigned moved = 0;
        for (unsigned next = 8; wanted > 0 && (moved = move(at, data + done, wanted)) == 0; wanted = next)
            while (next > 0 && (next >= wanted || at % next != 0))
                next /= 2;
        if (moved == 0)
            return false;
        done += moved;
    }
    return true;
}

} // namespace vmcore
