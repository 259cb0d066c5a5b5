// fw_cfg with vmcoreinfo on a bus, against the plain model of it.
//
// An input is a byte code: its first byte chooses a machine, then come operations: accesses of a processor,
// DMA descriptors, resets, debug accesses. After each of them all that can be seen must be as the plain model
// says. Two machines: one whose DMA uses direct memory pointers, and one whose DMA goes in small bursts and
// waits between them, so that another process gets in its way.

#include "models/bus/bus.h"
#include "models/fw_cfg/fw_cfg.h"
#include "models/memory/memory.h"
#include "models/tlm/protocol_checker.h"
#include "models/vmcoreinfo/vmcoreinfo.h"
#include "tests/fuzz/byte_reader.h"
#include "tests/fuzz/require.h"
#include "tests/harness/test_initiator.h"
#include "tests/models/fw_cfg/reference_fw_cfg.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

using vmcore::fuzz::byte_reader;
using vmcore::fuzz::require;
using bytes = std::vector<uint8_t>;

namespace {

constexpr unsigned most_operations = 64; ///< of an input: keeps the slowest of them far from a time-out
constexpr uint64_t registers_base = 0x10100000;
constexpr uint64_t dma_register = registers_base + 16;
constexpr uint64_t ram_base = 0x80000000, ram_size = 0x2000;

/// A window of a memory on the bus, and what the plain model thinks is in that memory.
struct region {
    region(const char* name, uint64_t first, uint64_t window_size, uint64_t window_offset,
           uint64_t memory_size, bool read_only)
        : base(first)
        , size(window_size)
        , offset(window_offset)
        , writable(!read_only)
        , real(name, settings(memory_size, read_only)) {}

    static vmcore::memory::config settings(uint64_t size, bool read_only) {
        vmcore::memory::config config;
        config.size = size;
        config.read_only = read_only;
        return config;
    }

    uint8_t* at(uint64_t address) {
        return address - base < size ? copy.data() + (address - base + offset) : nullptr;
    }

    void fill() {
        copy.resize(real.size());
        for (size_t i = 0; i < copy.size(); ++i)
            copy[i] = static_cast<uint8_t>(i * 101 + (i >> 8));
        std::copy(copy.begin(), copy.end(), real.data());
    }

    const uint64_t base, size, offset;
    const bool writable;
    vmcore::memory real;
    bytes copy;
};

/// One access as an initiator may make it.
struct access {
    tlm::tlm_command command;
    uint64_t address;
    bytes data; ///< at least one
    unsigned streaming_width;
    bytes enables; ///< none: all bytes
};

class machine : public sc_core::sc_module {
public:
    machine(const sc_core::sc_module_name& name, const vmcore::fw_cfg::config& settings);

    void start_over();
    void take_access(access wanted);
    void take_descriptor(uint64_t at, uint32_t control, uint32_t length, uint64_t address, bool in_halves);
    void take_poke(uint64_t address, const bytes& data);
    void take_debug_read(uint64_t address, unsigned length);
    void reset_fw_cfg();
    void reset_vmcoreinfo();
    void forget_direct_pointers();
    /// Whatever can be seen of the machine is as the plain model says.
    void compare();

private:
    vmcore::protocol_checker& add_checker();
    void meddle();
    void make_reference();
    region* find(uint64_t address, uint64_t extent);
    bool expect_in_memory(region& where, const access& wanted, bytes& expected);
    bool expect_in_registers(const access& wanted, bytes& expected);
    void follow_writes();

