// Writes dumps of random guests, for random_dumps_test.py to read back.
//
// usage: write_random_dumps SEED COUNT DIRECTORY
// leaves, for each guest N, DIRECTORY/N.FORMAT... in all formats and layouts, DIRECTORY/N.bytes, what its
// memory holds where anything was written, and DIRECTORY/N.json, which tells of the memory and of the files.
//
// A guest is N and the seed's alone: seed S with 8 guests has the guests of seed S + 1 with 7. The ranges of
// its memory begin and end anywhere, touch each other or leave holes, lie below and above 4 GiB, with and
// without a host pointer. Every sixteenth guest has 64 GiB more, of which a few pages were ever touched; what
// would be as large as that on the disk is left out there.

#include "models/dump/dumper.h"
#include "tests/models/dump/fake_guest.h"

#include <cstdio>
#include <exception>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <sys/mman.h>

using namespace vmcore;
using namespace vmcore::test;

namespace {

constexpr uint64_t page = 4096;
constexpr uint64_t four_gib = 1ull << 32;
constexpr uint64_t sparse_size = 64ull << 30;

/// Bytes that take no memory before they are touched.
class mapping {
public:
    explicit mapping(uint64_t size)
        : m_size(size)
        , m_bytes(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                         -1, 0)) {
        if (m_bytes == MAP_FAILED)
            throw std::runtime_error("no room for a guest's memory");
        ::madvise(m_bytes, size, MADV_NOHUGEPAGE); // a touched page is one page
    }
    ~mapping() { ::munmap(m_bytes, m_size); }
    mapping(const mapping&) = delete;
    mapping& operator=(const mapping&) = delete;

    uint8_t* bytes() const { return static_cast<uint8_t*>(m_bytes); }

private:
    const uint64_t m_size;
    void* const m_bytes;
};

class random_memory : public guest_memory {
public:
    struct block {
        uint64_t base, size;
        bool by_copy;
        std::unique_ptr<mapping> host;
        uint64_t skipped; ///< bytes of the mapping before the block's first one

        uint8_t* bytes() const { return host->bytes() + skipped; }
    };
    std::vector<block> blocks;

    std::vector<memory_range> ranges() const override {
        std::vector<memory_range> ranges;
        for (const block& each : blocks)
            ranges.push_back({each.base, each.size, each.by_copy ? nullptr : each.bytes()});
        return ranges;
    }

    uint64_t read(uint64_t paddr, void* to, uint64_t length) const override {
        std::memset(to, 0, length);
        uint64_t mapped = 0;
        for (const block& each : blocks) {
            const uint64_t first = std::max(paddr, each.base);
            const uint64_t end = std::min(paddr + length, each.base + each.size);
            if (first >= end)
                continue;
            std::memcpy(static_cast<uint8_t*>(to) + (first - paddr), each.bytes() + (first - each.base),
                        end - first);
            mapped += end - first;
        }
        return mapped;
    }
};

struct part {
    uint64_t address, size;
};

class random_guest {
public:
    random_guest(uint64_t seed, bool is_sparse)
        : m_dice(seed)
        , m_is_sparse(is_sparse) {
        uint64_t at = pick({0, 0x1000, 0x80000000, 0xfffff800});
        for (uint64_t count = 1 + below(6); count > 0; --count) {
            const uint64_t size = add_block(at, m_memory.blocks.empty());
            at += size + distance();
            if (at < four_gib && below(4) == 0)
                at = four_gib + below(3 * page);
        }
        if (is_sparse)
            add_sparse_block(std::max(at, four_gib));
        // Kernels of 64 KiB pages keep the tables of the sparse guest's pages small.
        m_target = is_sparse ? "aarch64" : std::vector<const char*>{"riscv64", "x86_64", "aarch64"}[below(3)];
        m_page_size = is_sparse ? 65536 : m_target == "aarch64" ? pick({page, 16384, 65536}) : page;
        publish_note();
    }

    void write(const std::string& path) {
        std::ofstream bytes(path + ".bytes", std::ios::binary);
        for (const part& each : m_parts) {
            std::vector<char> content(each.size);
            m_memory.read(each.address, content.data(), each.size);
            bytes.write(content.data(), static_cast<std::streamsize>(content.size()));
        }
        const dumper engine(sc_core::sc_gen_unique_name("dumper"), m_memory, &m_vmcoreinfo, {&m_cpu});
        std::string dumps;
        const auto dump = [&](dump_request request) {
            request.file = path + "-" + std::to_string(m_written++) + "." + request.format;
            request.target = m_target;
            request.threads = static_cast<unsigned>(1 + below(3));
            engine.write(request);
            const dump_filter filter = request.filter.value_or(dump_filter{-1, 0});
            dumps += (dumps.empty() ? "" : ",\n") + std::string("{\"file\": \"") + request.file +
                     "\", \"format\": \"" + request.format + "\", \"layout\": \"" +
                     (request.layout == dump_layout::qemu ? "qemu" : "portable") + "\", \"filter\": [" +
                     std::to_string(filter.begin) + ", " + std::to_string(filter.length) + "]}";
        };
        write_cores(dump);
        write_kdumps(dump);

        std::ofstream text(path + ".json");
        text << "{\"page_sizes\": {\"portable\": " << m_page_size
             << ", \"qemu\": " << find_dump_target(m_target).qemu_page_size << "},\n\"ranges\": [";
        for (const memory_range& range : m_memory.ranges())
            text << (range.base == m_memory.blocks[0].base ? "" : ", ") << "[" << range.base << ", "
                 << range.size << "]";
        text << "],\n\"parts\": [";
        for (const part& each : m_parts)
            text << (&each == m_parts.data() ? "" : ", ") << "[" << each.address << ", " << each.size << "]";
        text << "],\n\"dumps\": [" << dumps << "]}\n";
        if (!text.flush() || !bytes.flush())
            throw std::runtime_error("cannot write " + path);
    }

private:
    uint64_t below(uint64_t end) { return m_dice() % end; }
    uint64_t pick(const std::vector<uint64_t>& from) { return from[below(from.size())]; }

