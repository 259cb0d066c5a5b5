// Resets the machine by a DMA transfer that begins at the finisher and goes on over all devices and its own
// code: the file opt/reset holds the finisher's word for a reset, and zeros follow. The second boot finds the
// image restored. Exit status: 0, or what is wrong.
#include "sw/lib/board.h"
#include "sw/lib/fw_cfg.h"
#include "sw/lib/print.h"

enum { exit_no_file = 1, exit_reset_had_no_effect };

static const uint64_t rebooted = 0x6465746f6f626572;
static volatile uint64_t* const marker = (volatile uint64_t*)0x82000000; // RAM behind the transfer
static const uint64_t transfer_end = 0x81000000;

int main(void) {
    static struct fw_cfg fw_cfg;
    struct fw_cfg_file file;
    if (*marker == rebooted) {
        print("second boot\n");
        return 0;
    }
    if (fw_cfg_open(&fw_cfg, BOARD_FW_CFG_BASE) != FW_CFG_OK ||
        fw_cfg_find(&fw_cfg, "opt/reset", &file) != FW_CFG_OK) {
        return exit_no_file;
    }
    print("resetting\n");
    *marker = rebooted;
    fw_cfg_dma_read(&fw_cfg, file.key, (void*)BOARD_FINISHER_BASE, transfer_end - BOARD_FINISHER_BASE);
    return exit_reset_had_no_effect;
}
