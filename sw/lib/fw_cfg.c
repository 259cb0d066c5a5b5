// The selector, the data register and the file directory; transfers are in fw_cfg_dma.c.
#include "sw/lib/fw_cfg.h"

#include <stdbool.h>

#include "sw/lib/endian.h"
#include "sw/lib/mmio.h"
#include "sw/lib/string.h"

enum { register_data = 0, register_selector = 8, register_dma = 16 };

// A record of the directory as the device stores it, big-endian.
struct directory_record {
    uint32_t size;
    uint16_t key;
    uint16_t reserved;
    char name[FW_CFG_NAME_SIZE];
};

const char* fw_cfg_status_name(enum fw_cfg_status status) {
    switch (status) {
    case FW_CFG_OK: return "ok";
    case FW_CFG_NO_DEVICE: return "no fw_cfg device";
    case FW_CFG_NO_DMA: return "no dma";
    case FW_CFG_NOT_FOUND: return "file not found";
    case FW_CFG_BAD_DIRECTORY: return "bad directory";
    case FW_CFG_BAD_ARGUMENT: return "bad argument";
    case FW_CFG_DMA_ERROR: return "dma error";
    case FW_CFG_TIMEOUT: return "timeout";
    }
    return "unknown status";
}

void fw_cfg_select(const struct fw_cfg* device, uint16_t key) {
    mmio_write16(device->base + register_selector, swap16(key));
}

// Byte by byte: that is right on every data width a device may have. Bulk goes by DMA.
void fw_cfg_read(const struct fw_cfg* device, void* buffer, size_t length) {
    for (uint8_t* to = buffer; length != 0; length--) {
        *to++ = mmio_read8(device->base + register_data);
    }
}

static bool has_dma_signature(uintptr_t base) {
    return swap32(mmio_read32(base + register_dma)) == 0x51454d55 &&   // "QEMU"
           swap32(mmio_read32(base + register_dma + 4)) == 0x20434647; // " CFG"
}

enum fw_cfg_status fw_cfg_open(struct fw_cfg* device, uintptr_t base) {
    *device = (struct fw_cfg){
        .base = base,
        .form = FW_CFG_DMA_ONE_STORE,
        .poll_limit = FW_CFG_DEFAULT_POLL_LIMIT,
    };
    device->descriptor_bus_address = (uintptr_t)&device->descriptor;

    char signature[4];
    fw_cfg_select(device, FW_CFG_KEY_SIGNATURE);
    fw_cfg_read(device, signature, sizeof signature);
    if (memcmp(signature, "QEMU", sizeof signature) != 0) {
        return FW_CFG_NO_DEVICE;
    }
    uint8_t features[4]; // little-endian, as all numbers that are items
    fw_cfg_select(device, FW_CFG_KEY_FEATURES);
    fw_cfg_read(device, features, sizeof features);
    device->features = (uint32_t)features[0] | (uint32_t)features[1] << 8 | (uint32_t)features[2] << 16 |
                       (uint32_t)features[3] << 24;
    if ((device->features & FW_CFG_FEATURE_DMA) != 0 && !has_dma_signature(base)) {
        device->features &= ~(uint32_t)FW_CFG_FEATURE_DMA;
    }
    return FW_CFG_OK;
}

static bool is_sound(const struct directory_record* record) {
    const uint16_t key = swap16(record->key);
    return key >= FW_CFG_KEY_FIRST_FILE && key <= FW_CFG_KEY_INDEX_MAX &&
           record->name[FW_CFG_NAME_SIZE - 1] == '\0';
}

enum fw_cfg_status fw_cfg_find(const struct fw_cfg* device, const char* name, struct fw_cfg_file* file) {
    if (strlen(name) >= FW_CFG_NAME_SIZE) {
        return FW_CFG_BAD_ARGUMENT;
    }
    uint32_t count;
    fw_cfg_select(device, FW_CFG_KEY_DIRECTORY);
    fw_cfg_read(device, &count, sizeof count);
    count = swap32(count);
    if (count > FW_CFG_MAX_FILES) {
        return FW_CFG_BAD_DIRECTORY;
    }
    for (; count != 0; count--) {
        struct directory_record record;
        fw_cfg_read(device, &record, sizeof record);
        if (!is_sound(&record)) {
            return FW_CFG_BAD_DIRECTORY;
        }
        if (strcmp(record.name, name) == 0) {
            file->size = swap32(record.size);
            file->key = swap16(record.key);
            memcpy(file->name, record.name, sizeof file->name);
            return FW_CFG_OK;
        }
    }
    return FW_CFG_NOT_FOUND;
}
