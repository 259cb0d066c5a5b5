#pragma once

#include "models/dump/arch.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore {

/// What is known of a kdump file before its first page is compressed.
struct kdump_header {
    uint32_t block_size = 4096; ///< bytes of a page and of everything the format counts in blocks
    uint32_t status = 0;        ///< the codec's flag, perhaps with kdump_incomplete
    uint64_t max_mapnr = 0;     ///< number of the last page plus one
    uint64_t pages = 0;         ///< that are in the file
    uint32_t cpus = 0;
    uint64_t phys_base = 0;
    uint64_t note_size = 0; ///< bytes of all ELF notes

    /// The descriptor of the VMCOREINFO note, counted from the first note; size 0: there is none.
    uint64_t vmcoreinfo_offset = 0;
    uint64_t vmcoreinfo_size = 0;

    /// Of utsname; at most 64 bytes of each are kept.
    std::string sysname, release, version, machine;
};

/// Set in the status of a file that is not all there.
constexpr uint32_t kdump_incomplete = 0x8;

/// Where everything is in the file, all in bytes.
struct kdump_layout {
    uint64_t main_header_size = 0; ///< the header starts at 0
    uint64_t status_offset = 0;    ///< of the 4 bytes in the header
    uint64_t sub_header_offset = 0;
    uint64_t note_offset = 0; ///< right behind the sub-header
    uint64_t sub_header_blocks = 0;
    uint64_t bitmap_offset = 0; ///< of the first bitmap; the second follows it
    uint64_t bitmap_size = 0;   ///< of one of them, in whole blocks
    uint64_t descriptor_offset = 0;
    uint64_t data_offset = 0;
};

/// Bytes of a page descriptor: offset (8), size (4), flags (4), page flags (8).
constexpr uint64_t kdump_descriptor_size = 24;

/// Throws std::runtime_error when memory lies so high that a bitmap is larger than 1 GiB, which is 32 TiB in
/// pages of 4096 bytes.
kdump_layout lay_out_kdump(const dump_target& target, const kdump_header& header);

/// struct disk_dump_header, version 6, of the target's class and byte order.
std::vector<uint8_t> build_kdump_main_header(const dump_target& target, const kdump_header& header,
                                             const kdump_layout& layout);

/// struct kdump_sub_header, without the notes that follow it.
std::vector<uint8_t> build_kdump_sub_header(const dump_target& target, const kdump_header& header,
                                            const kdump_layout& layout);

} // namespace vmcore
