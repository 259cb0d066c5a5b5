// The formats' corners, and tables that were made to hurt.

#include "models/dump/page_table.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/table_builder.h"

#include <chrono>
#include <gtest/gtest.h>

using namespace vmcore;
using namespace vmcore::test;

namespace vmcore {

bool operator==(const core_mapping& a, const core_mapping& b) {
    return a.vaddr == b.vaddr && a.paddr == b.paddr && a.size == b.size;
}

std::ostream& operator<<(std::ostream& out, const core_mapping& run) {
    return out << std::hex << run.vaddr << " -> " << run.paddr << " (" << run.size << ")" << std::dec;
}

} // namespace vmcore

namespace {

using runs = std::vector<core_mapping>;

constexpr uint64_t base = 0x80000000;
constexpr uint64_t size = 8 << 20;

class page_table_test : public testing::Test {
protected:
    page_table_test()
        : bytes(memory.add(base, size)) {}

    void store(uint64_t paddr, uint64_t value, unsigned width = 8) {
        store_bytes(bytes + (paddr - base), value, width, byte_order::little);
    }

    fake_memory memory;
    uint8_t* bytes;
};

TEST_F(page_table_test, neighbours_become_one_run_across_tables_and_page_sizes) {
    for (unsigned address_size : {39, 48, 57}) {
        std::fill(bytes, bytes + size, uint8_t{0});
        table_builder tables(bytes, base, 16, address_size, riscv_entries);
        const uint64_t kernel = uint64_t{0} - (uint64_t{1} << (address_size - 1));
        tables.map(kernel + 0x200000, base + 0x400000, 1);
        tables.map(kernel + 0x400000, base + 0x600000);
        tables.map(kernel + 0x401000, base + 0x601000);
        tables.map(kernel + 0x402000, base + 0x601000); // an alias
        tables.map(0x10000, base + 0x5000);
        const page_table table{*riscv_page_table(address_size), base};
        EXPECT_EQ(walk_page_table(table, memory).runs, (runs{{0x10000, base + 0x5000, 0x1000},
                                                             {kernel + 0x200000, base + 0x400000, 0x202000},
                                                             {kernel + 0x402000, base + 0x601000, 0x1000}}));
        EXPECT_EQ(translate(table, memory_view(memory), kernel + 0x401234), base + 0x601234);
        EXPECT_EQ(translate(table, memory_view(memory), kernel + 0x403000), std::nullopt);
        EXPECT_EQ(translate(table, memory_view(memory), (kernel + 0x401234) & 0x7fffffffffffffff),
                  std::nullopt)
            << "the address is not canonical";
    }
}

TEST_F(page_table_test, what_is_not_memory_is_cut_off) {
    memory.add(base + size, 0x1000); // touches, but is a range of its own
    memory.add(base + size + 0x5000, 0x800);
    table_builder tables(bytes, base, 16, 48, x86_entries);
    tables.map(0x40000000, base + (6 << 20), 1);
    tables.map(0x40200000, base + (8 << 20), 1);
    tables.map(0x70000000, base + size);
    tables.map(0x80000000, 0xfee00000);
    const page_table table{x86_64_page_table(4), base};
    EXPECT_EQ(walk_page_table(table, memory).runs, (runs{{0x40000000, base + (6 << 20), 0x200000},
                                                         {0x40200000, base + size, 0x1000},
                                                         {0x40205000, base + size + 0x5000, 0x800},
                                                         {0x70000000, base + size, 0x1000}}));
    EXPECT_EQ(walk_page_table(table, memory).runs_left_out, 0u);
    EXPECT_EQ(translate(table, memory_view(memory), 0x80000010), 0xfee00010u) << "which is no memory";
}

TEST_F(page_table_test, riscv_reserved_entries_map_nothing) {
    const page_table table{*riscv_page_table(39), base};
    store(base, riscv_entries.table(base + 0x1000));
    store(base + 8, riscv_entries.large_page(base + 0x200000)); // not a multiple of 1 GiB
    store(base + 0x1000, riscv_entries.table(base + 0x2000));
    store(base + 0x1008, riscv_entries.large_page(base + 0x1000)); // not one of 2 MiB
    store(base + 0x2000, base >> 2 | 0x5);                         // writable, not readable
    store(base + 0x2008, base >> 2 | 0xd);                         // the same, executable
    store(base + 0x2010, base >> 2 | 0x1);                         // a table below the last level
    store(base + 0x2018, base >> 2 | 0xe);                         // not valid
    store(base + 0x2020, base >> 2 | 0x9);                         // executable only
    EXPECT_EQ(walk_page_table(table, memory).runs, (runs{{0x4000, base, 0x1000}}));
}

TEST_F(page_table_test, riscv_naturally_aligned_pages_of_64_kib_are_seen) {
    const page_table table{*riscv_page_table(39), base};
    store(base, riscv_entries.table(base + 0x1000));
    store(base + 0x1000, riscv_entries.table(base + 0x2000));
    for (uint64_t i = 0; i < 16; ++i)
        store(base + 0x2000 + 8 * i, uint64_t{1} << 63 | (base + 0x40000 + 0x8000) >> 2 | 0x7);
    store(base + 0x2000 + 8 * 16, uint64_t{1} << 63 | (base + 0x50000 + 0x4000) >> 2 | 0x7); // reserved size
    EXPECT_EQ(walk_page_table(table, memory).runs, (runs{{0, base + 0x40000, 0x10000}}));
    EXPECT_EQ(translate(table, memory_view(memory), 0x3456), base + 0x43456);
}

TEST_F(page_table_test, riscv_sv32_has_4_byte_entries_and_34_bit_addresses) {
    uint8_t* high = memory.add(0x100400000, 0x1000);
    high[0] = 1;
    const page_table table{*riscv_page_table(32), base};
    store(base + 4 * 0x300, (base + 0x1000) >> 2 | 1, 4);
    store(base + 4 * 0x301, 0x100400000 >> 2 | 0xf, 4);
    store(base + 0x1000, (base + 0x3000) >> 2 | 0x3, 4);
    EXPECT_EQ(walk_page_table(table, memory).runs,
              (runs{{0xc0000000, base + 0x3000, 0x1000}, {0xc0400000, 0x100400000, 0x1000}}));
}

TEST_F(page_table_test, x86_64_pages_of_1_gib_and_5_levels) {
    table_builder tables(bytes, base, 16, 57, x86_entries);
    tables.map(0xff11000000000000 + base, base, 2);
    const page_table table{x86_64_page_table(5), base};
    EXPECT_EQ(walk_page_table(table, memory).runs, (runs{{0xff11000000000000 + base, base, size}}));
}

TEST_F(page_table_test, x86_64_encryption_bit_is_no_address) {
    constexpr uint64_t encrypted = uint64_t{1} << 47;
    store(base, x86_entries.table(base + 0x1000) | encrypted);
    store(base + 0x1000, x86_entries.table(base + 0x2000) | encrypted);
    store(base + 0x2000, x86_entries.large_page(base + 0x200000) | encrypted);
    EXPECT_TRUE(walk_page_table({x86_64_page_table(4), base}, memory).runs.empty());
    EXPECT_EQ(walk_page_table({x86_64_page_table(4, encrypted), base}, memory).runs,
              (runs{{0, base + 0x200000, 0x200000}}));
}

TEST_F(page_table_test, i386_pages_of_4_mib_reach_beyond_4_gib) {
    memory.add(0x7f00400000, 0x2000);
    store(base + 4 * 0x300, (base + 0x1000) | 3, 4);
    store(base + 4 * 0x301, 0x00400000 | 0x7f << 13 | 0x83, 4);
    store(base + 0x1000 + 4, (base + 0x2000) | 0x83, 4); // bit 7 is PAT here
    EXPECT_EQ(walk_page_table({i386_page_table(true), base}, memory).runs,
              (runs{{0xc0001000, base + 0x2000, 0x1000}, {0xc0400000, 0x7f00400000, 0x2000}}));
    EXPECT_EQ(walk_page_table({i386_page_table(false), base}, memory).runs,
              (runs{{0xc0001000, base + 0x2000, 0x1000}}))
        << "bit 7 means nothing without CR4.PSE";
}

TEST_F(page_table_test, pae_begins_with_four_entries_at_a_multiple_of_32) {
    const uint64_t root = base + 0xfe0;
    store(root + 8 * 3, (base + 0x1000) | 1);
    store(root + 8 * 4, (base + 0x1000) | 1); // a fifth one, which there is not
    store(base + 0x1000, (base + 0x2000) | 0x67);
    store(base + 0x1008, (base + 0x200000) | 0xe3);
    store(base + 0x2ff8, (base + 0x3000) | 0x63);
    EXPECT_EQ(walk_page_table({i386_pae_page_table(), root}, memory).runs,
              (runs{{0xc01ff000, base + 0x3000, 0x1000}, {0xc0200000, base + 0x200000, 0x200000}}));
}

TEST_F(page_table_test, aarch64_halves_have_tables_of_their_own) {
    for (unsigned address_size : {39, 48}) {
        std::fill(bytes, bytes + size, uint8_t{0});
        table_builder tables(bytes, base, 16, address_size, aarch64_entries);
        tables.map(0x200000, base + 0x200000, 1);
        tables.map(0x400000, base + 0x5000);
        store(base + 8 * 511, base | 1); // a block of 512 GiB, or one of 1 GiB that is not at a multiple
        const auto upper = aarch64_page_table(12, address_size, address_half::upper);
        const auto lower = aarch64_page_table(12, address_size, address_half::lower);
        const uint64_t top = uint64_t{0} - (uint64_t{1} << address_size);
        const auto seen = walk_page_table({*upper, base}, memory).runs;
        ASSERT_GE(seen.size(), 2u);
        EXPECT_EQ(seen[0], (core_mapping{top + 0x200000, base + 0x200000, 0x200000}));
        EXPECT_EQ(seen[1], (core_mapping{top + 0x400000, base + 0x5000, 0x1000}));
        EXPECT_EQ(seen.size(), address_size == 39 ? 3u : 2u) << "level 0 has no blocks";
        EXPECT_EQ(walk_page_table({*lower, base}, memory).runs.front().vaddr, 0x200000u);
    }
    EXPECT_FALSE(aarch64_page_table(13, 48, address_half::upper));
    EXPECT_FALSE(aarch64_page_table(12, 52, address_half::upper));
    EXPECT_FALSE(aarch64_page_table(12, 53, address_half::upper, 52));
    EXPECT_FALSE(aarch64_page_table(12, 48, address_half::upper, 50));
}

TEST_F(page_table_test, aarch64_entries_of_52_bits_have_the_high_ones_elsewhere) {
    constexpr uint64_t high = uint64_t{0xd} << 48 | 0x40000000; // bits 51, 50 and 48
    memory.add(high, size);
    struct {
        unsigned granule;
        uint64_t high_field; ///< of `high`, as the Arm manual places it
    } const cases[] = {{12, uint64_t{1} << 48 | 3 << 8}, {14, uint64_t{1} << 48 | 3 << 8}, {16, 0xd << 12}};
    for (const auto& each : cases) {
        const page_table_format format = *aarch64_page_table(each.granule, 52, address_half::upper, 52);
        std::fill(bytes, bytes + size, uint8_t{0});
        uint64_t table = base;
        for (size_t level = 0; level + 1 < format.levels.size(); ++level, table += 0x10000)
            store(table, (table + 0x10000) | 3);
        store(table, 0x40000000 | each.high_field | 0x403);
        const uint64_t page = uint64_t{1} << each.granule;
        EXPECT_EQ(walk_page_table({format, base}, memory).runs, (runs{{0xfff0000000000000, high, page}}))
            << each.granule;
        // The table before the last one in high memory: what it holds there is what maps.
        store(table - 0x10000, 0x40010000 | each.high_field | 3);
        store_bytes(const_cast<uint8_t*>(memory.ranges().back().host) + 0x10008, (base + 0x20000) | 0x403, 8,
                    byte_order::little);
        EXPECT_EQ(walk_page_table({format, base}, memory).runs,
                  (runs{{0xfff0000000000000 + page, base + 0x20000, page}}))
            << each.granule;
    }
}

TEST_F(page_table_test, aarch64_blocks_are_larger_with_52_bits) {
    struct {
        unsigned granule;
        uint64_t block;
    } const cases[] = {{12, uint64_t{1} << 39}, {14, uint64_t{1} << 36}, {16, uint64_t{1} << 42}};
    for (const auto& each : cases) {
        for (unsigned bits : {48, 52}) {
            const page_table_format format =
                *aarch64_page_table(each.granule, bits, address_half::upper, bits);
            const size_t level = format.levels.size() - (each.granule == 12 ? 4 : 3);
            EXPECT_EQ(format.levels[level].leaves.size(), bits == 52 ? 1u : 0u) << each.granule;
            EXPECT_EQ(uint64_t{1} << format.levels[level].shift, each.block) << each.granule;
            EXPECT_EQ(format.levels[level + 1].leaves.size(), 1u) << each.granule;
        }
    }
}

TEST_F(page_table_test, aarch64_with_pages_of_64_kib) {
    // 42 bits: two levels of 13. A block is 512 MiB.
    const page_table table{*aarch64_page_table(16, 42, address_half::upper), base};
    store(base, (base + 0x10000) | 3);
    store(base + 8, 0x80000000 | 1);
    store(base + 0x10000 + 8 * 8191, (base + 0x20000) | 3);
    EXPECT_EQ(walk_page_table(table, memory).runs,
              (runs{{0xfffffc001fff0000, base + 0x20000, 0x10000}, {0xfffffc0020000000, base, size}}));
}

TEST_F(page_table_test, tables_outside_of_memory_map_nothing) {
    const page_table table{x86_64_page_table(4), base};
    store(base, x86_entries.table(0x1000));
    store(base + 8, x86_entries.table(0xffffffffff000));
    EXPECT_TRUE(walk_page_table(table, memory).runs.empty());
    EXPECT_TRUE(walk_page_table({x86_64_page_table(4), 0x1000}, memory).runs.empty());
    EXPECT_EQ(translate(table, memory_view(memory), 0x1234), std::nullopt);
    EXPECT_EQ(translate({x86_64_page_table(4), ~uint64_t{0} & ~0xfffull}, memory_view(memory), 0x1234),
              std::nullopt);
}

TEST_F(page_table_test, addresses_below_the_first_wanted_one_are_left_out) {
    table_builder tables(bytes, base, 16, 48, x86_entries);
    tables.map(0x1000, base);
    tables.map(0xffff800000000000, base + 0x1000);
    tables.map(0xfffffffffffff000, base + 0x2000);
    walk_limits limits;
    limits.first_vaddr = uint64_t{1} << 63;
    EXPECT_EQ(
        walk_page_table({x86_64_page_table(4), base}, memory, limits).runs,
        (runs{{0xffff800000000000, base + 0x1000, 0x1000}, {0xfffffffffffff000, base + 0x2000, 0x1000}}));
}

TEST_F(page_table_test, too_many_runs_lose_the_smallest) {
    table_builder tables(bytes, base, 32, 48, x86_entries);
    walk_limits limits;
    limits.runs = 3;
    runs expected;
    for (uint64_t i = 0; i < 40; ++i) {
        const uint64_t pages = i == 5 || i == 21 || i == 38 ? 3 : i % 2 + 1;
        tables.map_range(0x100000 * i, base + 0x10000 * i, pages * 4096);
        if (pages == 3)
            expected.push_back({0x100000 * i, base + 0x10000 * i, pages * 4096});
    }
    const page_walk walk = walk_page_table({x86_64_page_table(4), base}, memory, limits);
    EXPECT_EQ(walk.runs, expected);
    EXPECT_EQ(walk.runs_left_out, 37u);
}

TEST_F(page_table_test, of_runs_with_equal_sizes_the_first_stay) {
    table_builder tables(bytes, base, 16, 48, x86_entries);
    walk_limits limits;
    limits.runs = 3;
    for (uint64_t i = 0; i < 5; ++i)
        tables.map(0x100000 * i, base + 0x10000 * i);
    EXPECT_EQ(
        walk_page_table({x86_64_page_table(4), base}, memory, limits).runs,
        (runs{{0, base, 0x1000}, {0x100000, base + 0x10000, 0x1000}, {0x200000, base + 0x20000, 0x1000}}));
}

TEST_F(page_table_test, a_table_that_is_all_levels_at_once_ends_soon) {
    // Each of 512 entries points back at the table: 2^36 pages without a limit, 2^45 with five levels.
    for (unsigned levels : {4, 5}) {
        for (uint64_t i = 0; i < 512; ++i)
            store(base + 8 * i, x86_entries.table(base));
        const auto before = std::chrono::steady_clock::now();
        const page_walk walk = walk_page_table({x86_64_page_table(levels), base}, memory);
        EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
        EXPECT_GT(walk.tables_shared, 0u);
        EXPECT_LT(walk.work, 100000u);
    }
}

TEST_F(page_table_test, every_page_a_table_of_every_other_ends_at_the_budget) {
    for (uint64_t at = 0; at < size; at += 8)
        store(base + at, x86_entries.table(base + at % 0x1000 / 8 * 4096 + (at >> 12) % 4 * 0x200000));
    walk_limits limits;
    limits.visits = 1u << 30;
    limits.work = 10000000;
    const page_walk walk = walk_page_table({x86_64_page_table(5), base}, memory, limits);
    EXPECT_TRUE(walk.out_of_work);
    EXPECT_LE(walk.work, limits.work);
    EXPECT_GT(walk.work, limits.work - 1000);
    EXPECT_LE(walk.runs.size(), limits.runs);
}

TEST_F(page_table_test, memory_without_pointers_is_read_a_table_at_a_time) {
    table_builder tables(bytes, base, 16, 48, x86_entries);
    tables.map(0x1000, base + 0x3000);
    memory.by_copy = true;
    EXPECT_EQ(walk_page_table({x86_64_page_table(4), base}, memory).runs,
              (runs{{0x1000, base + 0x3000, 0x1000}}));
    EXPECT_EQ(memory.longest_read, 4096u);
}

} // namespace
