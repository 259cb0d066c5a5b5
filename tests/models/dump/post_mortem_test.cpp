#include "models/dump/post_mortem.h"

#include <cstddef>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>

using vmcore::memory_range;
using vmcore::post_mortem_registration;
using vmcore::post_mortem_view;

namespace {

const uint8_t memory[16] = {};

} // namespace

TEST(post_mortem, the_structure_lies_as_the_gdb_script_reads_it) {
    using block = vmcore_post_mortem_block;
    EXPECT_EQ(sizeof(block), 96u);
    EXPECT_EQ(offsetof(block, version), 16u);
    EXPECT_EQ(offsetof(block, target), 24u);
    EXPECT_EQ(offsetof(block, ranges), 40u);
    EXPECT_EQ(offsetof(block, cpus), 56u);
    EXPECT_EQ(offsetof(block, run), 72u);
    EXPECT_EQ(offsetof(block, record_present), 88u);
}

TEST(post_mortem, before_and_after_a_board_there_is_a_block_that_says_so) {
    EXPECT_STREQ(vmcore_post_mortem.magic, "vmcore-vp board");
    EXPECT_EQ(vmcore_post_mortem.version, 1u);
    EXPECT_EQ(vmcore_post_mortem.bytes, sizeof(vmcore_post_mortem_block));
    EXPECT_EQ(vmcore_post_mortem.ranges, 0u);
    { const post_mortem_registration board("riscv64", {{0x1000, 16, memory}}, {}); }
    EXPECT_EQ(vmcore_post_mortem.ranges, 0u);
}

TEST(post_mortem, a_board_is_found_with_its_memory_registers_and_record) {
    const uint64_t pc[2] = {0x80000000, 0x80000004}, x[2][31] = {};
    const uint8_t record[16] = {};
    const bool present = true;
    const post_mortem_view view{{{{&pc[0], 1}, {x[0], 31}}, {{&pc[1], 1}, {x[1], 31}}}, record, &present};
    const post_mortem_registration board("riscv64", {{0x1000, 8, memory}, {0x80000000, 16, memory}}, view);
    const vmcore_post_mortem_block& block = vmcore_post_mortem;
    EXPECT_STREQ(block.target, "riscv64");
    ASSERT_EQ(block.ranges, 2u);
    EXPECT_EQ(block.range[1].base, 0x80000000u);
    EXPECT_EQ(block.range[1].size, 16u);
    EXPECT_EQ(block.range[1].host, memory);
    ASSERT_EQ(block.cpus, 2u);
    ASSERT_EQ(block.runs_per_cpu, 2u);
    EXPECT_EQ(*block.run[2].first, 0x80000004u);
    EXPECT_EQ(block.run[3].count, 31u);
    EXPECT_EQ(block.record, record);
    EXPECT_EQ(*block.record_present, 1u);
}

TEST(post_mortem, memory_that_is_not_the_hosts_is_left_out) {
    const post_mortem_registration board("riscv64", {{0x1000, 8, nullptr}, {0x2000, 8, memory}}, {});
    ASSERT_EQ(vmcore_post_mortem.ranges, 1u);
    EXPECT_EQ(vmcore_post_mortem.range[0].base, 0x2000u);
}

TEST(post_mortem, the_later_of_two_boards_stays_when_the_earlier_one_goes) {
    auto first = std::make_unique<post_mortem_registration>(
        "riscv64", std::vector<memory_range>{{0, 16, memory}}, post_mortem_view{});
    const post_mortem_registration second("x86_64", {{0, 16, memory}, {16, 16, memory}}, {});
    first.reset();
    EXPECT_STREQ(vmcore_post_mortem.target, "x86_64");
    EXPECT_EQ(vmcore_post_mortem.ranges, 2u);
}
