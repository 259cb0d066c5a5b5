#pragma once

#include <cstdint>
#include <limits>

// The operations of RV64IM that C++ does not have as they are: sign matters, overflow wraps, and division by
// zero has a result (unprivileged ISA, "M" extension). All take and give register values.

namespace vmcore::riscv {

inline uint64_t word(uint64_t value) {
    return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value)));
}

inline bool less(uint64_t a, uint64_t b) {
    return static_cast<int64_t>(a) < static_cast<int64_t>(b);
}

inline uint64_t shift_right(uint64_t value, uint64_t amount) {
    return static_cast<uint64_t>(static_cast<int64_t>(value) >> amount);
}

inline uint64_t shift_right_word(uint64_t value, uint64_t amount) {
    return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value) >> amount));
}

__extension__ using signed_128 = __int128;
__extension__ using unsigned_128 = unsigned __int128;

inline uint64_t multiply_high(uint64_t a, uint64_t b) {
    const signed_128 product = static_cast<signed_128>(static_cast<int64_t>(a)) * static_cast<int64_t>(b);
    return static_cast<uint64_t>(product >> 64);
}

inline uint64_t multiply_high_unsigned(uint64_t a, uint64_t b) {
    return static_cast<uint64_t>(static_cast<unsigned_128>(a) * b >> 64);
}

/// a signed, b unsigned
inline uint64_t multiply_high_mixed(uint64_t a, uint64_t b) {
    return multiply_high_unsigned(a, b) - (static_cast<int64_t>(a) < 0 ? b : 0);
}

template <typename T>
T signed_quotient(T a, T b) {
    if (b == 0)
        return -1;
    return a == std::numeric_limits<T>::min() && b == -1 ? a : static_cast<T>(a / b);
}

template <typename T>
T signed_remainder(T a, T b) {
    if (b == 0)
        return a;
    return b == -1 ? 0 : static_cast<T>(a % b);
}

inline uint64_t divide(uint64_t a, uint64_t b) {
    return static_cast<uint64_t>(signed_quotient(static_cast<int64_t>(a), static_cast<int64_t>(b)));
}
inline uint64_t remainder(uint64_t a, uint64_t b) {
    return static_cast<uint64_t>(signed_remainder(static_cast<int64_t>(a), static_cast<int64_t>(b)));
}
inline uint64_t divide_unsigned(uint64_t a, uint64_t b) {
    return b == 0 ? ~uint64_t(0) : a / b;
}
inline uint64_t remainder_unsigned(uint64_t a, uint64_t b) {
    return b == 0 ? a : a % b;
}

inline uint64_t divide_word(uint64_t a, uint64_t b) {
    return word(static_cast<uint64_t>(signed_quotient(static_cast<int32_t>(a), static_cast<int32_t>(b))));
}
inline uint64_t remainder_word(uint64_t a, uint64_t b) {
    return word(static_cast<uint64_t>(signed_remainder(static_cast<int32_t>(a), static_cast<int32_t>(b))));
}
inline uint64_t divide_unsigned_word(uint64_t a, uint64_t b) {
    const auto divisor = static_cast<uint32_t>(b);
    return word(divisor == 0 ? ~uint64_t(0) : static_cast<uint32_t>(a) / divisor);
}
inline uint64_t remainder_unsigned_word(uint64_t a, uint64_t b) {
    const auto divisor = static_cast<uint32_t>(b);
    return word(divisor == 0 ? a : static_cast<uint32_t>(a) % divisor);
}

} // namespace vmcore::riscv
