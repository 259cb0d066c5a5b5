#pragma once

#include "models/tlm/dma_port.h"
#include "models/tlm/peripheral.h"
#include "models/virtio/virtio_service.h"

#include <memory>
#include <systemc>
#include <vector>

namespace vmcore {

/// virtio over MMIO (VIRTIO 1.2, section 4.2) as QEMU 10.0.2 has it: version 2, or the legacy interface,
/// version
/// 1. Without a device only the identification registers answer, and the device type is 0.
///
/// Registers are 4 bytes wide and little-endian. As in QEMU no access within the 0x200 bytes is refused: an
/// access of 8 bytes is two of 4, one of another width reads as zero and writes nothing below the
/// configuration space.
class virtio_mmio : public peripheral {
public:
    static constexpr uint64_t register_bytes = 0x200; ///< to map on a bus

    struct config {
        bool legacy = true;              ///< version 1; else 2
        sc_core::sc_time access_latency; ///< of every register access
        dma_port::config dma;            ///< how queues and buffers are moved
        virtqueue::config queue;
    };

    sc_core::sc_out<bool> irq{"irq"}; ///< level; written anew for each reason while it is high
    /// The way to guest memory; bind dma.socket to the bus, also when there is no device.
    dma_port dma;

    /// @param device what is plugged in, or null; it serves this transport alone and must outlive it
    virtio_mmio(const sc_core::sc_module_name& name, const config& settings, virtio_device* device);

    void reset() override;

private:
    /// A register: what the driver reads, and what its write does; a null handler reads as 0, or ignores.
    struct control_register {
        unsigned offset;
        const char* name;
        uint32_t (virtio_mmio::*read)() const;
        void (virtio_mmio::*write)(uint32_t value, const sc_core::sc_time& delay);
        enum { always, legacy, modern } in; ///< versions that have it
        bool without_device;                ///< is there although nothing is plugged in
    };
    static const control_register registers[];

    /// What the driver of version 2 writes about a queue, until QueueReady hands it over.
    struct queue_setup {
        uint32_t entries = 0;
        uint64_t descriptors = 0;
        uint64_t available = 0;
        uint64_t used = 0;
        bool ready = false;
    };

    uint64_t read_control(const register_access& access);
    void write_control(const register_access& access, uint64_t value);
    uint64_t read_config(const register_access& access);
    void write_config(const register_access& access, uint64_t value);
    const control_register* find(unsigned offset) const;

    uint32_t read_magic() const { return 0x74726976; } // "virt"
    uint32_t read_version() const { return m_legacy ? 1 : 2; }
    uint32_t read_device_id() const;
    uint32_t read_vendor_id() const { return 0x554d4551; } // "QEMU"
    uint32_t read_device_features() const;
    uint32_t read_queue_size_max() const;
    uint32_t read_queue_pfn() const;
    uint32_t read_queue_ready() const { return m_setups[m_queue].ready ? 1 : 0; }
    uint32_t read_interrupt_status() const { return m_interrupt_status; }
    uint32_t read_status() const { return m_service->status(); }
    uint32_t read_no_shared_memory() const { return ~uint32_t(0); }
    uint32_t read_config_generation() const { return m_service->generation(); }

    void write_device_features_select(uint32_t value, const sc_core::sc_time&);
    void write_driver_features(uint32_t value, const sc_core::sc_time&);
    void write_driver_features_select(uint32_t value, const sc_core::sc_time&);
    void write_guest_page_size(uint32_t value, const sc_core::sc_time&);
    void write_queue_select(uint32_t value, const sc_core::sc_time&);
    void write_queue_size(uint32_t value, const sc_core::sc_time&);
    void write_queue_align(uint32_t value, const sc_core::sc_time&);
    void write_queue_pfn(uint32_t value, const sc_core::sc_time&);
    void write_queue_ready(uint32_t value, const sc_core::sc_time&);
    void write_queue_notify(uint32_t value, const sc_core::sc_time& delay);
    void write_interrupt_acknowledge(uint32_t value, const sc_core::sc_time&);
    void write_status(uint32_t value, const sc_core::sc_time&);
    template <uint64_t queue_setup::*ADDRESS, unsigned SHIFT>
    void write_queue_address(uint32_t value, const sc_core::sc_time&);

    void clear_interrupts();
    void raise(uint8_t bits);
    void update_irq();
    void drive_irq();

    bool m_legacy;
    std::unique_ptr<virtio_service> m_service; ///< null without a device
    std::vector<queue_setup> m_setups;

    unsigned m_queue = 0; ///< selected
    bool m_device_features_high = false;
    bool m_driver_features_high = false;
    uint32_t m_driver_features[2] = {};
    unsigned m_page_shift = 0;
    uint8_t m_interrupt_status = 0;
    bool m_irq_asserted = false; ///< since the line was driven last
    sc_core::sc_event m_irq_changed{"irq_changed"};

    reg m_control{m_registers,
                  "control",
                  {/* offset */ 0x000, /* width */ 8, byte_order::little, size_any, size_any,
                   /* parts */ true,
                   /* count */ 0x100 / 8},
                  on(this, &virtio_mmio::read_control),
                  on(this, &virtio_mmio::write_control),
                  on(this, &virtio_mmio::read_control)};
    reg m_configuration{m_registers,
                        "configuration",
                        {/* offset */ 0x100, /* width */ 8, byte_order::little, size_any, size_any,
                         /* parts */ true, /* count */ 0x100 / 8},
                        on(this, &virtio_mmio::read_config),
                        on(this, &virtio_mmio::write_config),
                        on(this, &virtio_mmio::read_config)};
};

} // namespace vmcore
