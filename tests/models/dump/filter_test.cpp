#include "models/dump/filter.h"

#include <gmock/gmock.h>
#include <stdexcept>

using namespace vmcore;
using testing::HasSubstr;

namespace {

uint8_t rom_bytes[0xf000];
uint8_t ram_bytes[0x10000];
const std::vector<memory_range> board = {{0x1000, 0xf000, rom_bytes}, {0x80000000, 0x10000, ram_bytes}};

std::string error_of(std::vector<memory_range> ranges, std::optional<dump_filter> filter) {
    try {
        select_ranges(std::move(ranges), filter);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "no error";
}

void expect_range(const memory_range& range, uint64_t base, uint64_t size, const uint8_t* host) {
    EXPECT_EQ(range.base, base);
    EXPECT_EQ(range.size, size);
    EXPECT_EQ(range.host, host);
}

TEST(dump_filter, without_one_everything_is_taken) {
    const auto ranges = select_ranges(board, std::nullopt);
    ASSERT_EQ(ranges.size(), 2u);
    expect_range(ranges[0], 0x1000, 0xf000, rom_bytes);
    expect_range(ranges[1], 0x80000000, 0x10000, ram_bytes);
}

TEST(dump_filter, clips_to_the_byte) {
    const auto ranges = select_ranges(board, dump_filter{0x80000800, 0x3001});
    ASSERT_EQ(ranges.size(), 1u);
    expect_range(ranges[0], 0x80000800, 0x3001, ram_bytes + 0x800);
}

TEST(dump_filter, of_one_byte) {
    for (uint64_t at : {0x80000000u, 0x80001234u, 0x8000ffffu}) {
        const auto ranges = select_ranges(board, dump_filter{static_cast<int64_t>(at), 1});
        ASSERT_EQ(ranges.size(), 1u);
        expect_range(ranges[0], at, 1, ram_bytes + (at - 0x80000000));
    }
}

TEST(dump_filter, past_the_end_of_memory_is_clipped) {
    const auto ranges = select_ranges(board, dump_filter{0x8000ff00, 0x10000});
    ASSERT_EQ(ranges.size(), 1u);
    expect_range(ranges[0], 0x8000ff00, 256, ram_bytes + 0xff00);
}

TEST(dump_filter, may_span_rom_and_ram) {
    const auto ranges = select_ranges(board, dump_filter{0xff00, 0x80000000});
    ASSERT_EQ(ranges.size(), 2u);
    expect_range(ranges[0], 0xff00, 0x100, rom_bytes + 0xef00);
    expect_range(ranges[1], 0x80000000, 0xff00, ram_bytes);
}

TEST(dump_filter, from_0_over_the_largest_length_is_everything) {
    const auto ranges = select_ranges(board, dump_filter{0, INT64_MAX});
    ASSERT_EQ(ranges.size(), 2u);
    expect_range(ranges[1], 0x80000000, 0x10000, ram_bytes);
}

TEST(dump_filter, that_begins_high_and_is_long_does_not_overflow) {
    EXPECT_EQ(error_of(board, dump_filter{INT64_MAX, INT64_MAX}), "dump: no guest memory to dump");
    const auto ranges = select_ranges({{0xfffffffffffff000, 0x1000, nullptr}}, std::nullopt);
    ASSERT_EQ(ranges.size(), 1u);
    expect_range(ranges[0], 0xfffffffffffff000, 0x1000, nullptr);
}

TEST(dump_filter, in_a_hole_leaves_nothing) {
    EXPECT_EQ(error_of(board, dump_filter{0x10000, 0x1000}), "dump: no guest memory to dump");
    EXPECT_EQ(error_of(board, dump_filter{0, 0x1000}), "dump: no guest memory to dump");
    EXPECT_EQ(error_of(board, dump_filter{0x80010000, 1}), "dump: no guest memory to dump");
}

TEST(dump_filter, of_length_0_is_refused) {
    EXPECT_EQ(error_of(board, dump_filter{0x80000000, 0}), "parameter 'length' expects a non-zero size");
}

TEST(dump_filter, with_negative_numbers_is_refused) {
    EXPECT_EQ(error_of(board, dump_filter{-4096, 8192}),
              "parameter 'begin' expects a non-negative address, not -4096");
    EXPECT_EQ(error_of(board, dump_filter{0, -4096}),
              "parameter 'length' expects a positive size, not -4096");
    EXPECT_EQ(error_of(board, dump_filter{INT64_MIN, INT64_MIN}),
              "parameter 'begin' expects a non-negative address, not -9223372036854775808");
}

TEST(dump_ranges, are_sorted_and_empty_ones_dropped) {
    const auto ranges = select_ranges({board[1], {0x500, 0, nullptr}, board[0]}, std::nullopt);
    ASSERT_EQ(ranges.size(), 2u);
    EXPECT_EQ(ranges[0].base, 0x1000u);
    EXPECT_EQ(ranges[1].base, 0x80000000u);
}

TEST(dump_ranges, that_touch_stay_two) {
    EXPECT_EQ(select_ranges({{0, 0x1000, nullptr}, {0x1000, 0x1000, nullptr}}, std::nullopt).size(), 2u);
}

TEST(dump_ranges, that_overlap_are_a_mistake_of_the_platform) {
    EXPECT_EQ(error_of({{0x1000, 0x1001, nullptr}, {0x2000, 0x10, nullptr}}, std::nullopt),
              "guest memory at 0x1000 (0x1001 bytes) overlaps that at 0x2000 (0x10 bytes)");
}

TEST(dump_ranges, past_the_last_address_are_a_mistake_of_the_platform) {
    EXPECT_THAT(error_of({{0xfffffffffffff000, 0x1001, nullptr}}, std::nullopt), HasSubstr("passes the end"));
}

TEST(dump_ranges, none_at_all_is_nothing_to_dump) {
    EXPECT_EQ(error_of({}, std::nullopt), "dump: no guest memory to dump");
}

} // namespace
