#include "models/virtio/virtio_memory.h"

#include "models/tlm/endian.h"

namespace vmcore {

uint16_t virtio_memory::load16(uint64_t address) {
    uint8_t raw[2];
    read(address, raw, sizeof raw);
    return static_cast<uint16_t>(load_bytes(raw, sizeof raw, byte_order::little));
}

void virtio_memory::store16(uint64_t address, uint16_t value) {
    uint8_t raw[2];
    store_bytes(raw, value, sizeof raw, byte_order::little);
    write(address, raw, sizeof raw);
}

sc_core::sc_time virtio_memory::take_delay() {
    const sc_core::sc_time gathered = m_delay;
    m_delay = sc_core::SC_ZERO_TIME;
    return gathered;
}

} // namespace vmcore
