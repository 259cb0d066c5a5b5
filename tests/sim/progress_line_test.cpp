#include "sim/progress_line.h"

#include <gtest/gtest.h>

namespace vmcore::test {
namespace {

using sim::progress_text;
using std::chrono::seconds;

constexpr uint64_t mebibyte = 1 << 20;

TEST(progress_text, has_percentage_rate_and_remaining_time) {
    EXPECT_EQ(progress_text({256 * mebibyte, 1024 * mebibyte}, seconds(2)),
              "dump: 25 % of 1024 MiB, 128 MiB/s, 6 s left");
}

TEST(progress_text, rounds_down_what_is_done_and_up_what_is_left) {
    EXPECT_EQ(progress_text({1024 * mebibyte - 1, 1024 * mebibyte}, seconds(1)),
              "dump: 99 % of 1024 MiB, 1024 MiB/s, 1 s left");
}

TEST(progress_text, tells_no_rate_before_there_is_one) {
    EXPECT_EQ(progress_text({0, mebibyte}, seconds(3)), "dump: 0 % of 1 MiB");
    EXPECT_EQ(progress_text({1, mebibyte}, seconds(0)), "dump: 0 % of 1 MiB");
    EXPECT_EQ(progress_text({0, 0}, seconds(1)), "dump: begins");
}

} // namespace
} // namespace vmcore::test
