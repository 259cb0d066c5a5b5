// The table formats.
//
// Reserved bits are part of the tests: an entry in which the processor would see a fault maps nothing. So a
// large page whose address is not a multiple of its size is no leaf on riscv and x86. Attributes such as
// permissions, memory types, accessed and dirty are in no mask, because a dump has no use for them.

#include "models/dump/page_table_format.h"

#include <utility>

namespace vmcore {

namespace {

constexpr uint64_t bits(unsigned first, unsigned last) {
    return (~uint64_t{0} >> (63 - last)) & (~uint64_t{0} << first);
}

constexpr uint64_t bit(unsigned number) {
    return bits(number, number);
}

// Of its entries none points at a table: no entry passes a test for 1 under an empty mask.
page_table_level last_level(unsigned shift, unsigned index_bits, std::vector<page_table_leaf> leaves) {
    return {shift, index_bits, 0, 1, std::move(leaves)};
}

// Entries: V 0, R 1, W 2, X 3, PPN from 10 on, N 63. W without R is reserved, and none of the three is a
// pointer. With N the low 4 bits of the PPN are 1000 and stand for a page of 64 KiB.
page_table_level riscv_level(unsigned number, unsigned index_bits, unsigned ppn_bits, bool has_napot) {
    constexpr uint64_t valid = bit(0), readable = bit(1), writable = bit(2), executable = bit(3);
    constexpr uint64_t only_executable = valid | readable | writable | executable; // as a mask
    const unsigned shift = 12 + number * index_bits;
    const uint64_t ppn = bits(10, 10 + ppn_bits - 1);
    const uint64_t below = number == 0 ? 0 : bits(10, 10 + number * index_bits - 1); // must be 0
    const uint64_t napot = has_napot ? bit(63) : 0;
    std::vector<page_table_leaf> leaves = {
        {valid | readable | below | napot, valid | readable, ppn, shift},
        {only_executable | below | napot, valid | executable, ppn, shift},
    };
    if (number != 0)
        return {shift, index_bits, only_executable, valid, std::move(leaves)};
    if (has_napot) {
        const uint64_t size = bits(10, 13), size_64k = bit(13);
        leaves.push_back(
            {valid | readable | napot | size, valid | readable | napot | size_64k, ppn & ~size, 16});
        leaves.push_back(
            {only_executable | napot | size, valid | executable | napot | size_64k, ppn & ~size, 16});
    }
    return last_level(shift, index_bits, std::move(leaves));
}

constexpr uint64_t x86_present = bit(0), x86_large = bit(7);

// With PAT (bit 12) a large page's address begins at bit 13; below its size it is reserved.
page_table_leaf x86_large_page(unsigned shift, uint64_t address) {
    return {x86_present | x86_large | bits(13, shift - 1), x86_present | x86_large,
            address & ~bits(0, shift - 1), shift};
}

page_table_level x86_last_level(unsigned index_bits, uint64_t address) {
    return last_level(12, index_bits, {{x86_present, x86_present, address, 12}}); // bit 7 is PAT there
}

} // namespace

std::optional<page_table_format> riscv_page_table(unsigned address_size) {
    const bool narrow = address_size == 32;
    if (!narrow && address_size != 39 && address_size != 48 && address_size != 57)
        return std::nullopt;
    const unsigned index_bits = narrow ? 10 : 9;
    const unsigned ppn_bits = narrow ? 22 : 44;
    page_table_format format{narrow               ? "Sv32"
                             : address_size == 39 ? "Sv39"
                             : address_size == 48 ? "Sv48"
                                                  : "Sv57",
                             narrow ? 4u : 8u,
                             bits(10, 10 + ppn_bits - 1),
                             2,
                             narrow ? address_half::lower : address_half::sign_extended,
                             {}};
    for (unsigned number = (address_size - 12) / index_bits; number-- > 0;)
        format.levels.push_back(riscv_level(number, index_bits, ppn_bits, !narrow));
    return format;
}

page_table_format x86_64_page_table(unsigned levels, uint64_t encryption_bit) {
    const uint64_t address = bits(12, 51) & ~encryption_bit;
    page_table_format format{
        levels == 5 ? "5-level x86_64" : "4-level x86_64", 8, address, 0, address_half::sign_extended, {}};
    for (unsigned number = levels; number-- > 1;) {
        const unsigned shift = 12 + number * 9;
        page_table_level level{shift, 9, x86_present | x86_large, x86_present, {}};
        if (number <= 2) // 2 MiB and 1 GiB
            level.leaves = {x86_large_page(shift, address)};
        format.levels.push_back(level);
    }
    format.levels.push_back(x86_last_level(9, address));
    return format;
}

page_table_format i386_page_table(bool large_pages) {
    const uint64_t address = bits(12, 31);
    page_table_level directory{22, 10, x86_present, x86_present, {}};
    if (large_pages) {
        directory.table_mask = x86_present | x86_large;
        // PSE-36: bits 32 to 39 of the address are bits 13 to 20.
        directory.leaves = {
            {x86_present | x86_large | bit(21), x86_present | x86_large, bits(22, 31), 22, bits(13, 20), 19}};
    }
    return {"32-bit x86", 4, address, 0, address_half::lower, {directory, x86_last_level(10, address)}};
}

page_table_format i386_pae_page_table() {
    const uint64_t address = bits(12, 51);
    const uint64_t reserved = bits(1, 2) | bits(5, 8); // in a page-directory-pointer-table entry
    return {"PAE x86",
            8,
            address,
            0,
            address_half::lower,
            {{30, 2, x86_present | reserved, x86_present, {}},
             {21, 9, x86_present | x86_large, x86_present, {x86_large_page(21, address)}},
             x86_last_level(9, address)}};
}

// Bits 0 and 1: 11 is a table, in the last level a page; 01 is a block. With pages of 4 KiB blocks exist in
// the third to last level, too, and with physical addresses of 52 bits one level further up. The highest of
// these bits stand below the others, where the shareability is else or, with pages of 64 KiB, nothing.
std::optional<page_table_format> aarch64_page_table(unsigned granule_shift, unsigned address_size,
                                                    address_half half, unsigned physical_size) {
    if ((granule_shift != 12 && granule_shift != 14 && granule_shift != 16) || address_size < 25 ||
        address_size > physical_size || (physical_size != 48 && physical_size != 52))
        return std::nullopt;
    const bool wide = physical_size == 52;
    const unsigned index_bits = granule_shift - 3;
    const uint64_t address = bits(granule_shift, wide && granule_shift != 16 ? 49 : 47);
    const uint64_t high = !wide ? 0 : granule_shift == 16 ? bits(12, 15) : bits(8, 9);
    const unsigned high_shift = granule_shift == 16 ? 48 - 12 : 50 - 8;
    const unsigned block_levels = (granule_shift == 12 ? 2 : 1) + (wide ? 1 : 0);
    page_table_format format{"aarch64", 8, address, 0, half, {}, high, high_shift};
    unsigned top = address_size;
    for (unsigned number = (address_size - granule_shift + index_bits - 1) / index_bits; number-- > 1;) {
        const unsigned shift = granule_shift + number * index_bits;
        page_table_level level{shift, top - shift, 3, 3, {}};
        if (number <= block_levels)
            level.leaves = {{3, 1, address & ~bits(0, shift - 1), shift, high, high_shift}};
        format.levels.push_back(level);
        top = shift;
    }
    format.levels.push_back(
        last_level(granule_shift, top - granule_shift, {{3, 3, address, granule_shift, high, high_shift}}));
    return format;
}

} // namespace vmcore
