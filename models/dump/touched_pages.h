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
/// side of naming too much: memory that is not private and anonymous counts as touched, and so does all of
/// it where /proc does not tell. Any thread may call it.
///
/// Costs, on a host page of 4 KiB, eight bytes of reading a page, and at most a few MiB of memory: many small
/// gaps are told as none. For a part of a large block, ask for that part only.
std::vector<memory_part> touched_parts(const uint8_t* host, uint64_t size);

} // namespace vmcore
