#pragma once

#include <stdint.h>

/// Conversions between big-endian registers or structures and the little-endian hart. Each is its own
/// inverse. They are shifts rather than builtins: without the Zbb extension the compiler turns those into
/// library calls.

static inline uint16_t swap16(uint16_t value) {
    return (uint16_t)((value >> 8) | (value << 8));
}

static inline uint32_t swap32(uint32_t value) {
    return ((uint32_t)swap16((uint16_t)value) << 16) | swap16((uint16_t)(value >> 16));
}

static inline uint64_t swap64(uint64_t value) {
    return ((uint64_t)swap32((uint32_t)value) << 32) | swap32((uint32_t)(value >> 32));
}
