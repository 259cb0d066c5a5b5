#pragma once

#include "models/virtio/virtio_device.h"

#include <cstdint>
#include <systemc>

namespace vmcore {

/// A virtio source of entropy (VIRTIO 1.2, section 5.4) whose bytes are those of a generator with a fixed
/// seed: two runs of a guest get the same ones. They are no secret and no good for keys.
class virtio_entropy : public virtio_device {
public:
    struct config {
        uint64_t seed = 0;
        sc_core::sc_time request_latency;
        sc_core::sc_time byte_latency;
    };

    explicit virtio_entropy(const config& settings)
        : m_config(settings)
        , m_state(settings.seed) {}

    virtio::device_type type() const override { return virtio::device_type::entropy; }
    uint64_t features() const override { return 0; }
    uint64_t legacy_features() const override { return virtio::bit(virtio::any_layout); }
    std::vector<uint16_t> queue_sizes() const override { return {8}; }
    void process(unsigned queue) override;

private:
    uint64_t next();

    config m_config;
    uint64_t m_state;
};

} // namespace vmcore
