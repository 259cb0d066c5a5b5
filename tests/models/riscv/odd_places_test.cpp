#include "tests/models/riscv/machine.h"

// Page tables and cache blocks where there is no memory; bits that are not kept.

namespace vmcore::test {
namespace {

constexpr unsigned load_page = 13, store_access = 7;
constexpr unsigned satp = 0x180, mstatus = 0x300, menvcfg = 0x30a, mip = 0x344;
constexpr uint64_t sv39 = uint64_t(8) << 60;
constexpr uint64_t everything = ~uint64_t(0);

constexpr uint32_t cbo_zero(unsigned rs1) {
    return 4u << 20 | rs1 << 15 | 2u << 12 | 0x0f;
}

class odd_places : public hart_bench {
protected:
    /// A load in S mode, by mstatus.MPRV, from `address` with the page table at `root`.
    void load_by_table_at(uint64_t root, uint64_t address) {
        load(with_handler({csrrw(0, satp, a4), csrrw(0, mstatus, a5), ld(t1, a6, 0)}),
             {sv39 | root >> 12, supervisor_loads, address});
        run_to_wfi();
    }

    static constexpr uint64_t supervisor_loads = uint64_t(1) << 17 | uint64_t(1) << 11;
};

SC_TEST(odd_places, a_page_table_where_nothing_answers_is_a_page_fault) {
    load_by_table_at(nowhere & ~uint64_t(0xfff), 0x1230);
    expect_trap(load_page, 0x1230, after_set_up + 8);
}

SC_TEST(odd_places, an_entry_in_a_device_is_read_but_gets_no_accessed_bit) {
    board.device.value = ram_base >> 2 | 0xf; // a leaf for 1 GiB
    load_by_table_at(device_base, 0x2000);
    expect_trap(load_page, 0x2000, after_set_up + 8);
    for (const auto& each : board.device.accesses)
        EXPECT_FALSE(each.write);
}

SC_TEST(odd_places, an_entry_in_a_device_with_its_accessed_bit_translates) {
    board.device.value = ram_base >> 2 | 0x4f;
    load_by_table_at(device_base, ram_base & 0x3fffffff);
    EXPECT_EQ(cpu.x(t1), board.word(ram_base));
}

SC_TEST(odd_places, a_block_of_a_device_is_zeroed_byte_by_byte) {
    load(with_handler({cbo_zero(a4)}), {device_base + 0x45});
    run_to_wfi();
    ASSERT_EQ(board.device.accesses.size(), 64u);
    for (unsigned n = 0; n < 64; ++n) {
        EXPECT_EQ(board.device.accesses[n].address, 0x40 + n);
        EXPECT_EQ(board.device.accesses[n].size, 1u);
    }
}

SC_TEST(odd_places, a_device_that_takes_words_only_refuses_to_be_zeroed) {
    board.device.sizes = 4 | 8;
    run_to_trap({cbo_zero(a4)}, {device_base}, store_access, device_base);
    EXPECT_TRUE(board.device.accesses.empty());
}

SC_TEST(odd_places, stimecmp_in_use_keeps_software_from_stip_and_vstip) {
    load({csrrw(0, menvcfg, a4), csrrw(0, 0x14d, a5), csrrw(0, mip, a5), csrrs(a6, mip, 0)},
         {uint64_t(1) << 63, everything});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a6), 0x2606u);
}

} // namespace
} // namespace vmcore::test
