#pragma once

#include "models/riscv/float_arithmetic.h"

#include <cfloat>
#include <cstdint>
#include <cstring>
#include <limits>

// The short way: the host's arithmetic, where it must give the same and can raise nothing new.
//
// IEEE 754 leaves a host no choice in the result of an operation that rounds to nearest even. Flags would
// have to be fetched from it, slowly; but where operands and result are normal numbers, and the result is not
// next to the least of them, none can come up but inexact - and that is as good as always there already,
// since fflags keep it. NaNs and subnormals, on which hosts have their own ways, never come here. What must
// hold is that the host process rounds to nearest, in which it starts, and does not compute with more
// precision than it says.

namespace vmcore::riscv {

template <typename FORMAT>
struct host_format;
template <>
struct host_format<binary32> {
    using number = float;
};
template <>
struct host_format<binary64> {
    using number = double;
};

constexpr bool is_host_ieee_754 =
    std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559 && FLT_EVAL_METHOD == 0;

/// Whether a number is normal, and at least `steps` exponents above the least normal one.
template <typename FORMAT>
bool is_normal(typename FORMAT::bits value, unsigned steps) {
    using bits = typename FORMAT::bits;
    const bits least = static_cast<bits>(bits(1 + steps) << FORMAT::fraction_bits);
    return static_cast<bits>((value & ~FORMAT::sign) - least) < FORMAT::infinity - least;
}

template <typename FORMAT>
typename host_format<FORMAT>::number to_host(typename FORMAT::bits value) {
    typename host_format<FORMAT>::number result;
    std::memcpy(&result, &value, sizeof result);
    return result;
}

/// Has the host carry out an operation on numbers.
/// @returns false when its result may not be used
template <typename FORMAT, typename OPERATION, typename... BITS>
bool compute_on_host(typename FORMAT::bits& result, const float_context& context, OPERATION operation,
                     BITS... operands) {
    if (!is_host_ieee_754 || context.mode != rounding::nearest_even ||
        (context.flags & float_flag::inexact) == 0 || !(is_normal<FORMAT>(operands, 0) && ...))
        return false;
    const typename host_format<FORMAT>::number number = operation(to_host<FORMAT>(operands)...);
    std::memcpy(&result, &number, sizeof result);
    return is_normal<FORMAT>(result, 1);
}

} // namespace vmcore::riscv
