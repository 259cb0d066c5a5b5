#pragma once

#include "lint/byte_source.h"
#include "models/tlm/endian.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore::lint {

enum class dump_format { elf, kdump };

enum class architecture { unknown, riscv64, riscv32, x86_64, i386, aarch64, arm };

/// As QEMU and this project spell it; "unknown" for those that no rule is about.
const char* name_of(architecture which);

/// What the notes of a dump say. Taken from the PT_NOTE segments, or from where a kdump sub-header points.
struct note_facts {
    uint64_t prstatus = 0;         ///< NT_PRSTATUS notes of the owner CORE: one for each CPU
    uint64_t odd_prstatus = 0;     ///< of them, those whose descriptor is not as long as the architecture's
    uint32_t odd_size = 0;         ///< the first such length, bytes
    uint64_t foreign_prstatus = 0; ///< type NT_PRSTATUS, but of another owner than CORE, QEMU or VMCOREINFO
    uint64_t repeated_pids = 0;    ///< NT_PRSTATUS whose pr_pid another one has
    uint64_t kernel_pcs = 0;       ///< NT_PRSTATUS whose pc is in the half of addresses that kernels have
    bool qemu = false;             ///< there is QEMU's own note
    uint64_t vmcoreinfos = 0;      ///< notes named VMCOREINFO
    std::string vmcoreinfo;        ///< the text of the first one; at most 1 MiB
    bool malformed = false;        ///< a note does not end within the notes, or they end within its header
    bool unpadded = false;         ///< the last one's descriptor ends the notes, without its padding
    bool cut = false;              ///< the notes do not lie within the file
    uint64_t overrun = 0;          ///< where notes end that go on in the file with one of a CPU's; 0: nowhere
};

/// An ELF core. Offsets and sizes in bytes; the counts are of PT_LOAD segments.
struct elf_facts {
    uint16_t type = 0;    ///< e_type; a core has 4
    uint16_t machine = 0; ///< e_machine
    uint64_t header_size = 0, expected_header_size = 0;
    uint64_t program_header_size = 0, expected_program_header_size = 0;
    uint64_t program_header_offset = 0;
    uint64_t program_headers = 0;     ///< of all types
    bool extended_count_lost = false; ///< e_phnum is PN_XNUM, and section 0 with the true number is not there
    bool program_headers_cut = false; ///< they do not all lie within the file
    uint64_t section_headers = 0;
    bool note_section = false; ///< one of them is SHT_NOTE
    uint64_t note_align = 0;   ///< the largest p_align of a PT_NOTE

    uint64_t loads = 0;
    uint64_t memory = 0;                   ///< sum of p_memsz, modulo 2^64
    uint64_t first_offset = ~uint64_t{0};  ///< the lowest p_offset of those with bytes in the file
    uint64_t empty = 0;                    ///< p_memsz is 0
    uint64_t short_of_file = 0;            ///< p_filesz < p_memsz
    uint64_t beyond_file = 0;              ///< end behind the end of the file
    uint64_t unaligned = 0;                ///< p_offset is no multiple of 4096
    uint64_t at_virtual_zero = 0;          ///< p_vaddr is 0 while p_paddr is not
    uint64_t virtual_loads = 0;            ///< p_vaddr is neither p_paddr nor 0
    bool first_looks_like_netdump = false; ///< the first one has an aligned p_offset and p_align other than 0
};

/// A kdump (diskdump) file. Sizes in bytes unless told.
struct kdump_facts {
    uint32_t version = 0; ///< header_version
    uint32_t status = 0;
    uint32_t block_size = 0;
    std::string sysname, release, version_text, machine; ///< of utsname; printable
    uint64_t max_mapnr = 0;
    uint64_t phys_base = 0;
    std::string vmcoreinfo;  ///< the text where offset_vmcoreinfo says; at most 1 MiB, empty: there is none
    bool bitmap_cut = false; ///< the bitmaps do not lie within the file, or max_mapnr passes them

    uint64_t pages = 0;             ///< that the second bitmap has
    uint64_t end_of_pages = 0;      ///< number of the last page in the file, plus 1
    uint64_t last_run = 0;          ///< pages in a row that end there
    uint64_t end_of_run_before = 0; ///< number of the last page before those, plus 1; 0: there is none
    uint64_t checked = 0;        ///< page descriptors that were looked at: `pages`, or as many as is bearable
    uint64_t outside = 0;        ///< of them, those that are, or whose data is, not within the file
    uint64_t oversized = 0;      ///< of them, those with more data than a page, or none
    uint64_t falsely_packed = 0; ///< of them, those as long as a page yet marked as compressed
    uint64_t badly_packed = 0;   ///< of them, those marked by an unknown flag or by two compressions
    uint64_t zlib = 0, lzo = 0, snappy = 0, zstd = 0; ///< of them, by compression
};

/// What is in a dump, as far as readers care.
struct dump_facts {
    dump_format format = dump_format::elf;
    bool flattened = false;
    uint64_t records = 0;         ///< when flattened
    bool flattened_to_end = true; ///< when flattened: the end record is there
    uint64_t file_size = 0;       ///< when flattened, that of the rearranged file
    byte_order order = byte_order::little;
    unsigned word = 8; ///< bytes of an address: 4 or 8
    architecture arch = architecture::unknown;
    note_facts notes;
    elf_facts elf;     ///< zero when the format is another
    kdump_facts kdump; ///< zero when the format is another

    /// That of the notes, else that of a kdump file's sub-header; empty: there is none. For those of one
    /// reader: vmcoreinfo_for().
    const std::string& vmcoreinfo() const {
        return notes.vmcoreinfo.empty() ? kdump.vmcoreinfo : notes.vmcoreinfo;
    }
};

/// Looks through a file in pieces of bounded size; the time is bounded too: more page descriptors, program
/// headers or notes than a dump of 256 GiB has are not looked at, or are an error.
/// @throws not_a_dump
dump_facts examine(const byte_source& file);

} // namespace vmcore::lint
