#include "sim/bus_master.h"

#include "models/tlm/memory_stores.h"

#include <algorithm>
#include <cstring>

namespace vmcore::sim {

/// Bytes of a long access between two looks at what else is to be done.
static constexpr uint64_t breath = 1 << 20;

bus_master::bus_master(const sc_core::sc_module_name& name, board& accessed, run_control& control)
    : sc_core::sc_module(name)
    , m_has_ports(accessed.port_bus() != nullptr)
    , m_port_access([this](auto& payload, auto& delay) { m_ports->b_transport(payload, delay); })
    , m_control(control) {
    m_memory.bind(accessed.memory_bus().target_socket);
    bus& ports = m_has_ports ? *accessed.port_bus() : accessed.memory_bus(); // else bound for TLM's sake only
    m_ports.bind(ports.target_socket);
    SC_THREAD(work);
}

void bus_master::submit(std::function<void()> job) {
    m_jobs.push_back(std::move(job));
    m_control.begin_access();
    m_submitted.notify();
}

void bus_master::work() {
    for (;;) {
        while (m_jobs.empty())
            wait(m_submitted);
        const std::function<void()> job = std::move(m_jobs.front());
        m_jobs.pop_front();
        job();
        m_control.end_access();
    }
}

/// Where the target lends its memory, up to its end or the next breath; returns how many bytes.
uint64_t bus_master::move_directly(tlm::tlm_command command, uint64_t address, uint8_t* data,
                                   uint64_t length) {
    tlm::tlm_generic_payload request;
    request.set_command(command);
    request.set_address(address);
    tlm::tlm_dmi region;
    if (!m_memory->get_direct_mem_ptr(request, region))
        return 0;
    const uint64_t count =
        std::min<uint64_t>({length - 1, region.get_end_address() - address, breath - 1}) + 1;
    uint8_t* memory = region.get_dmi_ptr() + (address - region.get_start_address());
    if (command == tlm::TLM_READ_COMMAND) {
        std::memcpy(data, memory, count);
    } else {
        memory_stores::note();
        std::memcpy(memory, data, count);
    }
    return count;
}

/// A piece of at most `size` bytes; returns how many it had.
unsigned bus_master::move_piece(tlm::tlm_command command, uint64_t address, uint8_t* data, unsigned size) {
    for (;;) {
        uint8_t buffer[8];
        std::memcpy(buffer, data, size);
        tlm::tlm_generic_payload payload;
        payload.set_command(command);
        payload.set_address(address);
        payload.set_data_ptr(buffer);
        payload.set_data_length(size);
        payload.set_streaming_width(size);
        sc_core::sc_time delay;
        m_memory->b_transport(payload, delay);
        if (size == 8 && payload.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE) {
            size = 4;
            continue;
        }
        if (command == tlm::TLM_READ_COMMAND && payload.is_response_ok())
            std::memcpy(data, buffer, size);
        return size;
    }
}

void bus_master::move(tlm::tlm_command command, uint64_t address, uint8_t* data, uint64_t length) {
    uint64_t since_breath = 0;
    while (length > 0) {
        uint64_t moved = length > 8 ? move_directly(command, address, data, length) : 0;
        if (moved == 0) {
            unsigned piece = 8;
            while (piece > length || address % piece != 0)
                piece /= 2;
            moved = move_piece(command, address, data, piece);
        }
        address += moved;
        data += moved;
        length -= moved;
        since_breath += moved;
        if (since_breath >= breath && length > 0) {
            wait(sc_core::SC_ZERO_TIME);
            since_breath = 0;
        }
    }
}

void bus_master::read(uint64_t address, uint8_t* to, uint64_t length) {
    std::fill_n(to, length, uint8_t{0}); // nothing, for a length of 0
    move(tlm::TLM_READ_COMMAND, address, to, length);
}

void bus_master::write(uint64_t address, const uint8_t* from, uint64_t length) {
    auto* data = const_cast<uint8_t*>(from); // TLM's data pointer is not const; writes only read it
    move(tlm::TLM_WRITE_COMMAND, address, data, length);
}

uint32_t bus_master::read_port(uint16_t port, unsigned size) {
    sc_core::sc_time delay;
    const uint32_t nobody = size == 4 ? ~uint32_t(0) : (uint32_t(1) << 8 * size) - 1;
    return m_has_ports ? m_port_access.read(port, size, delay) : nobody;
}

void bus_master::write_port(uint16_t port, uint32_t value, unsigned size) {
    sc_core::sc_time delay;
    if (m_has_ports)
        m_port_access.write(port, value, size, delay);
}

} // namespace vmcore::sim
