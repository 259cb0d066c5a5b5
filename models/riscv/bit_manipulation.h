#pragma once

#include "models/riscv/arithmetic.h"

#include <cstdint>

// The operations of Zba, Zbb and Zbs that C++ does not have as they are. All take and give register values.

namespace vmcore::riscv {

inline uint64_t lower_word(uint64_t value) {
    return static_cast<uint32_t>(value);
}

inline uint64_t leading_zeros(uint64_t value) {
    return value == 0 ? 64 : static_cast<uint64_t>(__builtin_clzll(value));
}
inline uint64_t trailing_zeros(uint64_t value) {
    return value == 0 ? 64 : static_cast<uint64_t>(__builtin_ctzll(value));
}
inline uint64_t leading_zeros_word(uint64_t value) {
    return leading_zeros(lower_word(value)) - 32;
}
inline uint64_t trailing_zeros_word(uint64_t value) {
    return trailing_zeros(value | uint64_t(1) << 32);
}
inline uint64_t population(uint64_t value) {
    return static_cast<uint64_t>(__builtin_popcountll(value));
}

inline uint64_t rotate_right(uint64_t value, uint64_t amount) {
    return value >> (amount & 63) | value << (-amount & 63);
}
inline uint64_t rotate_right_word(uint64_t value, uint64_t amount) {
    const uint64_t low = lower_word(value);
    return word(low >> (amount & 31) | low << (-amount & 31));
}

inline uint64_t single_bit(uint64_t number) {
    return uint64_t(1) << (number & 63);
}

/// Every byte that is not zero becomes 0xff.
inline uint64_t or_combine(uint64_t value) {
    constexpr uint64_t low_bits = 0x7f7f7f7f7f7f7f7f;
    const uint64_t tops = (((value & low_bits) + low_bits) | value) & ~low_bits;
    return (tops >> 7) * 0xff;
}

} // namespace vmcore::riscv
