#include "models/virtio/virtio_service.h"

#include "models/tlm/endian.h"

#include <algorithm>
#include <sstream>

namespace vmcore {

using namespace virtio;

static uint64_t offered_features(const virtio_device& device, bool legacy) {
    const uint64_t common = device.features() | bit(indirect_descriptors) | bit(event_index);
    if (legacy)
        return common | device.legacy_features() | bit(notify_on_empty);
    return common | bit(version_1) | bit(ring_reset);
}

virtio_service::virtio_service(const sc_core::sc_module_name& name, const virtqueue::config& settings,
                               dma_port& port, virtio_device& device, bool legacy,
                               std::function<void(uint8_t)> interrupt)
    : sc_core::sc_module(name)
    , m_memory(port)
    , m_device(device)
    , m_offered(offered_features(device, legacy))
    , m_interrupt(std::move(interrupt))
    , m_space(device.config_bytes()) {
    for (const uint16_t entries : device.queue_sizes())
        m_queues.emplace_back(m_memory, settings, entries);
    m_notified.resize(m_queues.size());
    device.attach(*this);
    SC_HAS_PROCESS(virtio_service);
    SC_THREAD(serve);
    SC_METHOD(wake);
    sensitive << m_wake;
    dont_initialize();
}

void virtio_service::negotiate(uint64_t features) {
    if (m_status & features_ok)
        return;
    m_negotiated = features & m_offered;
    for (unsigned number = 0; number < m_queues.size(); ++number)
        configure(number, [this](virtqueue& queue) {
            queue.set_features(negotiated(event_index), negotiated(notify_on_empty));
        });
}

void virtio_service::write_status(uint8_t status) {
    m_device.status_written(status);
    m_status = status;
    if (status == 0)
        reset();
}

void virtio_service::reset() {
    ++m_epoch;
    m_negotiated = 0;
    m_status = 0;
    m_broken = false;
    std::fill(m_notified.begin(), m_notified.end(), false);
    for (virtqueue& queue : m_queues)
        queue.reset();
    m_device.reset();
}

void virtio_service::configure(unsigned number, const std::function<void(virtqueue&)>& change) {
    if (!has_queue(number))
        return;
    change(m_queues[number]);
    if (!m_queues[number].rings_fit())
        fail("a ring is only partly in memory");
}

void virtio_service::notify(unsigned number, const sc_core::sc_time& delay) {
    if (!has_queue(number) || m_queues[number].descriptors() == 0 || m_broken)
        return;
    m_notified[number] = true;
    m_kick.notify(delay);
}

uint32_t virtio_service::read_config(unsigned offset, unsigned size) {
    m_device.fill_config(m_space.data());
    if (offset + size > m_space.size())
        return ~uint32_t(0);
    return static_cast<uint32_t>(load_bytes(m_space.data() + offset, size, byte_order::little));
}

void virtio_service::write_config(unsigned offset, unsigned size, uint32_t value) {
    if (offset + size > m_space.size())
        return;
    store_bytes(m_space.data() + offset, value, size, byte_order::little);
    m_device.config_written(m_space.data());
}

bool virtio_service::take(unsigned queue, virtio_chain& chain) {
    if (m_broken)
        return false;
    chain.epoch = m_epoch;
    std::string why;
    const virtqueue::outcome outcome = m_queues[queue].take(chain, why);
    if (outcome == virtqueue::outcome::broken)
        fail(why.c_str());
    return outcome == virtqueue::outcome::taken;
}

void virtio_service::put(unsigned queue, const virtio_chain& chain, uint32_t written) {
    if (!valid(chain) || m_broken)
        return;
    m_queues[queue].put(chain, written);
    const bool wanted = m_queues[queue].wants_interrupt();
    if (spend(chain, sc_core::SC_ZERO_TIME) && wanted)
        m_interrupt(used_buffer);
}

bool virtio_service::spend(const virtio_chain& chain, const sc_core::sc_time& time) {
    const sc_core::sc_time least = sc_core::sc_get_time_resolution();
    wait(std::max(time + m_memory.take_delay(), least));
    return valid(chain);
}

void virtio_service::fail(const char* why) {
    m_broken = true;
    if (!m_reported) {
        m_reported = true;
        std::ostringstream text;
        text << name() << ": the guest's driver broke the device: " << why << " (reported once)";
        SC_REPORT_WARNING("/vmcore/virtio/broken", text.str().c_str());
    }
    if (!negotiated(version_1))
        return;
    m_status |= needs_reset;
    if (!driver_ok())
        return;
    ++m_generation;
    m_interrupt(used_buffer | configuration);
}

/// The device's process. Events that come while it is at work are remembered by what they set.
void virtio_service::serve() {
    for (;;) {
        while (serve_one()) {
        }
        wait(m_kick);
    }
}

bool virtio_service::serve_one() {
    if (m_woken) {
        m_woken = false;
        m_device.wake();
        return true;
    }
    const auto found = std::find(m_notified.begin(), m_notified.end(), true);
    if (found == m_notified.end())
        return false;
    *found = false; // it may be notified again meanwhile
    m_device.process(static_cast<unsigned>(found - m_notified.begin()));
    return true;
}

void virtio_service::wake() {
    m_woken = true;
    m_kick.notify();
}

} // namespace vmcore
