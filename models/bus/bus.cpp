#include "models/bus/bus.h"

#include "models/tlm/unmapped_extension.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace vmcore {

static constexpr uint64_t last_address = ~uint64_t(0);

bus::bus(const sc_core::sc_module_name& name, const config& settings)
    : sc_core::sc_module(name)
    , m_config(settings) {
    target_socket.register_b_transport(this, &bus::b_transport);
    target_socket.register_get_direct_mem_ptr(this, &bus::get_direct_mem_ptr);
    target_socket.register_transport_dbg(this, &bus::transport_dbg);
    m_initiator_socket.register_invalidate_direct_mem_ptr(this, &bus::invalidate);
}

static std::string describe(const bus::mapping& range) {
    std::ostringstream text;
    text << range.name << " at 0x" << std::hex << range.base << "..0x" << range.base + (range.size - 1);
    return text.str();
}

void bus::add_mapping(mapping added, int port) {
    if (added.size == 0)
        throw std::invalid_argument(std::string(name()) + ": " + added.name + " is mapped with size 0");
    if (added.size - 1 > last_address - added.base)
        throw std::invalid_argument(std::string(name()) + ": " + added.name +
                                    " reaches past the end of the address space");
    if (added.size - 1 > last_address - added.offset)
        throw std::invalid_argument(std::string(name()) + ": " + added.name +
                                    " reaches past the end of its target's address space");
    const auto behind =
        std::upper_bound(m_map.begin(), m_map.end(), added.base,
                         [](uint64_t base, const decoded& entry) { return base < entry.range.base; });
    m_map.insert(behind, {std::move(added), port});
}

void bus::alias(const std::string& target, const std::string& name, uint64_t base, uint64_t size,
                uint64_t offset) {
    const auto known = std::find_if(m_map.begin(), m_map.end(),
                                    [&](const decoded& entry) { return entry.range.name == target; });
    if (known == m_map.end())
        throw std::invalid_argument(std::string(this->name()) + ": " + name + " is an alias of " + target +
                                    ", which is not mapped");
    add_mapping({name, base, size, offset}, known->port);
}

void bus::end_of_elaboration() {
    std::string overlaps;
    for (auto later = m_map.begin(); later != m_map.end(); ++later)
        for (auto earlier = m_map.begin(); earlier != later; ++earlier)
            if (earlier->last() >= later->range.base)
                overlaps += (overlaps.empty() ? ": " : "; ") + describe(earlier->range) + " overlaps " +
                            describe(later->range);
    if (!overlaps.empty())
        SC_REPORT_ERROR("/vmcore/bus/overlap", (name() + overlaps).c_str());
}

std::vector<bus::mapping> bus::mappings() const {
    std::vector<mapping> all;
    for (const decoded& entry : m_map)
        all.push_back(entry.range);
    return all;
}

const bus::decoded* bus::decode(uint64_t address) const {
    if (m_last_hit < m_map.size() && address - m_map[m_last_hit].range.base < m_map[m_last_hit].range.size)
        return &m_map[m_last_hit];
    const auto behind =
        std::upper_bound(m_map.begin(), m_map.end(), address,
                         [](uint64_t a, const decoded& entry) { return a < entry.range.base; });
    if (behind == m_map.begin() || address > (behind - 1)->last())
        return nullptr;
    m_last_hit = static_cast<size_t>(behind - 1 - m_map.begin());
    return &m_map[m_last_hit];
}

/// The range that holds all of an access, if one does.
const bus::decoded* bus::decode(uint64_t address, uint64_t length) const {
    const decoded* found = decode(address);
    const bool whole = found != nullptr && (length == 0 || length - 1 <= found->last() - address);
    return whole ? found : nullptr;
}

uint64_t bus::gap_end(uint64_t address) const {
    const auto behind =
        std::upper_bound(m_map.begin(), m_map.end(), address,
                         [](uint64_t a, const decoded& entry) { return a < entry.range.base; });
    return behind == m_map.end() ? last_address : behind->range.base - 1;
}

void bus::b_transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const uint64_t address = payload.get_address();
    const decoded* target =
        decode(address, std::min(payload.get_data_length(), payload.get_streaming_width()));
    delay += m_config.latency;
    auto* unmapped = payload.get_extension<unmapped_extension>();
    if (unmapped != nullptr)
        unmapped->known = false;
    if (target == nullptr) {
        if (unmapped != nullptr && decode(address) == nullptr) {
            unmapped->known = true;
            unmapped->last = gap_end(address);
        }
        payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    const uint64_t base = target->range.base;
    const uint64_t offset = target->range.offset;
    payload.set_address(address - base + offset);
    m_initiator_socket[target->port]->b_transport(payload, delay);
    payload.set_address(address);
    if (unmapped != nullptr && unmapped->known) // a bus behind this one: back to this one's addresses
        unmapped->last = base + std::min(unmapped->last - offset, target->range.size - 1);
}

bool bus::get_direct_mem_ptr(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) {
    const uint64_t address = payload.get_address();
    const decoded* target = decode(address);
    if (target == nullptr) {
        const auto behind =
            std::upper_bound(m_map.begin(), m_map.end(), address,
                             [](uint64_t a, const decoded& entry) { return a < entry.range.base; });
        region.allow_none();
        region.set_start_address(behind == m_map.begin() ? 0 : (behind - 1)->last() + 1);
        region.set_end_address(gap_end(address));
        return false;
    }
    const uint64_t base = target->range.base;
    const uint64_t offset = target->range.offset;
    payload.set_address(address - base + offset);
    const bool granted = m_initiator_socket[target->port]->get_direct_mem_ptr(payload, region);
    payload.set_address(address);

    // Clip to the window first, on the target's scale, so that nothing can overflow.
    const uint64_t start = std::max<uint64_t>(region.get_start_address(), offset);
    const uint64_t end = std::min<uint64_t>(region.get_end_address(), offset + (target->range.size - 1));
    if (granted) {
        region.set_dmi_ptr(region.get_dmi_ptr() + (start - region.get_start_address()));
        region.set_read_latency(region.get_read_latency() + m_config.latency);
        region.set_write_latency(region.get_write_latency() + m_config.latency);
    }
    region.set_start_address(start - offset + base);
    region.set_end_address(end - offset + base);
    return granted;
}

unsigned bus::transport_dbg(int, tlm::tlm_generic_payload& payload) {
    const uint64_t address = payload.get_address();
    const unsigned length = payload.get_data_length();
    const decoded* target = decode(address);
    if (target == nullptr)
        return 0;
    const uint64_t behind = target->last() - address; // bytes behind the first one
    payload.set_address(address - target->range.base + target->range.offset);
    payload.set_data_length(length <= behind ? length : static_cast<unsigned>(behind + 1));
    const unsigned moved = m_initiator_socket[target->port]->transport_dbg(payload);
    payload.set_address(address);
    payload.set_data_length(length);
    return moved;
}

void bus::invalidate(int port, sc_dt::uint64 start, sc_dt::uint64 end) {
    for (const decoded& entry : m_map) {
        if (entry.port != port)
            continue;
        const uint64_t first = std::max<uint64_t>(start, entry.range.offset);
        const uint64_t last = std::min<uint64_t>(end, entry.range.offset + (entry.range.size - 1));
        if (first > last)
            continue;
        for (unsigned i = 0; i < target_socket.size(); ++i)
            target_socket[static_cast<int>(i)]->invalidate_direct_mem_ptr(
                first - entry.range.offset + entry.range.base, last - entry.range.offset + entry.range.base);
    }
}

} // namespace vmcore
