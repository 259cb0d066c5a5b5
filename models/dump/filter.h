#pragma once

#include "models/dump/guest_state.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace vmcore {

/// The part of guest-physical memory a dump is limited to. Signed as on QEMU's command: negative numbers are
/// refused, not taken for huge ones.
struct dump_filter {
    int64_t begin = 0;  ///< first guest-physical address
    int64_t length = 0; ///< bytes, at least 1
};

/// The ranges to dump: ascending, without empty ones, clipped to the byte when there is a filter.
///
/// Throws std::runtime_error when a filter makes no sense, when nothing is left to dump, or when ranges
/// overlap or pass the end of the address space.
std::vector<memory_range> select_ranges(std::vector<memory_range> ranges,
                                        const std::optional<dump_filter>& filter);

} // namespace vmcore
