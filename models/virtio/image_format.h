#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace vmcore {

constexpr size_t image_probe_bytes = 512; ///< at the start of a file, by which formats are told apart

/// The format of a disk image other than a raw one, by its first bytes, as QEMU names it; empty for none.
/// @param length image_probe_bytes, or all there is
std::string probe_image_format(const uint8_t* start, size_t length);

} // namespace vmcore
