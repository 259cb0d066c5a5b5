#include "platform/virt/virtio_slots.h"

#include "models/virtio/virtio_block.h"
#include "models/virtio/virtio_entropy.h"

#include <stdexcept>
#include <string>

namespace vmcore::virt {

static virtio_mmio::config slot_config(const virt_config& config) {
    virtio_mmio::config result;
    result.legacy = config.virtio.legacy;
    result.access_latency = config.register_latency;
    result.dma.dmi = config.dmi;
    result.dma.max_burst = config.dma_burst;
    return result;
}

virtio_slots::virtio_slots(const virt_config& config, bus& on, sc_core::sc_vector<interrupt_wire>& irq) {
    const std::vector<virtio_config::device>& wanted = config.virtio.devices;
    if (wanted.size() > virtio_slot_count)
        throw std::runtime_error("-device: " + std::to_string(wanted.size()) + " virtio devices, expected " +
                                 std::to_string(virtio_slot_count) + " at most");
    for (const virtio_config::device& each : wanted)
        m_devices.push_back(make(config, each));

    for (unsigned slot = 0; slot < virtio_slot_count; ++slot) {
        const unsigned order = virtio_slot_count - 1 - slot;
        virtio_device* device = order < m_devices.size() ? m_devices[order].device.get() : nullptr;
        const std::string name = "virtio" + std::to_string(slot);
        m_slots.push_back(std::make_unique<virtio_mmio>(name.c_str(), slot_config(config), device));
        virtio_mmio& added = *m_slots.back();
        on.map(name, regions::virtio.base + slot * regions::virtio.size, virtio_mmio::register_bytes,
               added.socket);
        added.dma.socket.bind(on.target_socket);
        added.irq(irq[irqs::virtio + slot]);
    }
}

virtio_slots::plugged virtio_slots::make(const virt_config& config, const virtio_config::device& wanted) {
    plugged made;
    const virtio_config& common = config.virtio;
    switch (wanted.what) {
    case virtio_config::device::kind::block: {
        made.image = std::make_unique<disk_image>(wanted.image);
        const virtio_block::config settings{wanted.serial, common.request_latency, common.byte_latency};
        made.device = std::make_unique<virtio_block>(settings, *made.image);
        break;
    }
    case virtio_config::device::kind::console: {
        if (!wanted.line.empty())
            made.line = make_backend(wanted.line, wanted.option);
        const virtio_console::config settings{common.poll_interval, common.byte_latency};
        auto console = std::make_unique<virtio_console>(settings, made.line.get());
        m_consoles.push_back(console.get());
        made.device = std::move(console);
        break;
    }
    case virtio_config::device::kind::entropy: {
        const virtio_entropy::config settings{common.seed, common.request_latency, common.byte_latency};
        made.device = std::make_unique<virtio_entropy>(settings);
        break;
    }
    }
    return made;
}

void virtio_slots::reset() {
    for (const auto& slot : m_slots)
        slot->reset();
}

void virtio_slots::flush_output() {
    for (virtio_console* console : m_consoles)
        console->flush_output();
}

} // namespace vmcore::virt
