#include "models/virtio/virtqueue.h"

#include "models/tlm/endian.h"
#include "models/virtio/virtio_bits.h"

#include <algorithm>

namespace vmcore {

using namespace virtio;

static constexpr uint32_t legacy_align = 4096;
static constexpr uint64_t page = 4096;

virtqueue::virtqueue(virtio_memory& memory, const config& settings, uint16_t default_size)
    : m_memory(memory)
    , m_config(settings)
    , m_default_size(default_size) {
    reset();
}

void virtqueue::reset() {
    m_size = m_default_size;
    m_align = legacy_align;
    m_descriptors = m_available = m_used = 0;
    m_event_index = m_notify_on_empty = false;
    m_taken = m_put = m_announced = 0;
    m_announced_valid = false;
}

void virtqueue::set_size(uint32_t entries) {
    if (exists() && entries != 0 && entries <= most_entries)
        m_size = static_cast<uint16_t>(entries);
}

void virtqueue::set_rings(uint64_t descriptors, uint64_t available, uint64_t used) {
    if (!exists())
        return;
    m_descriptors = descriptors;
    m_available = available;
    m_used = used;
}

void virtqueue::set_base(uint64_t address) {
    if (!exists())
        return;
    m_descriptors = address;
    place_legacy_rings();
}

void virtqueue::set_align(uint32_t align) {
    m_align = align;
    place_legacy_rings();
}

void virtqueue::place_legacy_rings() {
    if (m_descriptors == 0 || m_align == 0)
        return;
    m_available = m_descriptors + uint64_t(descriptor_bytes) * m_size;
    const uint64_t end = m_available + 4 + 2 * uint64_t(m_size);
    m_used = (end + m_align - 1) / m_align * m_align;
}

bool virtqueue::rings_fit() const {
    const uint64_t event = m_event_index ? 2 : 0;
    const auto fits = [&](uint64_t address, uint64_t bytes, bool to_write) {
        return m_memory.memory_ahead(address, 1, to_write) == 0 ||
               m_memory.memory_ahead(address, bytes, to_write) == bytes;
    };
    return m_descriptors == 0 || (fits(m_descriptors, uint64_t(descriptor_bytes) * m_size, false) &&
                                  fits(m_used, 4 + 8 * uint64_t(m_size) + event, true) &&
                                  fits(m_available, 4 + 2 * uint64_t(m_size) + event, false));
}

void virtqueue::set_features(bool event_index, bool notify_on_empty) {
    m_event_index = event_index;
    m_notify_on_empty = notify_on_empty;
}

uint16_t virtqueue::waiting() {
    return m_available == 0 ? 0 : static_cast<uint16_t>(m_memory.load16(m_available + 2) - m_taken);
}

virtqueue::outcome virtqueue::take(virtio_chain& chain, std::string& why) {
    if (waiting() == 0)
        return outcome::none;
    const uint16_t head = m_memory.load16(m_available + 4 + 2 * uint64_t(m_taken % m_size));
    ++m_taken;
    chain.head = head;
    const char* wrong = head < m_size ? nullptr : "the head is no descriptor of the queue";
    if (wrong == nullptr) {
        if (m_event_index)
            m_memory.store16(available_event(), m_taken);
        wrong = collect(chain);
    }
    if (wrong == nullptr)
        return outcome::taken;
    why = wrong;
    return outcome::broken;
}

virtqueue::descriptor virtqueue::fetch(uint64_t table, uint32_t index) {
    uint8_t raw[descriptor_bytes];
    m_memory.read(table + uint64_t(descriptor_bytes) * index, raw, sizeof raw);
    return {load_bytes(raw, 8, byte_order::little),
            static_cast<uint32_t>(load_bytes(raw + 8, 4, byte_order::little)),
            static_cast<uint16_t>(load_bytes(raw + 12, 2, byte_order::little)),
            static_cast<uint16_t>(load_bytes(raw + 14, 2, byte_order::little))};
}

/// Follows the chain from its head, in the queue's table or the indirect one that the head names. Only a head
/// can be indirect; that flag means nothing elsewhere. More steps than entries are a loop.
/// @returns what is wrong, or null
const char* virtqueue::collect(virtio_chain& chain) {
    chain.readable.clear();
    chain.writable.clear();
    uint64_t table = m_descriptors;
    uint32_t entries = m_size;
    descriptor found = fetch(table, chain.head);
    if (found.flags & indirect) {
        if (found.length == 0 || found.length % descriptor_bytes != 0)
            return "an indirect table that is not made of whole descriptors";
        if (m_config.bounce_bytes != ~uint64_t(0) &&
            m_memory.memory_ahead(found.address, found.length, false) < found.length)
            return "an indirect table that is not all in memory";
        table = found.address;
        entries = found.length / descriptor_bytes;
        found = fetch(table, 0);
    }
    budget spent;
    for (uint32_t step = 1;; ++step) {
        if (const char* wrong = add(chain, found, spent))
            return wrong;
        if (step > entries)
            return "a chain that loops";
        if (!(found.flags & next))
            return nullptr;
        if (found.next >= entries)
            return "a chain that leaves its table";
        found = fetch(table, found.next);
    }
}

const char* virtqueue::add(virtio_chain& chain, const descriptor& found, budget& spent) {
    const bool to_write = found.flags & write;
    if (!to_write && !chain.writable.empty())
        return "a readable descriptor behind a writable one";
    if (found.length == 0)
        return "a descriptor of no bytes";
    if (const char* wrong = check_memory(found, spent))
        return wrong;
    (to_write ? chain.writable : chain.readable).push_back({found.address, found.length});
    return nullptr;
}

/// QEMU's limits: a chain is at most so many pieces of memory, and what is not memory goes through a buffer
/// of limited size.
const char* virtqueue::check_memory(const descriptor& found, budget& spent) {
    uint64_t address = found.address;
    uint64_t length = found.length;
    while (length > 0) {
        if (++spent.pieces > most_entries)
            return "a chain of too many pieces";
        if (m_config.bounce_bytes == ~uint64_t(0))
            return nullptr;
        uint64_t piece = m_memory.memory_ahead(address, length, found.flags & write);
        if (piece == 0) {
            piece = std::min(length, page - address % page);
            spent.bounced += piece;
            if (spent.bounced > m_config.bounce_bytes)
                return "a descriptor that names what is not memory";
        }
        address += piece;
        length -= piece;
    }
    return nullptr;
}

/// The rings may lie in registers of the device itself: what is written may reset the queue, and all of its
/// state must have been changed by then.
void virtqueue::put(const virtio_chain& chain, uint32_t written) {
    const uint64_t element = m_used + 4 + 8 * uint64_t(m_put % m_size);
    const uint64_t index_at = m_used + 2;
    const uint16_t index = ++m_put;
    uint8_t entry[8];
    store_bytes(entry, chain.head, 4, byte_order::little);
    store_bytes(entry + 4, written, 4, byte_order::little);
    m_memory.write(element, entry, sizeof entry);
    m_memory.store16(index_at, index);
}

bool virtqueue::wants_interrupt() {
    if (m_notify_on_empty && waiting() == 0)
        return true;
    if (!m_event_index)
        return !(m_memory.load16(m_available) & no_interrupt);
    const uint16_t before = m_announced;
    const bool known = m_announced_valid;
    m_announced = m_put;
    m_announced_valid = true;
    // Has the index passed the event since then? (VIRTIO 1.2, section 2.7.10)
    const auto past_event = static_cast<uint16_t>(m_put - m_memory.load16(used_event()) - 1);
    return !known || past_event < static_cast<uint16_t>(m_put - before);
}

} // namespace vmcore
