#include "sim/bus_viewer.h"

#include "models/tlm/debug_access.h"

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

bool bus_viewer::read(uint64_t address, uint8_t* to, unsigned length) {
    const auto peek = [this](uint64_t from, uint8_t* bytes, unsigned size) {
        tlm::tlm_generic_payload request;
        request.set_command(tlm::TLM_READ_COMMAND);
        request.set_address(from);
        request.set_data_ptr(bytes);
        request.set_data_length(size);
        request.set_streaming_width(size);
        return m_memory->transport_dbg(request);
    };
    return debug_access(peek, address, to, length);
}

} // namespace vmcore::sim
