#include "models/riscv/memory_port.h"

#include <algorithm>

namespace vmcore::riscv {

namespace {

/// The size of the first piece of an access: see the class.
unsigned piece_size(uint64_t address, unsigned size) {
    const uint64_t bits = address | size | 8;
    return static_cast<unsigned>(bits & (~bits + 1));
}

} // namespace

memory_port::memory_port(environment& world, bool use_direct)
    : m_world(world)
    , m_use_direct(use_direct) {}

const region& memory_port::find(access kind, uint64_t address) {
    region_list& list = m_regions[static_cast<unsigned>(kind)];
    if (list.recent < list.known.size() && list.known[list.recent].contains(address))
        return list.known[list.recent];
    const auto hit = std::find_if(list.known.begin(), list.known.end(),
                                  [address](const region& each) { return each.contains(address); });
    list.recent = static_cast<unsigned>(hit - list.known.begin());
    if (hit != list.known.end())
        return *hit;

    const region fresh = m_world.direct(kind, address);
    if (list.known.size() < max_regions) {
        list.recent = static_cast<unsigned>(list.known.size());
        list.known.push_back(fresh);
    } else { // the guest's accesses must not grow the host
        list.recent = list.victim;
        list.victim = (list.victim + 1) % max_regions;
        list.known[list.recent] = fresh;
    }
    return list.known[list.recent];
}

outcome memory_port::move_piece(access kind, uint64_t address, uint8_t* data, unsigned size,
                                uint64_t& local_time) {
    if (m_use_direct) {
        const region& in = find(kind, address);
        if (in.granted() && in.contains(address, size)) {
            uint8_t* host = in.host + (address - in.first);
            if (kind == access::store)
                std::memcpy(host, data, size);
            else
                std::memcpy(data, host, size);
            local_time += in.latency;
            return outcome::done;
        }
    }
    return m_world.transport(kind, address, data, size, local_time);
}

bool memory_port::is_device(uint64_t address) {
    return !find(access::load, address).granted() && !find(access::store, address).granted();
}

memory_port::result memory_port::move(access kind, uint64_t address, uint8_t* data, unsigned size,
                                      uint64_t& local_time) {
    bool device = false;
    for (unsigned done = 0; done < size;) {
        const uint64_t at = address + done;
        const unsigned piece = piece_size(at, size - done);
        device = device || is_device(at);
        const outcome answer = move_piece(kind, at, data + done, piece, local_time);
        if (answer == outcome::refused || answer == outcome::abandoned)
            return {answer, at, device};
        done += piece;
    }
    return {outcome::done, 0, device};
}

memory_port::result memory_port::read(uint64_t address, uint8_t* data, unsigned size, uint64_t& local_time) {
    return move(access::load, address, data, size, local_time);
}

memory_port::result memory_port::write(uint64_t address, const uint8_t* data, unsigned size,
                                       uint64_t& local_time) {
    uint8_t copy[8];
    std::memcpy(copy, data, size);
    return move(access::store, address, copy, size, local_time);
}

outcome memory_port::fetch(uint64_t address, uint16_t& parcel, uint64_t& local_time) {
    uint8_t bytes[2] = {};
    const outcome answer = move_piece(access::fetch, address, bytes, sizeof bytes, local_time);
    parcel = static_cast<uint16_t>(bytes[0] | bytes[1] << 8);
    return answer;
}

uint8_t* memory_port::host_page(access kind, uint64_t address, uint64_t page_size) {
    if (!m_use_direct)
        return nullptr;
    const region& in = find(kind, address);
    return in.granted() && in.latency == 0 && in.contains(address) && page_size - 1 <= in.last - address
               ? in.host + (address - in.first)
               : nullptr;
}

void memory_port::reconsider(access kind, uint64_t address) {
    region_list& list = m_regions[static_cast<unsigned>(kind)];
    list.known.erase(
        std::remove_if(list.known.begin(), list.known.end(),
                       [address](const region& each) { return each.contains(address) && !each.granted(); }),
        list.known.end());
    list.recent = list.victim = 0;
}

void memory_port::invalidate(uint64_t first, uint64_t last) {
    for (region_list& list : m_regions) {
        list.known.erase(
            std::remove_if(list.known.begin(), list.known.end(),
                           [=](const region& each) { return each.first <= last && each.last >= first; }),
            list.known.end());
        list.recent = list.victim = 0;
    }
}

} // namespace vmcore::riscv
