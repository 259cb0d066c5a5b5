#pragma once

#include "models/virtio/virtio_memory.h"

#include <cstdint>
#include <vector>

namespace vmcore {

struct virtio_segment {
    uint64_t address; ///< guest-physical
    uint32_t length;  ///< bytes, at least 1
};

/// One buffer that the driver has offered: what the device reads of it, then what the device writes.
struct virtio_chain {
    uint16_t head = 0;  ///< descriptor by which the driver knows it
    uint64_t epoch = 0; ///< resets of the device before it was taken; it is void after another one
    std::vector<virtio_segment> readable;
    std::vector<virtio_segment> writable;
};

/// Bytes of all segments.
uint64_t total_bytes(const std::vector<virtio_segment>& segments);

/// Goes along segments as if they were one piece. It refers to them: keep the chain.
class virtio_walk {
public:
    explicit virtio_walk(const std::vector<virtio_segment>& segments)
        : m_segments(&segments)
        , m_left(total_bytes(segments)) {}

    uint64_t left() const { return m_left; }

    /// Each moves as many of `length` bytes as are left, and returns how many.
    size_t read(virtio_memory& memory, void* to, size_t length);
    size_t write(virtio_memory& memory, const void* from, size_t length);
    void skip(uint64_t length);

private:
    template <typename MOVE>
    uint64_t advance(uint64_t length, MOVE move);

    const std::vector<virtio_segment>* m_segments;
    size_t m_index = 0;
    uint32_t m_offset = 0;
    uint64_t m_left;
};

} // namespace vmcore
