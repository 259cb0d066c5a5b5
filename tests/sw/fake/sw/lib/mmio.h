#pragma once

#include <stdint.h>

/// Takes the place of the firmware's mmio.h when its drivers are compiled for the host: every register access
/// goes to the device under the name of fake_fw_cfg.h.

uint64_t fake_mmio_read(uintptr_t address, unsigned width);
void fake_mmio_write(uintptr_t address, unsigned width, uint64_t value);

static inline uint8_t mmio_read8(uintptr_t address) {
    return (uint8_t)fake_mmio_read(address, 1);
}

static inline uint32_t mmio_read32(uintptr_t address) {
    return (uint32_t)fake_mmio_read(address, 4);
}

static inline void mmio_write16(uintptr_t address, uint16_t value) {
    fake_mmio_write(address, 2, value);
}

static inline void mmio_write32(uintptr_t address, uint32_t value) {
    fake_mmio_write(address, 4, value);
}

static inline void mmio_write64(uintptr_t address, uint64_t value) {
    fake_mmio_write(address, 8, value);
}

static inline void mmio_release(void) {}
static inline void mmio_acquire(void) {}
