#include "tests/models/riscv/float_operands.h"

#include <gtest/gtest.h>
#include <vector>

// Zeros, infinities and NaNs: what IEEE 754 and RISC-V say about each, spelled out.

namespace vmcore::test {
namespace {

using namespace riscv;

/// The operations, and operands for them, under one name.
template <typename FORMAT>
struct of_format : float_arithmetic<FORMAT>, float_comparison<FORMAT>, float_conversion<FORMAT> {
    using bits = typename FORMAT::bits;
    static constexpr bits zero = 0, minus = FORMAT::sign, infinity = FORMAT::infinity,
                          hidden = bits(1) << FORMAT::fraction_bits, one = FORMAT::bias * hidden,
                          nan = FORMAT::canonical_nan, other_nan = FORMAT::sign | FORMAT::canonical_nan | 5,
                          signalling = FORMAT::infinity | 1;
};

/// What the last operations raised; they start afresh.
unsigned raised(float_context& context) {
    const unsigned flags = context.flags;
    context.flags = 0;
    return flags;
}

TEST(float_special, nan_operands_give_the_canonical_nan_and_only_signalling_ones_are_invalid) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        for (const auto other : {in::zero, in::one, in::infinity, in::minus, in::nan}) {
            for (const auto operand : {in::nan, in::other_nan, in::signalling}) {
                const unsigned expected = operand == in::signalling ? float_flag::invalid : 0;
                EXPECT_EQ(in::add(operand, other, context), in::nan);
                EXPECT_EQ(raised(context), expected);
                EXPECT_EQ(in::subtract(other, operand, context), in::nan);
                EXPECT_EQ(raised(context), expected);
                EXPECT_EQ(in::multiply(operand, other, context), in::nan);
                EXPECT_EQ(raised(context), expected);
                EXPECT_EQ(in::divide(other, operand, context), in::nan);
                EXPECT_EQ(raised(context), expected);
                EXPECT_EQ(in::square_root(operand, context), in::nan);
                EXPECT_EQ(raised(context), expected);
                EXPECT_EQ(in::multiply_add(in::one, other, operand, context), in::nan);
                EXPECT_EQ(raised(context), expected);
                EXPECT_EQ(in::multiply_add(operand, other, in::one, context), in::nan);
                EXPECT_EQ(raised(context), expected);
            }
        }
    });
}

TEST(float_special, invalid_operations_on_infinities_and_zeros_give_the_canonical_nan) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        const auto expect_invalid = [&](auto value) {
            EXPECT_EQ(value, in::nan);
            EXPECT_EQ(raised(context), float_flag::invalid);
        };
        expect_invalid(in::add(in::infinity, in::infinity | in::minus, context));
        expect_invalid(in::subtract(in::infinity, in::infinity, context));
        expect_invalid(in::multiply(in::infinity, in::zero, context));
        expect_invalid(in::multiply(in::minus, in::infinity, context));
        expect_invalid(in::divide(in::zero, in::minus, context));
        expect_invalid(in::divide(in::infinity, in::infinity, context));
        expect_invalid(in::square_root(in::one | in::minus, context));
        expect_invalid(in::square_root(in::infinity | in::minus, context));
        expect_invalid(in::multiply_add(in::one, in::infinity, in::infinity | in::minus, context));
        expect_invalid(in::multiply_add(in::infinity, in::zero, in::one, context));
    });
}

TEST(float_special, infinity_times_zero_is_invalid_even_when_a_quiet_nan_is_added) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        EXPECT_EQ(in::multiply_add(in::infinity, in::zero, in::nan, context), in::nan);
        EXPECT_EQ(raised(context), float_flag::invalid);
        EXPECT_EQ(in::multiply_add(in::zero, in::infinity, in::other_nan, context), in::nan);
        EXPECT_EQ(raised(context), float_flag::invalid);
    });
}

