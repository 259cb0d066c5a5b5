#include "models/virtio/virtio_chain.h"

#include <algorithm>

namespace vmcore {

uint64_t total_bytes(const std::vector<virtio_segment>& segments) {
    uint64_t sum = 0;
    for (const virtio_segment& each : segments)
        sum += each.length;
    return sum;
}

/// Calls move(address, bytes done, piece) for each piece.
template <typename MOVE>
uint64_t virtio_walk::advance(uint64_t length, MOVE move) {
    uint64_t done = 0;
    while (done < length && m_left > 0) {
        const virtio_segment& segment = (*m_segments)[m_index];
        const auto piece =
            static_cast<uint32_t>(std::min<uint64_t>(length - done, segment.length - m_offset));
        move(segment.address + m_offset, done, piece);
        done += piece;
        m_left -= piece;
        m_offset += piece;
        if (m_offset == segment.length) {
            m_offset = 0;
            ++m_index;
        }
    }
    return done;
}

size_t virtio_walk::read(virtio_memory& memory, void* to, size_t length) {
    return advance(length, [&](uint64_t address, uint64_t done, uint32_t piece) {
        memory.read(address, static_cast<uint8_t*>(to) + done, piece);
    });
}

size_t virtio_walk::write(virtio_memory& memory, const void* from, size_t length) {
    return advance(length, [&](uint64_t address, uint64_t done, uint32_t piece) {
        memory.write(address, static_cast<const uint8_t*>(from) + done, piece);
    });
}

void virtio_walk::skip(uint64_t length) {
    advance(length, [](uint64_t, uint64_t, uint32_t) {});
}

} // namespace vmcore
