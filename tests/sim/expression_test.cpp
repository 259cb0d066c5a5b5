// Values and errors are those of qemu-system-riscv64 10.0.2, but for registers, of which it knows none.

#include "sim/qmp/expression.h"

#include <gtest/gtest.h>
#include <limits>

using namespace vmcore::sim::qmp;

namespace {

std::optional<uint64_t> registers(const std::string& name) {
    if (name == "pc")
        return 0xffffffff80000000;
    return std::nullopt;
}

int64_t value_of(std::string_view text) {
    const int64_t value = evaluate(text, registers);
    EXPECT_EQ(text, "") << "is left";
    return value;
}

std::string error_of(std::string_view text) {
    try {
        evaluate(text, registers);
    } catch (const expression_error& error) {
        return error.what();
    }
    return "no error";
}

TEST(expression, numbers_are_decimal_hexadecimal_or_octal) {
    EXPECT_EQ(value_of("10"), 10);
    EXPECT_EQ(value_of("0x1F"), 31);
    EXPECT_EQ(value_of("010"), 8);
    EXPECT_EQ(value_of(" 0 "), 0);
    EXPECT_EQ(value_of("18446744073709551615"), -1);
    EXPECT_EQ(value_of("'a'"), 97);
}

TEST(expression, stops_where_a_number_does) {
    for (const auto& [text, rest] : {std::pair("0x", "x"), std::pair("08", "8"), std::pair("1 2", "2"),
                                     std::pair("1)", ")"), std::pair("1<<2", "<<2")}) {
        std::string_view left = text;
        evaluate(left, registers);
        EXPECT_EQ(left, rest);
    }
}

TEST(expression, sums_bind_weaker_than_logic_and_that_weaker_than_products) {
    EXPECT_EQ(value_of("1+2*3"), 7);
    EXPECT_EQ(value_of("(1+2)*3"), 9);
    EXPECT_EQ(value_of("1+1|1"), 2);
    EXPECT_EQ(value_of("1|2^3&4"), 0);
    EXPECT_EQ(value_of("2 * (3 + 4) % 5 | 8 ^ 3 & 6"), 6);
    EXPECT_EQ(value_of("1-2-3"), -4);
    EXPECT_EQ(value_of("100/10/2"), 5);
}

TEST(expression, signs_may_follow_one_another) {
    EXPECT_EQ(value_of("-(-3)"), 3);
    EXPECT_EQ(value_of("+ 3"), 3);
    EXPECT_EQ(value_of("~~5"), 5);
    EXPECT_EQ(value_of("-~5"), 6);
}

TEST(expression, division_is_signed_and_the_smallest_number_by_minus_one_wraps) {
    EXPECT_EQ(value_of("-7/2"), -3);
    EXPECT_EQ(value_of("-7%2"), -1);
    EXPECT_EQ(value_of("0x8000000000000000/-1"), std::numeric_limits<int64_t>::min()); // ends a QEMU
    EXPECT_EQ(value_of("0x8000000000000000%-1"), 0);
    EXPECT_EQ(error_of("7/0"), "division by zero");
    EXPECT_EQ(error_of("7%0"), "division by zero");
}

TEST(expression, registers_are_asked_for_by_name) {
    EXPECT_EQ(value_of("$pc + 4"), static_cast<int64_t>(0xffffffff80000004));
    EXPECT_EQ(error_of("$foo"), "unknown register");
    EXPECT_EQ(error_of("$"), "unknown register");
}

TEST(expression, errors_are_those_of_qemu) {
    EXPECT_EQ(error_of(""), "unexpected end of expression");
    EXPECT_EQ(error_of("1+"), "unexpected end of expression");
    EXPECT_EQ(error_of("x"), "invalid char 'x' in expression");
    EXPECT_EQ(error_of("(1"), "')' expected");
    EXPECT_EQ(error_of("'a"), "missing terminating ' character");
    EXPECT_EQ(error_of("''"), "missing terminating ' character");
    EXPECT_EQ(error_of("18446744073709551616"), "number too large");
    EXPECT_EQ(error_of("0x10000000000000000"), "number too large");
}

TEST(expression, depth_is_limited_however_long_the_line_is) {
    EXPECT_EQ(error_of(std::string(1000000, '(')), "expression is nested too deeply");
    EXPECT_EQ(error_of(std::string(1000000, '-')), "expression is nested too deeply");
    EXPECT_EQ(value_of(std::string(50, '(') + "7" + std::string(50, ')')), 7);
}

} // namespace
