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

void fw_cfg_controller::add_dma_register(uint64_t offset) {
    static constexpr register_layout layout{/* offset */ 0, /* width */ 8,   byte_order::big,
                                            size_any,       size_4 | size_8, /* parts */ true};
    if (!m_dma_enabled)
        return;
    register_layout placed = layout;
    placed.offset = offset;
    m_dma_register.emplace(m_registers, "dma_address", placed, on(this, &fw_cfg_controller::read_dma),
                           on(this, &fw_cfg_controller::write_dma), on(this, &fw_cfg_controller::read_dma));
}

uint64_t fw_cfg_controller::read_dma(const register_access& access) const {
    constexpr uint64_t signature = 0x51454d5520434647; // "QEMU CFG"
    const unsigned bytes_behind = 8 - access.offset - access.size;
    return signature >> 8 * bytes_behind; // the bank stores as many low bytes as were asked for
}

void fw_cfg_controller::write_dma(const register_access& access, uint64_t value) {
    if (access.size == 8)
        start_dma(value, access.delay);
    else if (access.offset == 0)
        m_dma_address = value << 32;
    else
        start_dma(m_dma_address | value, access.delay);
}

void fw_cfg_controller::start_dma(uint64_t descriptor, sc_core::sc_time& delay) {
    m_dma_address = 0;
    const engagement busy(*this);
    m_engine.run(descriptor, delay);
}

} // namespace vmcore
