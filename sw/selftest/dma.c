// The DMA engine on items that every device has: the signature (4 bytes) and the directory, both read-only.
#include "sw/lib/board.h"
#include "sw/lib/endian.h"
#include "sw/lib/mmio.h"
#include "sw/lib/string.h"
#include "sw/selftest/check.h"

enum { directory_size = 4 + 64 * 0x20, short_poll_limit = 1000 };

static const uint32_t select_signature = FW_CFG_DMA_SELECT | FW_CFG_KEY_SIGNATURE << 16;

static uint8_t buffer[directory_size + 16] __attribute__((aligned(16)));

static bool filled_with(const uint8_t* from, uint8_t byte, size_t length) {
    while (length != 0 && *from == byte) {
        from++;
        length--;
    }
    return length == 0;
}

static uint64_t data8(const struct fw_cfg* fw_cfg) {
    return mmio_read8(fw_cfg->base);
}

static void check_both_ways(struct fw_cfg* fw_cfg) {
    static uint8_t by_register[directory_size];
    fw_cfg_select(fw_cfg, FW_CFG_KEY_DIRECTORY);
    fw_cfg_read(fw_cfg, by_register, sizeof by_register);

    for (enum fw_cfg_dma_form form = FW_CFG_DMA_ONE_STORE; form <= FW_CFG_DMA_TWO_STORES; form++) {
        memset(buffer, 0xee, sizeof buffer);
        fw_cfg->form = form;
        const enum fw_cfg_status status =
            fw_cfg_dma_read(fw_cfg, FW_CFG_KEY_DIRECTORY, buffer, directory_size);
        const bool equal = memcmp(buffer, by_register, directory_size) == 0 &&
                           filled_with(buffer + directory_size, 0xee, sizeof buffer - directory_size);
        check(form == FW_CFG_DMA_ONE_STORE ? "dma_by_one_store_reads_what_the_data_register_does"
                                           : "dma_by_two_stores_reads_what_the_data_register_does",
              status == FW_CFG_OK && equal);
    }
    fw_cfg->form = FW_CFG_DMA_ONE_STORE;
}

static void check_reads(struct fw_cfg* fw_cfg) {
    const uint64_t target = (uintptr_t)buffer;
    memset(buffer, 0xee, 16);
    check_equal("read_past_the_end_succeeds", fw_cfg_dma_read(fw_cfg, FW_CFG_KEY_SIGNATURE, buffer, 10),
                FW_CFG_OK);
    check("read_past_the_end_fills_up_with_zeros", memcmp(buffer, "QEMU\0\0\0\0\0\0\xee\xee", 12) == 0);

    memset(buffer, 0xee, 16);
    check_equal("read_of_an_invalid_key_succeeds", fw_cfg_dma_read(fw_cfg, 0xffff, buffer, 8), FW_CFG_OK);
    check("read_of_an_invalid_key_gives_zeros",
          filled_with(buffer, 0, 8) && filled_with(buffer + 8, 0xee, 8));

    fw_cfg_select(fw_cfg, FW_CFG_KEY_SIGNATURE);
    check_equal("skip_succeeds", fw_cfg_dma_skip(fw_cfg, 2), FW_CFG_OK);
    check_equal("data_register_goes_on_after_a_skip", data8(fw_cfg), 'M');
    memset(buffer, 0xee, 16);
    fw_cfg_transfer(fw_cfg, FW_CFG_DMA_READ, target, 1);
    check_equal("dma_goes_on_after_the_data_register", buffer[0], 'U');
    check_equal("skip_past_the_end_succeeds", fw_cfg_dma_skip(fw_cfg, 100), FW_CFG_OK);

    check_equal("select_alone_succeeds", fw_cfg_transfer(fw_cfg, select_signature, 0, 4), FW_CFG_OK);
    check_equal("select_alone_moves_to_the_start", data8(fw_cfg), 'Q');
    check_equal("empty_control_is_no_operation", fw_cfg_transfer(fw_cfg, 0, 0, 4), FW_CFG_OK);
    check_equal("empty_control_moves_nothing", data8(fw_cfg), 'E');

    memset(buffer, 0xee, 16);
    const uint32_t all = select_signature | FW_CFG_DMA_READ | FW_CFG_DMA_WRITE | FW_CFG_DMA_SKIP;
    check_equal("read_wins_over_write_and_skip", fw_cfg_transfer(fw_cfg, all, target, 4), FW_CFG_OK);
    check("read_that_won_delivers", memcmp(buffer, "QEMU", 4) == 0);
}

