#include "tests/fuzz/fw_cfg_machine.h"

#include "models/tlm/endian.h"
#include "tests/fuzz/require.h"

#include <algorithm>

namespace vmcore::fuzz {

fw_cfg_machine::fw_cfg_machine(const sc_core::sc_module_name& name, const fw_cfg::config& settings)
    : sc_core::sc_module(name)
    , m_device("fw_cfg", settings)
    , m_vmcoreinfo("vmcoreinfo", m_device) {
    SC_HAS_PROCESS(fw_cfg_machine);
    SC_THREAD(meddle);
    for (auto* initiator : {&m_cpu.socket, &m_other_cpu.socket}) {
        protocol_checker& checker = add_checker();
        initiator->bind(checker.target_socket);
        checker.initiator_socket.bind(m_bus.target_socket);
    }
    protocol_checker& of_dma = add_checker();
    m_device.dma.socket.bind(of_dma.target_socket);
    of_dma.initiator_socket.bind(m_bus.target_socket);
    for (memory_window* each : m_regions) {
        protocol_checker& checker = add_checker();
        checker.initiator_socket.bind(each->real.socket);
        m_bus.map(each->real.basename(), each->base, each->size, checker.target_socket, each->offset);
    }
    protocol_checker& of_registers = add_checker();
    of_registers.initiator_socket.bind(m_device.socket);
    m_bus.map("fw_cfg", registers_base, fw_cfg::register_bytes, of_registers.target_socket);
    m_device.add_file("opt/hello", {'H', 'e', 'l', 'l', 'o', 'W', 'o', 'r', 'l', 'd'});
    m_device.add_file("opt/none", {});
    m_vmcoreinfo.on_publish([this](const vmcoreinfo_record& record) {
        require(record.present, "only a record that is present is published");
        ++m_published;
    });
}

protocol_checker& fw_cfg_machine::add_checker() {
    m_checkers.push_back(std::make_unique<protocol_checker>(sc_core::sc_gen_unique_name("checker")));
    m_checkers.back()->on_violation(
        [](const protocol_checker::violation& broken) { require(false, broken.text.c_str()); });
    return *m_checkers.back();
}

/// Comes to the registers while a transfer may be under way: waits for its end, and changes nothing.
void fw_cfg_machine::meddle() {
    for (;;) {
        wait(m_meddle);
        const auto read = m_other_cpu.read(dma_register, 8);
        require(read.ok() && read.data == bytes{'Q', 'E', 'M', 'U', ' ', 'C', 'F', 'G'},
                "another process reads the signature");
        require(!m_device.dma_in_progress(), "another process has waited for the end of the transfer");
    }
}

void fw_cfg_machine::make_reference() {
    m_reference = {};
    for (const item_table::file& file : m_device.items().files())
        if (file.name == vmcoreinfo::file_name)
            m_record_key = file.key;
    for (unsigned key = 0; key < 0x40; ++key)
        if (const item* from = m_device.items().find(static_cast<uint16_t>(key)))
            m_reference.items[key] = {from->data(), from->data() + from->size()};
    m_reference.writable_key = m_record_key;
    m_reference.load = [this](uint64_t address, uint8_t& byte) {
        memory_window* from = find(address, 1);
        byte = from ? *from->at(address) : 0;
        return from != nullptr;
    };
    m_reference.store = [this](uint64_t address, uint8_t byte) {
        memory_window* to = find(address, 1);
        if (to == nullptr || !to->writable)
            return false;
        *to->at(address) = byte;
        return true;
    };
    m_reference.gap = [this](uint64_t address) -> uint64_t {
        if (find(address, 1) != nullptr)
            return 1;
        uint64_t gap = uint64_t(1) << 32; // more than any transfer moves
        if (address != 0)
            gap = std::min(gap, 0 - address);
        for (memory_window* each : m_regions)
            if (each->base > address)
                gap = std::min(gap, each->base - address);
        return gap;
    };
}

void fw_cfg_machine::start_over() {
    for (memory_window* each : m_regions)
        each->fill();
    m_cpu.write(dma_register, bytes(8)); // a transfer with a descriptor nowhere: forgets a high half
    m_device.reset();
    m_vmcoreinfo.reset();
    m_published = m_expected_published = 0;
    m_present = false;
    make_reference();
}

memory_window* fw_cfg_machine::find(uint64_t address, uint64_t extent) {
    for (memory_window* each : m_regions)
        if (address - each->base < each->size && extent <= each->size - (address - each->base))
            return each;
    return nullptr;
}

bool fw_cfg_machine::expect_in_memory(memory_window& where, const access& wanted, bytes& expected) {
    if (wanted.command == tlm::TLM_WRITE_COMMAND && !where.writable)
        return false;
    for (size_t i = 0; i < wanted.data.size(); ++i) {
        uint8_t& byte = *where.at(wanted.address + i % wanted.streaming_width);
        if (!wanted.enables.empty() && wanted.enables[i % wanted.enables.size()] == 0)
            continue;
        if (wanted.command == tlm::TLM_WRITE_COMMAND)
            byte = wanted.data[i];
        else if (wanted.command == tlm::TLM_READ_COMMAND)
            expected[i] = byte;
    }
    return true;
}

bool fw_cfg_machine::expect_in_registers(const access& wanted, bytes& expected) {
    const uint64_t at = wanted.address - registers_base;
    const size_t size = wanted.data.size();
    if (!wanted.enables.empty() || wanted.streaming_width < size || (size & (size - 1)) != 0 || size > 8 ||
        at % size != 0)
        return false;
    const bool good = wanted.command == tlm::TLM_READ_COMMAND
                          ? m_reference.read_register(static_cast<unsigned>(at), expected)
                          : m_reference.write_register(static_cast<unsigned>(at), wanted.data);
    follow_writes();
    return good;
}

/// What vmcoreinfo makes of the successful writes to its file.
void fw_cfg_machine::follow_writes() {
    const bytes& file = m_reference.items[m_record_key];
    for (const auto& [offset, length] : m_reference.writes) {
        m_present = offset == 0 && length == file.size() && (file[2] != 0 || file[3] != 0);
        m_expected_published += m_present;
    }
    m_reference.writes.clear();
}

void fw_cfg_machine::take_access(access wanted) {
    const bool is_register = wanted.address - registers_base < fw_cfg::register_bytes;
    const bool is_ignored = wanted.command == tlm::TLM_IGNORE_COMMAND;
    const uint64_t extent = std::min<uint64_t>(wanted.data.size(), wanted.streaming_width);
    bytes expected = wanted.data;
    bool accepted = false;
    if (memory_window* where = find(wanted.address, extent))
        accepted = expect_in_memory(*where, wanted, expected);
    else if (is_register && !is_ignored && extent <= registers_base + fw_cfg::register_bytes - wanted.address)
        accepted = expect_in_registers(wanted, expected);

    test::request payload(wanted.command, wanted.address, wanted.data);
    payload.set_streaming_width(wanted.streaming_width);
    if (!wanted.enables.empty()) {
        payload.set_byte_enable_ptr(wanted.enables.data());
        payload.set_byte_enable_length(static_cast<unsigned>(wanted.enables.size()));
    }
    const auto got = m_cpu.send(payload);
    require(got.status != tlm::TLM_INCOMPLETE_RESPONSE, "a target sets the response status");
    if (is_ignored && is_register)
        return; // either answer will do, as long as nothing happens
    require(got.ok() == accepted, "an access is accepted or refused as by the plain model");
    if (accepted && wanted.command == tlm::TLM_READ_COMMAND)
        require(got.data == expected, "a read delivers what the plain model delivers");
}

void fw_cfg_machine::take_descriptor(uint64_t at, uint32_t control, uint32_t length, uint64_t address,
                                     bool in_halves) {
    bytes descriptor(16), start(8);
    store_bytes(&descriptor[0], control, 4, byte_order::big);
    store_bytes(&descriptor[4], length, 4, byte_order::big);
    store_bytes(&descriptor[8], address, 8, byte_order::big);
    store_bytes(&start[0], at, 8, byte_order::big);
    for (unsigned i = 0; i < descriptor.size(); ++i) // byte by byte: it may straddle anything
        take_poke(at + i, {descriptor[i]});
    m_meddle.notify(sc_core::SC_ZERO_TIME);
    if (in_halves) {
        take_access({tlm::TLM_WRITE_COMMAND, dma_register, {start.begin(), start.begin() + 4}, 4, {}});
        take_access({tlm::TLM_WRITE_COMMAND, dma_register + 4, {start.begin() + 4, start.end()}, 4, {}});
    } else {
        take_access({tlm::TLM_WRITE_COMMAND, dma_register, start, 8, {}});
    }
}

/// By debug transport, which may write ROM, and which is cut at the end of a memory_window.
void fw_cfg_machine::take_poke(uint64_t address, const bytes& data) {
    unsigned expected = 0;
    if (memory_window* to = find(address, 1)) {
        expected = static_cast<unsigned>(std::min<uint64_t>(data.size(), to->size - (address - to->base)));
        std::copy_n(data.begin(), expected, to->at(address));
    }
    require(m_cpu.debug_write(address, data) == expected,
            "a debug write reaches the end of its memory_window");
}

void fw_cfg_machine::take_debug_read(uint64_t address, unsigned length) {
    bytes expected;
    if (memory_window* from = find(address, 1)) {
        const uint64_t there = std::min<uint64_t>(length, from->size - (address - from->base));
        expected.assign(from->at(address), from->at(address) + there);
    } else if (address - registers_base < fw_cfg::register_bytes) {
        length = static_cast<unsigned>(
            std::min<uint64_t>(length, registers_base + fw_cfg::register_bytes - address));
        const uint64_t offset = m_reference.offset;
        expected.resize(length);
        if (!expect_in_registers({tlm::TLM_READ_COMMAND, address, expected, length, {}}, expected))
            expected.clear();
        m_reference.offset = offset;
    }
    require(m_cpu.debug_read(address, length).data == expected, "a debug read delivers what a read would");
}

void fw_cfg_machine::reset_fw_cfg() {
    m_device.reset();
    m_reference.select(0);
}

void fw_cfg_machine::reset_vmcoreinfo() {
    m_vmcoreinfo.reset();
    m_reference.items[m_record_key] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    m_present = false;
}

void fw_cfg_machine::forget_direct_pointers() {
    for (memory_window* each : m_regions)
        each->real.invalidate_direct_pointers();
}

void fw_cfg_machine::compare() {
    for (memory_window* each : m_regions)
        require(std::equal(each->copy.begin(), each->copy.end(), each->real.data()),
                "memory, also outside its window on the bus, is as in the plain model");
    for (const auto& [key, contents] : m_reference.items) {
        const item* real = m_device.items().find(static_cast<uint16_t>(key));
        require(real == nullptr
                    ? contents.empty()
                    : std::equal(contents.begin(), contents.end(), real->data(), real->data() + real->size()),
                "items are as in the plain model");
    }
    require(m_device.selected_key() == m_reference.key, "the selected key is the plain model's");
    require(m_device.selected_offset() == m_reference.offset, "the offset is the plain model's");
    const item* selected = m_device.items().find(m_device.selected_key());
    require(m_device.selected_offset() <= (selected ? selected->size() : 0), "the offset lies in the item");
    require(!m_device.dma_in_progress(), "a transfer ends before the access that started it");

    const bytes& file = m_reference.items[m_record_key];
    const vmcoreinfo_record record = m_vmcoreinfo.record();
    const auto field = [&](size_t offset, unsigned size) {
        return load_bytes(&file[offset], size, byte_order::little);
    };
    require(record.host_format == field(0, 2) && record.guest_format == field(2, 2) &&
                record.size == field(4, 4) && record.paddr == field(8, 8),
            "the record is what the file's bytes spell");
    require(record.present == m_present, "a record is present after a write of all of it, and only then");
    require(m_published == m_expected_published, "every record that is present is published once");
}

} // namespace vmcore::fuzz
