#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vmcore::fuzz {

/// Host files as read_file() of platform/files.h sees them in a fuzz program: memory_files.cpp takes its
/// place, so that no input reaches a file of the host's. Sets what a path holds; an exception stands for a
/// file that cannot be read. Without a call no file can be read.
void set_memory_files(std::function<std::vector<uint8_t>(const std::string& path)> contents);

} // namespace vmcore::fuzz
