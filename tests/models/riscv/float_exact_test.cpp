#include "tests/models/riscv/exact_float.h"
#include "tests/models/riscv/float_operands.h"

#include <gtest/gtest.h>

// Every operation that rounds, in every mode, against arithmetic without rounding. Operands that are finite
// and not zero; float_special_test has the others.

namespace vmcore::test {
namespace {

using namespace riscv;

template <typename FORMAT>
typename FORMAT::bits finite(typename FORMAT::bits value) {
    RC_PRE(is_finite_nonzero<FORMAT>(value));
    return value;
}

/// Compares in all modes. `expected` may be exactly 0, whose sign follows the rule for sums.
template <typename FORMAT, typename OPERATION>
void compare(const fraction& expected, OPERATION operation) {
    for (unsigned mode = 0; mode < 5; ++mode) {
        float_context context{static_cast<rounding>(mode), 0};
        const typename FORMAT::bits got = operation(context);
        uint8_t flags = 0;
        typename FORMAT::bits value = context.mode == rounding::down ? FORMAT::sign : 0;
        if (expected.numerator != 0)
            value = rounded<FORMAT>(expected, context.mode, flags);
        RC_ASSERT(got == value);
        RC_ASSERT(unsigned(context.flags) == unsigned(flags));
    }
}

TEST(float_exact, sums) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        EXPECT_TRUE(rc::check([] {
            const auto [a, b] = float_pair<F>();
            compare<F>(sum(exact<F>(finite<F>(a)), exact<F>(finite<F>(b))),
                       [a = a, b = b](float_context& c) { return float_arithmetic<F>::add(a, b, c); });
        }));
    });
}

TEST(float_exact, differences) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        EXPECT_TRUE(rc::check([] {
            const auto [a, b] = float_pair<F>();
            compare<F>(sum(exact<F>(finite<F>(a)), exact<F>(finite<F>(b) ^ F::sign)),
                       [a = a, b = b](float_context& c) { return float_arithmetic<F>::subtract(a, b, c); });
        }));
    });
}

TEST(float_exact, products) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        EXPECT_TRUE(rc::check([] {
            const auto [a, b] = float_pair<F>();
            compare<F>(product(exact<F>(finite<F>(a)), exact<F>(finite<F>(b))),
                       [a = a, b = b](float_context& c) { return float_arithmetic<F>::multiply(a, b, c); });
        }));
    });
}

TEST(float_exact, quotients) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        EXPECT_TRUE(rc::check([] {
            const auto [a, b] = float_pair<F>();
            compare<F>(quotient(exact<F>(finite<F>(a)), exact<F>(finite<F>(b))),
                       [a = a, b = b](float_context& c) { return float_arithmetic<F>::divide(a, b, c); });
        }));
    });
}

TEST(float_exact, square_roots) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        EXPECT_TRUE(rc::check([] {
            const auto a = static_cast<typename F::bits>(finite<F>(float_operand<F>()) & ~F::sign);
            compare<F>(root(exact<F>(a)),
                       [a](float_context& c) { return float_arithmetic<F>::square_root(a, c); });
        }));
    });
}

TEST(float_exact, fused_multiply_adds) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        EXPECT_TRUE(rc::check([] {
            const auto [a, b] = float_pair<F>();
            const fraction ab = product(exact<F>(finite<F>(a)), exact<F>(finite<F>(b)));
            auto c = float_operand<F>();
            if (*rc::gen::arbitrary<bool>()) { // an addend that cancels most of the product, or nearly halves
                                               // its ulp
                uint8_t flags = 0;
                const unsigned away = *rc::gen::inRange(0u, F::fraction_bits + 3);
                c = rounded<F>(ab, rounding::toward_zero, flags) ^ F::sign;
                if (*rc::gen::arbitrary<bool>())
                    c += static_cast<typename F::bits>(*rc::gen::inRange(-2, 3));
                else
                    c -= static_cast<typename F::bits>(away) << F::fraction_bits;
            }
            compare<F>(sum(ab, exact<F>(finite<F>(c))), [a = a, b = b, c](float_context& context) {
                return float_arithmetic<F>::multiply_add(a, b, c, context);
            });
        }));
    });
}

/// What to_int... must give: `value` held between the limits.
uint64_t expected_integer(const fraction& value, rounding mode, const cpp_int& least, const cpp_int& largest,
                          uint8_t& flags) {
    bool inexact = false;
    cpp_int whole = round_to_integer(value, 0, mode, inexact);
    if (value.negative)
        whole = -whole;
    flags = whole < least || whole > largest ? float_flag::invalid : inexact ? float_flag::inexact : 0;
    whole = whole < least ? least : whole > largest ? largest : whole;
    if (largest == 0xffffffff && whole > 0x7fffffff) // unsigned words are sign-extended, too
        whole += cpp_int(0xffffffff) << 32;
    return static_cast<uint64_t>(whole < 0 ? whole + (cpp_int(1) << 64) : whole);
}

