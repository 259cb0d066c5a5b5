// Checks what a guest sees of the platform where drivers seldom go: refused accesses, transfers that fail,
// and the driver's own bounds. Prints a line per check; the exit status is the number of failures. Needs
// `-device vmcoreinfo`. Leaves etc/vmcoreinfo disabled.
#include "sw/lib/board.h"
#include "sw/lib/print.h"
#include "sw/selftest/check.h"

static struct fw_cfg fw_cfg;

int main(void) {
    const enum fw_cfg_status status = fw_cfg_open(&fw_cfg, BOARD_FW_CFG_BASE);
    check_equal("fw_cfg_opens", status, FW_CFG_OK);
    check_equal("fw_cfg_features_are_basic_and_dma", fw_cfg.features,
                FW_CFG_FEATURE_BASIC | FW_CFG_FEATURE_DMA);
    if (status == FW_CFG_OK) {
        check_registers(&fw_cfg);
        check_dma(&fw_cfg);
        check_record(&fw_cfg);
    }
    print_decimal(failures());
    print(" failures\n");
    return (int)failures();
}
