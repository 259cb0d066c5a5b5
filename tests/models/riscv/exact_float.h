#pragma once

#include "models/riscv/float_arithmetic.h"

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>

// IEEE 754 by fractions of integers as long as it takes: slow, and short enough to be believed. NaNs,
// infinities and zeros are not looked at here.
namespace vmcore::test {

using boost::multiprecision::cpp_int;
using riscv::rounding;

/// A number other than 0: the fraction of two positive integers, and a sign.
struct fraction {
    bool negative = false;
    cpp_int numerator;
    cpp_int denominator = 1;
};

template <typename FORMAT>
bool is_finite_nonzero(typename FORMAT::bits value) {
    const auto magnitude = value & ~FORMAT::sign;
    return magnitude != 0 && magnitude < FORMAT::infinity;
}

template <typename FORMAT>
constexpr int least_exponent = 1 - FORMAT::bias - static_cast<int>(FORMAT::fraction_bits); ///< of one ulp

inline void scale(fraction& value, int exponent) {
    if (exponent >= 0)
        value.numerator <<= exponent;
    else
        value.denominator <<= -exponent;
}

template <typename FORMAT>
fraction exact(typename FORMAT::bits value) {
    const auto magnitude = value & ~FORMAT::sign;
    const auto field = static_cast<int>(magnitude >> FORMAT::fraction_bits);
    const uint64_t hidden = uint64_t(1) << FORMAT::fraction_bits;
    fraction result;
    result.negative = (value & FORMAT::sign) != 0;
    result.numerator = field == 0 ? uint64_t(magnitude) : (magnitude & (hidden - 1)) | hidden;
    scale(result, least_exponent<FORMAT> + (field == 0 ? 0 : field - 1));
    return result;
}

inline fraction product(const fraction& a, const fraction& b) {
    return {a.negative != b.negative, a.numerator * b.numerator, a.denominator * b.denominator};
}

inline fraction quotient(const fraction& a, const fraction& b) {
    return {a.negative != b.negative, a.numerator * b.denominator, a.denominator * b.numerator};
}

/// The numerator is 0 when the terms cancel.
inline fraction sum(const fraction& a, const fraction& b) {
    const auto with_sign = [](const fraction& of, const cpp_int& other) {
        const cpp_int scaled = of.numerator * other;
        return of.negative ? cpp_int(-scaled) : scaled;
    };
    const cpp_int total = with_sign(a, b.denominator) + with_sign(b, a.denominator);
    return {total < 0, abs(total), a.denominator * b.denominator};
}

/// A root to 300 bits behind the point of the radicand's last bit; between two such when it is not exact.
inline fraction root(const fraction& of) {
    const cpp_int radicand = (of.numerator * of.denominator) << 600; // n / d = n * d / d^2
    cpp_int rest;
    const cpp_int whole = sqrt(radicand, rest);
    return {false, whole * 2 + (rest == 0 ? 0 : 1), of.denominator << 301};
}

/// value / 2^exponent as an integer, rounded.
inline cpp_int round_to_integer(fraction value, int exponent, rounding mode, bool& inexact) {
    scale(value, -exponent);
    cpp_int whole, rest;
    divide_qr(value.numerator, value.denominator, whole, rest);
    inexact = rest != 0;
    const int half = cpp_int(rest * 2).compare(value.denominator);
    switch (mode) {
    case rounding::nearest_even: whole += half > 0 || (half == 0 && whole % 2 != 0) ? 1 : 0; break;
    case rounding::nearest_max_magnitude: whole += half >= 0 ? 1 : 0; break;
    case rounding::up: whole += inexact && !value.negative ? 1 : 0; break;
    case rounding::down: whole += inexact && value.negative ? 1 : 0; break;
    default: break;
    }
    return whole;
}

/// The exponent of the leading one.
inline int magnitude_of(const fraction& value) {
    int exponent = static_cast<int>(msb(value.numerator)) - static_cast<int>(msb(value.denominator));
    fraction scaled = value;
    scale(scaled, -exponent);
    return scaled.numerator < scaled.denominator ? exponent - 1 : exponent;
}

/// The value as a number of the format.
template <typename FORMAT>
typename FORMAT::bits rounded(const fraction& value, rounding mode, uint8_t& flags) {
    constexpr int precision = FORMAT::fraction_bits + 1;
    const int leading = magnitude_of(value);
    // Tiny: rounded to the format's precision, but to any exponent, it is less than the least normal number.
    bool inexact = false;
    const int unbounded_ulp = leading - (precision - 1);
    const cpp_int unbounded = round_to_integer(value, unbounded_ulp, mode, inexact);
    const bool tiny = unbounded_ulp + static_cast<int>(msb(unbounded)) < 1 - FORMAT::bias;

    const int ulp = std::max(unbounded_ulp, least_exponent<FORMAT>);
    const cpp_int whole = round_to_integer(value, ulp, mode, inexact);
    const auto sign = value.negative ? FORMAT::sign : 0;
    if (whole != 0 && ulp + static_cast<int>(msb(whole)) > FORMAT::bias) {
        flags |= riscv::float_flag::overflow | riscv::float_flag::inexact;
        const bool away = mode == rounding::nearest_even || mode == rounding::nearest_max_magnitude ||
                          mode == (value.negative ? rounding::down : rounding::up);
        return sign | (away ? FORMAT::infinity : FORMAT::infinity - 1);
    }
    if (inexact)
        flags |= riscv::float_flag::inexact | (tiny ? riscv::float_flag::underflow : 0);
    const auto offset = static_cast<typename FORMAT::bits>(ulp - least_exponent<FORMAT>);
    return sign | ((offset << FORMAT::fraction_bits) + static_cast<typename FORMAT::bits>(whole));
}

} // namespace vmcore::test
