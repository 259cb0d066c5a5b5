#pragma once

#include "models/bus/bus.h"
#include "models/tlm/interrupt_wire.h"
#include "models/uart16550/backend.h"
#include "models/virtio/virtio_console.h"
#include "models/virtio/virtio_mmio.h"
#include "platform/virt/virt_config.h"

#include <memory>
#include <systemc>
#include <vector>

namespace vmcore::virt {

/// The slots of virtio_mmio, empty ones too, and the devices in them with what they have of the host.
class virtio_slots {
public:
    /// Maps all slots on the bus and binds their interrupts.
    /// @param irq wires to the PLIC, by source
    /// @throws std::runtime_error, std::invalid_argument naming the option and the file that cannot be used
    virtio_slots(const virt_config& config, bus& on, sc_core::sc_vector<interrupt_wire>& irq);

    void reset();
    /// What consoles have printed reaches the host.
    void flush_output();

private:
    /// A device and what it refers to, which is destroyed behind it.
    struct plugged {
        std::unique_ptr<disk_image> image;
        std::unique_ptr<uart_backend> line;
        std::unique_ptr<virtio_device> device;
    };

    plugged make(const virt_config& config, const virtio_config::device& wanted);

    std::vector<plugged> m_devices;
    std::vector<virtio_console*> m_consoles;
    std::vector<std::unique_ptr<virtio_mmio>> m_slots;
};

} // namespace vmcore::virt