/// A number around a limit of an integer type, or around a small half.
template <typename FORMAT>
typename FORMAT::bits near_limit() {
    const int power = *rc::gen::element(-1, 0, 1, 2, 23, 24, 30, 31, 32, 52, 53, 62, 63, 64);
    const auto base = static_cast<typename FORMAT::bits>(FORMAT::bias + power) << FORMAT::fraction_bits;
    const auto sign = *rc::gen::arbitrary<bool>() ? FORMAT::sign : 0;
    const auto half_steps = static_cast<typename FORMAT::bits>(*rc::gen::inRange(-4, 5));
    // Some of a number's last bits, or the bits that stand for one half of an integer.
    const int half_position = static_cast<int>(FORMAT::fraction_bits) - power - 1;
    const unsigned shift =
        half_position > 0 && *rc::gen::arbitrary<bool>() ? static_cast<unsigned>(half_position) : 0;
    return sign | (base + (half_steps << std::min(shift, FORMAT::fraction_bits)));
}

TEST(float_exact, conversions_to_integers) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        using convert = float_conversion<F>;
        EXPECT_TRUE(rc::check([] {
            const auto a = finite<F>(*rc::gen::arbitrary<bool>() ? near_limit<F>() : float_operand<F>());
            const struct {
                uint64_t (*to)(typename F::bits, float_context&);
                cpp_int least, largest;
            } targets[] = {{convert::to_int32, INT32_MIN, INT32_MAX},
                           {convert::to_uint32, 0, UINT32_MAX},
                           {convert::to_int64, INT64_MIN, INT64_MAX},
                           {convert::to_uint64, 0, UINT64_MAX}};
            for (const auto& target : targets)
                for (unsigned mode = 0; mode < 5; ++mode) {
                    float_context context{static_cast<rounding>(mode), 0};
                    uint8_t flags = 0;
                    const uint64_t expected =
                        expected_integer(exact<F>(a), context.mode, target.least, target.largest, flags);
                    RC_ASSERT(target.to(a, context) == expected);
                    RC_ASSERT(unsigned(context.flags) == unsigned(flags));
                }
        }));
    });
}

TEST(float_exact, conversions_from_integers) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        EXPECT_TRUE(rc::check([] {
            const unsigned shift = *rc::gen::inRange(0u, 64u);
            uint64_t value = *rc::gen::resize(1000, rc::gen::arbitrary<uint64_t>()) >> shift;
            if (*rc::gen::arbitrary<bool>())
                value = (uint64_t(1) << shift) + static_cast<uint64_t>(*rc::gen::inRange(-3, 4));
            RC_PRE(value != 0);
            const auto as_signed = static_cast<int64_t>(value);
            compare<F>({false, value, 1},
                       [=](float_context& c) { return float_conversion<F>::from_unsigned(value, c); });
            compare<F>({as_signed < 0, abs(cpp_int(as_signed)), 1},
                       [=](float_context& c) { return float_conversion<F>::from_signed(as_signed, c); });
        }));
    });
}

TEST(float_formats, doubles_narrow_to_the_right_float) {
    EXPECT_TRUE(rc::check([] {
        float_context ignored;
        // Around a float, or around the middle of two.
        uint64_t a = widen_float(finite<binary32>(float_operand<binary32>()), ignored);
        a += *rc::gen::element<uint64_t>(0, 1, 0x0fffffff, 0x10000000, 0x10000001, 0x1fffffff,
                                         uint64_t(0) - 1);
        if (*rc::gen::arbitrary<bool>())
            a -= static_cast<uint64_t>(*rc::gen::inRange(0, 30)) << binary64::fraction_bits;
        if (*rc::gen::inRange(0, 4) == 0)
            a = float_operand<binary64>();
        RC_PRE(is_finite_nonzero<binary64>(a));
        compare<binary32>(exact<binary64>(a), [a](float_context& c) { return narrow_float(a, c); });
    }));
}

TEST(float_formats, floats_widen_exactly) {
    EXPECT_TRUE(rc::check([] {
        const uint32_t a = finite<binary32>(float_operand<binary32>());
        float_context context{rounding::up, 0};
        const fraction wide = exact<binary64>(widen_float(a, context)), narrow = exact<binary32>(a);
        RC_ASSERT(wide.negative == narrow.negative);
        RC_ASSERT(wide.numerator * narrow.denominator == narrow.numerator * wide.denominator);
        RC_ASSERT(context.flags == 0);
    }));
}

} // namespace
} // namespace vmcore::test