    std::vector<std::unique_ptr<vmcore::protocol_checker>> m_checkers;
    vmcore::test::test_initiator m_cpu{"cpu"};
    vmcore::test::test_initiator m_other_cpu{"other_cpu"};
    vmcore::bus m_bus{"bus"};
    region m_rom{"rom", 0x1000, 0x100, 0, 0x100, true};
    region m_ram{"ram", ram_base, ram_size, 0x800, 0x3000, false}; // memory on both sides of the window
    region m_next{"next", ram_base + ram_size, 0x400, 0, 0x400, false};
    region m_last{"last", ~uint64_t(0) - 0x3ff, 0x400, 0, 0x400, false}; // the end of the address space
    std::vector<region*> m_regions{&m_rom, &m_ram, &m_next, &m_last};
    vmcore::fw_cfg m_device;
    vmcore::vmcoreinfo m_vmcoreinfo;
    vmcore::test::reference_fw_cfg m_reference;
    uint16_t m_record_key = 0;
    bool m_present = false;
    unsigned m_published = 0, m_expected_published = 0;
    sc_core::sc_event m_meddle{"meddle"};
};

machine::machine(const sc_core::sc_module_name& name, const vmcore::fw_cfg::config& settings)
    : sc_core::sc_module(name)
    , m_device("fw_cfg", settings)
    , m_vmcoreinfo("vmcoreinfo", m_device) {
    SC_HAS_PROCESS(machine);
    SC_THREAD(meddle);
    for (auto* initiator : {&m_cpu.socket, &m_other_cpu.socket}) {
        vmcore::protocol_checker& checker = add_checker();
        initiator->bind(checker.target_socket);
        checker.initiator_socket.bind(m_bus.target_socket);
    }
    vmcore::protocol_checker& of_dma = add_checker();
    m_device.dma.socket.bind(of_dma.target_socket);
    of_dma.initiator_socket.bind(m_bus.target_socket);
    for (region* each : m_regions) {
        vmcore::protocol_checker& checker = add_checker();
        checker.initiator_socket.bind(each->real.socket);
        m_bus.map(each->real.basename(), each->base, each->size, checker.target_socket, each->offset);
    }
    vmcore::protocol_checker& of_registers = add_checker();
    of_registers.initiator_socket.bind(m_device.socket);
    m_bus.map("fw_cfg", registers_base, vmcore::fw_cfg::register_bytes, of_registers.target_socket);
    m_device.add_file("opt/hello", {'H', 'e', 'l', 'l', 'o', 'W', 'o', 'r', 'l', 'd'});
    m_device.add_file("opt/none", {});
    m_vmcoreinfo.on_publish([this](const vmcore::vmcoreinfo_record& record) {
        require(record.present, "only a record that is present is published");
        ++m_published;
    });
}

vmcore::protocol_checker& machine::add_checker() {
    m_checkers.push_back(std::make_unique<vmcore::protocol_checker>(sc_core::sc_gen_unique_name("checker")));
    m_checkers.back()->on_violation(
        [](const vmcore::protocol_checker::violation& broken) { require(false, broken.text.c_str()); });
    return *m_checkers.back();
}

/// Comes to the registers while a transfer may be under way: waits for its end, and changes nothing.
void machine::meddle() {
    for (;;) {
        wait(m_meddle);
        const auto read = m_other_cpu.read(dma_register, 8);
        require(read.ok() && read.data == bytes{'Q', 'E', 'M', 'U', ' ', 'C', 'F', 'G'},
                "another process reads the signature");
        require(!m_device.dma_in_progress(), "another process has waited for the end of the transfer");
    }
}

void machine::make_reference() {
    m_reference = {};
    for (const vmcore::item_table::file& file : m_device.items().files())
        if (file.name == vmcore::vmcoreinfo::file_name)
            m_record_key = file.key;
    for (unsigned key = 0; key < 0x40; ++key)
        if (const vmcore::item* from = m_device.items().find(static_cast<uint16_t>(key)))
            m_reference.items[key] = {from->data(), from->data() + from->size()};
    m_reference.writable_key = m_record_key;
    m_reference.load = [this](uint64_t address, uint8_t& byte) {
        region* from = find(address, 1);
        byte = from ? *from->at(address) : 0;
        return from != nullptr;
    };
    m_reference.store = [this](uint64_t address, uint8_t byte) {
        region* to = find(address, 1);
        if (to == nullptr || !to->writable)
            return false;
        *to->at(address) = byte;
        return true;
    };
    m_reference.gap = [this](uint64_t address) -> uint64_t {
        if (find(address, 1) != nullptr)
            return 1;
        uint64_t gap = std::max<uint64_t>(~address, 1); // to the last address
        for (region* each : m_regions)
            if (each->base > address)
                gap = std::min(gap, each->base - address);
        return gap;
    };
}

void machine::start_over() {
    for (region* each : m_regions)
        each->fill();
    m_cpu.write(dma_register, bytes(8)); // a transfer with a descriptor nowhere: forgets a high half
    m_device.reset();
    m_vmcoreinfo.reset();
    m_published = m_expected_published = 0;
    m_present = false;
    make_reference();
}

region* machine::find(uint64_t address, uint64_t extent) {
    for (region* each : m_regions)
        if (address - each->base < each->size && extent <= each->size - (address - each->base))
            return each;
    return nullptr;
}

bool machine::expect_in_memory(region& where, const access& wanted, bytes& expected) {
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

bool machine::expect_in_registers(const access& wanted, bytes& expected) {
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
void machine::follow_writes() {
    const bytes& file = m_reference.items[m_record_key];
    for (const auto& [offset, length] : m_reference.writes) {
        m_present = offset == 0 && length == file.size() && (file[2] != 0 || file[3] != 0);
        m_expected_published += m_present;
    }
    m_reference.writes.clear();
}

void machine::take_access(access wanted) {
    const bool is_register = wanted.address - registers_base < vmcore::fw_cfg::register_bytes;
    const bool is_ignored = wanted.command == tlm::TLM_IGNORE_COMMAND;
    const uint64_t extent = std::min<uint64_t>(wanted.data.size(), wanted.streaming_width);
    bytes expected = wanted.data;
    bool accepted = false;
    if (region* where = find(wanted.address, extent))
        accepted = expect_in_memory(*where, wanted, expected);
    else if (is_register && !is_ignored &&
             extent <= registers_base + vmcore::fw_cfg::register_bytes - wanted.address)
        accepted = expect_in_registers(wanted, expected);

    vmcore::test::request payload(wanted.command, wanted.address, wanted.data);
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

void machine::take_descriptor(uint64_t at, uint32_t control, uint32_t length, uint64_t address,
                              bool in_halves) {
    bytes descriptor(16), start(8);
    vmcore::store_bytes(&descriptor[0], control, 4, vmcore::byte_order::big);
    vmcore::store_bytes(&descriptor[4], length, 4, vmcore::byte_order::big);
    vmcore::store_bytes(&descriptor[8], address, 8, vmcore::byte_order::big);
    vmcore::store_bytes(&start[0], at, 8, vmcore::byte_order::big);
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

/// By debug transport, which may write ROM, and which is cut at the end of a region.
void machine::take_poke(uint64_t address, const bytes& data) {
    unsigned expected = 0;
    if (region* to = find(address, 1)) {
        expected = static_cast<unsigned>(std::min<uint64_t>(data.size(), to->size - (address - to->base)));
        std::copy_n(data.begin(), expected, to->at(address));
    }
    require(m_cpu.debug_write(address, data) == expected, "a debug write reaches the end of its region");
}

void machine::take_debug_read(uint64_t address, unsigned length) {
    bytes expected;
    if (region* from = find(address, 1)) {
        const uint64_t there = std::min<uint64_t>(length, from->size - (address - from->base));
        expected.assign(from->at(address), from->at(address) + there);
    } else if (address - registers_base < vmcore::fw_cfg::register_bytes) {
        length = static_cast<unsigned>(
            std::min<uint64_t>(length, registers_base + vmcore::fw_cfg::register_bytes - address));
        const uint64_t offset = m_reference.offset;
        expected.resize(length);
        if (!expect_in_registers({tlm::TLM_READ_COMMAND, address, expected, length, {}}, expected))
            expected.clear();
        m_reference.offset = offset;
    }
    require(m_cpu.debug_read(address, length).data == expected, "a debug read delivers what a read would");
}

void machine::reset_fw_cfg() {
    m_device.reset();
    m_reference.select(0);
}

void machine::reset_vmcoreinfo() {
    m_vmcoreinfo.reset();
    m_reference.items[m_record_key] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    m_present = false;
}

void machine::forget_direct_pointers() {
    for (region* each : m_regions)
        each->real.invalidate_direct_pointers();
}

void machine::compare() {
    for (region* each : m_regions)
        require(std::equal(each->copy.begin(), each->copy.end(), each->real.data()),
                "memory, also outside its window on the bus, is as in the plain model");
    for (const auto& [key, contents] : m_reference.items) {
        const vmcore::item* real = m_device.items().find(static_cast<uint16_t>(key));
        require(real == nullptr
                    ? contents.empty()
                    : std::equal(contents.begin(), contents.end(), real->data(), real->data() + real->size()),
                "items are as in the plain model");
    }
    require(m_device.selected_key() == m_reference.key, "the selected key is the plain model's");
    require(m_device.selected_offset() == m_reference.offset, "the offset is the plain model's");
    const vmcore::item* selected = m_device.items().find(m_device.selected_key());
    require(m_device.selected_offset() <= (selected ? selected->size() : 0), "the offset lies in the item");
    require(!m_device.dma_in_progress(), "a transfer ends before the access that started it");

    const bytes& file = m_reference.items[m_record_key];
    const vmcore::vmcoreinfo_record record = m_vmcoreinfo.record();
    const auto field = [&](size_t offset, unsigned size) {
        return vmcore::load_bytes(&file[offset], size, vmcore::byte_order::little);
    };
    require(record.host_format == field(0, 2) && record.guest_format == field(2, 2) &&
                record.size == field(4, 4) && record.paddr == field(8, 8),
            "the record is what the file's bytes spell");
    require(record.present == m_present, "a record is present after a write of all of it, and only then");
    require(m_published == m_expected_published, "every record that is present is published once");
}

/// Plays inputs in a process of the simulation, one whenever it is asked to.
class player : public sc_core::sc_module {
public:
    explicit player(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name) {
        SC_HAS_PROCESS(player);
        SC_THREAD(play_all);
        set_stack_size(1 << 20); // sanitizers need deep frames
    }

    void play(const uint8_t* data, size_t size) {
        m_input = byte_reader(data, size);
        m_finished = false;
        m_start.notify(sc_core::SC_ZERO_TIME);
        sc_core::sc_start(); // until nothing is left to do
        require(m_finished, "an input comes to its end");
    }

private:
    static vmcore::fw_cfg::config in_small_steps() {
        vmcore::fw_cfg::config config;
        config.dma.dmi = false;
        config.dma.max_burst = 8;
        config.dma.sync_bytes = 32;
        return config;
    }

    void play_all() {
        for (;;) {
            wait(m_start);
            m_machine = m_input.byte() % 2 == 0 ? &m_direct : &m_stepping;
            m_machine->start_over();
            for (unsigned i = 0; i < most_operations && !m_input.empty(); ++i) {
                take_operation();
                m_machine->compare();
            }
            m_finished = true;
        }
    }

    void take_operation();
    access plain_access(tlm::tlm_command command, uint64_t address, bytes data) {
        const auto width = static_cast<unsigned>(data.size());
        return {command, address, std::move(data), width, {}};
    }
    uint64_t any_address();
    uint32_t any_length();
    unsigned any_size() { // mostly one that registers take
        const uint8_t code = m_input.byte();
        return code < 0xc0 ? 1u << code % 4 : 1u + code % 64;
    }
    bytes any_bytes(unsigned size) {
        bytes data = m_input.take(size);
        data.resize(size);
        return data;
    }

    machine m_direct{"direct", {}};
    machine m_stepping{"stepping", in_small_steps()};
    machine* m_machine = &m_direct;
    byte_reader m_input{nullptr, 0};
    bool m_finished = false;
    sc_core::sc_event m_start{"start"};
};

/// Mostly where something is, or where something ends.
uint64_t player::any_address() {
    const uint8_t code = m_input.byte();
    switch (code % 8) {
    case 0: return ram_base + m_input.number(2) % ram_size;
    case 1: return ram_base + 16 * (code / 8);
    case 2: return ram_base + ram_size - 32 + m_input.byte() % 64;
    case 3: return ram_base + ram_size + 0x400 - 32 + m_input.byte() % 64;
    case 4: return registers_base - 24 + m_input.byte() % 64;
    case 5: return 0x1000 - 24 + m_input.number(2) % 0x130;
    case 6: return 0 - uint64_t(m_input.byte());
    default: return m_input.number(8);
    }
}

uint32_t player::any_length() {
    const uint8_t code = m_input.byte();
    return code < 0xe0 ? code : static_cast<uint32_t>(m_input.number(code < 0xf0 ? 2 : 4));
}

void player::take_operation() {
    const uint8_t code = m_input.byte();
    switch (code % 12) {
    case 0:
        return m_machine->take_access(
            plain_access(tlm::TLM_READ_COMMAND, registers_base + m_input.byte() % 32, bytes(any_size())));
    case 1: {
        const uint64_t address = registers_base + m_input.byte() % 32;
        return m_machine->take_access(plain_access(tlm::TLM_WRITE_COMMAND, address, any_bytes(any_size())));
    }
    case 2:
        return m_machine->take_access(plain_access(tlm::TLM_WRITE_COMMAND, registers_base + 8, any_bytes(2)));
    case 3:
    case 4:
    case 5: { // an operation on an item that is there
        const uint8_t chosen = m_input.byte();
        const uint32_t key = chosen < 0xc0 ? 0x20 + chosen % 4 : static_cast<uint32_t>(m_input.number(2));
        const uint64_t at = any_address();
        const uint32_t length = any_length();
        return m_machine->take_descriptor(at, key << 16 | m_input.byte(), length, any_address(),
                                          code >= 0x80);
    }
    case 6: { // a descriptor as it comes
        const uint64_t at = any_address();
        const auto control = static_cast<uint32_t>(m_input.number(4));
        const auto length = static_cast<uint32_t>(m_input.number(4));
        return m_machine->take_descriptor(at, control, length, m_input.number(8), code >= 0x80);
    }
    case 7: {
        const uint64_t address = any_address();
        return m_machine->take_poke(address, any_bytes(1 + m_input.byte() % 64));
    }
    case 8: {
        const uint64_t address = any_address();
        return m_machine->take_debug_read(address, any_size());
    }
    case 9: {
        access wanted{tlm::TLM_READ_COMMAND, any_address(), {}, 0, {}};
        const uint8_t shape = m_input.byte();
        wanted.command = static_cast<tlm::tlm_command>(shape % 3);
        wanted.data = any_bytes(any_size());
        wanted.streaming_width = 1 + m_input.byte() % 64;
        if (shape >= 0x80)
            wanted.enables = any_bytes(1 + m_input.byte() % 16);
        for (uint8_t& enable : wanted.enables)
            enable = enable % 2 != 0 ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED;
        return m_machine->take_access(std::move(wanted));
    }
    case 10: return code >= 0x80 ? m_machine->reset_fw_cfg() : m_machine->reset_vmcoreinfo();
    default: return m_machine->forget_direct_pointers();
    }
}

player* the_player = nullptr;

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    sc_core::sc_report_handler::set_actions("/vmcore/tlm/reentrant_access", sc_core::SC_DO_NOTHING);
    static player only("player"); // SystemC elaborates once in a process
    the_player = &only;
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    the_player->play(data, size);
    return 0;
}
