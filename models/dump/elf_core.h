#pragma once

#include "models/dump/arch.h"
#include "models/dump/core_mapping.h"
#include "models/dump/dump_layout.h"
#include "models/dump/guest_state.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore {

/// A range of guest memory and its place in the file.
struct core_segment {
    memory_range memory;
    uint64_t offset = 0; ///< in the file; in the portable layout a multiple of 4096
};

/// A PT_LOAD: guest memory at a virtual address, with its place in the file, which others may share.
struct core_load {
    uint64_t vaddr = 0;
    uint64_t paddr = 0;
    uint64_t size = 0;
    uint64_t offset = 0;
};

/// A section but the null section, which has no need of a description.
struct core_section {
    uint32_t name = 0; ///< index in core_layout::section_names
    uint32_t type = 0; ///< sh_type
    uint64_t offset = 0;
    uint64_t size = 0;
    uint64_t alignment = 0;
};

/// Where everything is in an ELF core file; all offsets and sizes in bytes.
struct core_layout {
    uint64_t program_header_offset = 0;
    uint64_t program_header_count = 0;  ///< the PT_NOTE and the PT_LOADs
    uint64_t section_header_offset = 0; ///< 0: there are no sections
    std::vector<core_section> sections; ///< behind the null section; the last one holds the names
    std::string section_names;
    uint64_t note_offset = 0;
    uint64_t note_size = 0;
    std::vector<core_segment> segments; ///< as `ranges` were given
    std::vector<core_load> loads;
    uint64_t file_size = 0;
};

/// Lays a file out.
///
/// Portable: [ELF header][program headers][section headers and names, if PN_XNUM needs them][notes][memory of
/// each range, from a new page on]. QEMU's: [ELF header][section headers][program headers][notes][memory,
/// packed][section names].
///
/// There is a PT_LOAD for each mapping, in their order: cut to what the ranges hold and to what the ELF class
/// has numbers for, and in several pieces where that is not in one piece in the file. Without any mapping
/// there is one for each range, at its physical address. `ranges` are as select_ranges() gives them.
///
/// Throws std::runtime_error when the address of a range, an offset or the file's size does not fit the ELF
/// class.
core_layout lay_out_core(const dump_target& target, uint64_t note_size,
                         const std::vector<memory_range>& ranges,
                         const std::vector<core_mapping>& mappings = {},
                         dump_layout style = dump_layout::portable);

/// All that comes before the notes: the file's bytes from 0 on. Follows the System V ABI's ELF specification,
/// chapters 4 and 5.
std::vector<uint8_t> build_core_headers(const dump_target& target, const core_layout& layout);

} // namespace vmcore
