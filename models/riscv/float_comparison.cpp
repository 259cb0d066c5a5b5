#include "models/riscv/float_format.h"

namespace vmcore::riscv {

namespace {

template <typename FORMAT>
bool is_nan(typename FORMAT::bits a) {
    return (a & ~FORMAT::sign) > FORMAT::infinity;
}

template <typename FORMAT>
bool is_signalling(typename FORMAT::bits a) {
    return is_nan<FORMAT>(a) && (a & FORMAT::quiet) == 0;
}

/// The total order of numbers, in which -0 is less than +0. Not for NaNs.
template <typename FORMAT>
bool precedes(typename FORMAT::bits a, typename FORMAT::bits b) {
    const bool a_negative = (a & FORMAT::sign) != 0;
    if (a_negative != ((b & FORMAT::sign) != 0))
        return a_negative;
    return a_negative ? b < a : a < b;
}

template <typename FORMAT>
bool both_zero(typename FORMAT::bits a, typename FORMAT::bits b) {
    return ((a | b) & ~FORMAT::sign) == 0;
}

template <typename FORMAT>
bool unordered(typename FORMAT::bits a, typename FORMAT::bits b, bool quiet, float_context& context) {
    const bool nan = is_nan<FORMAT>(a) || is_nan<FORMAT>(b);
    if (quiet ? is_signalling<FORMAT>(a) || is_signalling<FORMAT>(b) : nan)
        context.flags |= float_flag::invalid;
    return nan;
}

/// Of a pair with a NaN.
template <typename FORMAT>
typename FORMAT::bits the_number(typename FORMAT::bits a, typename FORMAT::bits b) {
    if (!is_nan<FORMAT>(a))
        return a;
    return is_nan<FORMAT>(b) ? FORMAT::canonical_nan : b;
}

} // namespace

template <typename FORMAT>
typename FORMAT::bits float_comparison<FORMAT>::minimum(bits a, bits b, float_context& context) {
    if (unordered<FORMAT>(a, b, true, context))
        return the_number<FORMAT>(a, b);
    return precedes<FORMAT>(b, a) ? b : a;
}

template <typename FORMAT>
typename FORMAT::bits float_comparison<FORMAT>::maximum(bits a, bits b, float_context& context) {
    if (unordered<FORMAT>(a, b, true, context))
        return the_number<FORMAT>(a, b);
    return precedes<FORMAT>(a, b) ? b : a;
}

template <typename FORMAT>
bool float_comparison<FORMAT>::equal(bits a, bits b, float_context& context) {
    return !unordered<FORMAT>(a, b, true, context) && (a == b || both_zero<FORMAT>(a, b));
}

template <typename FORMAT>
bool float_comparison<FORMAT>::less(bits a, bits b, float_context& context) {
    return !unordered<FORMAT>(a, b, false, context) && precedes<FORMAT>(a, b) && !both_zero<FORMAT>(a, b);
}

template <typename FORMAT>
bool float_comparison<FORMAT>::less_or_equal(bits a, bits b, float_context& context) {
    return !unordered<FORMAT>(a, b, false, context) && (!precedes<FORMAT>(b, a) || both_zero<FORMAT>(a, b));
}

/// Bits from 0 up: negative infinity, normal, subnormal, zero; then the same positive, from zero; NaNs.
template <typename FORMAT>
uint64_t float_comparison<FORMAT>::classify(bits a) {
    if (is_nan<FORMAT>(a))
        return is_signalling<FORMAT>(a) ? 1 << 8 : 1 << 9;
    const bits magnitude = a & ~FORMAT::sign;
    unsigned from_zero = 0;
    if (magnitude == FORMAT::infinity)
        from_zero = 3;
    else if (magnitude >> FORMAT::fraction_bits != 0)
        from_zero = 2;
    else if (magnitude != 0)
        from_zero = 1;
    return uint64_t(1) << ((a & FORMAT::sign) != 0 ? 3 - from_zero : 4 + from_zero);
}

template struct float_comparison<binary32>;
template struct float_comparison<binary64>;

} // namespace vmcore::riscv
