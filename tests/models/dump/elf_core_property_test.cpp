// Random machines and filters: what a reader finds in the file is what the guest had in memory.

#include "models/dump/core_writer.h"
#include "models/dump/dumper.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/temporary_directory.h"

#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;

namespace {

struct machine {
    fake_memory memory;
    std::map<uint64_t, std::string> blocks; ///< what is where
    uint64_t last = 0;                      ///< highest address
};

std::string random_bytes(uint64_t size) {
    // Runs of zeros and of noise whose borders fall anywhere, often on a page's border.
    std::string bytes(size, '\0');
    for (int spot = *rc::gen::inRange(0, 4); spot > 0; --spot) {
        uint64_t at = *rc::gen::inRange<uint64_t>(0, size);
        if (*rc::gen::arbitrary<bool>())
            at -= at % 4096;
        const uint64_t end = std::min(size, at + *rc::gen::inRange<uint64_t>(1, 9000));
        for (; at < end; ++at)
            bytes[at] = static_cast<char>(at * 2654435761u >> 9);
    }
    return bytes;
}

uint64_t random_distance() {
    return *rc::gen::weightedOneOf<uint64_t>({{2, rc::gen::just<uint64_t>(0)},
                                              {2, rc::gen::inRange<uint64_t>(1, 100)},
                                              {2, rc::gen::element<uint64_t>(4096, 65536, 0x7000)},
                                              {1, rc::gen::just<uint64_t>(1ull << 32)},
                                              {1, rc::gen::just<uint64_t>(1ull << 40)}});
}

void fill(machine& guest) {
    uint64_t base = *rc::gen::element<uint64_t>(0, 0x1000, 0x80000000, 0xfffff800);
    for (int count = *rc::gen::inRange(1, 6); count > 0; --count) {
        const uint64_t size =
            *rc::gen::weightedOneOf<uint64_t>({{3, rc::gen::inRange<uint64_t>(1, 20000)},
                                               {1, rc::gen::just<uint64_t>(4096)},
                                               {1, rc::gen::just<uint64_t>(1)},
                                               {1, rc::gen::just<uint64_t>((1 << 20) + 1)}});
        const std::string bytes = random_bytes(size);
        std::memcpy(guest.memory.add(base, size), bytes.data(), size);
        guest.blocks[base] = bytes;
        guest.last = base + size - 1;
        base += size + random_distance();
    }
    guest.memory.by_copy = *rc::gen::arbitrary<bool>();
}

std::optional<dump_filter> random_filter(const machine& guest) {
    if (*rc::gen::inRange(0, 3) == 0)
        return std::nullopt;
    // Near a border of a block, where mistakes live.
    const auto block = std::next(guest.blocks.begin(), *rc::gen::inRange<size_t>(0, guest.blocks.size()));
    const uint64_t border = block->first + (*rc::gen::arbitrary<bool>() ? block->second.size() : 0);
    const int64_t begin =
        std::max<int64_t>(0, static_cast<int64_t>(border) + *rc::gen::inRange<int64_t>(-5000, 5000));
    return dump_filter{begin, *rc::gen::oneOf(rc::gen::just<int64_t>(1), rc::gen::inRange<int64_t>(1, 30000),
                                              rc::gen::just<int64_t>(INT64_MAX))};
}

/// The blocks as a filter leaves them, worked out byte by byte border.
std::map<uint64_t, std::string> expected_blocks(const machine& guest,
                                                const std::optional<dump_filter>& filter) {
    if (!filter)
        return guest.blocks;
    std::map<uint64_t, std::string> result;
    const uint64_t begin = static_cast<uint64_t>(filter->begin);
    const uint64_t end = begin + static_cast<uint64_t>(filter->length); // exclusive; at most 2^64 - 2
    for (const auto& [base, bytes] : guest.blocks) {
        const uint64_t skip = begin > base ? begin - base : 0;
        if (skip >= bytes.size() || end <= base + skip)
            continue;
        result[base + skip] = bytes.substr(skip, end - (base + skip));
    }
    return result;
}

RC_GTEST_PROP(elf_core_property, a_core_holds_exactly_the_memory_that_the_filter_leaves, ()) {
    machine guest;
    fill(guest);
    const std::optional<dump_filter> filter = random_filter(guest);
    const auto expected = expected_blocks(guest, filter);
    const bool narrow = guest.last <= 0xffffffff && *rc::gen::arbitrary<bool>();
    temporary_directory directory;
    const fake_cpu cpu;
    const dumper engine(sc_core::sc_gen_unique_name("dumper"), guest.memory, nullptr, {&cpu});
    dump_request request;
    request.file = directory / "core";
    request.target = narrow ? "riscv32" : "riscv64";
    request.filter = filter;
    request.threads = *rc::gen::inRange(0u, 4u);
    request.sparse = *rc::gen::arbitrary<bool>();
    const bool is_qemu = *rc::gen::arbitrary<bool>();
    request.layout = is_qemu ? dump_layout::qemu : dump_layout::portable;
    RC_CLASSIFY(narrow, "ELF32");
    RC_CLASSIFY(is_qemu, "QEMU's layout");
    RC_CLASSIFY(guest.memory.by_copy, "read by copy");
    if (expected.empty()) {
        RC_CLASSIFY(true, "nothing left");
        RC_ASSERT_THROWS_AS(engine.write(request), std::runtime_error);
        RC_ASSERT(directory.names().empty());
        return;
    }
    engine.write(request);

    const elf_reader core(request.file);
    const auto loads = core.loads();
    RC_ASSERT(loads.size() == expected.size());
    uint64_t end = core.program_headers[0].offset + core.program_headers[0].filesz;
    auto block = expected.begin();
    for (const elf_reader::program_header& load : loads) {
        RC_ASSERT(load.paddr == block->first);
        RC_ASSERT(load.vaddr == block->first);
        RC_ASSERT(load.filesz == block->second.size());
        RC_ASSERT(load.memsz == load.filesz);
        RC_ASSERT(load.align == 0u);
        RC_ASSERT(load.offset >= end);
        RC_ASSERT((is_qemu ? load.offset - end : load.offset % 4096) == 0u);
        RC_ASSERT(core.bytes(load.offset, load.filesz) == block->second);
        end = load.offset + load.filesz;
        ++block;
    }
    RC_ASSERT(core.size == end + (is_qemu ? 11 : 0)); // there the names of the sections are behind it
}

/// Mappings from anywhere near the machine's memory, often over borders and of memory that others map, too.
std::vector<core_mapping> random_mappings(const machine& guest) {
    std::vector<core_mapping> mappings;
    for (int count = *rc::gen::inRange(1, 6); count > 0; --count) {
        const auto block = std::next(guest.blocks.begin(), *rc::gen::inRange<size_t>(0, guest.blocks.size()));
        const uint64_t back = std::min(*rc::gen::inRange<uint64_t>(0, 5000), block->first);
        const uint64_t paddr = block->first - back + *rc::gen::inRange<uint64_t>(0, 3) * 4096;
        const uint64_t vaddr = *rc::gen::element<uint64_t>(0, 0xffffffff80000000, 0xffffffffffffe000) +
                               *rc::gen::inRange<uint64_t>(0, 3) * 4096;
        mappings.push_back({vaddr, paddr, *rc::gen::inRange<uint64_t>(1, 70000)});
    }
    return mappings;
}

/// The byte of guest memory at an address, if there is one.
std::optional<char> byte_at(const machine& guest, uint64_t paddr) {
    auto block = guest.blocks.upper_bound(paddr);
    if (block == guest.blocks.begin() || paddr - (--block)->first >= block->second.size())
        return std::nullopt;
    return block->second[paddr - block->first];
}

RC_GTEST_PROP(elf_core_property, mappings_show_exactly_the_memory_behind_them, ()) {
    machine guest;
    fill(guest);
    const std::vector<core_mapping> mappings = random_mappings(guest);
    const dump_target& target = find_dump_target("riscv64");
    temporary_directory directory;
    const core_layout layout = lay_out_core(target, 0, guest.memory.ranges(), mappings);
    output_file file(directory / "core");
    write_core(file, target, layout, {}, guest.memory);
    file.commit(false);

    const elf_reader core(directory / "core");
    auto load = core.program_headers.begin() + 1;
    for (const core_mapping& mapping : mappings) {
        std::string bytes; // of the load at hand
        uint64_t next = 0; // where in it the next byte is
        for (uint64_t i = 0; i < mapping.size && mapping.vaddr + i >= mapping.vaddr; ++i) {
            const std::optional<char> expected = byte_at(guest, mapping.paddr + i);
            if (!expected)
                continue;
            if (next == bytes.size()) {
                RC_ASSERT(load != core.program_headers.end());
                RC_ASSERT(load->vaddr == mapping.vaddr + i);
                RC_ASSERT(load->paddr == mapping.paddr + i);
                bytes = core.bytes(load->offset, load->filesz);
                next = 0;
                ++load;
            }
            RC_ASSERT(std::prev(load)->paddr + next == mapping.paddr + i);
            RC_ASSERT(bytes[next++] == *expected);
        }
        RC_ASSERT(next == bytes.size());
    }
    RC_ASSERT(load == core.program_headers.end());
}

RC_GTEST_PROP(guest_note_property, any_bytes_of_a_guest_give_a_well_formed_file, ()) {
    fake_memory memory;
    memory.add(0x80000000, 8192);
    // Sizes near the interesting ones are far more telling than uniform ones.
    const auto number =
        rc::gen::oneOf(rc::gen::inRange<uint32_t>(0, 64), rc::gen::inRange<uint32_t>(0xfffe0, 0x100020),
                       rc::gen::arbitrary<uint32_t>(), rc::gen::just<uint32_t>(0xffffffff));
    std::vector<uint8_t> header(12);
    for (size_t field : {0, 4, 8})
        store_bytes(&header[field], *number, 4, byte_order::little);
    const uint64_t paddr = 0x80000000 + *rc::gen::inRange<uint64_t>(0, 8200);
    memory.put(paddr, header);
    fake_vmcoreinfo vmcoreinfo;
    vmcoreinfo.value = elf_record(paddr, *number);
    temporary_directory directory;
    const dumper engine(sc_core::sc_gen_unique_name("dumper"), memory, &vmcoreinfo, {});
    dump_request request;
    request.file = directory / "core";
    const dump_result result = engine.write(request);
    const elf_reader core(request.file);
    RC_ASSERT(core.notes.size() == result.notes.size());
    RC_ASSERT(core.program_headers[0].filesz <= vmcoreinfo.value.size);
    RC_ASSERT(core.notes.size() == 1 || !result.warnings.empty());
    RC_ASSERT(memory.longest_read <= max_guest_note_size);
}

/// 64 GiB of which the host holds only what somebody touched.
class vast_memory : public guest_memory {
public:
    static constexpr uint64_t size = 64ull << 30;
    static constexpr uint64_t base = 0x80000000;

