// Random tables, cyclic and broken ones among them, against translations of one address at a time that are
// written down as each manual tells the steps.

#include "models/dump/page_table.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/table_builder.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

using namespace vmcore;
using namespace vmcore::test;

namespace {

constexpr uint64_t base = 0x80000000;
constexpr uint64_t table_count = 8;
constexpr uint64_t more_base = 0x80200000 - 0x3000; // a second range, across a border of 2 MiB
constexpr uint64_t more_size = 0x6000;

class world {
public:
    world()
        : m_bytes(memory.add(base, 4096 * table_count)) {
        memory.add(more_base, more_size);
    }

    uint64_t load(uint64_t paddr) const {
        return paddr >= base && paddr < base + 4096 * table_count
                   ? load_bytes(m_bytes + (paddr - base), 8, byte_order::little)
                   : 0;
    }
    void store(uint64_t paddr, uint64_t value) {
        store_bytes(m_bytes + (paddr - base), value, 8, byte_order::little);
    }
    static bool is_memory(uint64_t paddr) {
        return paddr - base < 4096 * table_count || paddr - more_base < more_size;
    }

    fake_memory memory;

private:
    uint8_t* m_bytes;
};

using translation = std::optional<uint64_t>;

// The RISC-V privileged manual, "Virtual Address Translation Process", without permissions.
translation translate_riscv(const world& guest, unsigned levels, uint64_t va) {
    const unsigned size = 12 + 9 * levels;
    if (static_cast<uint64_t>(static_cast<int64_t>(va << (64 - size)) >> (64 - size)) != va)
        return std::nullopt;
    uint64_t a = base;
    for (unsigned i = levels; i-- > 0;) {
        const uint64_t pte = guest.load(a + (va >> (12 + 9 * i) & 511) * 8);
        const bool v = pte & 1, r = pte & 2, w = pte & 4, x = pte & 8, n = pte >> 63;
        if (!v || (!r && w))
            return std::nullopt;
        uint64_t ppn = pte >> 10 & 0xfffffffffff;
        if (!r && !x) {
            a = ppn << 12;
            continue;
        }
        const uint64_t vpn = va >> 12, below = (uint64_t{1} << (9 * i)) - 1;
        if ((ppn & below) != 0 || (n && (i != 0 || (ppn & 15) != 8)))
            return std::nullopt;
        if (n)
            ppn = (ppn & ~uint64_t{15}) | (vpn & 15);
        return (ppn | (vpn & below)) << 12 | (va & 0xfff);
    }
    return std::nullopt;
}

// Intel's manual, volume 3, tables for 4-level and 5-level paging, without permissions.
translation translate_x86(const world& guest, unsigned levels, uint64_t va) {
    const unsigned size = 12 + 9 * levels;
    if (static_cast<uint64_t>(static_cast<int64_t>(va << (64 - size)) >> (64 - size)) != va)
        return std::nullopt;
    constexpr uint64_t address = 0x000ffffffffff000;
    uint64_t table = base;
    for (unsigned i = levels; i-- > 0;) {
        const uint64_t entry = guest.load(table + (va >> (12 + 9 * i) & 511) * 8);
        if ((entry & 1) == 0)
            return std::nullopt;
        if (i == 0)
            return (entry & address) | (va & 0xfff);
        if ((entry & 0x80) != 0) {
            const uint64_t page = uint64_t{1} << (12 + 9 * i);
            if (i > 2 || (entry & (page - 1) & ~uint64_t{0x1fff}) != 0)
                return std::nullopt;
            return (entry & address & ~(page - 1)) | (va & (page - 1));
        }
        table = entry & address;
    }
    return std::nullopt;
}

// The Arm manual, "VMSAv8-64 translation table format descriptors", 4 KiB granule, upper half. Of five
// levels, for 52 bits, the first translates four of them, and bits 50 and 51 of addresses are bits 8 and 9 of
// the descriptor.
translation translate_aarch64(const world& guest, unsigned levels, uint64_t va) {
    const bool has_52_bits = levels == 5;
    const unsigned size = has_52_bits ? 52 : 12 + 9 * levels;
    if (va >> size != ~uint64_t{0} >> size)
        return std::nullopt;
    const auto address = [&](uint64_t entry) {
        return has_52_bits ? (entry & 0x0003fffffffff000) | (entry >> 8 & 3) << 50
                           : entry & 0x0000fffffffff000;
    };
    uint64_t table = base;
    for (unsigned i = levels; i-- > 0;) {
        const uint64_t index = va >> (12 + 9 * i) & (i == 4 ? 15 : 511);
        const uint64_t entry = guest.load(table + index * 8);
        const unsigned kind = entry & 3;
        const uint64_t page = uint64_t{1} << (12 + 9 * i);
        if ((kind != 1 && kind != 3) || (kind == 1 && i != 1 && i != 2 && !(i == 3 && has_52_bits)))
            return std::nullopt;
        if (kind == 1 || i == 0)
            return (address(entry) & ~(page - 1)) | (va & (page - 1));
        table = address(entry);
    }
    return std::nullopt;
}

struct architecture {
    const char* name;
    page_table_format format;
    entry_coding coding;
    translation (*reference)(const world&, unsigned levels, uint64_t va);
};

std::vector<architecture> architectures() {
    return {
        {"Sv39", *riscv_page_table(39), riscv_entries, translate_riscv},
        {"Sv48", *riscv_page_table(48), riscv_entries, translate_riscv},
        {"Sv57", *riscv_page_table(57), riscv_entries, translate_riscv},
        {"x86_64", x86_64_page_table(4), x86_entries, translate_x86},
        {"x86_64 la57", x86_64_page_table(5), x86_entries, translate_x86},
        {"aarch64 39", *aarch64_page_table(12, 39, address_half::upper), aarch64_entries, translate_aarch64},
        {"aarch64 48", *aarch64_page_table(12, 48, address_half::upper), aarch64_entries, translate_aarch64},
        {"aarch64 52", *aarch64_page_table(12, 52, address_half::upper, 52), aarch64_52_bit_entries,
         translate_aarch64}};
}

uint64_t random_page() {
    return *rc::gen::oneOf(rc::gen::map(rc::gen::inRange<uint64_t>(0, table_count + 1),
                                        [](uint64_t page) { return base + 4096 * page; }),
                           rc::gen::map(rc::gen::inRange<uint64_t>(0, 8),
                                        [](uint64_t page) { return more_base - 4096 + 4096 * page; }),
                           rc::gen::element<uint64_t>(0x80000000, 0x80200000, 0, 0xfee00000));
}

uint64_t random_entry(const entry_coding& coding) {
    const uint64_t entry = *rc::gen::weightedOneOf<uint64_t>(
        {{6, rc::gen::exec(
                 [&] { return coding.table(base + 4096 * *rc::gen::inRange<uint64_t>(0, table_count)); })},
         {4, rc::gen::exec([&] { return coding.page(random_page()); })},
         {2, rc::gen::exec([&] { return coding.large_page(random_page()); })},
         {2, rc::gen::exec([&] { return coding.large_page(*rc::gen::element(base, base + 0x200000)); })},
         {1, rc::gen::arbitrary<uint64_t>()}});
    if (*rc::gen::inRange(0, 10) == 0) // one bit wrong
        return entry ^ uint64_t { 1 } << *rc::gen::inRange(0, 64);
    return entry;
}

// A few entries in each table, at places that all tables share and that are often neighbours.
std::vector<uint64_t> fill(world& guest, const architecture& arch) {
    std::vector<uint64_t> indices = {0, 1, 255, 256, 511};
    indices.push_back(*rc::gen::inRange<uint64_t>(0, 512));
    for (uint64_t table = 0; table < table_count; ++table)
        for (uint64_t index : indices)
            if (*rc::gen::inRange(0, 5) != 0)
                guest.store(base + 4096 * table + 8 * index, random_entry(arch.coding));
    return indices;
}

uint64_t random_address(const architecture& arch, const std::vector<uint64_t>& indices) {
    uint64_t va = *rc::gen::inRange<uint64_t>(0, 4096);
    for (size_t level = 0; level < arch.format.levels.size(); ++level)
        va |= *rc::gen::elementOf(indices) << (12 + 9 * level);
    const unsigned size = arch.format.address_size();
    va &= (uint64_t{1} << size) - 1;
    const bool upper = arch.format.half == address_half::upper || (va >> (size - 1) & 1) != 0;
    return upper ? va | ~uint64_t{0} << size : va;
}

translation find_in(const std::vector<core_mapping>& runs, uint64_t va) {
    for (const core_mapping& run : runs)
        if (va - run.vaddr < run.size)
            return run.paddr + (va - run.vaddr);
    return std::nullopt;
}

void check_random_tables(const architecture& arch) {
    world guest;
    const std::vector<uint64_t> indices = fill(guest, arch);
    guest.memory.by_copy = *rc::gen::inRange(0, 4) == 0;
    walk_limits limits;
    limits.visits = ~0u;
    const page_table table{arch.format, base};
    const std::vector<core_mapping> runs = walk_page_table(table, guest.memory, limits).runs;
    const unsigned levels = static_cast<unsigned>(arch.format.levels.size());
    RC_CLASSIFY(!runs.empty(), "maps memory");
    RC_CLASSIFY(runs.size() > 10, "maps memory at more than 10 places");

    for (size_t i = 0; i < runs.size(); ++i) {
        for (uint64_t offset : {uint64_t{0}, runs[i].size / 2, runs[i].size - 1})
            RC_ASSERT(arch.reference(guest, levels, runs[i].vaddr + offset) == runs[i].paddr + offset);
        RC_ASSERT(world::is_memory(runs[i].paddr));
        RC_ASSERT(world::is_memory(runs[i].paddr + runs[i].size - 1));
        if (i == 0)
            continue;
        const core_mapping& last = runs[i - 1];
        RC_ASSERT(last.vaddr + (last.size - 1) < runs[i].vaddr);
        RC_ASSERT(last.vaddr + last.size != runs[i].vaddr || last.paddr + last.size != runs[i].paddr);
    }
    const memory_view view(guest.memory);
    for (int count = 0; count < 50; ++count) {
        const uint64_t va = random_address(arch, indices);
        const translation expected = arch.reference(guest, levels, va);
        RC_ASSERT(translate(table, view, va) == expected);
        RC_ASSERT(find_in(runs, va) == (expected && world::is_memory(*expected) ? expected : std::nullopt));
    }
}

TEST(page_table_property, a_walk_finds_what_single_translations_find) {
    for (const architecture& arch : architectures())
        EXPECT_TRUE(rc::check(arch.name, [&] { check_random_tables(arch); }));
}

} // namespace
