#include "models/fw_cfg/fw_cfg.h"

namespace vmcore {

fw_cfg::fw_cfg(const sc_core::sc_module_name& name, const config& settings)
    : fw_cfg_controller(name, settings) {
    add_dma_register(0x10);
}

} // namespace vmcore
