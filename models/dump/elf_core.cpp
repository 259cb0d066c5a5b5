// The ELF core file.
//
// Readers differ in what they take for granted, and this layout is the one that all of them open: program
// headers right behind the ELF header (makedumpfile looks nowhere else), no section headers (eu-readelf would
// look for notes in sections only), file offsets on page boundaries so that a reader can map them, and
// p_align 0 (crash takes a file with aligned offsets and another p_align for an old netdump). A dump with
// 65535 program headers or more cannot do without one section header: e_phnum is then PN_XNUM, and the null
// section tells the number.

#include "models/dump/elf_core.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace vmcore {

namespace {

constexpr uint64_t page_size = 4096;
constexpr uint64_t chunk_size = 1 << 20; // bytes read and written at once
constexpr uint64_t pn_xnum = 0xffff;
constexpr uint32_t pt_load = 1;
constexpr uint32_t pt_note = 4;
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

std::string hex(uint64_t number) {
    char text[19];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
    return text;
}

void put_elf_header(byte_sink& sink, const dump_target& target, const core_layout& layout) {
    const class_sizes& sizes = sizes_of(target);
    const bool has_section = layout.section_header_offset != 0;
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
    sink.put(has_section ? sizes.section_header : 0, 2);         // e_shentsize
    sink.put(has_section ? 1 : 0, 2);                            // e_shnum
    sink.put(0, 2);                                              // e_shstrndx
}

// Flags and alignment are 0: a physical dump knows of no protection, and for the alignment see above.
void put_program_header(byte_sink& sink, const dump_target& target, uint32_t type, uint64_t offset,
                        uint64_t address, uint64_t size) {
    const size_t word = sizes_of(target).word;
    sink.put(type, 4);
    if (target.file_class == elf_class::elf64)
        sink.put(0, 4); // p_flags
    sink.put(offset, word);
    sink.put(address, word); // p_vaddr
    sink.put(address, word); // p_paddr
    sink.put(size, word);    // p_filesz
    sink.put(size, word);    // p_memsz
    if (target.file_class == elf_class::elf32)
        sink.put(0, 4); // p_flags
    sink.put(0, word);  // p_align
}

void put_null_section(byte_sink& sink, const dump_target& target, uint64_t program_header_count) {
    const size_t word = sizes_of(target).word;
    sink.put(0, 4 + 4);         // sh_name, sh_type
    for (int i = 0; i < 4; ++i) // sh_flags, sh_addr, sh_offset, sh_size
        sink.put(0, word);
    sink.put(0, 4);                    // sh_link
    sink.put(program_header_count, 4); // sh_info
    sink.put(0, word);                 // sh_addralign
    sink.put(0, word);                 // sh_entsize
}

bool is_zero(const uint8_t* bytes, uint64_t length) {
    // Eight bytes at a time, without a branch in the loop, so that the compiler can use vector registers.
    uint64_t seen = 0;
    uint64_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t word;
        std::memcpy(&word, bytes + i, 8);
        seen |= word;
    }
    for (; i < length; ++i)
        seen |= bytes[i];
    return seen == 0;
}

// Writes each run of pages that hold something with one call.
void write_sparse(output_file& file, uint64_t offset, const uint8_t* bytes, uint64_t length) {
    uint64_t run = 0; // start of the pages not written yet
    for (uint64_t page = 0; page < length; page += page_size) {
        const uint64_t page_end = std::min(page + page_size, length);
        if (!is_zero(bytes + page, page_end - page))
            continue;
        if (page > run)
            file.write_at(offset + run, bytes + run, page - run);
        run = page_end;
    }
    if (length > run)
        file.write_at(offset + run, bytes + run, length - run);
}

// Returns how many bytes were there to read.
uint64_t write_segment(output_file& file, const core_segment& segment, const guest_memory& memory,
                       std::vector<uint8_t>& buffer, const std::function<void(uint64_t)>& on_progress) {
    const memory_range& range = segment.memory;
    uint64_t mapped = 0;
    for (uint64_t done = 0; done < range.size; done += chunk_size) {
        const uint64_t length = std::min(chunk_size, range.size - done);
        const uint8_t* bytes = range.host ? range.host + done : nullptr;
        if (bytes) {
            mapped += length;
        } else {
            buffer.resize(chunk_size);
            mapped += memory.read(range.base + done, buffer.data(), length);
            bytes = buffer.data();
        }
        write_sparse(file, segment.offset + done, bytes, length);
        if (on_progress)
            on_progress(length);
    }
    return mapped;
}

} // namespace

core_layout lay_out_core(const dump_target& target, uint64_t note_size,
                         const std::vector<memory_range>& ranges) {
    const class_sizes& sizes = sizes_of(target);
    core_layout layout;
    layout.program_header_offset = sizes.header;
    layout.program_header_count = ranges.size() + 1;
    uint64_t end = sizes.header + sizes.program_header * layout.program_header_count;
    if (layout.program_header_count >= pn_xnum) {
        layout.section_header_offset = round_up(end, 8);
        end = layout.section_header_offset + sizes.section_header;
    }
    layout.note_offset = round_up(end, 4);
    layout.note_size = note_size;
    end = layout.note_offset + note_size;
    for (const memory_range& range : ranges) {
        if (range.base > sizes.largest_number || range.size - 1 > sizes.largest_number - range.base)
            throw std::runtime_error(std::string("a ") + target.name +
                                     " dump has no room for the address of memory at " + hex(range.base) +
                                     " (" + hex(range.size) + " bytes)");
        const uint64_t offset = round_up(end, page_size);
        if (offset > sizes.largest_file || range.size > sizes.largest_file - offset)
            throw std::runtime_error(std::string("a ") + target.name + " dump would be larger than " +
                                     hex(sizes.largest_file) + " bytes: limit it with a filter");
        layout.segments.push_back({range, offset});
        end = offset + range.size;
    }
    layout.file_size = end;
    return layout;
}

std::vector<uint8_t> build_core_headers(const dump_target& target, const core_layout& layout) {
    byte_sink sink(target.order);
    put_elf_header(sink, target, layout);
    put_program_header(sink, target, pt_note, layout.note_offset, 0, layout.note_size);
    for (const core_segment& segment : layout.segments)
        put_program_header(sink, target, pt_load, segment.offset, segment.memory.base, segment.memory.size);
    if (layout.section_header_offset != 0) {
        sink.pad_to(layout.section_header_offset);
        put_null_section(sink, target, layout.program_header_count);
    }
    return sink.bytes();
}

std::vector<std::string> write_core(output_file& file, const dump_target& target, const core_layout& layout,
                                    const std::vector<uint8_t>& notes, const guest_memory& memory,
                                    const std::function<void(uint64_t)>& on_progress) {
    const std::vector<uint8_t> headers = build_core_headers(target, layout);
    file.write_at(0, headers.data(), headers.size());
    file.write_at(layout.note_offset, notes.data(), notes.size());
    std::vector<std::string> warnings;
    std::vector<uint8_t> buffer;
    for (const core_segment& segment : layout.segments) {
        const uint64_t mapped = write_segment(file, segment, memory, buffer, on_progress);
        if (mapped < segment.memory.size)
            warnings.push_back("memory at " + hex(segment.memory.base) +
                               " could not be read as a whole: " + hex(segment.memory.size - mapped) +
                               " of its " + hex(segment.memory.size) + " bytes are zero in the dump");
    }
    file.set_size(layout.file_size);
    return warnings;
}

} // namespace vmcore
