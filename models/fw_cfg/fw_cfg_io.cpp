#include "models/fw_cfg/fw_cfg_io.h"

namespace vmcore {

fw_cfg_io::fw_cfg_io(const sc_core::sc_module_name& name, const config& settings)
    : fw_cfg_controller(name, settings) {
    add_dma_register(4);
}

void fw_cfg_io::write_selector(const register_access& access, uint64_t value) {
    if (access.size == 2)
        select(static_cast<uint16_t>(value));
    else
        ignore_data(access.size);
}

} // namespace vmcore
