#pragma once

#include "models/virtio/virtio_device.h"
#include "models/virtio/virtqueue.h"

#include <cstdint>
#include <functional>
#include <systemc>
#include <vector>

namespace vmcore {

/// The part of a virtio transport that has no registers: the queues, what was negotiated, the process in
/// which the device works, and its interrupts. Another transport than MMIO needs only registers on top of it.
class virtio_service : public sc_core::sc_module, private virtio_transport {
public:
    /// @param interrupt called with the bits to set in the interrupt status
    virtio_service(const sc_core::sc_module_name& name, const virtqueue::config& settings, dma_port& port,
                   virtio_device& device, bool legacy, std::function<void(uint8_t)> interrupt);

    virtio::device_type type() const { return m_device.type(); }
    uint64_t offered() const { return m_offered; } ///< features
    uint8_t status() const { return m_status; }
    bool broken() const { return m_broken; }
    uint32_t generation() const { return m_generation; } ///< of the configuration space
    bool has_queue(unsigned number) const { return number < m_queues.size(); }
    const virtqueue& queue(unsigned number) const { return m_queues[number]; }

    /// What the driver wants of the features; those that are not offered are left out. Too late, and ignored,
    /// when FEATURES_OK is set.
    void negotiate(uint64_t features);
    /// Writes the status; 0 resets everything.
    void write_status(uint8_t status);
    void reset();

    /// Applies a change to a queue, and sees whether its rings lie where they can.
    void configure(unsigned number, const std::function<void(virtqueue&)>& change);
    /// The driver has something in a queue.
    void notify(unsigned number, const sc_core::sc_time& delay);

    unsigned config_bytes() const { return static_cast<unsigned>(m_space.size()); }
    /// @returns all bits set where the access does not lie in the space
    uint32_t read_config(unsigned offset, unsigned size);
    void write_config(unsigned offset, unsigned size, uint32_t value);

private:
    bool negotiated(unsigned feature) const override { return m_negotiated >> feature & 1; }
    bool driver_ok() const override { return m_status & virtio::driver_ok; }
    virtio_memory& memory() override { return m_memory; }
    bool take(unsigned queue, virtio_chain& chain) override;
    void put(unsigned queue, const virtio_chain& chain, uint32_t written) override;
    uint16_t waiting(unsigned queue) override { return m_queues[queue].waiting(); }
    uint16_t size(unsigned queue) const override { return m_queues[queue].size(); }
    bool spend(const virtio_chain& chain, const sc_core::sc_time& time) override;
    void wake_after(const sc_core::sc_time& time) override { m_wake.notify(time); }
    void fail(const char* why) override;

    bool valid(const virtio_chain& chain) const { return chain.epoch == m_epoch; }
    void serve();
    bool serve_one();
    void wake();

    virtio_memory m_memory;
    virtio_device& m_device;
    uint64_t m_offered;
    std::function<void(uint8_t)> m_interrupt;
    std::vector<virtqueue> m_queues;
    std::vector<bool> m_notified;
    std::vector<uint8_t> m_space;

    uint64_t m_negotiated = 0;
    uint8_t m_status = 0;
    bool m_broken = false;
    bool m_reported = false;
    uint32_t m_generation = 0;
    uint64_t m_epoch = 0; ///< resets so far
    bool m_woken = true;  ///< wake() is due
    sc_core::sc_event m_kick{"kick"};
    sc_core::sc_event m_wake{"wake_time"};
};

} // namespace vmcore
