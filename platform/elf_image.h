#pragma once

#include "platform/image_list.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore {

/// What an executable asks to have in memory.
struct loaded_elf {
    uint64_t entry;
    /// One per PT_LOAD, at its physical address, zero-filled to its memory size. The file's own headers and
    /// notes, which linkers like to put before the first section, are dispensable.
    std::vector<image> segments;
};

bool is_elf(const std::vector<uint8_t>& file);

/// Reads a little-endian ELF64 executable for RISC-V.
/// @param name option and file, for messages
/// @param max_bytes segments that want more memory than this together are refused before they are built
/// @throws std::runtime_error when the file is truncated, for another machine, too large, or has nothing to
/// load
loaded_elf load_riscv64_elf(const std::string& name, const std::vector<uint8_t>& file, uint64_t max_bytes);

} // namespace vmcore
