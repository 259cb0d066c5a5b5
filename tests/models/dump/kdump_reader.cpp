#include "tests/models/dump/kdump_reader.h"

#include <cstring>
#include <lzo/lzo1x.h>
#include <snappy.h>
#include <stdexcept>
#include <zlib.h>
#include <zstd.h>

namespace vmcore::test {

namespace {

uint64_t number_at(const std::string& bytes, uint64_t offset, int width, bool big) {
    uint64_t value = 0;
    for (int i = 0; i < width; ++i)
        value = value << 8 | static_cast<uint8_t>(bytes.at(offset + (big ? i : width - 1 - i)));
    return value;
}

// A page as it was before it was compressed; as long as it comes out.
std::string expand(const std::string& packed, uint32_t flags, uint64_t block_size) {
    if (flags == 0)
        return packed;
    std::string page(block_size + 1, '?');
    auto* to = reinterpret_cast<uint8_t*>(page.data());
    const auto* from = reinterpret_cast<const uint8_t*>(packed.data());
    bool good = false;
    size_t length = page.size();
    if (flags == 0x1) {
        uLongf size = page.size();
        good = uncompress(to, &size, from, packed.size()) == Z_OK;
        length = size;
    } else if (flags == 0x2) {
        lzo_uint size = page.size();
        good = lzo1x_decompress_safe(from, packed.size(), to, &size, nullptr) == LZO_E_OK;
        length = size;
    } else if (flags == 0x4) {
        good = snappy::GetUncompressedLength(packed.data(), packed.size(), &length) &&
               length <= page.size() && snappy::RawUncompress(packed.data(), packed.size(), page.data());
    } else if (flags == 0x20) {
        length = ZSTD_decompress(to, page.size(), from, packed.size());
        good = !ZSTD_isError(length);
    }
    if (!good)
        throw std::runtime_error("a page with flags " + std::to_string(flags) + " cannot be expanded");
    page.resize(length);
    return page;
}

} // namespace

kdump_reader::kdump_reader(const std::string& bytes, bool wide, bool big)
    : m_wide(wide)
    , m_big(big) {
    flattened = bytes.compare(0, 12, "makedumpfile") == 0;
    if (flattened)
        unflatten(bytes);
    else
        m_bytes = bytes;
    read_headers();
    read_pages();
}

void kdump_reader::unflatten(const std::string& stream) {
    if (stream.substr(12, 4) != std::string(4, '\0') || number_at(stream, 16, 8, true) != 1 ||
        number_at(stream, 24, 8, true) != 1)
        throw std::runtime_error("not the header of a flattened file");
    uint64_t at = 4096;
    for (;;) {
        const uint64_t offset = number_at(stream, at, 8, true);
        const uint64_t size = number_at(stream, at + 8, 8, true);
        at += 16;
        if (offset == ~uint64_t{0} && size == ~uint64_t{0})
            break;
        if (size > stream.size() - at)
            throw std::out_of_range("a record is cut off");
        records.push_back({offset, size});
        if (m_bytes.size() < offset + size)
            m_bytes.resize(offset + size);
        m_bytes.replace(offset, size, stream, at, size);
        at += size;
    }
    if (at != stream.size())
        throw std::runtime_error("something is behind the end record");
}

uint64_t kdump_reader::take(int width) {
    m_at += width;
    return number_at(m_bytes, m_at - width, width, m_big);
}

void kdump_reader::read_headers() {
    if (m_bytes.compare(0, 8, "KDUMP   ") != 0)
        throw std::runtime_error("no signature");
    m_at = 8;
    version = take(4);
    for (std::string& field : utsname) {
        field = m_bytes.substr(m_at, 65).c_str();
        m_at += 65;
    }
    m_at = m_wide ? 424 : 412;
    status = take(4);
    block_size = take(4);
    sub_header_blocks = take(4);
    bitmap_blocks = take(4);
    max_mapnr = take(4);
    m_at += 16; // total_ram_blocks, device_blocks, written_blocks, current_cpu
    cpus = take(4);
    const int word = m_wide ? 8 : 4;
    m_at = block_size;
    phys_base = take(word);
    dump_level = take(4);
    m_at += 4 + 2 * word; // split, start_pfn, end_pfn
    offset_vmcoreinfo = take(8);
    size_vmcoreinfo = take(word);
    offset_note = take(8);
    size_note = take(word);
    m_at += 8 + word + 16; // offset_eraseinfo, size_eraseinfo, start_pfn_64, end_pfn_64
    max_mapnr_64 = take(8);
    if (m_at != offset_note)
        throw std::runtime_error("the notes do not follow the sub-header");
}

void kdump_reader::read_pages() {
    const uint64_t size = bitmap_blocks / 2 * block_size;
    m_at = (1 + sub_header_blocks) * block_size;
    for (std::string& bitmap : bitmaps) {
        bitmap = m_bytes.substr(m_at, size);
        m_at += size;
    }
    if (bitmaps[1].size() != size)
        throw std::out_of_range("the bitmaps are cut off");
    for (uint64_t bit = 0; bit < size * 8; ++bit)
        if (static_cast<uint8_t>(bitmaps[1][bit / 8]) == 0)
            bit += 7; // of a byte that has none
        else if (static_cast<uint8_t>(bitmaps[1][bit / 8]) >> bit % 8 & 1)
            pages.push_back(bit);
    for (size_t i = 0; i < pages.size(); ++i) {
        descriptor next;
        next.offset = take(8);
        next.size = static_cast<uint32_t>(take(4));
        next.flags = static_cast<uint32_t>(take(4));
        next.page_flags = take(8);
        descriptors.push_back(next);
    }
    data_offset = m_at;
}

std::string kdump_reader::page(size_t index) const {
    const descriptor& which = descriptors.at(index);
    if (which.offset < data_offset || which.offset + which.size > m_bytes.size())
        throw std::out_of_range("a page is not in the file");
    return expand(m_bytes.substr(which.offset, which.size), which.flags, block_size);
}

} // namespace vmcore::test
