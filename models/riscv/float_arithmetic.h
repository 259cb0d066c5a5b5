#pragma once

#include <cstdint>

namespace vmcore::riscv {

/// Rounding modes, as in `frm` and in an instruction's rm field (unprivileged ISA, "F" extension,
/// "Floating-Point Control and Status Register").
enum class rounding : uint8_t {
    nearest_even = 0,
    toward_zero = 1,
    down = 2,
    up = 3,
    nearest_max_magnitude = 4,
};

/// Bits of `fflags`.
namespace float_flag {
constexpr uint8_t inexact = 1;
constexpr uint8_t underflow = 2; ///< tiny after rounding, and inexact
constexpr uint8_t overflow = 4;
constexpr uint8_t divide_by_zero = 8;
constexpr uint8_t invalid = 16;
} // namespace float_flag

/// How to round, and what the operations did so far: flags are added, never taken away.
struct float_context {
    rounding mode = rounding::nearest_even;
    uint8_t flags = 0;
};

/// The formats of IEEE 754. Values are passed as their bits, so that no host arithmetic touches them.
struct binary32 {
    using bits = uint32_t;
    static constexpr unsigned width = 32;
    static constexpr unsigned fraction_bits = 23;
    static constexpr int bias = 127;
    static constexpr bits sign = 0x80000000;
    static constexpr bits infinity = 0x7f800000;
    static constexpr bits quiet = 0x00400000; ///< set in quiet NaNs
    static constexpr bits canonical_nan = infinity | quiet;
};

struct binary64 {
    using bits = uint64_t;
    static constexpr unsigned width = 64;
    static constexpr unsigned fraction_bits = 52;
    static constexpr int bias = 1023;
    static constexpr bits sign = 0x8000000000000000;
    static constexpr bits infinity = 0x7ff0000000000000;
    static constexpr bits quiet = 0x0008000000000000;
    static constexpr bits canonical_nan = infinity | quiet;
};

/// The operations that round. All are exact to IEEE 754-2019 in result and flags, on any host; every NaN that
/// comes out is the canonical one.
template <typename FORMAT>
struct float_arithmetic {
    using bits = typename FORMAT::bits;

    static bits add(bits a, bits b, float_context& context);
    static bits subtract(bits a, bits b, float_context& context);
    static bits multiply(bits a, bits b, float_context& context);
    static bits divide(bits a, bits b, float_context& context);
    static bits square_root(bits a, float_context& context);
    /// a * b + c with one rounding. Infinity times zero is invalid whatever c is.
    static bits multiply_add(bits a, bits b, bits c, float_context& context);
};

/// The operations that never round.
template <typename FORMAT>
struct float_comparison {
    using bits = typename FORMAT::bits;

    /// minimumNumber and maximumNumber: -0 is less than +0, and a NaN gives way to a number.
    static bits minimum(bits a, bits b, float_context& context);
    static bits maximum(bits a, bits b, float_context& context);
    /// Only signalling NaNs are invalid.
    static bool equal(bits a, bits b, float_context& context);
    /// Any NaN is invalid.
    static bool less(bits a, bits b, float_context& context);
    static bool less_or_equal(bits a, bits b, float_context& context);
    /// One bit of ten, as `fclass` has them.
    static uint64_t classify(bits a);
};

/// Integers and back. What an integer cannot hold is invalid and becomes the nearest one that can, NaN the
/// largest. All are register values: 32-bit results are sign-extended, unsigned ones too.
template <typename FORMAT>
struct float_conversion {
    using bits = typename FORMAT::bits;

    static uint64_t to_int32(bits a, float_context& context);
    static uint64_t to_uint32(bits a, float_context& context);
    static uint64_t to_int64(bits a, float_context& context);
    static uint64_t to_uint64(bits a, float_context& context);
    static bits from_signed(int64_t value, float_context& context);
    static bits from_unsigned(uint64_t value, float_context& context);
};

uint64_t widen_float(uint32_t a, float_context& context);
uint32_t narrow_float(uint64_t a, float_context& context);

} // namespace vmcore::riscv
