// The ELF core file: where everything is, and its headers.
//
// Readers differ in what they take for granted, and the portable layout is the one that all of them open:
// program headers right behind the ELF header (makedumpfile looks nowhere else), no section headers
// (eu-readelf would look for notes in sections only), file offsets on page boundaries so that a reader can
// map them, and p_align 0 (crash takes a file with aligned offsets and another p_align for an old netdump). A
// dump with 65535 program headers or more cannot do without section headers: e_phnum is then PN_XNUM, and the
// null section tells the number. A second section shows eu-readelf the notes, a third one names the two.
//
// QEMU 10 has two section headers in front of the program headers, nothing is aligned, and the names of the
// sections are the file's end.

#include "models/dump/elf_core.h"

#include "models/dump/hex_text.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace vmcore {

namespace {

constexpr uint64_t page_size = 4096;
constexpr uint64_t pn_xnum = 0xffff;
constexpr uint32_t pt_load = 1;
constexpr uint32_t pt_note = 4;
constexpr uint32_t sht_strtab = 3;
constexpr uint32_t sht_note = 7;
constexpr uint16_t et_core = 4;

// Sizes and widths that depend on the class.
struct class_sizes {
    uint64_t header;
    uint64_t program_header;
    uint64_t section_header;
    size_t word; ///< of an address, an offset or a size
    uint64_t largest_number;
    uint64_t largest_file;
};

const class_sizes& sizes_of(const dump_target& target) {
    constexpr uint64_t largest_offset = std::numeric_limits<int64_t>::max(); // of off_t
    static const class_sizes elf32 = {52, 32, 40, 4, 0xffffffff, 0xffffffff};
    static const class_sizes elf64 = {64, 56, 64, 8, ~uint64_t{0}, largest_offset};
    return target.file_class == elf_class::elf32 ? elf32 : elf64;
}

uint64_t round_up(uint64_t number, uint64_t alignment) {
    return (number + alignment - 1) / alignment * alignment;
}

void put_elf_header(byte_sink& sink, const dump_target& target, const core_layout& layout) {
    const class_sizes& sizes = sizes_of(target);
    const bool has_sections = layout.section_header_offset != 0;
    const uint8_t identification[16] = {0x7f,
                                        'E',
                                        'L',
                                        'F',
                                        static_cast<uint8_t>(target.file_class),
                                        static_cast<uint8_t>(target.order == byte_order::little ? 1 : 2),
                                        1};
    sink.put_bytes(identification, sizeof identification);
    sink.put(et_core, 2);
    sink.put(target.machine, 2);
    sink.put(1, 4);                                              // e_version
    sink.put(0, sizes.word);                                     // e_entry
    sink.put(layout.program_header_offset, sizes.word);          // e_phoff
    sink.put(layout.section_header_offset, sizes.word);          // e_shoff
    sink.put(0, 4);                                              // e_flags
    sink.put(sizes.header, 2);                                   // e_ehsize
    sink.put(sizes.program_header, 2);                           // e_phentsize
    sink.put(std::min(layout.program_header_count, pn_xnum), 2); // e_phnum
    sink.put(has_sections ? sizes.section_header : 0, 2);        // e_shentsize
    sink.put(has_sections ? layout.sections.size() + 1 : 0, 2);  // e_shnum
    sink.put(layout.sections.size(), 2);                         // e_shstrndx
}

// Flags and alignment are 0: a physical dump knows of no protection, and for the alignment see above.
void put_program_header(byte_sink& sink, const dump_target& target, uint32_t type, const core_load& load) {
    const size_t word = sizes_of(target).word;
    sink.put(type, 4);
    if (target.file_class == elf_class::elf64)
        sink.put(0, 4); // p_flags
    sink.put(load.offset, word);
    sink.put(load.vaddr, word);
    sink.put(load.paddr, word);
    sink.put(load.size, word); // p_filesz
    sink.put(load.size, word); // p_memsz
    if (target.file_class == elf_class::elf32)
        sink.put(0, 4); // p_flags
    sink.put(0, word);  // p_align
}

void put_section_header(byte_sink& sink, const dump_target& target, const core_section& section,
                        uint64_t info) {
    const size_t word = sizes_of(target).word;
    sink.put(section.name, 4);
    sink.put(section.type, 4);
    sink.put(0, word); // sh_flags
    sink.put(0, word); // sh_addr
    sink.put(section.offset, word);
    sink.put(section.size, word);
    sink.put(0, 4); // sh_link
    sink.put(info, 4);
    sink.put(section.alignment, word);
    sink.put(0, word); // sh_entsize
}

void put_section_headers(byte_sink& sink, const dump_target& target, const core_layout& layout) {
    const uint64_t count = layout.program_header_count;
    put_section_header(sink, target, {}, count >= pn_xnum ? count : 0);
    for (const core_section& section : layout.sections)
        put_section_header(sink, target, section, 0);
}

[[noreturn]] void refuse_size(const dump_target& target) {
    throw std::runtime_error(std::string("a ") + target.name + " dump would be larger than " +
                             hex_text(sizes_of(target).largest_file) + " bytes: limit it with a filter");
}

/// Gives each range its place, counted from the start of all memory. Returns where the last one ends.
uint64_t place_segments(core_layout& layout, const dump_target& target,
                        const std::vector<memory_range>& ranges, uint64_t alignment) {
    const class_sizes& sizes = sizes_of(target);
    uint64_t end = 0;
    for (const memory_range& range : ranges) {
        if (range.base > sizes.largest_number || range.size - 1 > sizes.largest_number - range.base)
            throw std::runtime_error(std::string("a ") + target.name +
                                     " dump has no room for the address of memory at " +
                                     hex_text(range.base) + " (" + hex_text(range.size) + " bytes)");
        const uint64_t offset = round_up(end, alignment);
        if (offset > sizes.largest_file || range.size > sizes.largest_file - offset)
            refuse_size(target);
        layout.segments.push_back({range, offset});
        end = offset + range.size;
    }
    return end;
}

uint64_t last_address(const memory_range& range) {
    return range.base + (range.size - 1);
}

/// The parts of a mapping that are in the file.
void add_loads(core_layout& layout, const core_mapping& mapping, uint64_t largest_number) {
    if (mapping.size == 0 || std::max(mapping.vaddr, mapping.paddr) > largest_number)
        return;
    const uint64_t last =
        mapping.paddr + std::min(mapping.size - 1, largest_number - std::max(mapping.vaddr, mapping.paddr));
    auto segment =
        std::partition_point(layout.segments.begin(), layout.segments.end(), [&](const core_segment& each) {
            return last_address(each.memory) < mapping.paddr;
        });
    const size_t first_load = layout.loads.size();
    for (; segment != layout.segments.end() && segment->memory.base <= last; ++segment) {
        const uint64_t from = std::max(segment->memory.base, mapping.paddr);
        const uint64_t to = std::min(last_address(segment->memory), last);
        const core_load load = {mapping.vaddr + (from - mapping.paddr), from, to - from + 1,
                                segment->offset + (from - segment->memory.base)};
        core_load* before = layout.loads.size() > first_load ? &layout.loads.back() : nullptr;
        if (before && before->paddr + before->size == load.paddr &&
            before->offset + before->size == load.offset)
            before->size += load.size;
        else
            layout.loads.push_back(load);
    }
}

void add_loads(core_layout& layout, const std::vector<core_mapping>& mappings, uint64_t largest_number) {
    if (mappings.empty())
        for (const core_segment& segment : layout.segments)
            layout.loads.push_back(
                {segment.memory.base, segment.memory.base, segment.memory.size, segment.offset});
    for (const core_mapping& mapping : mappings)
        add_loads(layout, mapping, largest_number);
    layout.program_header_count = layout.loads.size() + 1;
}

/// Puts the headers in their places; returns where the notes may begin.
uint64_t place_headers(core_layout& layout, const class_sizes& sizes) {
    layout.program_header_offset = sizes.header;
    const uint64_t end = sizes.header + sizes.program_header * layout.program_header_count;
    if (layout.program_header_count < pn_xnum)
        return end;
    layout.section_header_offset = round_up(end, 8);
    layout.section_names = std::string("\0.note\0.shstrtab", 17);
    layout.sections.push_back({1, sht_note, 0, layout.note_size, 4}); // its offset is not known yet
    layout.sections.push_back({7, sht_strtab, layout.section_header_offset + 3 * sizes.section_header,
                               layout.section_names.size()});
    return layout.sections[1].offset + layout.sections[1].size;
}

uint64_t place_headers_as_qemu(core_layout& layout, const class_sizes& sizes) {
    layout.section_header_offset = sizes.header;
    layout.program_header_offset = sizes.header + 2 * sizes.section_header;
    layout.section_names = std::string("\0.shstrtab", 11);
    layout.sections.push_back({1, sht_strtab, 0, layout.section_names.size()});
    return layout.program_header_offset + sizes.program_header * layout.program_header_count;
}

} // namespace

