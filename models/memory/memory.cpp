#include "models/memory/memory.h"

#include "models/tlm/memory_stores.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <sys/mman.h>

namespace vmcore {

static constexpr unsigned bus_word = 8;

memory::memory(const sc_core::sc_module_name& name, const config& settings)
    : sc_core::sc_module(name)
    , m_config(settings)
    , m_data(nullptr, unmap{settings.size}) {
    if (settings.size == 0)
        throw std::runtime_error(std::string(this->name()) + ": a memory of 0 bytes, expected at least 1");
    void* mapped = mmap(nullptr, settings.size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        throw std::runtime_error(std::string(this->name()) + ": the host cannot map " +
                                 std::to_string(settings.size) + " bytes: " + std::strerror(errno));
    madvise(mapped, settings.size, settings.huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    m_data.reset(static_cast<uint8_t*>(mapped));

    socket.register_b_transport(this, &memory::b_transport);
    socket.register_get_direct_mem_ptr(this, &memory::get_direct_mem_ptr);
    socket.register_transport_dbg(this, &memory::transport_dbg);
}

void memory::unmap::operator()(uint8_t* address) const {
    munmap(address, size);
}

void memory::clear() {
    memory_stores::note();
    if (madvise(m_data.get(), m_config.size, MADV_DONTNEED) != 0)
        std::memset(m_data.get(), 0, m_config.size);
}

/// Moves the bytes of a payload that lies within the memory, minding streaming width and byte enables.
void memory::move(tlm::tlm_generic_payload& payload, uint64_t address) {
    uint8_t* memory_bytes = m_data.get() + address;
    uint8_t* data = payload.get_data_ptr();
    const unsigned length = payload.get_data_length();
    const unsigned width = payload.get_streaming_width();
    const uint8_t* enables = payload.get_byte_enable_ptr();

    if (enables == nullptr && width >= length) {
        if (payload.is_read())
            std::memcpy(data, memory_bytes, length);
        else
            std::memcpy(memory_bytes, data, length);
        return;
    }
    for (unsigned i = 0; i < length; ++i) {
        if (enables != nullptr && enables[i % payload.get_byte_enable_length()] != TLM_BYTE_ENABLED)
            continue;
        if (payload.is_read())
            data[i] = memory_bytes[i % width];
        else
            memory_bytes[i % width] = data[i];
    }
}

void memory::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const uint64_t address = payload.get_address();
    const unsigned length = payload.get_data_length();
    const unsigned extent = std::min(length, payload.get_streaming_width());

    if (extent == 0 && length != 0) {
        payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
        return;
    }
    if (payload.get_byte_enable_ptr() != nullptr && payload.get_byte_enable_length() == 0) {
        payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
        return;
    }
    if (address >= m_config.size || extent > m_config.size - address) {
        payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    payload.set_dmi_allowed(true);
    if (payload.is_write() && m_config.read_only) {
        payload.set_dmi_allowed(false);
        payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
        return;
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    if (payload.get_command() == tlm::TLM_IGNORE_COMMAND || length == 0)
        return;
    if (payload.is_write())
        memory_stores::note();
    move(payload, address);
    const unsigned words = static_cast<unsigned>((address % bus_word + length + bus_word - 1) / bus_word);
    const sc_core::sc_time& latency = payload.is_read() ? m_config.read_latency : m_config.write_latency;
    if (latency != sc_core::SC_ZERO_TIME)
        delay += latency * words;
}

bool memory::get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) {
    region.set_start_address(0);
    region.set_end_address(m_config.size - 1);
    const bool inside = payload.get_address() < m_config.size;
    if (!inside || (payload.is_write() && m_config.read_only)) {
        if (!inside) {
            region.set_start_address(m_config.size);
            region.set_end_address(~uint64_t(0));
        }
        region.allow_none();
        return false;
    }
    region.set_dmi_ptr(m_data.get());
    region.set_read_latency(m_config.read_latency);
    region.set_write_latency(m_config.write_latency);
    if (m_config.read_only)
        region.allow_read();
    else
        region.allow_read_write();
    return true;
}

unsigned memory::transport_dbg(tlm::tlm_generic_payload& payload) {
    const uint64_t address = payload.get_address();
    if (address >= m_config.size || payload.get_command() == tlm::TLM_IGNORE_COMMAND ||
        payload.get_data_length() == 0) // then the data pointer may be null
        return 0;
    const auto moved =
        static_cast<unsigned>(std::min<uint64_t>(payload.get_data_length(), m_config.size - address));
    if (payload.is_read()) {
        std::memcpy(payload.get_data_ptr(), m_data.get() + address, moved);
    } else {
        memory_stores::note();
        std::memcpy(m_data.get() + address, payload.get_data_ptr(), moved);
    }
    return moved;
}

} // namespace vmcore
