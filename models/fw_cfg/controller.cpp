#include "models/fw_cfg/controller.h"

namespace vmcore {

fw_cfg_controller::fw_cfg_controller(const sc_core::sc_module_name& name, const config& settings)
    : peripheral(name, settings.access_latency)
    , dma("dma", settings.dma)
    , m_dma_enabled(settings.dma_enabled)
    , m_items(settings.file_slots)
    , m_cursor(m_items)
    , m_engine(m_cursor, dma, m_items, m_quirks) {
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

void fw_cfg_controller::reset() {
    m_cursor.select(fw_cfg_key::signature);
    m_high_half_is_stale = m_dma_address != 0;
}

void fw_cfg_controller::ignore_data(unsigned size) {
    fw_cfg_quirk quirk{fw_cfg_quirk::kind::data_write};
    quirk.length = size;
    m_quirks.raise(quirk);
}

static const char* reason(tlm::tlm_response_status status) {
    switch (status) {
    case tlm::TLM_ADDRESS_ERROR_RESPONSE: return "misaligned, or no register there";
    case tlm::TLM_BURST_ERROR_RESPONSE: return "a size that the register does not take";
    case tlm::TLM_COMMAND_ERROR_RESPONSE: return "the register does not take that command";
    default: return "byte enables";
    }
}

void fw_cfg_controller::refused(const tlm::tlm_generic_payload& payload, bool reentrant) {
    if (reentrant)
        return m_quirks.came_back();
    fw_cfg_quirk quirk{fw_cfg_quirk::kind::refused_access};
    quirk.address = payload.get_address();
    quirk.length = payload.get_data_length();
    quirk.control = payload.is_write() ? 1 : 0;
    quirk.why = reason(payload.get_response_status());
    m_quirks.raise(quirk);
}

uint64_t fw_cfg_controller::read_dma(const register_access& access) const {
    constexpr uint64_t signature = 0x51454d5520434647; // "QEMU CFG"
    const unsigned bytes_behind = 8 - access.offset - access.size;
    return signature >> 8 * bytes_behind; // the bank stores as many low bytes as were asked for
}

void fw_cfg_controller::write_dma(const register_access& access, uint64_t value) {
    if (access.size == 8)
        return start_dma(value, access.delay);
    if (access.offset == 0) {
        m_dma_address = value << 32;
        m_high_half_is_stale = false;
        return;
    }
    if (m_high_half_is_stale) {
        fw_cfg_quirk quirk{fw_cfg_quirk::kind::stale_high_half};
        quirk.address = m_dma_address;
        m_quirks.raise(quirk);
    }
    start_dma(m_dma_address | value, access.delay);
}

void fw_cfg_controller::start_dma(uint64_t descriptor, sc_core::sc_time& delay) {
    m_dma_address = 0;
    m_high_half_is_stale = false;
    const engagement busy(*this);
    m_engine.run(descriptor, delay);
}

} // namespace vmcore