static void check_refused_writes(struct fw_cfg* fw_cfg) {
    check_equal("write_to_a_read_only_item_is_refused",
                fw_cfg_dma_write(fw_cfg, FW_CFG_KEY_SIGNATURE, "XX", 2), FW_CFG_DMA_ERROR);
    check_equal("refused_write_moves_the_offset", data8(fw_cfg), 'M');
    fw_cfg_select(fw_cfg, FW_CFG_KEY_SIGNATURE);
    check_equal("refused_write_changes_nothing", data8(fw_cfg), 'Q');
    check_equal("empty_write_to_a_read_only_item_succeeds",
                fw_cfg_dma_write(fw_cfg, FW_CFG_KEY_SIGNATURE, "", 0), FW_CFG_OK);
    check_equal("write_to_an_invalid_key_is_refused", fw_cfg_dma_write(fw_cfg, 0xffff, "XX", 2),
                FW_CFG_DMA_ERROR);
    check_equal("write_to_an_empty_key_is_refused", fw_cfg_dma_write(fw_cfg, 0x3f, "XX", 2),
                FW_CFG_DMA_ERROR);
}

static void check_unreachable_memory(struct fw_cfg* fw_cfg) {
    const uint32_t read_signature = select_signature | FW_CFG_DMA_READ;
    check_equal("read_to_nowhere_is_an_error",
                fw_cfg_transfer(fw_cfg, read_signature, BOARD_UNMAPPED_BASE, 2), FW_CFG_DMA_ERROR);
    check_equal("read_to_nowhere_moves_the_offset", data8(fw_cfg), 'M');
    check_equal("read_over_the_end_of_the_address_space_is_an_error",
                fw_cfg_transfer(fw_cfg, read_signature, ~0ULL - 1, 4), FW_CFG_DMA_ERROR);
    check_equal("read_into_the_device_itself_is_an_error",
                fw_cfg_transfer(fw_cfg, read_signature, fw_cfg->base, 4), FW_CFG_DMA_ERROR);
    check_equal("length_over_32_bits_is_refused_by_the_driver",
                fw_cfg_transfer(fw_cfg, read_signature, (uintptr_t)buffer, 1ULL << 32), FW_CFG_BAD_ARGUMENT);

    const uint64_t descriptor = fw_cfg->descriptor_bus_address;
    fw_cfg->poll_limit = short_poll_limit;
    fw_cfg->descriptor_bus_address = BOARD_UNMAPPED_BASE;
    check_equal("descriptor_nowhere_ends_in_a_timeout", fw_cfg_dma_skip(fw_cfg, 1), FW_CFG_TIMEOUT);
    fw_cfg->descriptor_bus_address = descriptor;
    fw_cfg->poll_limit = FW_CFG_DEFAULT_POLL_LIMIT;
    check_equal("device_works_after_a_timeout", fw_cfg_dma_read(fw_cfg, FW_CFG_KEY_SIGNATURE, buffer, 4),
                FW_CFG_OK);
}

// The high half of the register is forgotten with every transfer: a low half alone is a 32-bit address.
static void check_low_half_alone(struct fw_cfg* fw_cfg) {
    fw_cfg_select(fw_cfg, FW_CFG_KEY_SIGNATURE);
    fw_cfg->descriptor.control = swap32(FW_CFG_DMA_SKIP);
    fw_cfg->descriptor.length = swap32(1);
    mmio_release();
    mmio_write32(fw_cfg->base + 20, swap32((uint32_t)fw_cfg->descriptor_bus_address));
    check_equal("low_half_alone_starts_a_transfer", fw_cfg_wait(fw_cfg, &fw_cfg->descriptor.control),
                FW_CFG_OK);
    check_equal("low_half_alone_did_the_transfer", data8(fw_cfg), 'E');
}

static void check_unaligned(struct fw_cfg* fw_cfg) {
    static uint8_t memory[40] __attribute__((aligned(8)));
    uint8_t* const descriptor = memory + 3;
    uint8_t* const target = memory + 29;
    const uint8_t fields[8] = {0, FW_CFG_KEY_SIGNATURE, 0, FW_CFG_DMA_SELECT | FW_CFG_DMA_READ, 0, 0, 0, 4};
    memcpy(descriptor, fields, sizeof fields);
    for (unsigned i = 0; i < 8; i++) {
        descriptor[8 + i] = (uint8_t)((uintptr_t)target >> (56 - 8 * i));
    }
    fw_cfg_start(fw_cfg, (uintptr_t)descriptor);
    bool done = false;
    for (uint32_t polls = 0; !done && polls < FW_CFG_DEFAULT_POLL_LIMIT; polls++) {
        done = *(volatile uint8_t*)(descriptor + 3) == 0;
    }
    mmio_acquire();
    check("unaligned_descriptor_completes", done && filled_with(descriptor, 0, 4));
    check("unaligned_descriptor_keeps_its_length", descriptor[7] == 4);
    check("unaligned_target_gets_the_data", memcmp(target, "QEMU", 4) == 0);
}

void check_dma(struct fw_cfg* fw_cfg) {
    check_both_ways(fw_cfg);
    check_reads(fw_cfg);
    check_refused_writes(fw_cfg);
    check_unreachable_memory(fw_cfg);
    check_low_half_alone(fw_cfg);
    check_unaligned(fw_cfg);
}