core_layout lay_out_core(const dump_target& target, uint64_t note_size,
                         const std::vector<memory_range>& ranges, const std::vector<core_mapping>& mappings,
                         dump_layout style) {
    const class_sizes& sizes = sizes_of(target);
    const bool is_qemu = style == dump_layout::qemu;
    const uint64_t alignment = is_qemu ? 1 : page_size;
    core_layout layout;
    layout.note_size = note_size;
    const uint64_t memory_size = place_segments(layout, target, ranges, alignment);
    add_loads(layout, mappings, sizes.largest_number);

    const uint64_t headers = is_qemu ? place_headers_as_qemu(layout, sizes) : place_headers(layout, sizes);
    layout.note_offset = round_up(headers, 4);
    const uint64_t notes_end = layout.note_offset + note_size;
    const uint64_t memory = ranges.empty() ? notes_end : round_up(notes_end, alignment);
    layout.file_size = memory + memory_size;
    for (core_segment& segment : layout.segments)
        segment.offset += memory;
    for (core_load& load : layout.loads)
        load.offset += memory;
    if (is_qemu) {
        layout.sections.back().offset = layout.file_size;
        layout.file_size += layout.section_names.size();
    } else if (!layout.sections.empty()) {
        layout.sections.front().offset = layout.note_offset;
    }
    if (layout.file_size > sizes.largest_file)
        refuse_size(target);
    return layout;
}

std::vector<uint8_t> build_core_headers(const dump_target& target, const core_layout& layout) {
    byte_sink sink(target.order);
    put_elf_header(sink, target, layout);
    if (layout.section_header_offset == sink.size()) // as QEMU has it
        put_section_headers(sink, target, layout);
    put_program_header(sink, target, pt_note, {0, 0, layout.note_size, layout.note_offset});
    for (const core_load& load : layout.loads)
        put_program_header(sink, target, pt_load, load);
    if (layout.section_header_offset >= sink.size()) {
        sink.pad_to(layout.section_header_offset);
        put_section_headers(sink, target, layout);
        sink.put_bytes(layout.section_names.data(), layout.section_names.size());
    }
    return sink.bytes();
}

} // namespace vmcore
