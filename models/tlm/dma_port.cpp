#include "models/tlm/dma_port.h"

#include "models/tlm/memory_stores.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace vmcore {

static constexpr size_t max_direct_regions = 16;
static constexpr unsigned bus_word = 8; // bytes; DMI latencies are per word

/// The largest naturally aligned power of two at `address`, of `length` bytes and `limit` at most.
static unsigned aligned_piece(uint64_t address, uint64_t length, unsigned limit) {
    unsigned piece = limit;
    while (piece > length || address % piece != 0)
        piece /= 2;
    return piece;
}

/// Bus words that aligned bursts over a block touch: a direct transfer takes the time that bursts would take.
static uint64_t words_touched(uint64_t address, uint64_t length) {
    uint64_t words = 0;
    while (length > 0) {
        const bool whole = address % bus_word == 0 && length >= bus_word;
        const uint64_t passed = whole ? length - length % bus_word : aligned_piece(address, length, bus_word);
        words += whole ? passed / bus_word : 1;
        address += passed;
        length -= passed;
    }
    return words;
}

/// Zeros, written only where there are none: a guest that clears all of a sparse memory must not make the
/// host provide it.
static void clear_direct(uint8_t* memory, uint64_t length) {
    constexpr uint64_t host_page = 4096;
    while (length > 0) {
        const uint64_t piece = std::min(length, host_page - reinterpret_cast<uintptr_t>(memory) % host_page);
        if (memory[0] != 0 || std::memcmp(memory, memory + 1, piece - 1) != 0)
            std::memset(memory, 0, piece);
        memory += piece;
        length -= piece;
    }
}

dma_port::dma_port(const sc_core::sc_module_name& name, const config& settings)
    : sc_core::sc_module(name)
    , m_config(settings)
    , m_buffer(settings.max_burst) {
    const unsigned burst = settings.max_burst;
    if (burst < 8 || burst > 4096 || (burst & (burst - 1)) != 0)
        throw std::invalid_argument(std::string(this->name()) + ": max_burst " + std::to_string(burst) +
                                    " is not a power of two from 8 to 4096");
    m_payload.set_extension(&m_unmapped);
    socket.register_invalidate_direct_mem_ptr(this, &dma_port::invalidate);
}

bool dma_port::read(uint64_t address, void* to, uint64_t length, sc_core::sc_time& delay) {
    return transfer(tlm::TLM_READ_COMMAND, address, static_cast<uint8_t*>(to), length, delay);
}

bool dma_port::write(uint64_t address, const void* from, uint64_t length, sc_core::sc_time& delay) {
    auto* data = static_cast<uint8_t*>(
        const_cast<void*>(from)); // TLM's data pointer is not const; writes only read it
    return transfer(tlm::TLM_WRITE_COMMAND, address, data, length, delay);
}

bool dma_port::clear(uint64_t address, uint64_t length, sc_core::sc_time& delay) {
    return transfer(tlm::TLM_WRITE_COMMAND, address, nullptr, length, delay);
}

/// data == nullptr writes zeros.
bool dma_port::transfer(tlm::tlm_command command, uint64_t address, uint8_t* data, uint64_t length,
                        sc_core::sc_time& delay) {
    bool complete = true;
    uint64_t since_sync = 0;
    while (length > 0) {
        uint64_t passed = transfer_direct(command, address, data, length, delay);
        if (passed == 0) {
            bool moved = false;
            passed = transfer_burst(command, address, data, length, delay, moved);
            if (!moved && command == tlm::TLM_READ_COMMAND)
                std::memset(data, 0, passed);
            complete = complete && moved;
        }
        address += passed;
        length -= passed;
        data = data ? data + passed : nullptr;
        since_sync += passed;
        if (since_sync >= m_config.sync_bytes && length > 0) {
            sc_core::wait(delay);
            delay = sc_core::SC_ZERO_TIME;
            since_sync = 0;
        }
    }
    return complete;
}

const tlm::tlm_dmi* dma_port::find_direct(tlm::tlm_command command, uint64_t address) const {
    for (const tlm::tlm_dmi& region : m_direct) {
        const bool allowed =
            command == tlm::TLM_READ_COMMAND ? region.is_read_allowed() : region.is_write_allowed();
        if (allowed && address >= region.get_start_address() && address <= region.get_end_address())
            return &region;
    }
    return nullptr;
}

