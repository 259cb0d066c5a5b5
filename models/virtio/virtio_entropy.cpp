#include "models/virtio/virtio_entropy.h"

#include "models/tlm/endian.h"

#include <algorithm>

namespace vmcore {

static constexpr size_t piece_bytes = 4096;

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
uint64_t virtio_entropy::next() {
    m_state += 0x9e3779b97f4a7c15;
    uint64_t mixed = m_state;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

void virtio_entropy::process(unsigned queue) {
    virtio_chain chain;
    while (transport().take(queue, chain)) {
        virtio_walk in(chain.writable);
        const auto wanted = static_cast<uint32_t>(std::min<uint64_t>(in.left(), ~uint32_t(0)));
        bool valid = transport().spend(chain, m_config.request_latency);
        for (uint64_t left = wanted; valid && left > 0;) {
            uint8_t random[piece_bytes];
            for (size_t at = 0; at < piece_bytes; at += 8)
                store_bytes(random + at, next(), 8, byte_order::little);
            const size_t moved =
                in.write(transport().memory(), random, std::min<uint64_t>(piece_bytes, left));
            left -= moved;
            valid = transport().spend(chain, m_config.byte_latency * static_cast<double>(moved));
        }
        if (valid)
            transport().put(queue, chain, wanted);
    }
}

} // namespace vmcore
