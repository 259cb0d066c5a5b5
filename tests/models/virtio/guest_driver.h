#pragma once

#include "tests/harness/test_initiator.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace vmcore::test {

/// A virtio-mmio driver as a guest would have it, from the specification alone: it finds the device, makes
/// the rings in memory, and does what a test wants of them, right or wrong.
class guest_driver {
public:
    struct piece {
        uint64_t address;
        uint32_t length;
        bool device_writes;
    };
    struct used_element {
        uint32_t id;
        uint32_t length;
        bool operator==(const used_element& other) const { return id == other.id && length == other.length; }
    };
    /// Where a queue's rings are. Those of the legacy interface are in one piece.
    struct rings {
        unsigned number = 0;
        uint16_t entries = 8;
        uint64_t descriptors = 0;
        uint64_t available = 0;
        uint64_t used = 0;
        uint16_t offered = 0; ///< chains made available so far
        uint16_t seen = 0;    ///< used elements taken so far
    };
    enum : uint64_t {
        magic = 0x00,
        version = 0x04,
        device_id = 0x08,
        vendor_id = 0x0c,
        device_features = 0x10,
        device_features_select = 0x14,
        driver_features = 0x20,
        driver_features_select = 0x24,
        guest_page_size = 0x28,
        queue_select = 0x30,
        queue_size_max = 0x34,
        queue_size = 0x38,
        queue_align = 0x3c,
        queue_pfn = 0x40,
        queue_ready = 0x44,
        queue_notify = 0x50,
        interrupt_status = 0x60,
        interrupt_acknowledge = 0x64,
        status = 0x70,
        queue_descriptors = 0x80,
        queue_driver = 0x90,
        queue_device = 0xa0,
        config_generation = 0xfc,
        config = 0x100
    };

    guest_driver(test_initiator& cpu, uint64_t base, bool legacy)
        : m_cpu(cpu)
        , m_base(base)
        , m_legacy(legacy) {}

    uint32_t get(uint64_t offset, unsigned size = 4) {
        return static_cast<uint32_t>(m_cpu.read(m_base + offset, size).value());
    }
    void set(uint64_t offset, uint64_t value, unsigned size = 4) {
        m_cpu.write_value(m_base + offset, value, size);
    }
    std::vector<uint8_t> memory(uint64_t address, unsigned length) {
        return m_cpu.read(address, length).data;
    }
    void store(uint64_t address, uint64_t value, unsigned size) { m_cpu.write_value(address, value, size); }

    uint64_t offered_features() {
        set(device_features_select, 0);
        const uint64_t low = get(device_features);
        set(device_features_select, 1);
        return low | uint64_t(get(device_features)) << 32;
    }

    /// Resets the device and negotiates; a driver of version 2 adds its feature bit.
    void start(uint64_t features = 0) {
        set(status, 0);
        set(status, 1);
        set(status, 3);
        if (m_legacy) {
            set(guest_page_size, 4096);
            set(driver_features_select, 0);
            set(driver_features, features);
            return;
        }
        features |= uint64_t(1) << 32;
        set(driver_features_select, 0);
        set(driver_features, features & 0xffffffff);
        set(driver_features_select, 1);
        set(driver_features, features >> 32);
        set(status, 11);
    }
    void finish() { set(status, get(status) | 4); }

    /// Makes the rings of a queue at an address that is a multiple of 4096; they take 0x3000 bytes.
    rings add_queue(unsigned number, uint64_t address, uint16_t entries = 8) {
        rings made{number, entries, address, address + 16u * entries, 0, 0, 0};
        made.used = (made.available + 6 + 2u * entries + 4095) / 4096 * 4096;
        m_cpu.write(address, std::vector<uint8_t>(0x3000));
        set(queue_select, number);
        set(queue_size, entries);
        if (m_legacy) {
            set(queue_align, 4096);
            set(queue_pfn, address / 4096);
            return made;
        }
        for (const auto& [offset, where] :
             {std::pair(queue_descriptors, made.descriptors), std::pair(queue_driver, made.available),
              std::pair(queue_device, made.used)}) {
            set(offset, where & 0xffffffff);
            set(offset + 4, where >> 32);
        }
        set(queue_ready, 1);
        return made;
    }

    void put_descriptor(uint64_t table, unsigned index, uint64_t address, uint32_t length, uint16_t flags,
                        uint16_t next) {
        const uint64_t at = table + 16u * index;
        store(at, address, 8);
        store(at + 8, length, 4);
        store(at + 12, flags, 2);
        store(at + 14, next, 2);
    }
    /// Writes a chain into a table from an index on.
    void put_chain(uint64_t table, unsigned first, const std::vector<piece>& pieces) {
        for (unsigned i = 0; i < pieces.size(); ++i) {
            const bool last = i + 1 == pieces.size();
            const auto flags = static_cast<uint16_t>((last ? 0 : 1) | (pieces[i].device_writes ? 2 : 0));
            put_descriptor(table, first + i, pieces[i].address, pieces[i].length, flags,
                           static_cast<uint16_t>(last ? 0 : first + i + 1));
        }
    }
    /// Makes a chain available, whose head is a descriptor of the queue.
    void offer(rings& queue, uint16_t head) {
        store(queue.available + 4 + 2u * (queue.offered % queue.entries), head, 2);
        ++queue.offered;
        store(queue.available + 2, queue.offered, 2);
    }
    void notify(const rings& queue) { set(queue_notify, queue.number); }
    /// A chain from descriptor 0 on, offered and told of.
    void submit(rings& queue, const std::vector<piece>& pieces) {
        put_chain(queue.descriptors, 0, pieces);
        offer(queue, 0);
        notify(queue);
    }

    /// What the device has given back since the last call.
    std::vector<used_element> take_used(rings& queue) {
        std::vector<used_element> found;
        const auto end = static_cast<uint16_t>(m_cpu.read(queue.used + 2, 2).value());
        for (; queue.seen != end; ++queue.seen) {
            const uint64_t at = queue.used + 4 + 8u * (queue.seen % queue.entries);
            found.push_back({static_cast<uint32_t>(m_cpu.read(at, 4).value()),
                             static_cast<uint32_t>(m_cpu.read(at + 4, 4).value())});
        }
        return found;
    }

private:
    test_initiator& m_cpu;
    uint64_t m_base;
    bool m_legacy;
};

} // namespace vmcore::test
