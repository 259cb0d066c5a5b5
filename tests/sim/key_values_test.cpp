#include "sim/key_values.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

using namespace vmcore::sim;

TEST(key_values, the_first_pair_may_leave_out_its_key) {
    key_values values("-fw_cfg", "opt/x,string=a", "name");
    EXPECT_EQ(values.take("name"), "opt/x");
    EXPECT_EQ(values.take("string"), "a");
    EXPECT_NO_THROW(values.expect_empty());
}

TEST(key_values, two_commas_are_one_comma_of_the_value) {
    key_values values("-fw_cfg", "name=a,,b,string=,,", "name");
    EXPECT_EQ(values.take("name"), "a,b");
    EXPECT_EQ(values.take("string"), ",");
}

TEST(key_values, a_value_may_hold_an_equals_sign) {
    key_values values("-fw_cfg", "name=a,string=k=v", "name");
    EXPECT_EQ(values.take("string"), "k=v");
}

TEST(key_values, a_lone_word_switches_on) {
    key_values values("-device", "loader,force-raw", "driver");
    EXPECT_TRUE(values.take_switch("force-raw", false));
}

TEST(key_values, a_key_given_twice_is_refused) {
    key_values values("-fw_cfg", "name=a,name=b", "name");
    EXPECT_THROW(values.take("name"), usage_error);
}

TEST(key_values, a_key_nobody_took_is_refused_by_name) {
    const key_values values("-device", "vmcoreinfo,colour=red", "driver");
    EXPECT_THROW(values.expect_empty(), usage_error);
}

TEST(parse_size, takes_suffixes_and_a_default_unit) {
    EXPECT_EQ(parse_size("-m", "128", 1 << 20), uint64_t(128) << 20);
    EXPECT_EQ(parse_size("-m", "2g", 1 << 20), uint64_t(2) << 30);
    EXPECT_EQ(parse_size("-m", "3K", 1 << 20), 3072u);
}

TEST(parse_size, refuses_what_is_no_size_or_does_not_fit) {
    for (const char* text : {"", "K", "-1", "1.5G", "0x10", "10 M", "16777216T", "99999999999999999999"})
        EXPECT_THROW(parse_size("-m", text, 1 << 20), usage_error) << text;
}

TEST(parse_number, takes_decimal_and_hexadecimal) {
    EXPECT_EQ(parse_number("x", "010"), 10u);
    EXPECT_EQ(parse_number("x", "0xffffffffffffffff"), ~uint64_t(0));
    for (const char* text : {"", "0x", "12a", " 1", "-1", "0x1ffffffffffffffff", "0x-1"})
        EXPECT_THROW(parse_number("x", text), usage_error) << text;
}

TEST(parse_number, refuses_what_stands_behind_a_nul) {
    EXPECT_THROW(parse_number("x", std::string("16\0x", 4)), usage_error);
    EXPECT_THROW(parse_number("x", std::string("16\0", 3)), usage_error);
}

TEST(nearest_word, takes_no_more_memory_for_a_long_word) {
#ifndef __SANITIZE_ADDRESS__ // which needs address space
    const rlimit one_gibibyte{1 << 30, 1 << 30};
    ASSERT_EQ(setrlimit(RLIMIT_AS, &one_gibibyte), 0);
#endif
    const std::string word(64 << 20, 'k'); // a table of its distances would take some 6 GiB
    EXPECT_EQ(nearest_word(word, {"serial", "smp"}), "");
}

TEST(nearest_word, finds_what_was_meant_and_nothing_far_off) {
    const std::vector<std::string> words{"serial", "smp", "device"};
    EXPECT_EQ(nearest_word("seriel", words), "serial");
    EXPECT_EQ(nearest_word("devices", words), "device");
    EXPECT_EQ(nearest_word("dmup", {"smp", "dump"}), "dump") << "two letters swapped are one mistake";
    EXPECT_EQ(nearest_word("qqqq", words), "");
}
