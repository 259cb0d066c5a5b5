#pragma once

#include <stdint.h>

/// Device register accesses of exactly one width each, and the fences that order them against memory.
/// Drivers touch hardware through this header only, so that they can be tested on another machine.

static inline uint8_t mmio_read8(uintptr_t address) {
    return *(const volatile uint8_t*)address;
}

static inline uint16_t mmio_read16(uintptr_t address) {
    return *(const volatile uint16_t*)address;
}

static inline uint32_t mmio_read32(uintptr_t address) {
    return *(const volatile uint32_t*)address;
}

static inline uint64_t mmio_read64(uintptr_t address) {
    return *(const volatile uint64_t*)address;
}

static inline void mmio_write8(uintptr_t address, uint8_t value) {
    *(volatile uint8_t*)address = value;
}

static inline void mmio_write16(uintptr_t address, uint16_t value) {
    *(volatile uint16_t*)address = value;
}

static inline void mmio_write32(uintptr_t address, uint32_t value) {
    *(volatile uint32_t*)address = value;
}

static inline void mmio_write64(uintptr_t address, uint64_t value) {
    *(volatile uint64_t*)address = value;
}

/// Call before the register write that starts a DMA: everything stored so far is visible to the device.
static inline void mmio_release(void) {
    __asm__ volatile("fence rw, o" ::: "memory");
}

/// Call after a DMA was seen to be complete: what the device stored is visible to the loads that follow.
static inline void mmio_acquire(void) {
    __asm__ volatile("fence ir, rw" ::: "memory");
}
