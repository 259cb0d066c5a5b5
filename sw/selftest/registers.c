// The selector, the data register, the directory, and accesses that must raise access faults.
#include "sw/lib/board.h"
#include "sw/lib/endian.h"
#include "sw/lib/mmio.h"
#include "sw/lib/string.h"
#include "sw/selftest/check.h"

enum { data = 0, selector = 8, dma = 16 };

static uint64_t data8(const struct fw_cfg* fw_cfg) {
    return mmio_read8(fw_cfg->base + data);
}

static uint64_t data64(const struct fw_cfg* fw_cfg) {
    return mmio_read64(fw_cfg->base + data);
}

static uint32_t first_word(const struct fw_cfg* fw_cfg, uint16_t key) {
    fw_cfg_select(fw_cfg, key);
    return mmio_read32(fw_cfg->base + data);
}

static const uint32_t signature = 0x554d4551; // "QEMU" in memory order

static void check_items(const struct fw_cfg* fw_cfg) {
    check_equal("four_byte_read_is_in_memory_order", first_word(fw_cfg, FW_CFG_KEY_SIGNATURE), signature);
    check_equal("read_past_the_end_is_zero", data8(fw_cfg), 0);
    fw_cfg_select(fw_cfg, FW_CFG_KEY_SIGNATURE);
    check_equal("eight_byte_read_fills_up_with_zeros", data64(fw_cfg), signature);
    fw_cfg_select(fw_cfg, FW_CFG_KEY_SIGNATURE);
    data8(fw_cfg);
    check_equal("two_byte_read_goes_on_after_a_byte_read", mmio_read16(fw_cfg->base + data), 0x4d45);
    fw_cfg_select(fw_cfg, FW_CFG_KEY_SIGNATURE);
    check_equal("selecting_again_starts_over", data8(fw_cfg), 'Q');

    check_equal("empty_key_reads_zeros", first_word(fw_cfg, 0x3f), 0);
    check_equal("key_beyond_the_slots_reads_zeros", first_word(fw_cfg, 0x3fff), 0);
    check_equal("invalid_key_reads_zeros", first_word(fw_cfg, 0xffff), 0);
    check_equal("architecture_key_reads_zeros", first_word(fw_cfg, 0x8000), 0);
    check_equal("write_channel_bit_is_ignored", first_word(fw_cfg, 0x4000 | FW_CFG_KEY_SIGNATURE), signature);

    fw_cfg_select(fw_cfg, FW_CFG_KEY_SIGNATURE);
    mmio_write8(fw_cfg->base + data, 'X');
    mmio_write64(fw_cfg->base + data, ~0ULL);
    check_equal("data_register_ignores_stores", mmio_read32(fw_cfg->base + data), signature);
}

static void check_dma_register(const struct fw_cfg* fw_cfg) {
    const uintptr_t base = fw_cfg->base + dma;
    check_equal("dma_register_reads_its_signature", mmio_read64(base), 0x47464320554d4551);
    check_equal("dma_register_low_half_reads_cfg", mmio_read32(base + 4), 0x47464320);
    check_equal("dma_register_reads_by_two_bytes", mmio_read16(base + 2), 0x554d);
    check_equal("dma_register_reads_by_bytes", mmio_read8(base + 7), 'G');
}

static void check_file_directory(const struct fw_cfg* fw_cfg) {
    struct fw_cfg_file file;
    check_equal("missing_file_is_not_found", fw_cfg_find(fw_cfg, "opt/no/such/file", &file),
                FW_CFG_NOT_FOUND);
    check_equal("empty_name_is_not_found", fw_cfg_find(fw_cfg, "", &file), FW_CFG_NOT_FOUND);
    const char too_long[] = "opt/a-name-of-56-characters-which-no-directory-can-hold!";
    check_equal("name_of_56_characters_is_refused", fw_cfg_find(fw_cfg, too_long, &file),
                FW_CFG_BAD_ARGUMENT);

    uint32_t count;
    fw_cfg_select(fw_cfg, FW_CFG_KEY_DIRECTORY);
    fw_cfg_read(fw_cfg, &count, sizeof count);
    count = swap32(count);
    bool sorted = count != 0 && count <= FW_CFG_MAX_FILES;
    bool consecutive = sorted;
    char previous[FW_CFG_NAME_SIZE] = "";
    for (uint32_t i = 0; sorted && i < count; i++) {
        char record[64];
        fw_cfg_read(fw_cfg, record, sizeof record);
        const char* name = record + 8;
        consecutive = consecutive && record[4] == 0 && (uint8_t)record[5] == FW_CFG_KEY_FIRST_FILE + i;
        sorted = record[63] == '\0' && strcmp(previous, name) < 0;
        memcpy(previous, name, sizeof previous);
    }
    check("directory_is_sorted_by_name", sorted);
    check("directory_keys_are_consecutive", consecutive);
}

static void check_store_fault(const char* name, uintptr_t address, unsigned width) {
    check_fault(name, probe_store(address, width, 0), trap_store_access_fault, address);
}

static void check_load_fault(const char* name, uintptr_t address, unsigned width) {
    uint64_t value = 0;
    check_fault(name, probe_load(address, width, &value), trap_load_access_fault, address);
}

uint64_t registers_changed_by_fault(uintptr_t address); // preserve.S

static void check_refused_accesses(const struct fw_cfg* fw_cfg) {
    const uintptr_t base = fw_cfg->base;
    fw_cfg_select(fw_cfg, FW_CFG_KEY_SIGNATURE);
    data8(fw_cfg);
    check_store_fault("one_byte_selector_store_faults", base + selector, 1);
    check_store_fault("four_byte_selector_store_faults", base + selector, 4);
    check_store_fault("eight_byte_selector_store_faults", base + selector, 8);
    check_load_fault("one_byte_selector_load_faults", base + selector, 1);
    check_load_fault("two_byte_selector_load_faults", base + selector, 2);
    check_load_fault("eight_byte_selector_load_faults", base + selector, 8);
    check_load_fault("data_load_at_offset_1_faults", base + data + 1, 1);
    check_load_fault("data_load_at_offset_4_faults", base + data + 4, 4);
    check_store_fault("data_store_at_offset_4_faults", base + data + 4, 4);
    check_load_fault("load_behind_the_selector_faults", base + selector + 2, 2);
    check_store_fault("store_behind_the_selector_faults", base + selector + 4, 4);
    check_store_fault("one_byte_dma_store_faults", base + dma + 7, 1);
    check_store_fault("two_byte_dma_store_faults", base + dma + 6, 2);
    check_equal("refused_accesses_move_nothing", mmio_read16(base + data), 0x4d45);

    uint64_t value = 0x5a;
    const uintptr_t nowhere = BOARD_UNMAPPED_BASE + 8;
    check_fault("load_from_nowhere_faults", probe_load(nowhere, 8, &value), trap_load_access_fault, nowhere);
    check_equal("faulting_load_leaves_its_target", value, 0x5a);
    check_store_fault("store_to_nowhere_faults", nowhere, 4);
    check_equal("fault_leaves_the_other_registers", registers_changed_by_fault(nowhere), 0);
    check_equal("allowed_load_does_not_fault", (uint64_t)probe_load(BOARD_RAM_BASE, 4, &value).cause,
                (uint64_t)trap_none);
}

void check_registers(struct fw_cfg* fw_cfg) {
    check_items(fw_cfg);
    check_dma_register(fw_cfg);
    check_file_directory(fw_cfg);
    check_refused_accesses(fw_cfg);
}
