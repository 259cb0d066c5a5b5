// How fast a guest gets data out of fw_cfg: BENCH_DATA_READS byte loads and as many 8-byte loads of the data
// register, BENCH_DMA_READS transfers of 64 KiB. The item is the file directory, read over and over, since
// every device has one; a transfer is its bytes and then zeros. The program keeps no time: a line is printed
// before and after each phase, for the host to stamp. Exit status 1 when the three ways disagree about the
// data.
#include <stdbool.h>

#include "sw/bench/bench.h"
#include "sw/lib/board.h"
#include "sw/lib/finisher.h"
#include "sw/lib/fw_cfg.h"
#include "sw/lib/mmio.h"
#include "sw/lib/print.h"

enum { directory_size = 4 + 64 * 0x20, transfer_size = 64 * 1024 };

static struct fw_cfg fw_cfg;
static uint8_t buffer[transfer_size] __attribute__((aligned(BOARD_PAGE_SIZE)));

static void started(const char* phase) {
    print(phase);
    print(": start\n");
}

static bool finished(const char* phase, uint64_t operations, uint64_t bytes, bool agrees) {
    print(phase);
    print(": ");
    print_decimal(operations);
    print(" operations of ");
    print_decimal(bytes);
    print(agrees ? " bytes\n" : " bytes, WRONG DATA\n");
    return agrees;
}

static uint64_t item_sum(uint32_t bytes) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        sum += buffer[i];
    }
    return sum;
}

static bool read_bytes(uint64_t rounds) {
    uint64_t sum = 0;
    started("data register, bytes");
    for (uint64_t round = 0; round < rounds; round++) {
        fw_cfg_select(&fw_cfg, FW_CFG_KEY_DIRECTORY);
        for (uint32_t i = 0; i < directory_size; i++) {
            sum += mmio_read8(fw_cfg.base);
        }
    }
    return finished("data register, bytes", rounds * directory_size, 1,
                    sum == rounds * item_sum(directory_size));
}

static bool read_doublewords(uint64_t rounds) {
    enum { loads = directory_size / 8 };
    uint64_t sum = 0;
    uint64_t expected = 0;
    for (uint32_t i = 0; i < loads; i++) {
        expected += *(const uint64_t*)(const void*)&buffer[8 * i];
    }
    started("data register, doublewords");
    for (uint64_t round = 0; round < rounds; round++) {
        fw_cfg_select(&fw_cfg, FW_CFG_KEY_DIRECTORY);
        for (uint32_t i = 0; i < loads; i++) {
            sum += mmio_read64(fw_cfg.base);
        }
    }
    return finished("data register, doublewords", rounds * loads, 8, sum == rounds * expected);
}

static bool transfer(uint64_t transfers) {
    const uint64_t expected = item_sum(directory_size);
    bool agrees = true;
    started("dma");
    for (uint64_t i = 0; i < transfers; i++) {
        agrees = fw_cfg_dma_read(&fw_cfg, FW_CFG_KEY_DIRECTORY, buffer, sizeof buffer) == FW_CFG_OK && agrees;
    }
    return finished("dma", transfers, sizeof buffer, agrees && item_sum(sizeof buffer) == expected);
}

int main(void) {
    if (fw_cfg_open(&fw_cfg, BOARD_FW_CFG_BASE) != FW_CFG_OK ||
        fw_cfg_dma_read(&fw_cfg, FW_CFG_KEY_DIRECTORY, buffer, sizeof buffer) != FW_CFG_OK) {
        print("no fw_cfg with DMA\n");
        return 1;
    }
    bool agrees = read_bytes(BENCH_DATA_READS / directory_size);
    agrees = read_doublewords(BENCH_DATA_READS / (directory_size / 8)) && agrees;
    agrees = transfer(BENCH_DMA_READS) && agrees;
    return agrees ? 0 : 1;
}
