#pragma once

#include "models/dump/arch.h"
#include "models/dump/guest_state.h"
#include "models/dump/output_file.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vmcore {

/// A PT_LOAD segment: guest-physical memory and its place in the file.
struct core_segment {
    memory_range memory;
    uint64_t offset = 0; ///< in the file, a multiple of 4096
};

/// Where everything is in an ELF core file; all offsets and sizes in bytes.
struct core_layout {
    uint64_t program_header_offset = 0; ///< 64 in ELF64, 52 in ELF32
    uint64_t program_header_count = 0;  ///< the PT_NOTE and the PT_LOADs
    uint64_t section_header_offset = 0; ///< of the null section that holds the count when PN_XNUM; else 0
    uint64_t note_offset = 0;
    uint64_t note_size = 0;
    std::vector<core_segment> segments; ///< as `ranges` were given
    uint64_t file_size = 0;
};

/// Lays a file out: [ELF header][program headers][null section][notes][memory of each range, from a new page
/// on]. Throws std::runtime_error when an address, an offset or the file's size does not fit the ELF class.
core_layout lay_out_core(const dump_target& target, uint64_t note_size,
                         const std::vector<memory_range>& ranges);

/// ELF header, program headers and, when there are too many of those for e_phnum, the null section header:
/// the file's bytes from 0 on. Follows the System V ABI's ELF specification, chapters 4 and 5.
std::vector<uint8_t> build_core_headers(const dump_target& target, const core_layout& layout);

/// Writes the headers, the notes and the memory, and sets the file's size. Pages of zeros become holes.
/// Calls `on_progress` with the number of bytes of guest memory that are done since the last call. Returns a
/// warning for each range that could not be read as a whole.
std::vector<std::string> write_core(output_file& file, const dump_target& target, const core_layout& layout,
                                    const std::vector<uint8_t>& notes, const guest_memory& memory,
                                    const std::function<void(uint64_t)>& on_progress = {});

} // namespace vmcore
