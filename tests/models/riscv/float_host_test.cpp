#include "tests/models/riscv/float_operands.h"

#include <cfenv>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

// The host's own arithmetic, where it is IEEE 754 with the same rules as RISC-V's: a second opinion, made by
// other people. The file is compiled so that the compiler neither folds nor moves floating-point operations.

#if defined(__x86_64__)

namespace vmcore::test {
namespace {

using namespace riscv;

template <typename FORMAT>
struct host;
template <>
struct host<binary32> {
    using number = float;
};
template <>
struct host<binary64> {
    using number = double;
};

template <typename FORMAT>
typename host<FORMAT>::number as_number(typename FORMAT::bits bits) {
    typename host<FORMAT>::number number;
    std::memcpy(&number, &bits, sizeof number);
    return number;
}

/// The host's NaNs have signs and payloads that RISC-V's have not.
template <typename FORMAT>
typename FORMAT::bits as_bits(typename host<FORMAT>::number number) {
    typename FORMAT::bits bits;
    std::memcpy(&bits, &number, sizeof bits);
    return (bits & ~FORMAT::sign) > FORMAT::infinity ? FORMAT::canonical_nan : bits;
}

uint8_t raised_flags() {
    const int raised = std::fetestexcept(FE_ALL_EXCEPT);
    return static_cast<uint8_t>(((raised & FE_INEXACT) != 0 ? float_flag::inexact : 0) |
                                ((raised & FE_UNDERFLOW) != 0 ? float_flag::underflow : 0) |
                                ((raised & FE_OVERFLOW) != 0 ? float_flag::overflow : 0) |
                                ((raised & FE_DIVBYZERO) != 0 ? float_flag::divide_by_zero : 0) |
                                ((raised & FE_INVALID) != 0 ? float_flag::invalid : 0));
}

struct host_mode {
    int host;
    rounding ours;
};
constexpr host_mode modes[] = {{FE_TONEAREST, rounding::nearest_even},
                               {FE_TOWARDZERO, rounding::toward_zero},
                               {FE_DOWNWARD, rounding::down},
                               {FE_UPWARD, rounding::up}};

/// Both in all modes that the host has. `theirs` gives a number, `ours` bits.
template <typename FORMAT, typename THEIRS, typename OURS>
void compare(THEIRS theirs, OURS ours) {
    for (const host_mode& mode : modes) {
        std::fesetround(mode.host);
        std::feclearexcept(FE_ALL_EXCEPT);
        const volatile auto number = theirs();
        const uint8_t flags = raised_flags();
        std::fesetround(FE_TONEAREST);
        float_context context{mode.ours, 0};
        const auto got = ours(context);
        RC_ASSERT(got == as_bits<FORMAT>(number));
        RC_ASSERT(unsigned(context.flags) == unsigned(flags));
    }
}

TEST(float_host, adds_subtracts_multiplies_divides_and_takes_roots_alike) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        using number = typename host<F>::number;
        EXPECT_TRUE(rc::check([] {
            const auto [left, right] = float_pair<F>();
            const auto l = left;
            const auto r = right;
            const volatile number a = as_number<F>(l);
            const volatile number b = as_number<F>(r);
            using ours = float_arithmetic<F>;
            compare<F>([&] { return number(a + b); }, [=](float_context& c) { return ours::add(l, r, c); });
            compare<F>([&] { return number(a - b); },
                       [=](float_context& c) { return ours::subtract(l, r, c); });
            compare<F>([&] { return number(a * b); },
                       [=](float_context& c) { return ours::multiply(l, r, c); });
            compare<F>([&] { return number(a / b); },
                       [=](float_context& c) { return ours::divide(l, r, c); });
            compare<F>([&] { return std::sqrt(number(a)); },
                       [=](float_context& c) { return ours::square_root(l, c); });
        }));
    });
}

TEST(float_host, multiplies_and_adds_alike) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        using number = typename host<F>::number;
        EXPECT_TRUE(rc::check([] {
            const auto [left, right] = float_pair<F>();
            const auto l = left;
            const auto r = right;
            const auto s = float_operand<F>();
            const volatile number a = as_number<F>(l);
            const volatile number b = as_number<F>(r);
            const volatile number c = as_number<F>(s);
            // Infinity times zero plus a quiet NaN is not invalid on every host.
            RC_PRE(!std::isnan(number(c)));
            compare<F>(
                [&] { return std::fma(number(a), number(b), number(c)); },
                [=](float_context& context) { return float_arithmetic<F>::multiply_add(l, r, s, context); });
        }));
    });
}

/// A comparison's answer and flags.
template <typename THEIRS, typename OURS>
void compare_order(THEIRS theirs, OURS ours) {
    std::feclearexcept(FE_ALL_EXCEPT);
    const volatile bool expected = theirs();
    const uint8_t flags = raised_flags();
    float_context context;
    RC_ASSERT(ours(context) == expected);
    RC_ASSERT(unsigned(context.flags) == unsigned(flags));
}

TEST(float_host, compares_alike) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        using number = typename host<F>::number;
        EXPECT_TRUE(rc::check([] {
            const auto [left, right] = float_pair<F>();
            const auto l = left;
            const auto r = right;
            const volatile number a = as_number<F>(l);
            const volatile number b = as_number<F>(r);
            using ours = float_comparison<F>;
            compare_order([&] { return a == b; }, [=](float_context& c) { return ours::equal(l, r, c); });
            compare_order([&] { return a < b; }, [=](float_context& c) { return ours::less(l, r, c); });
            compare_order([&] { return a <= b; },
                          [=](float_context& c) { return ours::less_or_equal(l, r, c); });
        }));
    });
}

TEST(float_host, converts_integers_alike) {
    in_both_formats([](auto format) {
        using F = decltype(format);
        using number = typename host<F>::number;
        EXPECT_TRUE(rc::check([] {
            const unsigned shift = *rc::gen::inRange(0u, 64u);
            const uint64_t value = *rc::gen::resize(1000, rc::gen::arbitrary<uint64_t>()) >> shift;
            const volatile auto as_signed = static_cast<int64_t>(value);
            compare<F>([&] { return static_cast<number>(as_signed); },
                       [=](float_context& c) {
                           return float_conversion<F>::from_signed(static_cast<int64_t>(value), c);
                       });
        }));
    });
}

TEST(float_host_formats, convert_into_each_other_alike) {
    EXPECT_TRUE(rc::check([] {
        const uint32_t narrow = float_operand<binary32>();
        const uint64_t wide = float_operand<binary64>();
        const volatile float a = as_number<binary32>(narrow);
        const volatile double b = as_number<binary64>(wide);
        compare<binary64>([&] { return static_cast<double>(a); },
                          [=](float_context& c) { return widen_float(narrow, c); });
        compare<binary32>([&] { return static_cast<float>(b); },
                          [=](float_context& c) { return narrow_float(wide, c); });
    }));
}

} // namespace
} // namespace vmcore::test

#endif
