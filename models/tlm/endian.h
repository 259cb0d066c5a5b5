#pragma once

#include <cstdint>

namespace vmcore {

enum class byte_order : uint8_t { little, big };

/// The number that `size` bytes (1 to 8) at `from` spell in the byte order given.
inline uint64_t load_bytes(const uint8_t* from, unsigned size, byte_order order) {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i)
        value = value << 8 | from[order == byte_order::big ? i : size - 1 - i];
    return value;
}

/// Stores the low `size` bytes (1 to 8) of `value` at `to` in the byte order given.
inline void store_bytes(uint8_t* to, uint64_t value, unsigned size, byte_order order) {
    for (unsigned i = 0; i < size; ++i)
        to[order == byte_order::big ? size - 1 - i : i] = static_cast<uint8_t>(value >> (8 * i));
}

} // namespace vmcore
