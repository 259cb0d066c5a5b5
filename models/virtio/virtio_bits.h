#pragma once

#include <cstdint>

/// Numbers of the specification "Virtual I/O Device (VIRTIO)", version 1.2, and of its legacy interface.
namespace vmcore::virtio {

/// Device status (section 2.1).
enum status : uint8_t {
    acknowledge = 0x01,
    driver = 0x02,
    driver_ok = 0x04,
    features_ok = 0x08,
    needs_reset = 0x40,
    failed = 0x80
};

/// Feature bits that belong to no device type (chapter 6).
enum feature : unsigned {
    notify_on_empty = 24, ///< legacy only
    any_layout = 27,      ///< legacy only
    indirect_descriptors = 28,
    event_index = 29,
    version_1 = 32,
    ring_reset = 40
};

constexpr uint64_t bit(unsigned number) {
    return uint64_t(1) << number;
}

/// Bits of InterruptStatus (section 4.2.2).
enum interrupt : uint8_t { used_buffer = 0x1, configuration = 0x2 };

/// Flags of a descriptor (section 2.7.5) and of the available ring (section 2.7.6).
enum descriptor_flag : uint16_t { next = 1, write = 2, indirect = 4 };
constexpr uint16_t no_interrupt = 1;

constexpr unsigned most_queues = 1024;  ///< that a queue number may name
constexpr unsigned most_entries = 1024; ///< of a queue, and pieces of memory in a chain
constexpr unsigned descriptor_bytes = 16;

/// Device types (chapter 5).
enum class device_type : uint32_t { none = 0, block = 2, console = 3, entropy = 4 };

} // namespace vmcore::virtio
