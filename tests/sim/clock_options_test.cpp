#include "sim/clock_options.h"

#include "sim/key_values.h"

#include <ctime>
#include <gtest/gtest.h>

namespace vmcore::sim {
namespace {

TEST(clock_options, dates_are_seconds_since_1970) {
    for (const auto& [text, seconds] : {std::pair<const char*, uint64_t>{"1970-01-01T00:00:00", 0},
                                        {"2001-09-09T01:46:40", 1000000000},
                                        {"2024-01-01", 1704067200},
                                        {"2024-02-29T23:59:59", 1709251199},
                                        {"2553-12-31T23:59:59", 18429292799}}) {
        EXPECT_EQ(parse_rtc_base("-rtc", text), seconds) << text;
        EXPECT_EQ(parse_rtc_base("-rtc", rtc_base_text(seconds)), seconds);
    }
    EXPECT_EQ(rtc_base_text(1704067200), "2024-01-01T00:00:00");
}

TEST(clock_options, what_is_no_date_is_refused) {
    for (const char* wrong : {"", "now", "2024", "2024-1-1", "2024-01-01T", "2024-01-01T00:00",
                              "2024-01-01T00:00:00Z", "2024-01-01 00:00:00", "2024-13-01", "2024-00-01",
                              "2023-02-29", "2024-01-32", "2024-01-01T24:00:00", "2024-01-01T00:60:00",
                              "2024-01-01T00:00:60", "1969-12-31", "2554-01-01", "-024-01-01", "20a4-01-01"})
        EXPECT_THROW(parse_rtc_base("-rtc", wrong), usage_error) << wrong;
}

TEST(clock_options, utc_is_the_host_s_time) {
    const auto before = static_cast<uint64_t>(std::time(nullptr));
    const uint64_t told = parse_rtc_base("-rtc", "utc");
    EXPECT_GE(told, before);
    EXPECT_LE(told, static_cast<uint64_t>(std::time(nullptr)));
}

TEST(clock_options, localtime_differs_by_the_host_s_zone) {
    setenv("TZ", "UTC-5", 1);
    tzset();
    const auto zone =
        static_cast<int64_t>(parse_rtc_base("-rtc", "localtime") - parse_rtc_base("-rtc", "utc"));
    EXPECT_NEAR(static_cast<double>(zone), 5 * 3600, 2);
}

TEST(clock_options, an_option_tells_a_base_or_none) {
    EXPECT_EQ(parse_rtc("-rtc", "base=2024-01-01,clock=vm"), 1704067200u);
    EXPECT_EQ(parse_rtc("-rtc", "2024-01-01"), 1704067200u);
    EXPECT_EQ(parse_rtc("-rtc", "clock=vm,driftfix=none"), std::nullopt);
    for (const char* wrong : {"clock=host", "clock=rt", "driftfix=slew", "base=x", "x=1"})
        EXPECT_THROW(parse_rtc("-rtc", wrong), usage_error) << wrong;
}

} // namespace
} // namespace vmcore::sim
