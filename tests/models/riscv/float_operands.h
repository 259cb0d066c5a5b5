#pragma once

#include "models/riscv/float_arithmetic.h"

#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <rapidcheck.h>

// Operands at which rounding goes wrong first.
namespace vmcore::test {

/// For what holds in both formats alike: calls with a binary32 and a binary64.
template <typename CHECK>
void in_both_formats(CHECK check) {
    {
        SCOPED_TRACE("binary32");
        check(riscv::binary32());
    }
    SCOPED_TRACE("binary64");
    check(riscv::binary64());
}

/// Numbers whose significand is a few runs of equal bits, with exponents near the ends and the middle; zeros,
/// subnormals, the least and the largest numbers, infinities, NaNs of both kinds; and plain random bits.
template <typename FORMAT>
typename FORMAT::bits float_operand() {
    using bits = typename FORMAT::bits;
    constexpr bits one_ulp = 1;
    constexpr bits hidden = one_ulp << FORMAT::fraction_bits;
    const bits sign = *rc::gen::arbitrary<bool>() ? FORMAT::sign : 0;
    const auto random = *rc::gen::resize(1000, rc::gen::arbitrary<bits>());
    switch (*rc::gen::inRange(0, 8)) {
    case 0:
        return sign | *rc::gen::element<bits>(
                          0, 1, 2, 3, hidden - 2, hidden - 1, hidden, hidden + 1, FORMAT::infinity - 1,
                          FORMAT::infinity - 2, FORMAT::infinity, FORMAT::infinity + 1, FORMAT::canonical_nan,
                          FORMAT::canonical_nan | 1, FORMAT::infinity | (hidden - 1) >> 1);
    case 1: return random;
    case 2: return sign | (random & (hidden - 1)); // subnormal
    default: break;
    }
    const unsigned shift = *rc::gen::inRange(0u, FORMAT::fraction_bits);
    const unsigned other = *rc::gen::inRange(0u, FORMAT::fraction_bits);
    bits fraction = 0;
    switch (*rc::gen::inRange(0, 5)) {
    case 0: fraction = random; break;
    case 1: fraction = one_ulp << shift | one_ulp << other; break;
    case 2: fraction = (one_ulp << shift) - 1; break;
    case 3: fraction = ~((one_ulp << shift) - 1); break;
    default: fraction = (one_ulp << shift) - (one_ulp << other); break;
    }
    constexpr int largest = static_cast<int>(FORMAT::infinity >> FORMAT::fraction_bits) - 1;
    constexpr int precision = FORMAT::fraction_bits + 1;
    int exponent = 0;
    switch (*rc::gen::inRange(0, 5)) {
    case 0: exponent = *rc::gen::inRange(0, 8); break;
    case 1: exponent = largest - *rc::gen::inRange(0, 8); break;
    case 2: exponent = FORMAT::bias / 2 + *rc::gen::inRange(-precision, precision); break; // tiny products
    case 3: exponent = FORMAT::bias + *rc::gen::inRange(-2 * precision, 2 * precision); break;
    default: exponent = *rc::gen::inRange(0, largest + 1); break;
    }
    return sign | (fraction & (hidden - 1)) | static_cast<bits>(exponent) << FORMAT::fraction_bits;
}

/// Two operands, often so close or so related that their difference or quotient has a short or tiny result.
template <typename FORMAT>
std::array<typename FORMAT::bits, 2> float_pair() {
    using bits = typename FORMAT::bits;
    const bits a = float_operand<FORMAT>();
    switch (*rc::gen::inRange(0, 6)) {
    case 0: return {a, a + static_cast<bits>(*rc::gen::inRange(-3, 4))};
    case 1: {
        const bits step = bits(1) << FORMAT::fraction_bits;
        return {a, a + step * static_cast<bits>(*rc::gen::inRange(-70, 71))};
    }
    case 2: { // a product next to the least normal number, where being tiny is decided
        const bits hidden = bits(1) << FORMAT::fraction_bits;
        const bits near_one = hidden * FORMAT::bias - static_cast<bits>(*rc::gen::inRange(0, 9));
        return {(a & FORMAT::sign) | (hidden + static_cast<bits>(*rc::gen::inRange(-2, 5))), near_one};
    }
    default: return {a, float_operand<FORMAT>()};
    }
}

} // namespace vmcore::test
