// The writable item etc/vmcoreinfo, by the vmcoreinfo driver and past it.
#include "sw/lib/board.h"
#include "sw/lib/string.h"
#include "sw/lib/vmcoreinfo.h"
#include "sw/selftest/check.h"

enum { record_size = sizeof(struct vmcoreinfo_record) };

static const struct vmcoreinfo_record after_reset = {.host_format = VMCOREINFO_FORMAT_ELF};
static const struct vmcoreinfo_record some_record = {
    .host_format = VMCOREINFO_FORMAT_ELF,
    .guest_format = VMCOREINFO_FORMAT_ELF,
    .size = 0x123,
    .paddr = BOARD_RAM_BASE + 0x1000,
};

static bool holds(struct vmcoreinfo* device, const void* expected) {
    uint8_t by_register[record_size];
    struct vmcoreinfo_record by_dma;
    fw_cfg_select(device->fw_cfg, device->key);
    fw_cfg_read(device->fw_cfg, by_register, sizeof by_register);
    return vmcoreinfo_read(device, &by_dma) == VMCOREINFO_OK &&
           memcmp(&by_dma, expected, sizeof by_dma) == 0 &&
           memcmp(by_register, expected, sizeof by_register) == 0;
}

static void check_driver(struct vmcoreinfo* device) {
    check("record_is_empty_after_reset", holds(device, &after_reset));
    check_equal("note_without_a_header_is_refused", vmcoreinfo_publish(device, some_record.paddr, 11),
                VMCOREINFO_BAD_NOTE);
    check_equal("note_over_one_mebibyte_is_refused",
                vmcoreinfo_publish(device, some_record.paddr, (1 << 20) + 1), VMCOREINFO_BAD_NOTE);
    check("refused_notes_change_nothing", holds(device, &after_reset));
    check_equal("publishing_succeeds", vmcoreinfo_publish(device, some_record.paddr, some_record.size),
                VMCOREINFO_OK);
    check("published_record_is_kept", holds(device, &some_record));
    check_equal("disabling_succeeds", vmcoreinfo_disable(device), VMCOREINFO_OK);
    check("disabled_record_is_empty", holds(device, &after_reset));
}

// What the host makes of these - it forgets a record that was written in part - shows in a dump only; the
// guest sees which bytes the item holds.
static void check_odd_lengths(struct vmcoreinfo* device) {
    static const uint8_t pattern[record_size + 1] = {1,  0,  2,  0,  5,  6,  7,  8, 9,
                                                     10, 11, 12, 13, 14, 15, 16, 17};
    uint8_t expected[record_size];
    memcpy(expected, &some_record, sizeof expected);
    vmcoreinfo_publish(device, some_record.paddr, some_record.size);

    check_equal("long_write_is_refused",
                fw_cfg_dma_write(device->fw_cfg, device->key, pattern, record_size + 1), FW_CFG_DMA_ERROR);
    check("long_write_changes_nothing", holds(device, expected));
    fw_cfg_select(device->fw_cfg, device->key);
    fw_cfg_dma_skip(device->fw_cfg, record_size);
    check_equal("write_at_the_end_is_refused",
                fw_cfg_transfer(device->fw_cfg, FW_CFG_DMA_WRITE, (uintptr_t)pattern, record_size),
                FW_CFG_DMA_ERROR);
    check("write_at_the_end_changes_nothing", holds(device, expected));

    check_equal("short_write_is_accepted", fw_cfg_dma_write(device->fw_cfg, device->key, pattern, 8),
                FW_CFG_OK);
    memcpy(expected, pattern, 8);
    check("short_write_changes_its_bytes", holds(device, expected));
    fw_cfg_select(device->fw_cfg, device->key);
    fw_cfg_dma_skip(device->fw_cfg, 2);
    check_equal("write_in_the_middle_is_accepted",
                fw_cfg_transfer(device->fw_cfg, FW_CFG_DMA_WRITE, (uintptr_t)pattern, 6), FW_CFG_OK);
    memcpy(expected + 2, pattern, 6);
    check("write_in_the_middle_changes_its_bytes", holds(device, expected));
}

static void check_unreachable_source(struct vmcoreinfo* device) {
    static const struct vmcoreinfo_record zeros;
    vmcoreinfo_publish(device, some_record.paddr, some_record.size);
    const void* const nowhere = (const void*)BOARD_UNMAPPED_BASE;
    check_equal("write_from_nowhere_is_an_error",
                fw_cfg_dma_write(device->fw_cfg, device->key, nowhere, record_size), FW_CFG_DMA_ERROR);
    check("write_from_nowhere_leaves_zeros", holds(device, &zeros));

    struct vmcoreinfo again;
    check_equal("driver_refuses_a_host_without_elf", vmcoreinfo_open(&again, device->fw_cfg),
                VMCOREINFO_NO_ELF);
    check_equal("guest_may_write_host_format",
                fw_cfg_dma_write(device->fw_cfg, device->key, &after_reset, record_size), FW_CFG_OK);
    check_equal("driver_opens_again", vmcoreinfo_open(&again, device->fw_cfg), VMCOREINFO_OK);
}

void check_record(struct fw_cfg* fw_cfg) {
    struct vmcoreinfo device;
    const enum vmcoreinfo_status status = vmcoreinfo_open(&device, fw_cfg);
    check_equal("vmcoreinfo_opens", status, VMCOREINFO_OK);
    if (status != VMCOREINFO_OK) {
        return;
    }
    check_driver(&device);
    check_odd_lengths(&device);
    check_unreachable_source(&device);
    check_equal("record_ends_disabled", vmcoreinfo_disable(&device), VMCOREINFO_OK);
}
