#include "models/virtio/virtio_mmio.h"

#include <algorithm>

namespace vmcore {

using namespace virtio;

static constexpr unsigned config_start = 0x100;
static constexpr unsigned widest_page_shift = 31;

// VIRTIO 1.2, tables 4.1 and 4.3. Offsets that are not here read as 0.
const virtio_mmio::control_register virtio_mmio::registers[] = {
    {0x000, "MagicValue", &virtio_mmio::read_magic, nullptr, control_register::always, true},
    {0x004, "Version", &virtio_mmio::read_version, nullptr, control_register::always, true},
    {0x008, "DeviceID", &virtio_mmio::read_device_id, nullptr, control_register::always, true},
    {0x00c, "VendorID", &virtio_mmio::read_vendor_id, nullptr, control_register::always, true},
    {0x010, "DeviceFeatures", &virtio_mmio::read_device_features, nullptr, control_register::always, false},
    {0x014, "DeviceFeaturesSel", nullptr, &virtio_mmio::write_device_features_select,
     control_register::always, false},
    {0x020, "DriverFeatures", nullptr, &virtio_mmio::write_driver_features, control_register::always, false},
    {0x024, "DriverFeaturesSel", nullptr, &virtio_mmio::write_driver_features_select,
     control_register::always, false},
    {0x028, "GuestPageSize", nullptr, &virtio_mmio::write_guest_page_size, control_register::legacy, false},
    {0x030, "QueueSel", nullptr, &virtio_mmio::write_queue_select, control_register::always, false},
    {0x034, "QueueNumMax", &virtio_mmio::read_queue_size_max, nullptr, control_register::always, false},
    {0x038, "QueueNum", nullptr, &virtio_mmio::write_queue_size, control_register::always, false},
    {0x03c, "QueueAlign", nullptr, &virtio_mmio::write_queue_align, control_register::legacy, false},
    {0x040, "QueuePFN", &virtio_mmio::read_queue_pfn, &virtio_mmio::write_queue_pfn, control_register::legacy,
     false},
    {0x044, "QueueReady", &virtio_mmio::read_queue_ready, &virtio_mmio::write_queue_ready,
     control_register::modern, false},
    {0x050, "QueueNotify", nullptr, &virtio_mmio::write_queue_notify, control_register::always, false},
    {0x060, "InterruptStatus", &virtio_mmio::read_interrupt_status, nullptr, control_register::always, false},
    {0x064, "InterruptACK", nullptr, &virtio_mmio::write_interrupt_acknowledge, control_register::always,
     false},
    {0x070, "Status", &virtio_mmio::read_status, &virtio_mmio::write_status, control_register::always, false},
    {0x080, "QueueDescLow", nullptr, &virtio_mmio::write_queue_address<&queue_setup::descriptors, 0>,
     control_register::modern, false},
    {0x084, "QueueDescHigh", nullptr, &virtio_mmio::write_queue_address<&queue_setup::descriptors, 32>,
     control_register::modern, false},
    {0x090, "QueueDriverLow", nullptr, &virtio_mmio::write_queue_address<&queue_setup::available, 0>,
     control_register::modern, false},
    {0x094, "QueueDriverHigh", nullptr, &virtio_mmio::write_queue_address<&queue_setup::available, 32>,
     control_register::modern, false},
    {0x0a0, "QueueDeviceLow", nullptr, &virtio_mmio::write_queue_address<&queue_setup::used, 0>,
     control_register::modern, false},
    {0x0a4, "QueueDeviceHigh", nullptr, &virtio_mmio::write_queue_address<&queue_setup::used, 32>,
     control_register::modern, false},
    {0x0b0, "SHMLenLow", &virtio_mmio::read_no_shared_memory, nullptr, control_register::always, false},
    {0x0b4, "SHMLenHigh", &virtio_mmio::read_no_shared_memory, nullptr, control_register::always, false},
    {0x0fc, "ConfigGeneration", &virtio_mmio::read_config_generation, nullptr, control_register::modern,
     false},
};

virtio_mmio::virtio_mmio(const sc_core::sc_module_name& name, const config& settings, virtio_device* device)
    : peripheral(name, settings.access_latency)
    , dma("dma", settings.dma)
    , m_legacy(settings.legacy)
    , m_setups(most_queues) {
    if (device)
        m_service = std::make_unique<virtio_service>("service", settings.queue, dma, *device, m_legacy,
                                                     [this](uint8_t bits) { raise(bits); });
    SC_HAS_PROCESS(virtio_mmio);
    SC_METHOD(drive_irq);
    sensitive << m_irq_changed;
}

void virtio_mmio::reset() {
    m_setups.assign(most_queues, {});
    m_queue = 0;
    m_device_features_high = m_driver_features_high = false;
    m_driver_features[0] = m_driver_features[1] = 0;
    m_page_shift = 0;
    clear_interrupts();
    if (m_service)
        m_service->reset();
}

void virtio_mmio::raise(uint8_t bits) {
    m_interrupt_status |= bits;
    update_irq();
}

void virtio_mmio::update_irq() {
    m_irq_asserted = m_irq_asserted || m_interrupt_status != 0;
    m_irq_changed.notify(sc_core::SC_ZERO_TIME);
}

void virtio_mmio::drive_irq() {
    if (m_irq_asserted)
        irq.write(true);
    m_irq_asserted = false;
    irq.write(m_interrupt_status != 0);
}

void virtio_mmio::clear_interrupts() {
    m_interrupt_status = 0;
    update_irq();
}

const virtio_mmio::control_register* virtio_mmio::find(unsigned offset) const {
    for (const control_register& candidate : registers)
        if (candidate.offset == offset && (m_service || candidate.without_device) &&
            (candidate.in == control_register::always ||
             (candidate.in == control_register::legacy) == m_legacy))
            return &candidate;
    return nullptr;
}

static unsigned place(const register_access& access) {
    return access.index * 8 + access.offset;
}

uint64_t virtio_mmio::read_control(const register_access& access) {
    const auto word = [this](unsigned offset) -> uint64_t {
        const control_register* found = find(offset);
        return found != nullptr && found->read != nullptr ? (this->*found->read)() : 0;
    };
    const unsigned offset = place(access);
    if (access.size == 8)
        return word(offset) | word(offset + 4) << 32;
    return access.size == 4 || !m_service ? word(offset) : 0; // the bank cuts to the size
}

void virtio_mmio::write_control(const register_access& access, uint64_t value) {
    const unsigned offset = place(access);
    for (unsigned part = 0; access.size >= 4 && part < access.size; part += 4) {
        const control_register* found = find(offset + part);
        if (found != nullptr && found->write != nullptr)
            (this->*found->write)(static_cast<uint32_t>(value >> 8 * part), access.delay);
    }
}

uint64_t virtio_mmio::read_config(const register_access& access) {
    const unsigned offset = place(access);
    if (!m_service)
        return 0;
    if (access.size == 8)
        return m_service->read_config(offset, 4) | uint64_t(m_service->read_config(offset + 4, 4)) << 32;
    return m_service->read_config(offset, access.size);
}

void virtio_mmio::write_config(const register_access& access, uint64_t value) {
    const unsigned offset = place(access);
    const unsigned size = std::min(access.size, 4u);
    for (unsigned part = 0; m_service && part < access.size; part += size)
        m_service->write_config(offset + part, size, static_cast<uint32_t>(value >> 8 * part));
}

uint32_t virtio_mmio::read_device_id() const {
    return static_cast<uint32_t>(m_service ? m_service->type() : device_type::none);
}

uint32_t virtio_mmio::read_device_features() const {
    if (m_device_features_high)
        return static_cast<uint32_t>(m_service->offered() >> 32);
    return static_cast<uint32_t>(m_service->offered());
}

uint32_t virtio_mmio::read_queue_size_max() const {
    return m_service->has_queue(m_queue) ? most_entries : 0;
}

uint32_t virtio_mmio::read_queue_pfn() const {
    if (!m_service->has_queue(m_queue))
        return 0;
    return static_cast<uint32_t>(m_service->queue(m_queue).descriptors() >> m_page_shift);
}

void virtio_mmio::write_device_features_select(uint32_t value, const sc_core::sc_time&) {
    m_device_features_high = value != 0;
}

void virtio_mmio::write_driver_features_select(uint32_t value, const sc_core::sc_time&) {
    m_driver_features_high = value != 0;
}

void virtio_mmio::write_driver_features(uint32_t value, const sc_core::sc_time&) {
    if (!m_legacy)
        m_driver_features[m_driver_features_high ? 1 : 0] = value;
    else if (!m_driver_features_high)
        m_service->negotiate(value);
}

void virtio_mmio::write_guest_page_size(uint32_t value, const sc_core::sc_time&) {
    m_page_shift = 0;
    while (value != 0 && m_page_shift < widest_page_shift && (value >> m_page_shift & 1) == 0)
        ++m_page_shift;
}

void virtio_mmio::write_queue_select(uint32_t value, const sc_core::sc_time&) {
    if (value < most_queues)
        m_queue = value;
}

void virtio_mmio::write_queue_size(uint32_t value, const sc_core::sc_time&) {
    m_setups[m_queue].entries = value;
    m_service->configure(m_queue, [&](virtqueue& queue) {
        queue.set_size(value);
        if (m_legacy)
            queue.set_base(queue.descriptors());
    });
}

void virtio_mmio::write_queue_align(uint32_t value, const sc_core::sc_time&) {
    m_service->configure(m_queue, [&](virtqueue& queue) { queue.set_align(value); });
}

void virtio_mmio::write_queue_pfn(uint32_t value, const sc_core::sc_time&) {
    if (value == 0) {
        clear_interrupts();
        m_queue = 0;
        return m_service->reset();
    }
    m_service->configure(m_queue, [&](virtqueue& queue) { queue.set_base(uint64_t(value) << m_page_shift); });
}

void virtio_mmio::write_queue_ready(uint32_t value, const sc_core::sc_time&) {
    queue_setup& setup = m_setups[m_queue];
    setup.ready = value != 0;
    if (!setup.ready)
        return;
    m_service->configure(m_queue, [&](virtqueue& queue) {
        queue.set_size(setup.entries);
        queue.set_rings(setup.descriptors, setup.available, setup.used);
    });
}

template <uint64_t virtio_mmio::queue_setup::*ADDRESS, unsigned SHIFT>
void virtio_mmio::write_queue_address(uint32_t value, const sc_core::sc_time&) {
    uint64_t& address = m_setups[m_queue].*ADDRESS;
    address = (address & ~(uint64_t(0xffffffff) << SHIFT)) | uint64_t(value) << SHIFT;
}

void virtio_mmio::write_queue_notify(uint32_t value, const sc_core::sc_time& delay) {
    m_service->notify(value, delay);
}

void virtio_mmio::write_interrupt_acknowledge(uint32_t value, const sc_core::sc_time&) {
    m_interrupt_status &= static_cast<uint8_t>(~value);
    update_irq();
}

void virtio_mmio::write_status(uint32_t value, const sc_core::sc_time&) {
    const auto status = static_cast<uint8_t>(value);
    if (!m_legacy && (value & features_ok))
        m_service->negotiate(uint64_t(m_driver_features[1]) << 32 | m_driver_features[0]);
    m_service->write_status(status);
    if (status != 0)
        return;
    m_queue = 0;
    clear_interrupts();
    for (queue_setup& setup : m_setups)
        setup.ready = false;
}

} // namespace vmcore