TEST(float_special, infinities_go_through_without_flags) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        EXPECT_EQ(in::add(in::infinity, in::one, context), in::infinity);
        EXPECT_EQ(in::subtract(in::one, in::infinity, context), in::infinity | in::minus);
        EXPECT_EQ(in::multiply(in::infinity, in::one | in::minus, context), in::infinity | in::minus);
        EXPECT_EQ(in::divide(in::infinity | in::minus, in::zero, context), in::infinity | in::minus);
        EXPECT_EQ(in::divide(in::one, in::infinity | in::minus, context), in::minus);
        EXPECT_EQ(in::square_root(in::infinity, context), in::infinity);
        EXPECT_EQ(in::multiply_add(in::one, in::one, in::infinity | in::minus, context),
                  in::infinity | in::minus);
        EXPECT_EQ(in::multiply_add(in::one, in::infinity, in::one, context), in::infinity);
        EXPECT_EQ(raised(context), 0u);
    });
}

TEST(float_special, a_finite_number_divided_by_zero_raises_its_own_flag) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        EXPECT_EQ(in::divide(in::one, in::minus, context), in::infinity | in::minus);
        EXPECT_EQ(raised(context), float_flag::divide_by_zero);
    });
}

TEST(float_special, zero_results_have_the_sign_that_the_rounding_mode_gives) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        for (unsigned mode = 0; mode < 5; ++mode) {
            context.mode = static_cast<rounding>(mode);
            const auto of_unlike = context.mode == rounding::down ? in::minus : in::zero;
            EXPECT_EQ(in::add(in::zero, in::minus, context), of_unlike);
            EXPECT_EQ(in::subtract(in::one, in::one, context), of_unlike);
            EXPECT_EQ(in::multiply_add(in::one, in::one, in::one | in::minus, context), of_unlike);
            EXPECT_EQ(in::multiply_add(in::zero, in::one, in::minus, context), of_unlike);
            EXPECT_EQ(in::add(in::minus, in::minus, context), in::minus);
            EXPECT_EQ(in::multiply_add(in::minus, in::one, in::minus, context), in::minus);
            EXPECT_EQ(in::add(in::zero, in::zero, context), in::zero);
            EXPECT_EQ(in::multiply(in::minus, in::one, context), in::minus);
            EXPECT_EQ(in::divide(in::zero, in::one | in::minus, context), in::minus);
            EXPECT_EQ(in::square_root(in::minus, context), in::minus);
        }
        EXPECT_EQ(raised(context), 0u);
    });
}

TEST(float_special, minimum_and_maximum_order_zeros_and_prefer_numbers) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        EXPECT_EQ(in::minimum(in::zero, in::minus, context), in::minus);
        EXPECT_EQ(in::minimum(in::minus, in::zero, context), in::minus);
        EXPECT_EQ(in::maximum(in::zero, in::minus, context), in::zero);
        EXPECT_EQ(in::maximum(in::minus, in::zero, context), in::zero);
        EXPECT_EQ(in::minimum(in::one | in::minus, in::infinity | in::minus, context),
                  in::infinity | in::minus);
        EXPECT_EQ(in::maximum(in::one | in::minus, in::infinity | in::minus, context), in::one | in::minus);
        EXPECT_EQ(in::minimum(in::one, in::infinity, context), in::one);
        EXPECT_EQ(in::minimum(in::other_nan, in::one, context), in::one);
        EXPECT_EQ(in::maximum(in::one, in::other_nan, context), in::one);
        EXPECT_EQ(in::maximum(in::other_nan, in::other_nan, context), in::nan);
        EXPECT_EQ(raised(context), 0u);
        EXPECT_EQ(in::minimum(in::signalling, in::one, context), in::one);
        EXPECT_EQ(raised(context), float_flag::invalid);
        EXPECT_EQ(in::maximum(in::nan, in::signalling, context), in::nan);
        EXPECT_EQ(raised(context), float_flag::invalid);
    });
}

