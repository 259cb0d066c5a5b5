#pragma once

#include "tests/models/riscv/machine.h"

namespace vmcore::test {

/// Bits of page table entries.
enum page_flags : uint64_t {
    pte_v = 1,
    pte_r = 2,
    pte_w = 4,
    pte_x = 8,
    pte_u = 16,
    pte_a = 64,
    pte_d = 128,
    pte_rw = pte_v | pte_r | pte_w | pte_a | pte_d,
    pte_rwx = pte_rw | pte_x,
};

/// Sv39 tables at the end of a test machine's RAM, which the test makes before the program runs: one table of
/// each level, for addresses below 2 MiB, and gigabyte pages.
struct sv39_tables {
    static constexpr uint64_t root = ram_base + 0xd000, middle = ram_base + 0xe000,
                              leaves = ram_base + 0xf000;
    static constexpr uint64_t satp_value = uint64_t(8) << 60 | root >> 12;

    static uint64_t entry(uint64_t physical, uint64_t flags) { return physical >> 12 << 10 | flags; }
    static uint64_t place_of_page(uint64_t address) { return leaves + (address >> 12 & 511) * 8; }
    static uint64_t place_of_gigabyte(uint64_t address) { return root + (address >> 30 & 511) * 8; }

    /// All of RAM at its own address.
    static void identity(machine& board, uint64_t flags) {
        put(board, place_of_gigabyte(ram_base), entry(ram_base, flags));
        put(board, root, entry(middle, pte_v));
        put(board, middle, entry(leaves, pte_v));
    }
    static void page(machine& board, uint64_t address, uint64_t physical, uint64_t flags) {
        put(board, place_of_page(address), entry(physical, flags));
    }
    static void put(machine& board, uint64_t place, uint64_t value) {
        board.put(place, {static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32)});
    }
};

} // namespace vmcore::test
