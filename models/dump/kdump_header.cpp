// The two headers of a kdump-compressed file (diskdump, header version 6), after makedumpfile's
// IMPLEMENTATION and the structures that crash and libkdumpfile read.
//
// The main header fills block 0: signature, version, utsname, timestamp, then numbers. What differs between
// the classes is the padding behind utsname and the size of the timestamp. The sub-header is in block 1; in
// the 32-bit class its 64-bit fields follow the others without padding. Counts of pages are there twice: in
// 32 bits, which have been too few since there is so much memory, and in 64 bits at the end.

#include "models/dump/kdump_header.h"

#include "models/dump/hex_text.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace vmcore {

namespace {

constexpr uint32_t header_version = 6;
constexpr size_t utsname_field = 65;
// One bitmap, which readers take as a whole into memory.
constexpr uint64_t largest_bitmap = uint64_t{1} << 30;
constexpr uint32_t dump_level = 1; // no page is left out but those of zeros, which are one page in the file

struct class_sizes {
    uint64_t utsname_padding;
    uint64_t timestamp; ///< struct timeval
    uint64_t main_header;
    uint64_t sub_header;
};

const class_sizes& sizes_of(const dump_target& target) {
    static const class_sizes elf32 = {2, 8, 452, 80};
    static const class_sizes elf64 = {6, 16, 464, 104};
    return target.file_class == elf_class::elf32 ? elf32 : elf64;
}

uint64_t blocks_of(uint64_t bytes, uint64_t block_size) {
    return (bytes + block_size - 1) / block_size;
}

uint64_t saturate_to_32_bits(uint64_t number) {
    return std::min<uint64_t>(number, std::numeric_limits<uint32_t>::max());
}

void put_text(byte_sink& sink, const std::string& text, size_t field) {
    const size_t end = sink.size() + field;
    sink.put_bytes(text.data(), std::min(text.size(), field - 1));
    sink.pad_to(end);
}

} // namespace

kdump_layout lay_out_kdump(const dump_target& target, const kdump_header& header) {
    const class_sizes& sizes = sizes_of(target);
    const uint64_t block = header.block_size;
    kdump_layout layout;
    layout.main_header_size = sizes.main_header;
    constexpr uint64_t numbers_before_the_end = 40; // status is the first of ten
    layout.status_offset = sizes.main_header - numbers_before_the_end;
    layout.sub_header_offset = block;
    layout.note_offset = block + sizes.sub_header;
    layout.sub_header_blocks = blocks_of(sizes.sub_header + header.note_size, block);
    const uint64_t bitmap_blocks = blocks_of(blocks_of(header.max_mapnr, 8), block);
    if (bitmap_blocks * block > largest_bitmap)
        throw std::runtime_error("guest memory up to " + hex_text(header.max_mapnr * block - 1) +
                                 " lies too high for a kdump file, whose bitmaps go up to " +
                                 hex_text(largest_bitmap * 8 * block - 1) + " with pages of " +
                                 std::to_string(block) + " bytes");
    layout.bitmap_offset = (1 + layout.sub_header_blocks) * block;
    layout.bitmap_size = bitmap_blocks * block;
    layout.descriptor_offset = layout.bitmap_offset + 2 * layout.bitmap_size;
    layout.data_offset = layout.descriptor_offset + header.pages * kdump_descriptor_size;
    return layout;
}

std::vector<uint8_t> build_kdump_main_header(const dump_target& target, const kdump_header& header,
                                             const kdump_layout& layout) {
    const class_sizes& sizes = sizes_of(target);
    byte_sink sink(target.order);
    sink.put_bytes("KDUMP   ", 8);
    sink.put(header_version, 4);
    put_text(sink, header.sysname, utsname_field);
    put_text(sink, "", utsname_field); // nodename
    put_text(sink, header.release, utsname_field);
    put_text(sink, header.version, utsname_field);
    put_text(sink, header.machine, utsname_field);
    put_text(sink, "", utsname_field); // domainname
    sink.pad_to(sink.size() + sizes.utsname_padding + sizes.timestamp);
    sink.put(header.status, 4);
    sink.put(header.block_size, 4);
    sink.put(layout.sub_header_blocks, 4);
    sink.put(2 * layout.bitmap_size / header.block_size, 4);
    sink.put(saturate_to_32_bits(header.max_mapnr), 4);
    sink.put(0, 4); // total_ram_blocks
    sink.put(0, 4); // device_blocks
    sink.put(0, 4); // written_blocks
    sink.put(0, 4); // current_cpu
    sink.put(header.cpus, 4);
    return sink.bytes();
}

std::vector<uint8_t> build_kdump_sub_header(const dump_target& target, const kdump_header& header,
                                            const kdump_layout& layout) {
    const bool narrow = target.file_class == elf_class::elf32;
    const size_t word = narrow ? 4 : 8;
    byte_sink sink(target.order);
    sink.put(header.phys_base, word);
    sink.put(dump_level, 4);
    sink.put(0, 4);    // split
    sink.put(0, word); // start_pfn
    sink.put(0, word); // end_pfn
    sink.put(header.vmcoreinfo_size ? layout.note_offset + header.vmcoreinfo_offset : 0, 8);
    sink.put(header.vmcoreinfo_size, word);
    sink.put(layout.note_offset, 8);
    sink.put(header.note_size, word);
    sink.put(0, 8);    // offset_eraseinfo
    sink.put(0, word); // size_eraseinfo
    sink.put(0, 8);    // start_pfn_64
    sink.put(0, 8);    // end_pfn_64
    sink.put(header.max_mapnr, 8);
    return sink.bytes();
}

} // namespace vmcore
