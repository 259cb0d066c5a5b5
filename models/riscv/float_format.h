#pragma once

#include "models/riscv/arithmetic.h"
#include "models/riscv/float_arithmetic.h"

#include <algorithm>
#include <cstdint>

// Taking the bits of a format apart, and rounding a result into them: what all operations share.
//
// A finite number apart from zero is unpacked to a significand whose leading one is bit 63, and the exponent
// of that bit; subnormals are normalised by this. Operations give their result in the same form, with more
// bits than the format has, the lowest of which is sticky: set when anything was cut off below it. That is
// enough to round right, because at least two bits separate it from the last bit that is kept.

namespace vmcore::riscv {

enum class float_kind : uint8_t { zero, finite, infinity, quiet_nan, signalling_nan };

struct unpacked_float {
    float_kind kind = float_kind::zero;
    bool negative = false;
    int exponent = 0;
    uint64_t significand = 0; ///< finite: the value is significand * 2^(exponent - 63)

    bool is_nan() const { return kind == float_kind::quiet_nan || kind == float_kind::signalling_nan; }
    bool is_zero() const { return kind == float_kind::zero; }
    bool is_infinity() const { return kind == float_kind::infinity; }
};

inline int leading_zeros(uint64_t value) {
    return __builtin_clzll(value);
}

template <typename FORMAT>
unpacked_float unpack_float(typename FORMAT::bits bits) {
    constexpr unsigned to_top = 63 - FORMAT::fraction_bits;
    constexpr uint64_t hidden = uint64_t(1) << FORMAT::fraction_bits;
    unpacked_float result;
    result.negative = (bits & FORMAT::sign) != 0;
    const uint64_t magnitude = bits & ~FORMAT::sign;
    const uint64_t fraction = magnitude & (hidden - 1);
    if (magnitude > FORMAT::infinity) {
        result.kind = (bits & FORMAT::quiet) != 0 ? float_kind::quiet_nan : float_kind::signalling_nan;
    } else if (magnitude == FORMAT::infinity) {
        result.kind = float_kind::infinity;
    } else if (magnitude >= hidden) {
        result.kind = float_kind::finite;
        result.exponent = static_cast<int>(magnitude >> FORMAT::fraction_bits) - FORMAT::bias;
        result.significand = (fraction | hidden) << to_top;
    } else if (magnitude != 0) {
        const int zeros = leading_zeros(fraction << to_top);
        result.kind = float_kind::finite;
        result.exponent = 1 - FORMAT::bias - zeros;
        result.significand = fraction << to_top << zeros;
    }
    return result;
}

/// Shifts right; what is lost sets bit 0. T is unsigned, amount not negative.
template <typename T>
T shift_right_sticky(T value, int amount) {
    constexpr int width = 8 * sizeof(T);
    if (amount == 0)
        return value;
    if (amount >= width)
        return value != 0 ? 1 : 0;
    const bool lost = static_cast<T>(value << (width - amount)) != 0;
    return static_cast<T>(value >> amount) | (lost ? 1 : 0);
}

/// Whether a magnitude whose last bit is `odd` grows by one for the remainder behind it.
/// @param remainder scaled so that `half` is half of the last bit
inline bool rounds_up(rounding mode, bool negative, bool odd, uint64_t remainder, uint64_t half) {
    switch (mode) {
    case rounding::nearest_even: return remainder > half || (remainder == half && odd);
    case rounding::down: return negative && remainder != 0;
    case rounding::up: return !negative && remainder != 0;
    case rounding::nearest_max_magnitude: return remainder >= half;
    default: return false;
    }
}

template <typename FORMAT>
typename FORMAT::bits with_sign(bool negative, typename FORMAT::bits magnitude) {
    return negative ? magnitude | FORMAT::sign : magnitude;
}

template <typename FORMAT>
typename FORMAT::bits overflow_float(bool negative, float_context& context) {
    context.flags |= float_flag::overflow | float_flag::inexact;
    const bool to_infinity = context.mode == rounding::nearest_even ||
                             context.mode == rounding::nearest_max_magnitude ||
                             context.mode == (negative ? rounding::down : rounding::up);
    return with_sign<FORMAT>(negative, to_infinity ? FORMAT::infinity : FORMAT::infinity - 1);
}

/// Rounds significand * 2^(exponent - 63), whose bit 63 is set and bit 0 sticky.
template <typename FORMAT>
typename FORMAT::bits round_float(bool negative, int exponent, uint64_t significand, float_context& context) {
    constexpr unsigned dropped = 63 - FORMAT::fraction_bits;
    constexpr uint64_t half = uint64_t(1) << (dropped - 1);
    constexpr int infinite_exponent = static_cast<int>(FORMAT::infinity >> FORMAT::fraction_bits);
    const auto round = [&](uint64_t whole) {
        const uint64_t kept = whole >> dropped;
        return kept + rounds_up(context.mode, negative, (kept & 1) != 0, whole & (2 * half - 1), half);
    };

    int biased = exponent + FORMAT::bias;
    if (biased >= infinite_exponent)
        return overflow_float<FORMAT>(negative, context);
    bool tiny = false;
    if (biased < 1) {
        // Tiny after rounding: also when the exponent had no lower bound would it stay below the normals.
        tiny = biased < 0 || round(significand) >> (FORMAT::fraction_bits + 1) == 0;
        significand = shift_right_sticky(significand, 1 - biased);
        biased = 1;
    }
    // The leading one adds itself to the exponent field. A subnormal has none, until rounding makes it
    // normal.
    const uint64_t magnitude =
        (static_cast<uint64_t>(biased - 1) << FORMAT::fraction_bits) + round(significand);
    if (magnitude >= FORMAT::infinity)
        return overflow_float<FORMAT>(negative, context);
    if ((significand & (2 * half - 1)) != 0)
        context.flags |= float_flag::inexact | (tiny ? float_flag::underflow : 0);
    return with_sign<FORMAT>(negative, static_cast<typename FORMAT::bits>(magnitude));
}

template <typename FORMAT>
typename FORMAT::bits invalid_float(float_context& context) {
    context.flags |= float_flag::invalid;
    return FORMAT::canonical_nan;
}

/// Notes a signalling NaN. Whether any operand is a NaN.
template <typename... FLOATS>
bool any_nan(float_context& context, const FLOATS&... operands) {
    if (((operands.kind == float_kind::signalling_nan) || ...))
        context.flags |= float_flag::invalid;
    return (operands.is_nan() || ...);
}

} // namespace vmcore::riscv
