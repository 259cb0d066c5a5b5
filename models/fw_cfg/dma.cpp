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
    if (!m_port.read(descriptor, raw, sizeof raw, delay)) {
        write_result(descriptor, false, delay);
        return;
    }
    const auto control_word = static_cast<uint32_t>(load_bytes(raw, 4, byte_order::big));
    const auto length = static_cast<uint32_t>(load_bytes(raw + 4, 4, byte_order::big));
    const uint64_t address = load_bytes(raw + 8, 8, byte_order::big);

    if (control_word & select)
        m_cursor.select(static_cast<uint16_t>(control_word >> 16));
    write_result(descriptor, transfer(control_word, address, length, delay), delay);
}

bool fw_cfg_dma::transfer(uint32_t control_word, uint64_t address, uint32_t length, sc_core::sc_time& delay) {
    if (length == 0)
        return true;
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
    if (!m_port.read(address, bytes.get() + offset, length, delay))
        return false;
    target.written(offset, length);
    return true;
}

void fw_cfg_dma::write_result(uint64_t descriptor, bool success, sc_core::sc_time& delay) {
    uint8_t raw[4];
    store_bytes(raw, success ? 0u : uint64_t(error), sizeof raw, byte_order::big);
    m_port.write(descriptor, raw, sizeof raw, delay); // nobody is left to tell if this fails
}

} // namespace vmcore
