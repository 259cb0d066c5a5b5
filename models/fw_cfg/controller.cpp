#include "models/fw_cfg/controller.h"

namespace vmcore {

fw_cfg_controller::fw_cfg_controller(const sc_core::sc_module_name& name, const config& settings)
    : peripheral(name, settings.access_latency)
    , dma("dma", settings.dma)
    , m_dma_enabled(settings.dma_enabled)
    , m_items(settings.file_slots)
    , m_cursor(m_items)
    , m_engine(m_cursor, dma) {
    m_items.set(fw_cfg_key::signature, {'Q', 'E', 'M', 'U'});
    const uint32_t dma_feature = settings.dma_enabled ? fw_cfg_feature::dma : 0;
    m_items.set_number(fw_cfg_key::id, fw_cfg_feature::traditional | dma_feature, 4);
}

void fw_cfg_controller::start_dma(uint64_t descriptor, sc_core::sc_time& delay) {
    m_dma_address = 0;
    const engagement busy(*this);
    m_engine.run(descriptor, delay);
}

} // namespace vmcore
