// virtio-mmio with a disk, a console and a source of entropy, between a bus and a hostile driver.
//
// An input is a byte code: its first byte chooses version and slot, then come register accesses, contents of
// rings and buffers, offers, notifications, time and resets. Whatever it did, base protocol and interrupt
// line are in order, the kernel comes to rest, and a reset brings back a device that works.

#include "models/bus/bus.h"
#include "models/memory/memory.h"
#include "models/tlm/protocol_checker.h"
#include "models/virtio/virtio_block.h"
#include "models/virtio/virtio_console.h"
#include "models/virtio/virtio_entropy.h"
#include "models/virtio/virtio_mmio.h"
#include "tests/fuzz/byte_reader.h"
#include "tests/fuzz/require.h"
#include "tests/models/virtio/guest_driver.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

using namespace vmcore;
using vmcore::fuzz::byte_reader;
using vmcore::fuzz::require;
using vmcore::test::guest_driver;
using vmcore::test::test_initiator;

namespace {

constexpr uint64_t ram_base = 0x80000000, ram_size = 0x40000;
constexpr uint64_t slots_base = 0x10001000, slot_size = 0x1000;
constexpr uint64_t first_ring = ram_base + 0x1000, ring_bytes = 0x3000;
constexpr uint64_t buffers = ram_base + 0x20000;
constexpr unsigned kinds = 3;
constexpr unsigned most_operations = 64;
constexpr uint64_t disk_bytes = 64 * disk_image::sector_bytes;

/// A file in memory alone, by the path that leads to it.
std::string nameless_file() {
    const int file = memfd_create("disk", 0);
    require(file >= 0 && ftruncate(file, disk_bytes) == 0, "a file in memory");
    return "/proc/self/fd/" + std::to_string(file);
}

/// A line that now and then has input and now and then takes no output.
class fickle_line : public uart_backend {
public:
    size_t write(const uint8_t*, size_t length) override { return ++m_calls % 3 == 0 ? length / 2 : length; }
    size_t read(uint8_t* data, size_t length) override {
        const size_t count = std::min<size_t>(length, m_calls++ % 2 * 5);
        std::fill_n(data, count, 'i');
        return count;
    }
    void flush() override {}
    bool has_input() const override { return false; } // else polls would never end
    const std::string& error() const override { return m_error; }

private:
    unsigned m_calls = 0;
    std::string m_error;
};

virtio_mmio::config version(bool legacy) {
    virtio_mmio::config settings;
    settings.legacy = legacy;
    return settings;
}

memory::config ram_config() {
    memory::config settings;
    settings.size = ram_size;
    return settings;
}

disk_image::config disk_config() {
    disk_image::config settings;
    settings.file = nameless_file();
    settings.probe = false;
    return settings;
}

virtio_console::config console_config() {
    virtio_console::config settings;
    settings.poll_interval = sc_core::sc_time(1, sc_core::SC_US);
    return settings;
}

/// Three slots of one version on a bus of their own.
class machine : public sc_core::sc_module {
public:
    machine(const sc_core::sc_module_name& name, bool is_legacy)
        : sc_core::sc_module(name)
        , legacy(is_legacy) {
        cpu.socket.bind(m_bus.target_socket);
        m_bus.map("ram", ram_base, ram_size, m_ram.socket);
        virtio_device* devices[kinds] = {&m_disk, &m_console, &m_entropy};
        for (unsigned kind = 0; kind < kinds; ++kind) {
            const std::string text = std::to_string(kind);
            m_slots.push_back(
                std::make_unique<virtio_mmio>(("slot" + text).c_str(), version(legacy), devices[kind]));
            m_checkers.push_back(std::make_unique<protocol_checker>(("checker" + text).c_str()));
            m_lines.push_back(std::make_unique<sc_core::sc_signal<bool>>(("irq" + text).c_str()));
            m_slots[kind]->dma.socket.bind(m_checkers[kind]->target_socket);
            m_checkers[kind]->initiator_socket.bind(m_bus.target_socket);
            m_checkers[kind]->on_violation(
                [](const protocol_checker::violation& broken) { require(false, broken.text.c_str()); });
            m_slots[kind]->irq.bind(*m_lines[kind]);
            m_bus.map("slot" + text, base(kind), virtio_mmio::register_bytes, m_slots[kind]->socket);
        }
    }

    static uint64_t base(unsigned kind) { return slots_base + slot_size * kind; }
    void clear() {
        m_ram.clear();
        reset();
    }
    void reset() {
        for (const auto& slot : m_slots)
            slot->reset();
    }
    bool line(unsigned kind) const { return m_lines[kind]->read(); }

