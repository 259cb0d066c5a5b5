// kdump, also called diskdump, as makedumpfile and QEMU write it. In blocks of block_size:
//
//   header (1) | sub-header with notes (sub_hdr_size) | two bitmaps (bitmap_blocks) | page descriptors |
//   pages
//
// The second bitmap has a bit for each page in the file, and the n-th descriptor belongs to the n-th bit that
// is set. The structures are those of a C compiler for the architecture, so that the fields of a 32-bit one
// lie elsewhere; which it is shows by where the block size is found. Bitmaps and descriptors are read in
// chunks.

#include "lint/scan.h"

#include <algorithm>
#include <vector>

namespace vmcore::lint {

namespace {

constexpr uint64_t max_bitmap = uint64_t{1} << 30;  // pages of 32 TiB
constexpr uint64_t max_checked = uint64_t{1} << 26; // pages of 256 GiB
constexpr uint32_t zlib_flag = 0x1, lzo_flag = 0x2, snappy_flag = 0x4, vmemmap_flag = 0x10, zstd_flag = 0x20;
constexpr size_t descriptor_bytes = 24;

/// Where the header's fields behind utsname and the time lie.
struct header_places {
    unsigned word;
    size_t status, block_size, sub_hdr_size, bitmap_blocks, max_mapnr;
};
constexpr header_places places[] = {{8, 424, 428, 432, 436, 440}, {4, 412, 416, 420, 424, 428}};

/// Where the sub-header's fields lie; those without a width have 8 bytes.
struct sub_header_places {
    size_t vmcoreinfo, vmcoreinfo_size, note, note_size, max_mapnr_64;
    unsigned size_width;
};
constexpr sub_header_places sub_places_64 = {32, 40, 48, 56, 96, 8};
constexpr sub_header_places sub_places_32 = {20, 28, 32, 40, 72, 4};

bool is_block_size(uint32_t size) {
    return size >= 512 && size <= (1 << 20) && (size & (size - 1)) == 0;
}

std::string printable(const uint8_t* from, size_t length) {
    std::string text;
    for (size_t i = 0; i < length && from[i] != 0; ++i)
        text += from[i] >= ' ' && from[i] <= '~' ? static_cast<char>(from[i]) : '?';
    return text;
}

architecture architecture_of(const std::string& machine) {
    struct {
        const char* machine;
        architecture arch;
    } const known[] = {
        {"riscv64", architecture::riscv64}, {"riscv32", architecture::riscv32},
        {"x86_64", architecture::x86_64},   {"i386", architecture::i386},
        {"i586", architecture::i386},       {"i686", architecture::i386},
        {"aarch64", architecture::aarch64}, {"armv7l", architecture::arm},
        {"armv6l", architecture::arm},
    };
    for (const auto& each : known)
        if (machine == each.machine)
            return each.arch;
    return architecture::unknown;
}

class kdump_scanner {
public:
    kdump_scanner(const byte_source& file, dump_facts& facts)
        : m_file(file)
        , m_facts(facts)
        , m_kdump(facts.kdump) {}

    void scan() {
        read_header();
        read_sub_header();
        scan_pages();
    }

private:
    void read_header() {
        uint8_t bytes[464] = {};
        if (!m_file.read_all(0, bytes, sizeof bytes))
            throw not_a_dump("a kdump file that ends within its header: it was cut off");
        m_facts.order =
            load_bytes(bytes + 8, 4, byte_order::little) < 0x10000 ? byte_order::little : byte_order::big;
        const header_view header(bytes, m_facts.order);
        const auto place = std::find_if(std::begin(places), std::end(places), [&](const header_places& each) {
            return is_block_size(header.word(each.block_size));
        });
        if (place == std::end(places))
            throw not_a_dump("a kdump file with no possible block size");
        m_facts.word = place->word;
        m_kdump.version = header.word(8);
        std::string* const names[] = {&m_kdump.sysname, nullptr, &m_kdump.release, &m_kdump.version_text,
                                      &m_kdump.machine};
        for (size_t i = 0; i < std::size(names); ++i)
            if (names[i] != nullptr)
                *names[i] = printable(bytes + 12 + 65 * i, 65);
        m_facts.arch = architecture_of(m_kdump.machine);
        m_kdump.status = header.word(place->status);
        m_kdump.block_size = header.word(place->block_size);
        m_sub_blocks = header.word(place->sub_hdr_size);
        m_bitmap_blocks = header.word(place->bitmap_blocks);
        m_kdump.max_mapnr = header.word(place->max_mapnr);
    }

    void read_sub_header() {
        uint8_t bytes[104] = {};
        m_file.read(m_kdump.block_size, bytes, sizeof bytes);
        const header_view header(bytes, m_facts.order);
        const sub_header_places& at = m_facts.word == 8 ? sub_places_64 : sub_places_32;
        m_kdump.phys_base = header.number(0, m_facts.word);
        if (m_kdump.version >= 6)
            m_kdump.max_mapnr = header.wide(at.max_mapnr_64);
        const uint64_t text_at = header.wide(at.vmcoreinfo),
                       text_size = header.number(at.vmcoreinfo_size, at.size_width);
        const uint64_t note_at = header.wide(at.note), note_size = header.number(at.note_size, at.size_width);
        if (m_kdump.version >= 3 && text_at != 0)
            read_text(text_at, text_size);
        if (m_kdump.version >= 4 && note_at != 0 && note_size != 0) {
            if (m_facts.arch == architecture::unknown)
                m_facts.arch = architecture_by_first_note(m_file, note_at, m_facts.order);
            note_scanner(m_file, m_facts).scan(note_at, note_size);
        }
    }