uint64_t dma_port::transfer_direct(tlm::tlm_command command, uint64_t address, uint8_t* data, uint64_t length,
                                   sc_core::sc_time& delay) {
    const tlm::tlm_dmi* region = m_config.dmi ? find_direct(command, address) : nullptr;
    if (region == nullptr)
        return 0;
    const uint64_t behind = region->get_end_address() - address; // inclusive end: cannot overflow
    const uint64_t until_sync = std::max<uint64_t>(m_config.sync_bytes, bus_word) - address % bus_word;
    const uint64_t bytes = std::min({length - 1, behind, until_sync - 1}) + 1; // cut at a word
    uint8_t* memory = region->get_dmi_ptr() + (address - region->get_start_address());
    const auto words = static_cast<double>(words_touched(address, bytes));
    if (command == tlm::TLM_READ_COMMAND) {
        std::memmove(data, memory, bytes);
        delay += region->get_read_latency() * words;
    } else {
        memory_stores::note();
        if (data)
            std::memmove(memory, data, bytes);
        else
            clear_direct(memory, bytes);
        delay += region->get_write_latency() * words;
    }
    return bytes;
}

uint64_t dma_port::transfer_burst(tlm::tlm_command command, uint64_t address, uint8_t* data, uint64_t length,
                                  sc_core::sc_time& delay, bool& moved) {
    unsigned burst = aligned_piece(address, length, m_config.max_burst);

    for (;;) {
        if (command == tlm::TLM_WRITE_COMMAND) {
            if (data)
                std::memcpy(m_buffer.data(), data, burst);
            else
                std::memset(m_buffer.data(), 0, burst);
        }
        m_unmapped.known = false;
        m_payload.set_command(command);
        m_payload.set_address(address);
        m_payload.set_data_ptr(m_buffer.data());
        m_payload.set_data_length(burst);
        m_payload.set_streaming_width(burst);
        m_payload.set_byte_enable_ptr(nullptr);
        m_payload.set_dmi_allowed(false);
        m_payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        socket->b_transport(m_payload, delay);

        const tlm::tlm_response_status status = m_payload.get_response_status();
        if (status == tlm::TLM_OK_RESPONSE) {
            moved = true;
            if (command == tlm::TLM_READ_COMMAND)
                std::memcpy(data, m_buffer.data(), burst);
            if (m_config.dmi && m_payload.is_dmi_allowed())
                request_direct(command, address);
            return burst;
        }
        moved = false;
        if (m_unmapped.known)
            return std::min(length - 1, m_unmapped.last - address) + 1;
        // Shorter bursts may fit: the target's lengths, or one of the two sides of an edge in the map. Other
        // errors are taken for the whole word.
        const bool by_bytes =
            status == tlm::TLM_BURST_ERROR_RESPONSE || status == tlm::TLM_ADDRESS_ERROR_RESPONSE;
        if (burst <= (by_bytes ? 1 : bus_word))
            return burst;
        burst /= 2;
    }
}

bool dma_port::request_direct(tlm::tlm_command command, uint64_t address) {
    tlm::tlm_dmi region;
    tlm::tlm_generic_payload request; // m_payload may be on its way through the bus
    request.set_command(command);
    request.set_address(address);
    if (!socket->get_direct_mem_ptr(request, region) ||
        !(command == tlm::TLM_READ_COMMAND ? region.is_read_allowed() : region.is_write_allowed()))
        return false;
    if (m_direct.size() == max_direct_regions)
        m_direct.erase(m_direct.begin());
    m_direct.push_back(region);
    return true;
}

uint64_t dma_port::memory_ahead(tlm::tlm_command command, uint64_t address, uint64_t length) {
    uint64_t found = 0;
    while (found < length) {
        const uint64_t next = address + found;
        const tlm::tlm_dmi* region = find_direct(command, next);
        if (region == nullptr && request_direct(command, next))
            region = find_direct(command, next);
        if (region == nullptr)
            break;
        found += std::min<uint64_t>(length - found - 1, region->get_end_address() - next) + 1;
    }
    return found;
}

void dma_port::invalidate(sc_dt::uint64 start, sc_dt::uint64 end) {
    m_direct.erase(std::remove_if(m_direct.begin(), m_direct.end(),
                                  [=](const tlm::tlm_dmi& region) {
                                      return region.get_start_address() <= end &&
                                             start <= region.get_end_address();
                                  }),
                   m_direct.end());
}

} // namespace vmcore
