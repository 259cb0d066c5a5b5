#include "models/fw_cfg/fw_cfg.h"

namespace vmcore {

fw_cfg::fw_cfg(const sc_core::sc_module_name& name, const config& settings)
    : fw_cfg_controller(name, settings) {
    if (dma_enabled())
        m_dma.emplace(m_registers, "dma_address", dma_layout, on(this, &fw_cfg::read_dma),
                      on(this, &fw_cfg::write_dma), on(this, &fw_cfg::read_dma));
}

uint64_t fw_cfg::read_dma(const register_access& access) const {
    const unsigned bytes_behind = 8 - access.offset - access.size;
    return dma_signature >> 8 * bytes_behind; // the bank stores as many low bytes as were asked for
}

void fw_cfg::write_dma(const register_access& access, uint64_t value) {
    if (access.size == 8)
        start_dma(value, access.delay);
    else if (access.offset == 0)
        write_dma_high(static_cast<uint32_t>(value));
    else
        write_dma_low(static_cast<uint32_t>(value), access.delay);
}

} // namespace vmcore
