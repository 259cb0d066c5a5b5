#include "models/tlm/port_access.h"

#include "models/tlm/endian.h"

#include <algorithm>

namespace vmcore {

void port_access::move_piece(tlm::tlm_command command, uint32_t port, uint8_t* data, unsigned size,
                             sc_core::sc_time& delay) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(port);
    payload.set_data_ptr(data);
    payload.set_data_length(size);
    payload.set_streaming_width(size);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    m_send(payload, delay);
    if (command == tlm::TLM_READ_COMMAND && !payload.is_response_ok())
        std::fill_n(data, size,
                    payload.get_response_status() == tlm::TLM_ADDRESS_ERROR_RESPONSE ? 0xff : 0x00);
}

void port_access::move(tlm::tlm_command command, uint16_t port, uint8_t* data, unsigned size,
                       sc_core::sc_time& delay) {
    for (unsigned done = 0; done < size;) {
        const uint32_t at = uint32_t(port) + done;
        unsigned piece = 4;
        while (piece > size - done || at % piece != 0)
            piece /= 2;
        move_piece(command, at, data + done, piece, delay);
        done += piece;
    }
}

uint32_t port_access::read(uint16_t port, unsigned size, sc_core::sc_time& delay) {
    uint8_t data[4] = {};
    move(tlm::TLM_READ_COMMAND, port, data, size, delay);
    return static_cast<uint32_t>(load_bytes(data, size, byte_order::little));
}

void port_access::write(uint16_t port, uint32_t value, unsigned size, sc_core::sc_time& delay) {
    uint8_t data[4] = {};
    store_bytes(data, value, size, byte_order::little);
    move(tlm::TLM_WRITE_COMMAND, port, data, size, delay);
}

} // namespace vmcore