    void read_text(uint64_t offset, uint64_t size) {
        std::string& text = m_kdump.vmcoreinfo;
        text.resize(static_cast<size_t>(std::min<uint64_t>(size, 1 << 20)));
        text.resize(m_file.read(offset, text.data(), text.size()));
        text.resize(std::min(text.size(), text.find('\0')));
    }

    void scan_pages() {
        const uint64_t block = m_kdump.block_size;
        const uint64_t bitmaps = (1 + m_sub_blocks) * block, bitmap_bytes = m_bitmap_blocks * block / 2;
        m_kdump.bitmap_cut = !m_file.holds(bitmaps, 2 * bitmap_bytes) || m_kdump.max_mapnr > bitmap_bytes * 8;
        if (bitmap_bytes > max_bitmap)
            throw not_a_dump("a kdump file with a bitmap of more than 1 GiB");
        m_descriptors = bitmaps + 2 * bitmap_bytes;
        scan_bitmap(bitmaps + bitmap_bytes, bitmap_bytes);
        check_descriptors();
    }

    void scan_bitmap(uint64_t offset, uint64_t length) {
        std::vector<uint8_t> bytes(static_cast<size_t>(std::min<uint64_t>(length, 1 << 20)));
        uint64_t page = 0;
        while (length > 0) {
            const size_t wanted = static_cast<size_t>(std::min<uint64_t>(length, bytes.size()));
            const size_t got = m_file.read(offset, bytes.data(), wanted);
            if (got == 0)
                break;
            for (size_t i = 0; i < got; ++i, page += 8)
                take_bits(page, bytes[i]);
            offset += got;
            length -= got;
        }
    }

    void take_bits(uint64_t page, uint8_t bits) {
        if (bits == 0xff && m_kdump.end_of_pages == page) { // most of a dump is such runs
            m_kdump.end_of_pages += 8;
            m_kdump.last_run += 8;
            m_kdump.pages += 8;
            return;
        }
        for (; bits != 0; bits = static_cast<uint8_t>(bits >> 1), ++page) {
            if ((bits & 1) == 0)
                continue;
            if (m_kdump.end_of_pages != page) {
                m_kdump.end_of_run_before = m_kdump.end_of_pages;
                m_kdump.last_run = 0;
            }
            m_kdump.end_of_pages = page + 1;
            ++m_kdump.last_run;
            ++m_kdump.pages;
        }
    }

    void check_descriptors() {
        const uint64_t wanted = std::min(m_kdump.pages, max_checked);
        constexpr uint64_t chunk = 4096;
        std::vector<uint8_t> bytes(static_cast<size_t>(std::min(wanted, chunk) * descriptor_bytes));
        while (m_kdump.checked < wanted) {
            const uint64_t now = std::min(chunk, wanted - m_kdump.checked);
            const size_t got = m_file.read(m_descriptors + m_kdump.checked * descriptor_bytes, bytes.data(),
                                           static_cast<size_t>(now * descriptor_bytes)) /
                               descriptor_bytes;
            for (size_t i = 0; i < got; ++i)
                look_at(header_view(bytes.data() + i * descriptor_bytes, m_facts.order));
            m_kdump.checked += got;
            if (got < now)
                break;
        }
        m_kdump.outside += wanted - m_kdump.checked;
        m_kdump.checked = wanted;
    }

    void look_at(const header_view& descriptor) {
        const uint64_t offset = descriptor.wide(0);
        const uint32_t size = descriptor.word(8), flags = descriptor.word(12);
        if ((flags & vmemmap_flag) != 0) // makedumpfile left the page out on purpose
            return;
        const uint32_t packing = flags & (zlib_flag | lzo_flag | snappy_flag | zstd_flag);
        m_kdump.outside += !m_file.holds(offset, size);
        m_kdump.oversized +=
            size > m_kdump.block_size || size == 0 || (packing == 0 && size != m_kdump.block_size);
        m_kdump.falsely_packed += size == m_kdump.block_size && packing != 0;
        m_kdump.badly_packed += packing != flags || (packing & (packing - 1)) != 0;
        m_kdump.zlib += packing == zlib_flag;
        m_kdump.lzo += packing == lzo_flag;
        m_kdump.snappy += packing == snappy_flag;
        m_kdump.zstd += packing == zstd_flag;
    }

    const byte_source& m_file;
    dump_facts& m_facts;
    kdump_facts& m_kdump;
    uint64_t m_sub_blocks = 0, m_bitmap_blocks = 0, m_descriptors = 0;
};

} // namespace

void scan_kdump(const byte_source& file, dump_facts& facts) {
    kdump_scanner(file, facts).scan();
}

} // namespace vmcore::lint
