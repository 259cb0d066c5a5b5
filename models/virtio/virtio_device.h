#pragma once

#include "models/virtio/virtio_bits.h"
#include "models/virtio/virtio_chain.h"

#include <cstdint>
#include <systemc>
#include <vector>

namespace vmcore {

/// What a virtio device may ask of its transport. All but negotiated(), driver_ok() and wake_after() are for
/// the device's service process alone, that is for process() and wake().
class virtio_transport {
public:
    virtual ~virtio_transport() = default;

    virtual bool negotiated(unsigned feature) const = 0;
    virtual bool driver_ok() const = 0;
    virtual virtio_memory& memory() = 0;

    /// Takes the next chain of a queue. False when there is none; a broken one breaks the device.
    virtual bool take(unsigned queue, virtio_chain& chain) = 0;
    /// Gives it back, and raises the interrupt if the driver wants it. Nothing happens when the chain is
    /// void.
    /// @param written bytes of its writable part, as the driver is told
    virtual void put(unsigned queue, const virtio_chain& chain, uint32_t written) = 0;
    /// Chains that the driver claims to offer, and how many the queue can have.
    virtual uint16_t waiting(unsigned queue) = 0;
    virtual uint16_t size(unsigned queue) const = 0;

    /// Waits for a time, and for the time that accesses to memory have taken meanwhile: a little in any case,
    /// so that no guest can keep the kernel busy. False when the chain is void afterwards.
    virtual bool spend(const virtio_chain& chain, const sc_core::sc_time& time) = 0;
    /// Has wake() called when the time has passed; the earliest wish counts. May be called anywhere.
    virtual void wake_after(const sc_core::sc_time& time) = 0;

    /// The driver made a mistake that leaves the device no way on: it does nothing more before a reset
    /// (VIRTIO 1.2, section 2.1.2).
    virtual void fail(const char* why) = 0;
};

/// A virtio device without its transport: what it is, its configuration space, and what it does with chains.
/// Its functions are called by the one transport that it was given to.
class virtio_device {
public:
    virtual ~virtio_device() = default;

    virtual virtio::device_type type() const = 0;
    /// Bits of its own; those of queues and transport are not among them.
    virtual uint64_t features() const = 0;
    /// Further ones that only a legacy driver is offered.
    virtual uint64_t legacy_features() const { return 0; }
    /// Entries of each queue while the driver sets no other number: 1 to virtio::most_entries.
    virtual std::vector<uint16_t> queue_sizes() const = 0;

    virtual unsigned config_bytes() const { return 0; }
    /// Puts what the driver shall read into the space; what it leaves alone stays as the driver wrote it.
    virtual void fill_config(uint8_t* /*space*/) const {}
    /// The driver has written to the space.
    virtual void config_written(uint8_t* /*space*/) {}

    /// The driver writes its status; the features are final when driver_ok is in it. 0 is followed by
    /// reset().
    virtual void status_written(uint8_t /*status*/) {}
    /// State after power-on. Chains that were taken are void.
    virtual void reset() {}

    /// The driver says that there is something to take from a queue.
    virtual void process(unsigned queue) = 0;
    /// At the start of simulation, and when a wake_after() is over.
    virtual void wake() {}

    void attach(virtio_transport& transport) { m_transport = &transport; }

protected:
    virtio_transport& transport() const { return *m_transport; }

private:
    virtio_transport* m_transport = nullptr;
};

} // namespace vmcore
