#pragma once

#include <cstdint>
#include <vector>

namespace vmcore {

/// A part of a block of memory.
struct memory_part {
    uint64_t offset = 0; ///< bytes from the block's start
    uint64_t size = 0;   ///< bytes
};

/// The parts of `size` bytes at `host` that may hold something else than zeros, ascending, without touching
/// any page: what this process has never written or read is left out, since it reads as zeros. Errs on the
/// side of naming too much. Any thread may call it.
std::vector<memory_part> touched_parts(const uint8_t* host, uint64_t size);

} // namespace vmcore
