#pragma once

#include <stddef.h>
#include <stdint.h>

/// Driver of QEMU's fw_cfg device in its memory-mapped form (QEMU specification "fw_cfg device").
///
/// The device holds numbered items. One selector and one offset in the selected item are shared by the data
/// register and the DMA engine. Registers, relative to the base:
///   0   data         1, 2, 4 or 8 bytes: the next bytes of the item, in memory order; zeros past its end
///   8   selector     2 bytes, big-endian, write-only; selecting sets the offset to 0
///   16  DMA address  8 bytes, big-endian: where the descriptor is; a store to the low half starts the
///   transfer
///
/// The driver trusts nothing it reads: sizes, counts and names of the directory are checked, waits are
/// bounded. It needs no allocation and keeps all state in the caller's struct fw_cfg. It is not re-entrant.

enum fw_cfg_status {
    FW_CFG_OK,
    FW_CFG_NO_DEVICE,     ///< the signature item is not "QEMU"
    FW_CFG_NO_DMA,        ///< the device has no DMA engine
    FW_CFG_NOT_FOUND,     ///< no file of that name
    FW_CFG_BAD_DIRECTORY, ///< the file directory contradicts itself
    FW_CFG_BAD_ARGUMENT,  ///< the caller's fault: a name too long, a length over 32 bits
    FW_CFG_DMA_ERROR,     ///< the device refused the transfer or could not reach the memory
    FW_CFG_TIMEOUT,       ///< the device did not complete the descriptor within the polls allowed
};

/// The name of a status in lower case, for messages; "unknown status" for other values.
const char* fw_cfg_status_name(enum fw_cfg_status status);

/// Keys of the items that every device has.
enum fw_cfg_key {
    FW_CFG_KEY_SIGNATURE = 0x00,
    FW_CFG_KEY_FEATURES = 0x01,
    FW_CFG_KEY_DIRECTORY = 0x19,
    FW_CFG_KEY_FIRST_FILE = 0x20,
};

enum {
    FW_CFG_NAME_SIZE = 56,        ///< of a file name, the terminator included
    FW_CFG_MAX_FILES = 0x3fe0,    ///< keys are 14 bits wide, and files begin at 0x20
    FW_CFG_KEY_INDEX_MAX = 0x3fff ///< highest key of a file
};

/// Bits of the features item.
enum { FW_CFG_FEATURE_BASIC = 1U << 0, FW_CFG_FEATURE_DMA = 1U << 1 };

/// Bits of a descriptor's control word; the key is in bits 31:16 when FW_CFG_DMA_SELECT is set.
enum fw_cfg_dma_control {
    FW_CFG_DMA_ERROR_BIT = 1U << 0,
    FW_CFG_DMA_READ = 1U << 1,
    FW_CFG_DMA_SKIP = 1U << 2,
    FW_CFG_DMA_SELECT = 1U << 3,
    FW_CFG_DMA_WRITE = 1U << 4,
};

/// How the address of a descriptor is handed over.
enum fw_cfg_dma_form {
    FW_CFG_DMA_ONE_STORE,  ///< one 64-bit store
    FW_CFG_DMA_TWO_STORES, ///< the high half, then the low half, which starts the transfer
};

/// A DMA descriptor in memory; all fields big-endian. The device writes back `control` only.
struct fw_cfg_descriptor {
    volatile uint32_t control;
    uint32_t length;
    uint64_t address;
};

enum { FW_CFG_DEFAULT_POLL_LIMIT = 1000000 };

/// One device. fw_cfg_open fills it; the caller may then change `form`, `poll_limit` and
/// `descriptor_bus_address`.
struct fw_cfg {
    uintptr_t base;
    uint32_t features;         ///< the features item
    enum fw_cfg_dma_form form; ///< FW_CFG_DMA_ONE_STORE
    uint32_t poll_limit;       ///< looks at the control word before FW_CFG_TIMEOUT
    uint64_t
        descriptor_bus_address; ///< where the device finds `descriptor`; memory is taken as identity mapped
    struct fw_cfg_descriptor descriptor;
};

/// A file of the directory.
struct fw_cfg_file {
    uint32_t size; ///< bytes
    uint16_t key;
    char name[FW_CFG_NAME_SIZE]; ///< terminated
};

/// Checks the signature and reads the features of the device at `base`.
enum fw_cfg_status fw_cfg_open(struct fw_cfg* device, uintptr_t base);

/// Selects an item; reading begins at its first byte.
void fw_cfg_select(const struct fw_cfg* device, uint16_t key);

/// Reads the next `length` bytes of the selected item through the data register. Past its end it reads zeros.
void fw_cfg_read(const struct fw_cfg* device, void* buffer, size_t length);

/// Looks `name` up in the file directory. The key is valid until the machine resets.
enum fw_cfg_status fw_cfg_find(const struct fw_cfg* device, const char* name, struct fw_cfg_file* file);

/// Selects an item and reads its first `length` bytes to `buffer` by DMA; past its end it reads zeros.
enum fw_cfg_status fw_cfg_dma_read(struct fw_cfg* device, uint16_t key, void* buffer, size_t length);

/// Selects an item and writes its first `length` bytes from `buffer` in one DMA transfer. The device refuses
/// a read-only item and a length beyond the item's. After FW_CFG_DMA_ERROR read the item back: bytes that the
/// device could not fetch may have been replaced by zeros.
enum fw_cfg_status fw_cfg_dma_write(struct fw_cfg* device, uint16_t key, const void* buffer, size_t length);

/// Moves the offset in the selected item forward by `length`.
enum fw_cfg_status fw_cfg_dma_skip(struct fw_cfg* device, size_t length);

/// One transfer of any kind: `control` is fw_cfg_dma_control bits and a key, `address` a bus address. The
/// functions above are this one with the right arguments.
enum fw_cfg_status fw_cfg_transfer(struct fw_cfg* device, uint32_t control, uint64_t address, size_t length);

/// Hands the descriptor at a bus address to the device and returns without waiting for its completion.
void fw_cfg_start(const struct fw_cfg* device, uint64_t descriptor_bus_address);

/// Polls the control word of a descriptor until the device has completed it.
enum fw_cfg_status fw_cfg_wait(const struct fw_cfg* device, const volatile uint32_t* control);
