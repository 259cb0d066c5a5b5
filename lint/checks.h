#pragma once

#include "lint/dump_file.h"

#include <optional>
#include <string>

/// What may be wrong with a dump, one function each: what is wrong in this dump, with its numbers, or
/// nothing. rules.cpp says what that means to whom.
namespace vmcore::lint::checks {

using finding = std::optional<std::string>;
using facts = dump_facts;

// Of any format.
finding flattened(const facts& dump);
finding flattened_cut(const facts& dump);
finding malformed_notes(const facts& dump);
finding notes_cut(const facts& dump);
finding unpadded_note(const facts& dump);
finding unknown_architecture(const facts& dump);
finding no_registers(const facts& dump);
finding foreign_registers(const facts& dump);
finding register_size(const facts& dump);
finding repeated_pids(const facts& dump);

// ELF.
finding headers_unusable(const facts& dump);
finding headers_elsewhere(const facts& dump);
finding no_note_section(const facts& dump);
finding header_size(const facts& dump);
finding notes_of_8(const facts& dump);
finding note_align(const facts& dump);
finding short_segments(const facts& dump);
finding empty_segments(const facts& dump);
finding segments_cut(const facts& dump);
finding unaligned(const facts& dump);
finding like_netdump(const facts& dump);
finding all_at_zero(const facts& dump);
finding physical_only(const facts& dump);
finding displaced(const facts& dump);
finding elf32(const facts& dump);
finding riscv_without_page_size(const facts& dump);
finding riscv(const facts& dump);

// kdump.
finding no_utsname(const facts& dump);
finding phys_base_differs(const facts& dump);
finding incomplete(const facts& dump);
finding bitmap_cut(const facts& dump);
finding pages_cut(const facts& dump);
finding bad_pages(const facts& dump);
finding falsely_packed(const facts& dump);
finding unknown_compression(const facts& dump);
finding rom_above_ram(const facts& dump);
finding unchecked(const facts& dump);
finding old_version(const facts& dump);
finding future_version(const facts& dump);

// VMCOREINFO.
finding no_vmcoreinfo(const facts& dump);
finding no_vmcoreinfo_note(const facts& dump);
finding no_vmcoreinfo_place(const facts& dump);
finding no_kernel_layout(const facts& dump);
finding no_kaslr_offset(const facts& dump);
finding qemu_without_vmcoreinfo(const facts& dump);
finding several_vmcoreinfos(const facts& dump);
finding bad_page_size(const facts& dump);
finding hexadecimal_ram_base(const facts& dump);
finding decimal_addresses(const facts& dump);

} // namespace vmcore::lint::checks
