#pragma once

#include "models/virtio/virtio_chain.h"

#include <cstdint>
#include <string>

namespace vmcore {

/// A split virtqueue as the device sees it (VIRTIO 1.2, section 2.7): takes the chains that the driver makes
/// available, and gives them back in the used ring.
///
/// Nothing that the driver writes is trusted: a chain that is no chain makes take() say why, and leaves the
/// queue as it is; the transport then breaks the device. As in QEMU, sizes need not be powers of two,
/// indirect tables work whether or not the feature was negotiated, and descriptors may name up to
/// config.bounce_bytes outside memory.
class virtqueue {
public:
    struct config {
        uint64_t bounce_bytes = 4096; ///< of a chain, that need not be memory which grants direct pointers;
                                      ///< ~0 for a bus that has no such memory
    };
    enum class outcome { none, taken, broken };

    /// @param default_size entries while the driver sets no other number; 0: there is no such queue
    virtqueue(virtio_memory& memory, const config& settings, uint16_t default_size);

    bool exists() const { return m_default_size != 0; }
    uint16_t size() const { return m_size; }
    uint64_t descriptors() const { return m_descriptors; } ///< 0 while the driver has placed no rings

    /// What the driver set is forgotten.
    void reset();

    /// A number that is 0, or beyond virtio::most_entries, is ignored.
    void set_size(uint32_t entries);
    void set_rings(uint64_t descriptors, uint64_t available, uint64_t used);
    /// The legacy layout: available ring behind the descriptors, used ring at the next multiple of `align`.
    void set_base(uint64_t address);
    void set_align(uint32_t align);
    /// Whether each of the rings is all in memory or not at all.
    bool rings_fit() const;

    void set_features(bool event_index, bool notify_on_empty);

    /// Chains that the driver offers; its index may claim up to 65535.
    uint16_t waiting();
    /// Takes the next chain.
    /// @param why what is wrong, when the queue is broken
    outcome take(virtio_chain& chain, std::string& why);
    /// Gives a chain back.
    /// @param written bytes of its writable part, as the driver is told
    void put(const virtio_chain& chain, uint32_t written);
    /// Whether the driver wants to hear of what was put since it was asked last.
    bool wants_interrupt();

private:
    struct descriptor {
        uint64_t address;
        uint32_t length;
        uint16_t flags;
        uint16_t next;
    };
    struct budget {
        unsigned pieces = 0;
        uint64_t bounced = 0;
    };

    void place_legacy_rings();
    descriptor fetch(uint64_t table, uint32_t index);
    const char* collect(virtio_chain& chain);
    const char* add(virtio_chain& chain, const descriptor& found, budget& spent);
    const char* check_memory(const descriptor& found, budget& spent);
    uint64_t used_event() { return m_available + 4 + 2 * uint64_t(m_size); }
    uint64_t available_event() { return m_used + 4 + 8 * uint64_t(m_size); }

    virtio_memory& m_memory;
    config m_config;
    uint16_t m_default_size;

    uint16_t m_size;
    uint32_t m_align;
    uint64_t m_descriptors = 0;
    uint64_t m_available = 0;
    uint64_t m_used = 0;
    bool m_event_index = false;
    bool m_notify_on_empty = false;

    uint16_t m_taken = 0;     ///< chains taken, modulo 2^16: place in the available ring
    uint16_t m_put = 0;       ///< chains put, likewise
    uint16_t m_announced = 0; ///< m_put when the driver was last considered for an interrupt
    bool m_announced_valid = false;
};

} // namespace vmcore
