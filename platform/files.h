#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace vmcore {

/// The bytes of a host file: up to 64 GiB of a regular one, up to 1 GiB of a pipe or a device.
/// @param at_most what lies behind so many bytes is not read
/// @throws std::runtime_error naming the option, the file and the system's reason
std::vector<uint8_t> read_file(const std::string& option, const std::string& path,
                               uint64_t at_most = std::numeric_limits<uint64_t>::max());

} // namespace vmcore
