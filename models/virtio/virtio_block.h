#pragma once

#include "models/virtio/disk_image.h"
#include "models/virtio/virtio_device.h"

#include <optional>
#include <string>
#include <systemc>

namespace vmcore {

/// A virtio disk (VIRTIO 1.2, section 5.2) as QEMU 10.0.2 has it by default: one queue; reads, writes,
/// flushes, identification, discards (which are checked and then do nothing) and zeroing.
///
/// Requests are carried out one after the other. Each takes config.request_latency and config.byte_latency
/// for its data; the driver sees it done when that time has passed. A request whose device is reset meanwhile
/// is given up. What the host refuses is VIRTIO_BLK_S_IOERR.
class virtio_block : public virtio_device {
public:
    struct config {
        std::string serial; ///< what the guest reads as identification; 20 bytes count
        sc_core::sc_time request_latency;
        sc_core::sc_time byte_latency;
    };

    /// @param image must outlive the device
    virtio_block(const config& settings, disk_image& image);

    virtio::device_type type() const override { return virtio::device_type::block; }
    uint64_t features() const override;
    uint64_t legacy_features() const override;
    std::vector<uint16_t> queue_sizes() const override;
    unsigned config_bytes() const override;
    void fill_config(uint8_t* space) const override;
    void config_written(uint8_t* space) override;
    void status_written(uint8_t status) override;
    void reset() override { m_write_cache = true; }
    void process(unsigned queue) override;

private:
    struct geometry {
        uint16_t cylinders;
        uint8_t heads;
        uint8_t sectors;
    };
    /// A request's result; none when the request is void, or the device broken.
    using result = std::optional<uint8_t>;

    void serve(const virtio_chain& chain);
    result carry_out(const virtio_chain& chain, virtio_walk& out);
    result read(const virtio_chain& chain, uint64_t sector);
    result write(const virtio_chain& chain, virtio_walk& out, uint64_t sector);
    result flush(const virtio_chain& chain);
    result identify(const virtio_chain& chain);
    result refuse_scsi(const virtio_chain& chain);
    result discard_or_zero(const virtio_chain& chain, virtio_walk& out, uint32_t type);
    result write_zeros(const virtio_chain& chain, uint64_t offset, uint64_t bytes);
    bool start(const virtio_chain& chain, uint64_t bytes);
    uint8_t finish_write();
    void report_failure();
    bool in_range(uint64_t sector, uint64_t bytes) const;
    geometry guess_geometry();

    config m_config;
    disk_image& m_image;
    geometry m_geometry;
    bool m_write_cache = true;
    bool m_failure_reported = false;
};

} // namespace vmcore
