#include "models/vmcoreinfo/vmcoreinfo.h"

#include "models/tlm/endian.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace vmcore {

static item& add_file(fw_cfg_controller& firmware, item::write_handler on_write) {
    const item* present = firmware.items().find_file(vmcoreinfo::file_name);
    if (present != nullptr && present->writable()) // a file of the user's is read-only
        throw std::runtime_error("at most one vmcoreinfo device is permitted");
    if (!firmware.dma_enabled())
        throw std::runtime_error("vmcoreinfo device requires fw_cfg with DMA");
    return firmware.add_writable_file(vmcoreinfo::file_name, std::vector<uint8_t>(vmcoreinfo::file_size),
                                      std::move(on_write));
}

vmcoreinfo::vmcoreinfo(const sc_core::sc_module_name& name, fw_cfg_controller& firmware)
    : sc_core::sc_module(name)
    , m_file(add_file(firmware, [this](uint32_t offset, uint32_t length) { written(offset, length); })) {
    reset();
}

void vmcoreinfo::reset() {
    m_present = false;
    std::fill_n(m_file.data(), file_size, uint8_t(0));
    store_bytes(m_file.data(), vmcoreinfo_format_elf, 2, byte_order::little);
}

vmcoreinfo_record vmcoreinfo::record() const {
    const uint8_t* bytes = m_file.data();
    vmcoreinfo_record record;
    record.present = m_present;
    record.host_format = static_cast<uint16_t>(load_bytes(bytes, 2, byte_order::little));
    record.guest_format = static_cast<uint16_t>(load_bytes(bytes + 2, 2, byte_order::little));
    record.size = static_cast<uint32_t>(load_bytes(bytes + 4, 4, byte_order::little));
    record.paddr = load_bytes(bytes + 8, 8, byte_order::little);
    return record;
}

const uint8_t* vmcoreinfo::file_location() const {
    return m_file.data();
}

/// Only a write of the whole file, which starts at its beginning, makes a record; any other takes a record
/// back that was there, although its bytes do change.
void vmcoreinfo::written(uint32_t offset, uint32_t length) {
    if (m_on_quirk)
        report_quirks(offset, length);
    m_present = length == file_size && record().guest_format != vmcoreinfo_format_none;
    if (m_present && m_on_publish)
        m_on_publish(record());
}

/// The dump engine takes a note of at least an ELF note's header, and of at most 1 MiB.
void vmcoreinfo::report_quirks(uint32_t offset, uint32_t length) const {
    constexpr uint32_t least = 12, most = 1u << 20;
    const vmcoreinfo_record now = record();
    if (offset < 2 && now.host_format != vmcoreinfo_format_elf)
        m_on_quirk(quirk::host_format_overwritten, "host_format overwritten with " +
                                                       std::to_string(now.host_format) +
                                                       ", which nobody reads");
    if (length != file_size)
        return m_on_quirk(quirk::partial_write, "write of " + std::to_string(length) +
                                                    " of 16 bytes at offset " + std::to_string(offset) +
                                                    ": the bytes change, and there is no record");
    if (now.guest_format != vmcoreinfo_format_elf)
        m_on_quirk(quirk::guest_format_not_elf,
                   "record with guest_format " + std::to_string(now.guest_format) + ": no dump has its note");
    else if (now.size < least || now.size > most)
        m_on_quirk(quirk::size_out_of_range, "record with a size of " + std::to_string(now.size) +
                                                 ", expected 12 to 1048576: no dump has its note");
}

} // namespace vmcore
