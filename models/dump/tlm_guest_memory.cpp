#include "models/dump/tlm_guest_memory.h"

#include <algorithm>
#include <cstring>

namespace vmcore {

namespace {

constexpr uint64_t page_size = 4096;
constexpr uint64_t largest_transfer = 1 << 20;

// A socket's calls are not const, though these change nothing in the guest.
tlm::tlm_fw_transport_if<>& transport(const tlm_guest_memory& memory) {
    return *const_cast<tlm_guest_memory&>(memory).socket.operator->();
}

} // namespace

tlm_guest_memory::tlm_guest_memory(const sc_core::sc_module_name& name, std::vector<block> blocks)
    : sc_core::sc_module(name)
    , m_blocks(std::move(blocks)) {
    std::sort(m_blocks.begin(), m_blocks.end(),
              [](const block& a, const block& b) { return a.base < b.base; });
}

std::vector<memory_range> tlm_guest_memory::ranges() const {
    std::vector<memory_range> ranges;
    for (const block& place : m_blocks) {
        const window direct = request_dmi(place.base);
        ranges.push_back({place.base, place.size, direct.length >= place.size ? direct.host : nullptr});
    }
    return ranges;
}

uint64_t tlm_guest_memory::read(uint64_t paddr, void* to, uint64_t length) const {
    uint8_t* next = static_cast<uint8_t*>(to);
    std::memset(next, 0, length);
    if (paddr != 0)
        length = std::min(length, uint64_t{0} - paddr); // nothing is mapped past the last address
    uint64_t mapped = 0;
    while (length > 0) {
        const window direct = request_dmi(paddr);
        uint64_t step = std::min(length, direct.length);
        if (direct.host) {
            std::memcpy(next, direct.host, step);
            mapped += step;
        } else {
            step = debug_read(paddr, next, std::min(length, largest_transfer));
            mapped += step;
            if (step == 0) // a hole; what follows the next border may be mapped
                step = std::min(length, next_border(paddr) - paddr);
        }
        next += step;
        paddr += step;
        length -= step;
    }
    return mapped;
}

tlm_guest_memory::window tlm_guest_memory::request_dmi(uint64_t paddr) const {
    tlm::tlm_generic_payload payload;
    payload.set_read();
    payload.set_address(paddr);
    tlm::tlm_dmi dmi;
    dmi.init();
    if (!transport(*this).get_direct_mem_ptr(payload, dmi) || !dmi.is_read_allowed() || !dmi.get_dmi_ptr() ||
        dmi.get_start_address() > paddr || dmi.get_end_address() < paddr)
        return {};
    const uint64_t to_end = dmi.get_end_address() - paddr;
    return {dmi.get_dmi_ptr() + (paddr - dmi.get_start_address()),
            to_end == ~uint64_t{0} ? to_end : to_end + 1};
}

// A target may move fewer bytes than asked for, up to its end. One that moves none may have refused a read
// across its border, so the part before the border is tried again alone.
uint64_t tlm_guest_memory::debug_read(uint64_t paddr, uint8_t* to, uint64_t length) const {
    for (;;) {
        tlm::tlm_generic_payload payload;
        payload.set_read();
        payload.set_address(paddr);
        payload.set_data_ptr(to);
        payload.set_data_length(static_cast<unsigned>(length));
        payload.set_streaming_width(static_cast<unsigned>(length));
        const uint64_t moved = std::min<uint64_t>(transport(*this).transport_dbg(payload), length);
        const uint64_t before_border = next_border(paddr) - paddr;
        if (moved > 0 || length <= before_border) {
            std::memset(to + moved, 0, length - moved);
            return moved;
        }
        length = before_border;
    }
}

// The nearest address above paddr where a target may begin or end. At the last page it is 2^64, that is 0,
// and the difference to paddr still comes out right.
uint64_t tlm_guest_memory::next_border(uint64_t paddr) const {
    uint64_t distance = page_size - paddr % page_size;
    for (const block& place : m_blocks)
        for (const uint64_t border : {place.base, place.base + place.size})
            if (border > paddr)
                distance = std::min(distance, border - paddr);
    return paddr + distance;
}

} // namespace vmcore