    const bool legacy;
    test_initiator cpu{"cpu"};

private:
    bus m_bus{"bus"};
    memory m_ram{"ram", ram_config()};
    disk_image m_image{disk_config()};
    fickle_line m_line;
    virtio_block m_disk{{}, m_image};
    virtio_console m_console{console_config(), &m_line};
    virtio_entropy m_entropy{{}};
    std::vector<std::unique_ptr<virtio_mmio>> m_slots;
    std::vector<std::unique_ptr<protocol_checker>> m_checkers;
    std::vector<std::unique_ptr<sc_core::sc_signal<bool>>> m_lines;
};

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
    void play_all() {
        for (;;) {
            wait(m_start);
            const uint8_t shape = m_input.byte();
            m_machine = shape % 2 == 0 ? &m_legacy : &m_modern;
            m_kind = shape / 2 % kinds;
            m_machine->clear();
            std::fill_n(m_rings, 4, guest_driver::rings());
            guest_driver driver(m_machine->cpu, machine::base(m_kind), m_machine->legacy);
            for (unsigned i = 0; i < most_operations && !m_input.empty(); ++i)
                take_operation(driver);
            wait(sc_core::sc_time(1, sc_core::SC_MS));
            for (unsigned kind = 0; kind < kinds; ++kind)
                require(m_machine->line(kind) == (status(kind) != 0), "the line is what the register tells");
            check_that_all_work();
            m_finished = true;
        }
    }

    uint64_t status(unsigned kind) {
        return m_machine->cpu.read(machine::base(kind) + guest_driver::interrupt_status, 4).value();
    }

    void take_operation(guest_driver& driver);
    void check_that_all_work();
    uint64_t any_address();
    uint32_t any_length();

    machine m_legacy{"legacy", true};
    machine m_modern{"modern", false};
    machine* m_machine = &m_legacy;
    unsigned m_kind = 0;
    guest_driver::rings m_rings[4];
    byte_reader m_input{nullptr, 0};
    bool m_finished = false;
    sc_core::sc_event m_start{"start"};
};

/// Mostly where something is, or where something ends.
uint64_t player::any_address() {
    const uint8_t code = m_input.byte();
    switch (code % 8) {
    case 0:
    case 1:
    case 2: return buffers + 64 * (code / 8);
    case 3: return first_ring + m_input.number(2) % (4 * ring_bytes);
    case 4: return ram_base + ram_size - 32 + m_input.byte() % 64;
    case 5: return slots_base + m_input.number(2) % (kinds * slot_size);
    case 6: return 0 - uint64_t(m_input.byte());
    default: return m_input.number(8);
    }
}

uint32_t player::any_length() {
    const uint8_t code = m_input.byte();
    if (code < 0xc0)
        return code % 2 == 0 ? code : 16u * (code % 8);
    return static_cast<uint32_t>(m_input.number(code < 0xe0 ? 2 : 4));
}

void player::take_operation(guest_driver& driver) {
    const uint8_t code = m_input.byte();
    const unsigned number = code / 16 % 4;
    guest_driver::rings& queue = m_rings[number];
    switch (code % 12) {
    case 0: driver.set(m_input.byte() * 2u, m_input.number(4), 4); return;
    case 1: driver.set(m_input.byte() * 2u, m_input.number(4), 1u << code / 16 % 4); return;
    case 2: driver.get(m_input.byte() * 2u, 1u << code / 16 % 4); return;
    case 3: driver.start(m_input.number(4) << 24 | m_input.number(2)); return;
    case 4:
        queue = driver.add_queue(number, first_ring + ring_bytes * number,
                                 static_cast<uint16_t>(1 + m_input.byte() % 24));
        return;
    case 5: driver.finish(); return;
    case 6:
    case 7: {
        if (queue.entries == 0)
            return;
        const uint8_t index = m_input.byte();
        const uint64_t table = index >= 0xc0 ? buffers : first_ring + ring_bytes * number;
        const uint64_t address = any_address();
        const uint32_t length = any_length();
        const uint8_t flags = m_input.byte();
        return driver.put_descriptor(table, index % 24, address, length, flags % 8, flags / 8);
    }
    case 8:
    case 9:
        queue.number = number;
        driver.offer(queue, m_input.byte());
        return driver.notify(queue);
    case 10: {
        const uint64_t address = any_address();
        const std::vector<uint8_t> data = m_input.take(1 + m_input.byte() % 32);
        if (address >= ram_base && address < ram_base + ram_size - 32 && !data.empty())
            m_machine->cpu.write(address, data);
        return;
    }
    default:
        if (code >= 0xf0)
            m_machine->reset();
        wait(sc_core::sc_time(code, sc_core::SC_NS));
    }
}

void player::check_that_all_work() {
    m_machine->clear();
    wait(sc_core::sc_time(1, sc_core::SC_MS));
    for (unsigned kind = 0; kind < kinds; ++kind) {
        guest_driver driver(m_machine->cpu, machine::base(kind), m_machine->legacy);
        driver.start();
        guest_driver::rings queue = driver.add_queue(kind == 1 ? 1 : 0, first_ring);
        driver.finish();
        if (kind == 2)
            driver.submit(queue, {{buffers, 600, true}});
        else if (kind == 1)
            driver.submit(queue, {{buffers, 16, false}});
        else
            driver.submit(queue, {{buffers, 16, false}, {buffers + 0x1000, 513, true}});
        wait(sc_core::sc_time(1, sc_core::SC_MS));
        require(driver.take_used(queue).size() == 1, "a device works after a reset");
        require(m_machine->line(kind), "and raises its interrupt");
    }
}

player* the_player = nullptr;

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    sc_core::sc_report_handler::set_actions("/vmcore/virtio/broken", sc_core::SC_DO_NOTHING);
    static player only("player"); // SystemC elaborates once in a process
    the_player = &only;
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    the_player->play(data, size);
    return 0;
}