    vast_memory() {
        void* place =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (place == MAP_FAILED)
            throw std::runtime_error("no address space");
        m_bytes = static_cast<uint8_t*>(place);
    }
    ~vast_memory() override { ::munmap(m_bytes, size); }
    uint8_t* bytes() { return m_bytes; }

    std::vector<memory_range> ranges() const override { return {{base, size, m_bytes}}; }
    uint64_t read(uint64_t, void*, uint64_t) const override { return 0; }

private:
    uint8_t* m_bytes;
};

uint64_t resident_bytes() {
    uint64_t total = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

TEST(vast_memory, a_filter_anywhere_in_64_gib_finds_its_bytes) {
    vast_memory memory;
    temporary_directory directory;
    const dumper engine("dumper", memory, nullptr, {});
    rc::check("filters in 64 GiB", [&] {
        const uint64_t at = *rc::gen::inRange<uint64_t>(0, vast_memory::size - 100000);
        const uint64_t length = *rc::gen::inRange<uint64_t>(1, 100000);
        memory.bytes()[at] = 0x5a;
        memory.bytes()[at + length - 1] ^= 0xa5;
        dump_request request;
        request.file = directory / "core";
        request.filter =
            dump_filter{static_cast<int64_t>(vast_memory::base + at), static_cast<int64_t>(length)};
        engine.write(request);
        const elf_reader core(request.file);
        const auto load = core.loads().at(0);
        RC_ASSERT(load.paddr == vast_memory::base + at);
        RC_ASSERT(core.bytes(load.offset, length) ==
                  std::string(memory.bytes() + at, memory.bytes() + at + length));
    });
}

TEST(vast_memory, that_nobody_touched_is_dumped_at_once_and_stays_so) {
    vast_memory memory;
    memory.bytes()[(40ull << 30) + 17] = 0x5a;
    temporary_directory directory;
    const dumper engine("dumper", memory, nullptr, {});
    dump_request request;
    request.file = directory / "core";
#ifdef __SANITIZE_ADDRESS__ // keeps what was freed
    constexpr uint64_t little = 64 << 20;
#else
    constexpr uint64_t little = 8 << 20;
#endif
    const uint64_t resident = resident_bytes();
    engine.write(request);
    EXPECT_LT(resident_bytes(), resident + little);
    EXPECT_EQ(engine.progress().completed, vast_memory::size);
    const elf_reader core(request.file);
    EXPECT_EQ(core.bytes(core.loads().at(0).offset + (40ull << 30) + 16, 3), std::string("\0\x5a\0", 3));
}

TEST(vast_memory, a_core_of_several_gib_has_the_right_offsets_and_costs_little) {
    vast_memory memory;
    memory.bytes()[(5ull << 30) + 17] = 0x5a;
    temporary_directory directory;
    const dumper engine("dumper", memory, nullptr, {});
    dump_request request;
    request.file = directory / "core";
    request.filter = dump_filter{static_cast<int64_t>(vast_memory::base + (3ull << 30)), 3ll << 30};
    const uint64_t resident = resident_bytes();
    engine.write(request);
    EXPECT_LT(resident_bytes(), resident + (128 << 20)) << "memory that nobody touched became resident";
    const elf_reader core(request.file);
    const auto load = core.loads().at(0);
    EXPECT_EQ(load.filesz, 3ull << 30);
    EXPECT_EQ(core.size, load.offset + (3ull << 30));
    EXPECT_EQ(core.bytes(load.offset + (2ull << 30) + 16, 3), std::string("\0\x5a\0", 3));
}

} // namespace