    uint64_t distance() {
        switch (below(4)) {
        case 0: return 0;
        case 1: return 1 + below(100);
        case 2: return pick({page, 65536, 0x7000, 2ull << 30});
        default: return below(3 * page);
        }
    }

    uint64_t add_block(uint64_t base, bool holds_note) {
        const uint64_t size = holds_note      ? page + below(20000)
                              : below(4) == 0 ? 1 + below(200)
                              : below(4) == 0 ? pick({page, 65536, (128 << 10) + 1})
                                              : 1 + below(20000);
        const uint64_t skipped = below(2) == 0 ? base % page : below(page);
        m_memory.blocks.push_back(
            {base, size, below(3) == 0, std::make_unique<mapping>(size + page), skipped});
        fill(m_memory.blocks.back().bytes(), size);
        m_parts.push_back({base, size});
        return size;
    }

    void add_sparse_block(uint64_t base) {
        m_memory.blocks.push_back(
            {base, sparse_size, false, std::make_unique<mapping>(sparse_size + page), base % page});
        const random_memory::block& block = m_memory.blocks.back();
        uint64_t at = below(2) == 0 ? 0 : below(1 << 30);
        for (int count = 0; count < 12 && at + 3 * page < sparse_size; ++count) {
            const uint64_t size = 1 + below(3 * page);
            fill(block.bytes() + at, size);
            m_parts.push_back({base + at, size});
            at += size + below(10ull << 30);
        }
        fill(block.bytes() + sparse_size - 5, 5);
        m_parts.push_back({base + sparse_size - 5, 5});
    }

    // Runs of zeros, of noise, of text and of one byte, which end anywhere.
    void fill(uint8_t* bytes, uint64_t size) {
        for (uint64_t at = 0; at < size;) {
            const uint64_t end = std::min(size, at + 1 + below(3 * page));
            const uint64_t kind = below(4), salt = below(250);
            for (; at < end; ++at)
                bytes[at] = static_cast<uint8_t>(kind == 0   ? 0
                                                 : kind == 1 ? m_dice() >> 56
                                                 : kind == 2 ? 'a' + at / 3 % (salt % 23 + 1)
                                                             : salt);
        }
    }

    void publish_note() {
        const std::vector<uint8_t> note = guest_note_bytes(
            vmcoreinfo_name, "OSRELEASE=6.1.0-random\nPAGESIZE=" + std::to_string(m_page_size) + "\n");
        const random_memory::block& first = m_memory.blocks.front();
        const uint64_t offset = below(first.size - note.size());
        std::memcpy(first.bytes() + offset, note.data(), note.size());
        m_vmcoreinfo.value = elf_record(first.base + offset, static_cast<uint32_t>(note.size()));
    }

    template <class Dump>
    void write_cores(const Dump& dump) {
        for (const dump_layout layout : {dump_layout::portable, dump_layout::qemu}) {
            dump_request request;
            request.layout = layout;
            dump(request);
            request.sparse = false;
            if (!m_is_sparse)
                dump(request);
            const random_memory::block& any = m_memory.blocks[below(m_memory.blocks.size())];
            for (const uint64_t offset : {uint64_t{0}, below(any.size), any.size - 1}) {
                request.filter = dump_filter{static_cast<int64_t>(any.base + offset), 1};
                dump(request);
            }
            request.filter =
                dump_filter{static_cast<int64_t>(any.base), static_cast<int64_t>(1 + below(3 * page))};
            dump(request);
        }
    }

    template <class Dump>
    void write_kdumps(const Dump& dump) {
        dump_request request;
        for (const std::string& format : dump_formats())
            if (format != "elf") {
                request.format = format;
                dump(request);
            }
        request.layout = dump_layout::qemu;
        request.format = "kdump-zlib";
        dump(request);
    }

    std::mt19937_64 m_dice;
    const bool m_is_sparse;
    std::string m_target;
    uint64_t m_page_size = page;
    random_memory m_memory;
    std::vector<part> m_parts; ///< all that is not zero is in them; ascending
    fake_vmcoreinfo m_vmcoreinfo;
    const fake_cpu m_cpu{0x1234};
    int m_written = 0;
};

} // namespace

int sc_main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: %s SEED COUNT DIRECTORY\n", argv[0]);
        return 2;
    }
    try {
        const uint64_t seed = std::stoull(argv[1]), count = std::stoull(argv[2]);
        for (uint64_t i = 0; i < count; ++i)
            random_guest(seed + i, (seed + i) % 16 == 0)
                .write(std::string(argv[3]) + "/" + std::to_string(seed + i));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
    return 0;
}
