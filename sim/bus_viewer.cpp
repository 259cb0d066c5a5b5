#include "sim/bus_viewer.h"

namespace vmcore::sim {

bus_viewer::bus_viewer(const sc_core::sc_module_name& name, board& viewed)
    : sc_core::sc_module(name) {
    m_memory.bind(viewed.memory_bus().target_socket);
    if (bus* ports = viewed.port_bus()) {
        m_ports = std::make_unique<initiator>("ports");
        m_ports->bind(ports->target_socket);
    }
}

bus_viewer::kind bus_viewer::kind_of(uint64_t address) {
    tlm::tlm_generic_payload request;
    request.set_address(address);
    for (const tlm::tlm_command command : {tlm::TLM_WRITE_COMMAND, tlm::TLM_READ_COMMAND}) {
        tlm::tlm_dmi region;
        request.set_command(command);
        if (m_memory->get_direct_mem_ptr(request, region))
            return command == tlm::TLM_WRITE_COMMAND ? kind::ram : kind::rom;
    }
    return kind::device;
}

/// Returns how many bytes were there. A register answers only to an access of its own width, so the bytes are
/// asked for as a whole and then in ever smaller aligned pieces.
unsigned bus_viewer::peek(uint64_t address, uint8_t* to, unsigned length) {
    tlm::tlm_generic_payload request;
    request.set_command(tlm::TLM_READ_COMMAND);
    request.set_data_ptr(to);
    unsigned size = length;
    for (unsigned next = 8; size > 0; next /= 2) {
        request.set_address(address);
        request.set_data_length(size);
        request.set_streaming_width(size);
        if (const unsigned moved = m_memory->transport_dbg(request))
            return moved;
        while (next > 0 && (next >= size || address % next != 0))
            next /= 2;
        size = next;
    }
    return 0;
}

bool bus_viewer::read(uint64_t address, uint8_t* to, unsigned length) {
    if (length == 0)
        return true;
    if (length - 1 > ~uint64_t(0) - address)
        return false;
    for (unsigned done = 0; done < length;) {
        const unsigned moved = peek(address + done, to + done, length - done);
        if (moved == 0)
            return false;
        done += moved;
    }
    return true;
}

} // namespace vmcore::sim
