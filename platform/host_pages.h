#pragma once

#include <cstdint>

namespace vmcore {

// What the host is told about the size of its pages. It is advice: a host without large pages, or without one
// to spare, loses nothing by it, and nobody sees a difference but in time and room.

/// Memory of the host, in which page sizes may be chosen.
struct host_memory {
    uint8_t* data;
    uint64_t size; ///< bytes
};

/// Has the host pages of 2 MiB that lie in this memory as a whole made in one piece when they are touched.
/// For memory that is about to be filled, which then takes no more room.
void prefer_huge_pages(const host_memory& memory);

/// The host pages of 2 MiB that `begin` and `end` fall into, as offsets in the memory, stay small ones: what
/// is put between the two fills these only in part, and a whole one would take more room.
void keep_ends_small(const host_memory& memory, uint64_t begin, uint64_t end);

} // namespace vmcore
