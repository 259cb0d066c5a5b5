/// What a guest can see of a DMA, exactly as QEMU does it:
///
///  - READ goes before WRITE, WRITE before SKIP; other bits of control, an old ERROR bit too, mean nothing.
///  - A transfer of length 0 succeeds, whatever the item.
///  - The offset advances by the part of the length that lies in the item, whether or not the transfer
///    succeeds: also when a WRITE is refused, and when the target of a READ is not mapped.
///  - Behind the item's end, READ delivers zeros and SKIP does nothing, and both succeed. A WRITE that would
///    pass the end is refused as a whole.
///  - A WRITE from memory that is not mapped sets the item's bytes to zero there, and fails without telling
///    the item's owner.
///  - The result is the last thing written, so that it prevails where data and descriptor overlap; length
///    and address in the descriptor stay. It is written even if the descriptor could not be read: its control
///    word may be mapped though the rest is not.
///
/// Payload moves straight between the item's bytes and guest memory; nothing is buffered here.

#include "models/fw_cfg/dma.h"

#include "models/tlm/endian.h"

namespace vmcore {

static constexpr unsigned descriptor_size = 16;

void fw_cfg_dma::run(uint64_t descriptor, sc_core::sc_time& delay) {
    uint8_t raw[descriptor_size];
    m_quirks.forget_came_back();
    if (!m_port.read(descriptor, raw, sizeof raw, delay)) {
        m_quirks.memory_failed(fw_cfg_quirk::kind::descriptor_unreadable, descriptor, sizeof raw);
        write_result(descriptor, false, delay);
        return;
    }
    const auto control_word = static_cast<uint32_t>(load_bytes(raw, 4, byte_order::big));
    const auto length = static_cast<uint32_t>(load_bytes(raw + 4, 4, byte_order::big));
    const uint64_t address = load_bytes(raw + 8, 8, byte_order::big);

    m_quirks.descriptor(control_word, length);
    if (control_word & select) {
        const auto key = static_cast<uint16_t>(control_word >> 16);
        m_cursor.select(key);
        m_quirks.selected(m_items, key);
    }
    if (!write_result(descriptor, transfer(control_word, address, length, delay), delay))
        m_quirks.memory_failed(fw_cfg_quirk::kind::result_lost, descriptor, 4);
}

bool fw_cfg_dma::transfer(uint32_t control_word, uint64_t address, uint32_t length, sc_core::sc_time& delay) {
    if (length == 0)
        return true;
    for (const control mode : {read, write, skip})
        if (control_word & mode) {
            m_quirks.transfer(m_cursor, mode, length);
            break;
        }
    if (control_word & read)
        return read_item(address, length, delay);
    if (control_word & write)
        return write_item(address, length, delay);
    if (control_word & skip)
        m_cursor.advance(std::min(length, m_cursor.left()));
    return true;
}

bool fw_cfg_dma::read_item(uint64_t address, uint32_t length, sc_core::sc_time& delay) {
    const uint32_t present = std::min(length, m_cursor.left());
    bool success = true;
    if (present > 0) {
        const item::bytes bytes = m_cursor.current()->share();
        const uint8_t* from = bytes.get() + m_cursor.offset();
        m_cursor.advance(present);
        success = m_port.write(address, from, present, delay);
    }
    // Data that does not arrive ends the transfer, so the zeros behind it stay out too.
    if (success && length > present)
        success = m_port.clear(address + present, length - present, delay);
    if (!success)
        m_quirks.memory_failed(fw_cfg_quirk::kind::target_not_written, address, length, m_cursor.key());
    return success;
}

bool fw_cfg_dma::write_item(uint64_t address, uint32_t length, sc_core::sc_time& delay) {
    const uint32_t present = std::min(length, m_cursor.left());
    if (present == 0)
        return false;
    item& target = *m_cursor.current();
    const item::bytes bytes = target.share();
    const uint32_t offset = m_cursor.offset();
    m_cursor.advance(present);
    if (!target.writable() || present < length)
        return false;
    if (!m_port.read(address, bytes.get() + offset, length, delay)) {
        m_quirks.memory_failed(fw_cfg_quirk::kind::source_not_mapped, address, length, m_cursor.key());
        return false;
    }
    target.written(offset, length);
    return true;
}

bool fw_cfg_dma::write_result(uint64_t descriptor, bool success, sc_core::sc_time& delay) {
    uint8_t raw[4];
    store_bytes(raw, success ? 0u : uint64_t(error), sizeof raw, byte_order::big);
    return m_port.write(descriptor, raw, sizeof raw, delay); // the guest is not told if this fails
}

} // namespace vmcore
