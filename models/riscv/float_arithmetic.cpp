#include "models/riscv/float_format.h"

// Sums and products are formed exactly, as far as 128 bits can: a product of two significands has at most 106
// bits. Of two terms the one with the smaller exponent is shifted right. Bits are lost there only when the
// exponents differ by two or more, and then the difference keeps its leading one within two places, far
// above the sticky bit. Quotients and roots are 64-bit integers, with what remains made sticky.

namespace vmcore::riscv {

namespace {

/// significand * 2^(exponent - 126), bit 126 set: room for the carry of a sum.
struct term {
    bool negative;
    int exponent;
    unsigned_128 significand;
};

term as_term(const unpacked_float& a) {
    return {a.negative, a.exponent, static_cast<unsigned_128>(a.significand) << 63};
}

term product(const unpacked_float& a, const unpacked_float& b) {
    const unsigned_128 significand = static_cast<unsigned_128>(a.significand) * b.significand;
    const int carry = static_cast<int>(significand >> 127); // then bit 0 is zero: there are 106 bits at most
    return {a.negative != b.negative, a.exponent + b.exponent + carry, significand >> carry};
}

template <typename FORMAT>
typename FORMAT::bits round_term(const term& from, float_context& context) {
    const auto upper = static_cast<uint64_t>(from.significand >> 64);
    const int zeros =
        upper != 0 ? leading_zeros(upper) : 64 + leading_zeros(static_cast<uint64_t>(from.significand));
    const unsigned_128 whole = from.significand << zeros;
    const auto significand = static_cast<uint64_t>(whole >> 64) | (static_cast<uint64_t>(whole) != 0 ? 1 : 0);
    return round_float<FORMAT>(from.negative, from.exponent + 1 - zeros, significand, context);
}

template <typename FORMAT>
typename FORMAT::bits sum(term a, term b, float_context& context) {
    if (a.exponent < b.exponent)
        std::swap(a, b);
    b.significand = shift_right_sticky(b.significand, a.exponent - b.exponent);
    if (a.negative == b.negative) {
        a.significand += b.significand;
    } else if (a.significand == b.significand) {
        return with_sign<FORMAT>(context.mode == rounding::down, 0);
    } else if (a.significand > b.significand) {
        a.significand -= b.significand;
    } else {
        a.negative = b.negative;
        a.significand = b.significand - a.significand;
    }
    return round_term<FORMAT>(a, context);
}

/// The sum of two zeros.
template <typename FORMAT>
typename FORMAT::bits zero_sum(bool a_negative, bool b_negative, const float_context& context) {
    return with_sign<FORMAT>(a_negative == b_negative ? a_negative : context.mode == rounding::down, 0);
}

/// The integer square root. Bit by bit: a root is rare enough.
uint64_t integer_root(unsigned_128 radicand, bool& exact) {
    uint64_t root = 0;
    for (uint64_t bit = uint64_t(1) << 63; bit != 0; bit >>= 1) {
        const uint64_t larger = root | bit;
        if (static_cast<unsigned_128>(larger) * larger <= radicand)
            root = larger;
    }
    exact = static_cast<unsigned_128>(root) * root == radicand;
    return root;
}

} // namespace

template <typename FORMAT>
typename FORMAT::bits float_arithmetic<FORMAT>::add(bits left, bits right, float_context& context) {
    const unpacked_float a = unpack_float<FORMAT>(left);
    const unpacked_float b = unpack_float<FORMAT>(right);
    if (a.kind == float_kind::finite && b.kind == float_kind::finite)
        return sum<FORMAT>(as_term(a), as_term(b), context);
    if (any_nan(context, a, b))
        return FORMAT::canonical_nan;
    if (a.is_infinity())
        return b.is_infinity() && a.negative != b.negative ? invalid_float<FORMAT>(context) : left;
    if (a.is_zero() && b.is_zero())
        return zero_sum<FORMAT>(a.negative, b.negative, context);
    return a.is_zero() || b.is_infinity() ? right : left;
}

template <typename FORMAT>
typename FORMAT::bits float_arithmetic<FORMAT>::subtract(bits left, bits right, float_context& context) {
    return add(left, right ^ FORMAT::sign, context); // the sign of a NaN does not matter
}

template <typename FORMAT>
typename FORMAT::bits float_arithmetic<FORMAT>::multiply(bits left, bits right, float_context& context) {
    const unpacked_float a = unpack_float<FORMAT>(left);
    const unpacked_float b = unpack_float<FORMAT>(right);
    if (a.kind == float_kind::finite && b.kind == float_kind::finite)
        return round_term<FORMAT>(product(a, b), context);
    if (any_nan(context, a, b))
        return FORMAT::canonical_nan;
    const bool negative = a.negative != b.negative;
    if (!a.is_infinity() && !b.is_infinity())
        return with_sign<FORMAT>(negative, 0);
    return a.is_zero() || b.is_zero() ? invalid_float<FORMAT>(context)
                                      : with_sign<FORMAT>(negative, FORMAT::infinity);
}

template <typename FORMAT>
typename FORMAT::bits float_arithmetic<FORMAT>::divide(bits left, bits right, float_context& context) {
    const unpacked_float a = unpack_float<FORMAT>(left);
    const unpacked_float b = unpack_float<FORMAT>(right);
    const bool negative = a.negative != b.negative;
    if (a.kind == float_kind::finite && b.kind == float_kind::finite) {
        const int borrow = a.significand < b.significand ? 1 : 0; // the quotient gets 64 bits either way
        const unsigned_128 dividend = static_cast<unsigned_128>(a.significand) << (63 + borrow);
        const auto quotient = static_cast<uint64_t>(dividend / b.significand);
        const bool exact = static_cast<unsigned_128>(quotient) * b.significand == dividend;
        return round_float<FORMAT>(negative, a.exponent - b.exponent - borrow, quotient | (exact ? 0 : 1),
                                   context);
    }
    if (any_nan(context, a, b))
        return FORMAT::canonical_nan;
    if (a.kind == b.kind)
        return invalid_float<FORMAT>(context);
    if (b.is_zero() && !a.is_infinity())
        context.flags |= float_flag::divide_by_zero;
    return with_sign<FORMAT>(negative, a.is_infinity() || b.is_zero() ? FORMAT::infinity : 0);
}

template <typename FORMAT>
typename FORMAT::bits float_arithmetic<FORMAT>::square_root(bits from, float_context& context) {
    const unpacked_float a = unpack_float<FORMAT>(from);
    if (any_nan(context, a))
        return FORMAT::canonical_nan;
    if (a.is_zero())
        return from;
    if (a.negative)
        return invalid_float<FORMAT>(context);
    if (a.is_infinity())
        return from;
    const int odd = a.exponent & 1;
    bool exact = false;
    const uint64_t root = integer_root(static_cast<unsigned_128>(a.significand) << (63 + odd), exact);
    return round_float<FORMAT>(false, (a.exponent - odd) / 2, root | (exact ? 0 : 1), context);
}

template <typename FORMAT>
typename FORMAT::bits float_arithmetic<FORMAT>::multiply_add(bits left, bits right, bits addend,
                                                             float_context& context) {
    const unpacked_float a = unpack_float<FORMAT>(left);
    const unpacked_float b = unpack_float<FORMAT>(right);
    const unpacked_float c = unpack_float<FORMAT>(addend);
    const bool negative = a.negative != b.negative;
    if (a.kind == float_kind::finite && b.kind == float_kind::finite) {
        if (c.kind == float_kind::finite)
            return sum<FORMAT>(product(a, b), as_term(c), context);
        if (c.is_zero())
            return round_term<FORMAT>(product(a, b), context);
    }
    const bool nan = any_nan(context, a, b, c);
    if ((a.is_infinity() && b.is_zero()) || (a.is_zero() && b.is_infinity()))
        return invalid_float<FORMAT>(context);
    if (nan)
        return FORMAT::canonical_nan;
    if (a.is_infinity() || b.is_infinity())
        return c.is_infinity() && c.negative != negative ? invalid_float<FORMAT>(context)
                                                         : with_sign<FORMAT>(negative, FORMAT::infinity);
    // The product is zero, or the addend infinite.
    return c.is_zero() ? zero_sum<FORMAT>(negative, c.negative, context) : addend;
}

template struct float_arithmetic<binary32>;
template struct float_arithmetic<binary64>;

} // namespace vmcore::riscv
