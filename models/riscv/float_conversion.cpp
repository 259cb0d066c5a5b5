#include "models/riscv/float_format.h"

#include <limits>

namespace vmcore::riscv {

namespace {

/// A magnitude rounded to an integer.
struct whole_number {
    uint64_t magnitude;
    bool inexact;
};

/// @param a finite, with an exponent below 64
whole_number round_to_integer(const unpacked_float& a, rounding mode) {
    const unsigned_128 fixed =
        shift_right_sticky(static_cast<unsigned_128>(a.significand) << 64, 63 - a.exponent);
    const auto whole = static_cast<uint64_t>(fixed >> 64);
    const auto fraction = static_cast<uint64_t>(fixed);
    const bool up = rounds_up(mode, a.negative, (whole & 1) != 0, fraction, uint64_t(1) << 63);
    return {whole + (up ? 1 : 0), fraction != 0};
}

template <typename INTEGER>
INTEGER saturated(bool negative, float_context& context) {
    context.flags |= float_flag::invalid;
    return negative ? std::numeric_limits<INTEGER>::min() : std::numeric_limits<INTEGER>::max();
}

template <typename INTEGER>
INTEGER to_integer(const unpacked_float& a, float_context& context) {
    if (a.is_zero())
        return 0;
    if (a.kind != float_kind::finite || a.exponent > 63)
        return saturated<INTEGER>(a.negative && !a.is_nan(), context);
    const whole_number rounded = round_to_integer(a, context.mode);
    constexpr auto largest = static_cast<uint64_t>(std::numeric_limits<INTEGER>::max());
    const uint64_t limit = !a.negative ? largest : std::numeric_limits<INTEGER>::is_signed ? largest + 1 : 0;
    if (rounded.magnitude > limit)
        return saturated<INTEGER>(a.negative, context);
    if (rounded.inexact)
        context.flags |= float_flag::inexact;
    return static_cast<INTEGER>(a.negative ? uint64_t(0) - rounded.magnitude : rounded.magnitude);
}

template <typename FORMAT>
typename FORMAT::bits from_magnitude(bool negative, uint64_t magnitude, float_context& context) {
    if (magnitude == 0)
        return 0;
    const int zeros = leading_zeros(magnitude);
    return round_float<FORMAT>(negative, 63 - zeros, magnitude << zeros, context);
}

template <typename FROM, typename TO>
typename TO::bits convert(typename FROM::bits from, float_context& context) {
    const unpacked_float a = unpack_float<FROM>(from);
    if (any_nan(context, a))
        return TO::canonical_nan;
    if (a.kind == float_kind::finite)
        return round_float<TO>(a.negative, a.exponent, a.significand, context);
    return with_sign<TO>(a.negative, a.is_infinity() ? TO::infinity : 0);
}

} // namespace

template <typename FORMAT>
uint64_t float_conversion<FORMAT>::to_int32(bits a, float_context& context) {
    return word(static_cast<uint32_t>(to_integer<int32_t>(unpack_float<FORMAT>(a), context)));
}

template <typename FORMAT>
uint64_t float_conversion<FORMAT>::to_uint32(bits a, float_context& context) {
    return word(to_integer<uint32_t>(unpack_float<FORMAT>(a), context));
}

template <typename FORMAT>
uint64_t float_conversion<FORMAT>::to_int64(bits a, float_context& context) {
    return static_cast<uint64_t>(to_integer<int64_t>(unpack_float<FORMAT>(a), context));
}

template <typename FORMAT>
uint64_t float_conversion<FORMAT>::to_uint64(bits a, float_context& context) {
    return to_integer<uint64_t>(unpack_float<FORMAT>(a), context);
}

template <typename FORMAT>
typename FORMAT::bits float_conversion<FORMAT>::from_signed(int64_t value, float_context& context) {
    const auto magnitude = static_cast<uint64_t>(value);
    return from_magnitude<FORMAT>(value < 0, value < 0 ? uint64_t(0) - magnitude : magnitude, context);
}

template <typename FORMAT>
typename FORMAT::bits float_conversion<FORMAT>::from_unsigned(uint64_t value, float_context& context) {
    return from_magnitude<FORMAT>(false, value, context);
}

template struct float_conversion<binary32>;
template struct float_conversion<binary64>;

uint64_t widen_float(uint32_t a, float_context& context) {
    return convert<binary32, binary64>(a, context);
}

uint32_t narrow_float(uint64_t a, float_context& context) {
    return convert<binary64, binary32>(a, context);
}

} // namespace vmcore::riscv
