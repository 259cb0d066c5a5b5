// The DMA engine of fw_cfg. QEMU completes a transfer within the store that starts it, but its specification
// asks drivers to poll, and other implementations take their time.
#include "sw/lib/endian.h"
#include "sw/lib/fw_cfg.h"
#include "sw/lib/mmio.h"

enum { register_dma_high = 16, register_dma_low = 20 };

void fw_cfg_start(const struct fw_cfg* device, uint64_t descriptor_bus_address) {
    mmio_release();
    if (device->form == FW_CFG_DMA_ONE_STORE) {
        mmio_write64(device->base + register_dma_high, swap64(descriptor_bus_address));
    } else {
        mmio_write32(device->base + register_dma_high, swap32((uint32_t)(descriptor_bus_address >> 32)));
        mmio_write32(device->base + register_dma_low, swap32((uint32_t)descriptor_bus_address));
    }
}

// While the device is at work the control word is what the driver wrote; it is done when nothing but the
// error bit is left of it.
enum fw_cfg_status fw_cfg_wait(const struct fw_cfg* device, const volatile uint32_t* control) {
    for (uint32_t polls = device->poll_limit; polls != 0; polls--) {
        const uint32_t now = swap32(*control);
        if ((now & ~(uint32_t)FW_CFG_DMA_ERROR_BIT) == 0) {
            mmio_acquire();
            return now == 0 ? FW_CFG_OK : FW_CFG_DMA_ERROR;
        }
    }
    return FW_CFG_TIMEOUT;
}

enum fw_cfg_status fw_cfg_transfer(struct fw_cfg* device, uint32_t control, uint64_t address, size_t length) {
    if ((device->features & FW_CFG_FEATURE_DMA) == 0) {
        return FW_CFG_NO_DMA;
    }
    if (length > UINT32_MAX) {
        return FW_CFG_BAD_ARGUMENT;
    }
    device->descriptor.control = swap32(control);
    device->descriptor.length = swap32((uint32_t)length);
    device->descriptor.address = swap64(address);
    fw_cfg_start(device, device->descriptor_bus_address);
    return fw_cfg_wait(device, &device->descriptor.control);
}

static uint32_t with_key(uint32_t control, uint16_t key) {
    return control | FW_CFG_DMA_SELECT | (uint32_t)key << 16;
}

enum fw_cfg_status fw_cfg_dma_read(struct fw_cfg* device, uint16_t key, void* buffer, size_t length) {
    return fw_cfg_transfer(device, with_key(FW_CFG_DMA_READ, key), (uintptr_t)buffer, length);
}

enum fw_cfg_status fw_cfg_dma_write(struct fw_cfg* device, uint16_t key, const void* buffer, size_t length) {
    return fw_cfg_transfer(device, with_key(FW_CFG_DMA_WRITE, key), (uintptr_t)buffer, length);
}

enum fw_cfg_status fw_cfg_dma_skip(struct fw_cfg* device, size_t length) {
    return fw_cfg_transfer(device, FW_CFG_DMA_SKIP, 0, length);
}
