#include "lint/checks.h"

#include "lint/readers.h"
#include "models/dump/vmcoreinfo_text.h"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>

namespace vmcore::lint::checks {

namespace {

[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return line;
}

finding when(bool found, std::string what) {
    return found ? finding(std::move(what)) : std::nullopt;
}

bool is_elf(const facts& dump) {
    return dump.format == dump_format::elf;
}
bool is_kdump(const facts& dump) {
    return dump.format == dump_format::kdump;
}
bool has_text(const facts& dump) {
    return !dump.vmcoreinfo().empty();
}
vmcoreinfo_text text_of(const facts& dump) {
    return vmcoreinfo_text(dump.vmcoreinfo());
}
/// It is Linux that is in the dump, and no firmware: the text tells where its page tables are, or a CPU is in
/// it.
bool holds_a_kernel(const facts& dump) {
    return text_of(dump).symbol("swapper_pg_dir") || dump.notes.kernel_pcs > 0;
}

/// Where physical memory or the kernel begins, as the header of a kdump file should tell.
const char* phys_base_key(architecture arch) {
    switch (arch) {
    case architecture::x86_64: return "NUMBER(phys_base)";
    case architecture::aarch64: return "NUMBER(PHYS_OFFSET)";
    case architecture::riscv64: return "NUMBER(phys_ram_base)";
    default: return nullptr;
    }
}

} // namespace

// Of any format.

finding flattened(const facts& dump) {
    return when(dump.flattened, text("flattened into %" PRIu64 " records", dump.records));
}

finding flattened_cut(const facts& dump) {
    return when(!dump.flattened_to_end, "flattened, and the end record is missing: it was cut off");
}

finding malformed_notes(const facts& dump) {
    return when(dump.notes.malformed, "a note does not end within the notes, or they end within its header");
}

finding notes_cut(const facts& dump) {
    return when(dump.notes.cut, "the notes do not lie within the file");
}

finding unpadded_note(const facts& dump) {
    return when(dump.notes.unpadded, "the last note is not padded to a multiple of 4 bytes");
}

finding unknown_architecture(const facts& dump) {
    if (dump.arch != architecture::unknown)
        return std::nullopt;
    return is_elf(dump)
               ? text("e_machine %u is of no architecture that these readers are for", dump.elf.machine)
               : text("the header's machine '%s' and the notes tell no known architecture",
                      dump.kdump.machine.c_str());
}

finding no_registers(const facts& dump) {
    return when(dump.notes.prstatus == 0, "no NT_PRSTATUS note: no CPU's registers");
}

finding foreign_registers(const facts& dump) {
    return when(
        dump.notes.foreign_prstatus > 0,
        text("%" PRIu64 " NT_PRSTATUS notes of another owner than CORE", dump.notes.foreign_prstatus));
}

finding register_size(const facts& dump) {
    return when(dump.notes.odd_prstatus > 0,
                text("%" PRIu64 " NT_PRSTATUS notes not of %s's size; the first has %u bytes",
                     dump.notes.odd_prstatus, name_of(dump.arch), dump.notes.odd_size));
}

finding repeated_pids(const facts& dump) {
    return when(dump.notes.repeated_pids > 0,
                text("%" PRIu64 " NT_PRSTATUS notes with the pr_pid of another", dump.notes.repeated_pids));
}

// ELF.

finding headers_unusable(const facts& dump) {
    if (!is_elf(dump))
        return std::nullopt;
    if (dump.elf.extended_count_lost)
        return "e_phnum is PN_XNUM, but no section header tells the number in sh_info";
    if (dump.elf.program_header_size != dump.elf.expected_program_header_size)
        return text("e_phentsize is %" PRIu64 ", expected %" PRIu64, dump.elf.program_header_size,
                    dump.elf.expected_program_header_size);
    if (dump.elf.program_headers_cut)
        return text("%" PRIu64 " program headers at 0x%" PRIx64 " pass the end of the file",
                    dump.elf.program_headers, dump.elf.program_header_offset);
    return when(dump.elf.loads == 0, "no PT_LOAD segment: no memory");
}

finding headers_elsewhere(const facts& dump) {
    return when(is_elf(dump) && dump.elf.program_header_offset != dump.elf.expected_header_size,
                text("program headers at 0x%" PRIx64 ", not right behind the ELF header at 0x%" PRIx64,
                     dump.elf.program_header_offset, dump.elf.expected_header_size));
}

finding no_note_section(const facts& dump) {
    return when(is_elf(dump) && dump.elf.section_headers > 0 && !dump.elf.note_section,
                text("%" PRIu64 " section headers, and none is of notes", dump.elf.section_headers));
}

finding header_size(const facts& dump) {
    return when(is_elf(dump) && dump.elf.header_size != dump.elf.expected_header_size,
                text("e_ehsize is %" PRIu64 ", expected %" PRIu64, dump.elf.header_size,
                     dump.elf.expected_header_size));
}

finding notes_of_8(const facts& dump) {
    return when(is_elf(dump) && dump.elf.note_align == 8,
                "p_align 8 of the notes: to some readers they are padded to 8 bytes, to others to 4");
}

finding note_align(const facts& dump) {
    return when(is_elf(dump) && dump.elf.note_align > 4 && dump.elf.note_align != 8,
                text("p_align %" PRIu64 " of the notes", dump.elf.note_align));
}

finding short_segments(const facts& dump) {
    return when(is_elf(dump) && dump.elf.short_of_file > 0,
                text("%" PRIu64 " of %" PRIu64 " segments with p_filesz < p_memsz", dump.elf.short_of_file,
                     dump.elf.loads));
}

finding empty_segments(const facts& dump) {
    return when(is_elf(dump) && dump.elf.empty > 0,
                text("%" PRIu64 " segments with p_memsz 0", dump.elf.empty));
}

finding segments_cut(const facts& dump) {
    return when(is_elf(dump) && dump.elf.beyond_file > 0,
                text("%" PRIu64 " of %" PRIu64 " segments pass the end of the file at 0x%" PRIx64,
                     dump.elf.beyond_file, dump.elf.loads, dump.file_size));
}

finding unaligned(const facts& dump) {
    return when(is_elf(dump) && dump.elf.unaligned > 0,
                text("%" PRIu64 " of %" PRIu64 " segments at offsets that are no multiple of 4096",
                     dump.elf.unaligned, dump.elf.loads));
}

finding like_netdump(const facts& dump) {
    return when(is_elf(dump) && dump.elf.first_looks_like_netdump,
                "the first PT_LOAD has an aligned offset and a p_align other than 0");
}

finding all_at_zero(const facts& dump) {
    return when(is_elf(dump) && dump.elf.at_virtual_zero > 0,
                text("%" PRIu64 " of %" PRIu64 " segments with p_vaddr 0 and another p_paddr",
                     dump.elf.at_virtual_zero, dump.elf.loads));
}

finding physical_only(const facts& dump) {
    return when(is_elf(dump) && dump.elf.loads > 0 && dump.elf.virtual_loads == 0 && holds_a_kernel(dump),
                "no segment at a virtual address of the kernel");
}

/// Cloud Hypervisor reckons with the CPUs that it booted with, and writes the notes of all.
finding displaced(const facts& dump) {
    return when(is_elf(dump) && dump.notes.overrun != 0 && dump.notes.overrun == dump.elf.first_offset,
                "notes of CPUs go on where memory should begin: all memory is further back than told");
}

finding elf32(const facts& dump) {
    return when(is_elf(dump) && dump.word == 4, "an ELF file of class 32");
}

finding riscv_without_page_size(const facts& dump) {
    return when(is_elf(dump) && (dump.arch == architecture::riscv64 || dump.arch == architecture::riscv32) &&
                    !text_of(dump).number("PAGESIZE"),
                "no PAGESIZE in a VMCOREINFO note");
}

finding riscv(const facts& dump) {
    return when(dump.arch == architecture::riscv64 || dump.arch == architecture::riscv32,
                text("an architecture, %s, that it does not know (riscv64 from 0.5.4)", name_of(dump.arch)));
}

// kdump.

finding no_utsname(const facts& dump) {
    if (!is_kdump(dump))
        return std::nullopt;
    std::string missing;
    for (const auto& [name, value] : {std::pair("sysname", &dump.kdump.sysname),
                                      {"release", &dump.kdump.release},
                                      {"version", &dump.kdump.version_text},
                                      {"machine", &dump.kdump.machine}})
        if (value->empty() || *value == "Unknown")
            missing += (missing.empty() ? "" : ", ") + std::string(name);
    return when(!missing.empty(), "the header's utsname has no " + missing);
}

finding phys_base_differs(const facts& dump) {
    const char* key = phys_base_key(dump.arch);
    if (!is_kdump(dump) || key == nullptr)
        return std::nullopt;
    const std::optional<uint64_t> told = text_of(dump).number(key);
    if (!told || *told == dump.kdump.phys_base)
        return std::nullopt;
    return text("phys_base is 0x%" PRIx64 " in the header, but %s is 0x%" PRIx64 " (%" PRId64 ")",
                dump.kdump.phys_base, key, *told, static_cast<int64_t>(*told));
}

finding incomplete(const facts& dump) {
    return when(is_kdump(dump) && (dump.kdump.status & 0x8) != 0,
                "the header's status says that the dump is incomplete");
}

finding bitmap_cut(const facts& dump) {
    return when(is_kdump(dump) && dump.kdump.bitmap_cut,
                "the bitmaps pass the end of the file, or max_mapnr passes them");
}

finding pages_cut(const facts& dump) {
    return when(is_kdump(dump) && dump.kdump.outside > 0,
                text("%" PRIu64 " of %" PRIu64 " pages are not within the file, which ends at 0x%" PRIx64,
                     dump.kdump.outside, dump.kdump.checked, dump.file_size));
}

finding bad_pages(const facts& dump) {
    return when(is_kdump(dump) && dump.kdump.oversized + dump.kdump.badly_packed > 0,
                text("%" PRIu64 " page descriptors of an impossible size, %" PRIu64 " with impossible flags",
                     dump.kdump.oversized, dump.kdump.badly_packed));
}

finding falsely_packed(const facts& dump) {
    return when(
        is_kdump(dump) && dump.kdump.falsely_packed > 0,
        text("%" PRIu64 " pages as long as a page, yet marked as compressed", dump.kdump.falsely_packed));
}

/// What Debian's makedumpfile lacks: snappy, and before 1.7.6, which is the one for riscv64, zstd.
finding unknown_compression(const facts& dump) {
    const uint64_t zstd = dump.arch == architecture::riscv64 ? 0 : dump.kdump.zstd;
    return when(is_kdump(dump) && dump.kdump.snappy + zstd > 0,
                text("%" PRIu64 " pages in snappy, %" PRIu64 " in zstd", dump.kdump.snappy, dump.kdump.zstd));
}

/// makedumpfile takes max_mapnr for the end of the kernel's memory sections, of 128 MiB each on x86_64.
finding rom_above_ram(const facts& dump) {
    constexpr uint64_t section = 0x8000, four_gib = 0x100000;
    const kdump_facts& kdump = dump.kdump;
    const uint64_t end_of_ram = kdump.end_of_pages == four_gib && kdump.last_run < section / 2
                                    ? kdump.end_of_run_before
                                    : kdump.end_of_pages;
    return when(
        is_kdump(dump) && dump.arch == architecture::x86_64 && end_of_ram > 0 &&
            kdump.max_mapnr > (end_of_ram + section - 1) / section * section,
        text("max_mapnr is 0x%" PRIx64 ", but RAM ends at page 0x%" PRIx64, kdump.max_mapnr, end_of_ram));
}

finding unchecked(const facts& dump) {
    return when(is_kdump(dump) && dump.kdump.checked < dump.kdump.pages,
                text("only the first %" PRIu64 " of %" PRIu64 " page descriptors were checked",
                     dump.kdump.checked, dump.kdump.pages));
}

finding old_version(const facts& dump) {
    return when(is_kdump(dump) && dump.kdump.version < 6,
                text("header_version %u: page numbers have 32 bits only", dump.kdump.version));
}

finding future_version(const facts& dump) {
    return when(is_kdump(dump) && dump.kdump.version > 6,
                text("header_version %u, the last known is 6", dump.kdump.version));
}

// VMCOREINFO.

finding no_vmcoreinfo(const facts& dump) {
    return when(!has_text(dump), "no VMCOREINFO note");
}

finding no_vmcoreinfo_note(const facts& dump) {
    return when(has_text(dump) && vmcoreinfo_for(reader::libkdumpfile, dump).empty(),
                "the sub-header's offset_vmcoreinfo tells of VMCOREINFO, but no note is of that name");
}

finding no_vmcoreinfo_place(const facts& dump) {
    return when(has_text(dump) && vmcoreinfo_for(reader::makedumpfile, dump).empty(),
                "a VMCOREINFO note, but the sub-header's offset_vmcoreinfo leads to no text");
}

/// Those architectures on which nothing but VMCOREINFO tells where the kernel is.
finding no_kernel_layout(const facts& dump) {
    return when(vmcoreinfo_for(reader::crash, dump).empty() &&
                    (dump.arch == architecture::riscv64 || dump.arch == architecture::aarch64),
                text("nothing but VMCOREINFO tells where the kernel of %s is", name_of(dump.arch)));
}

/// QEMU's notes tell where the CPU's tables are, by which crash finds a kernel that KASLR moved.
finding no_kaslr_offset(const facts& dump) {
    return when(vmcoreinfo_for(reader::crash, dump).empty() && !dump.notes.qemu &&
                    dump.arch == architecture::x86_64,
                "neither VMCOREINFO nor QEMU's notes tell where the kernel is");
}

finding qemu_without_vmcoreinfo(const facts& dump) {
    return when(!has_text(dump) && dump.notes.qemu && is_elf(dump), "QEMU's notes, and no VMCOREINFO note");
}

finding several_vmcoreinfos(const facts& dump) {
    return when(dump.notes.vmcoreinfos > 1, text("%" PRIu64 " VMCOREINFO notes", dump.notes.vmcoreinfos));
}

finding bad_page_size(const facts& dump) {
    const std::optional<uint64_t> size =
        vmcoreinfo_text(vmcoreinfo_for(reader::libkdumpfile, dump)).number("PAGESIZE");
    return when(size && (*size == 0 || (*size & (*size - 1)) != 0),
                text("PAGESIZE is %" PRIu64 ", no power of two", size.value_or(0)));
}

finding hexadecimal_ram_base(const facts& dump) {
    const auto value = vmcoreinfo_text(vmcoreinfo_for(reader::crash, dump)).value("NUMBER(phys_ram_base)");
    return when(dump.arch == architecture::riscv64 && value && value->substr(0, 2) == "0x",
                "NUMBER(phys_ram_base) is hexadecimal; the kernel writes it in decimal");
}

finding decimal_addresses(const facts& dump) {
    if (dump.arch != architecture::riscv64)
        return std::nullopt;
    std::string wrong;
    for (const char* key :
         {"NUMBER(PAGE_OFFSET)", "NUMBER(VMALLOC_START)", "NUMBER(VMALLOC_END)", "NUMBER(VMEMMAP_START)",
          "NUMBER(VMEMMAP_END)", "NUMBER(MODULES_VADDR)", "NUMBER(MODULES_END)", "NUMBER(KERNEL_LINK_ADDR)",
          "NUMBER(va_kernel_pa_offset)"}) {
        const auto value = text_of(dump).value(key);
        if (value && value->substr(0, 2) != "0x")
            wrong += (wrong.empty() ? "" : ", ") + std::string(key);
    }
    return when(!wrong.empty(), wrong + " without 0x; the kernel writes 0x and hexadecimal digits");
}

} // namespace vmcore::lint::checks
