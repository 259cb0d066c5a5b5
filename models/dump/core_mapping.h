#pragma once

#include <cstdint>

namespace vmcore {

/// A PT_LOAD of an ELF core: guest memory from `paddr` on is seen at `vaddr`. Several may show the same
/// memory, which is in the file once; memory that no range of the dump holds is cut off a mapping.
struct core_mapping {
    uint64_t vaddr = 0;
    uint64_t paddr = 0;
    uint64_t size = 0; ///< bytes
};

} // namespace vmcore
