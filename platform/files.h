#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore {

/// The bytes of a host file: up to 64 GiB of a regular one, up to 1 GiB of a pipe or a device.
/// @throws std::runtime_error naming the option, the file and the system's reason
std::vector<uint8_t> read_file(const std::string& option, const std::string& path);

} // namespace vmcore