TEST(float_special, nans_compare_with_nothing) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        EXPECT_FALSE(in::equal(in::nan, in::nan, context));
        EXPECT_EQ(raised(context), 0u);
        EXPECT_FALSE(in::equal(in::one, in::signalling, context));
        EXPECT_EQ(raised(context), float_flag::invalid);
        EXPECT_FALSE(in::less(in::nan, in::one, context));
        EXPECT_EQ(raised(context), float_flag::invalid);
        EXPECT_FALSE(in::less_or_equal(in::one, in::nan, context));
        EXPECT_EQ(raised(context), float_flag::invalid);
        EXPECT_TRUE(in::equal(in::zero, in::minus, context));
        EXPECT_FALSE(in::less(in::minus, in::zero, context));
        EXPECT_TRUE(in::less_or_equal(in::zero, in::minus, context));
        EXPECT_EQ(raised(context), 0u);
    });
}

TEST(float_special, classes_have_a_bit_each) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        const std::vector<typename in::bits> in_order = {in::infinity | in::minus,
                                                         in::one | in::minus,
                                                         (in::hidden - 1) | in::minus,
                                                         in::minus,
                                                         in::zero,
                                                         1,
                                                         in::hidden,
                                                         in::infinity,
                                                         in::signalling,
                                                         in::other_nan};
        for (unsigned i = 0; i < in_order.size(); ++i)
            EXPECT_EQ(in::classify(in_order[i]), uint64_t(1) << i);
    });
}

TEST(float_special, what_no_integer_can_hold_becomes_the_nearest_and_nan_the_largest) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        for (const auto value : {in::nan, in::other_nan, in::signalling, in::infinity}) {
            EXPECT_EQ(in::to_int32(value, context), 0x7fffffffu);
            EXPECT_EQ(raised(context), float_flag::invalid);
            EXPECT_EQ(in::to_uint32(value, context), ~uint64_t(0));
            EXPECT_EQ(in::to_int64(value, context), 0x7fffffffffffffffu);
            EXPECT_EQ(in::to_uint64(value, context), ~uint64_t(0));
            EXPECT_EQ(raised(context), float_flag::invalid);
        }
        EXPECT_EQ(in::to_int32(in::infinity | in::minus, context), 0xffffffff80000000u);
        EXPECT_EQ(in::to_int64(in::infinity | in::minus, context), 0x8000000000000000u);
        EXPECT_EQ(raised(context), float_flag::invalid);
        EXPECT_EQ(in::to_uint32(in::one | in::minus, context), 0u);
        EXPECT_EQ(raised(context), float_flag::invalid);
        EXPECT_EQ(in::to_uint64(in::infinity | in::minus, context), 0u);
        EXPECT_EQ(raised(context), float_flag::invalid);
    });
}

TEST(float_special, zeros_convert_without_flags_and_integers_give_no_negative_zero) {
    in_both_formats([](auto format) {
        using in = of_format<decltype(format)>;
        float_context context;
        context.mode = rounding::down;
        EXPECT_EQ(in::to_int64(in::minus, context), 0u);
        EXPECT_EQ(in::to_uint32(in::minus, context), 0u);
        EXPECT_EQ(in::from_signed(0, context), in::zero);
        EXPECT_EQ(in::from_unsigned(0, context), in::zero);
        EXPECT_EQ(raised(context), 0u);
    });
}

TEST(float_formats, zeros_infinities_and_nans_convert_into_each_other) {
    float_context context;
    EXPECT_EQ(widen_float(0x80000000, context), 0x8000000000000000u);
    EXPECT_EQ(widen_float(0xff800000, context), 0xfff0000000000000u);
    EXPECT_EQ(widen_float(0xffc00005, context), binary64::canonical_nan);
    EXPECT_EQ(narrow_float(0x8000000000000000, context), 0x80000000u);
    EXPECT_EQ(narrow_float(0xfff0000000000000, context), 0xff800000u);
    EXPECT_EQ(narrow_float(0xfff8000000000005, context), binary32::canonical_nan);
    EXPECT_EQ(context.flags, 0);
    EXPECT_EQ(widen_float(0x7f800001, context), binary64::canonical_nan);
    EXPECT_EQ(context.flags, float_flag::invalid);
    context.flags = 0;
    EXPECT_EQ(narrow_float(0x7ff0000000000001, context), binary32::canonical_nan);
    EXPECT_EQ(context.flags, float_flag::invalid);
}

} // namespace
} // namespace vmcore::test
