// Keeps the host as busy as a guest can: an instruction that clears all RAM behind the image by DMA, over and
// over.
#include "sw/lib/board.h"
#include "sw/lib/fw_cfg.h"
#include "sw/lib/print.h"

enum { invalid_key = 0x3fff };

int main(void) {
    struct fw_cfg fw_cfg;
    if (fw_cfg_open(&fw_cfg, BOARD_FW_CFG_BASE) != FW_CFG_OK) {
        return 1;
    }
    print("clearing\n");
    for (;;) {
        fw_cfg_dma_read(&fw_cfg, invalid_key, (void*)(BOARD_RAM_BASE + 0x100000), 0xffffffff);
    }
}
