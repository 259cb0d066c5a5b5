#pragma once

#include "models/bus/bus.h"
#include "models/memory/memory.h"
#include "models/virtio/virtio_mmio.h"
#include "tests/harness/bench.h"
#include "tests/models/virtio/guest_driver.h"

#include <algorithm>
#include <string>
#include <vector>

namespace vmcore::test {

using bytes = std::vector<uint8_t>;

inline bytes text(const std::string& characters) {
    return {characters.begin(), characters.end()};
}

inline bytes operator+(bytes a, const bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// A bus with RAM, ROM and one virtio-mmio slot; protocol checkers everywhere.
class virtio_bench : public bench {
public:
    static constexpr uint64_t base = 0x10008000;
    static constexpr uint64_t rom_base = 0x1000, rom_size = 0x1000;
    static constexpr uint64_t ram_base = 0x80000000, ram_size = 0x100000, ram_end = ram_base + ram_size;
    static constexpr uint64_t ring = ram_base + 0x10000, second_ring = ram_base + 0x14000;
    static constexpr uint64_t table = ram_base + 0x1f000, data = ram_base + 0x20000;
    static constexpr uint64_t hole = 0x40000000;
    static constexpr uint64_t event_index = 1u << 29;

    explicit virtio_bench(virtio_device* device, const virtio_mmio::config& settings = version(1))
        : slot("slot", settings, device)
        , driver(cpu, base, settings.legacy) {
        connect(cpu.socket, crossbar.target_socket);
        connect(slot.dma.socket, crossbar.target_socket);
        crossbar.map("rom", rom_base, rom_size, checked(rom.socket));
        crossbar.map("virtio", base, virtio_mmio::register_bytes, checked(slot.socket));
        crossbar.map("ram", ram_base, ram_size, checked(ram.socket));
        slot.irq.bind(irq);
        sc_core::sc_report_handler::set_actions("/vmcore/virtio/broken", sc_core::SC_DO_NOTHING);
    }

    static virtio_mmio::config version(unsigned number) {
        virtio_mmio::config settings;
        settings.legacy = number == 1;
        return settings;
    }

    /// Lets the device do what it has to do now.
    void settle(const sc_core::sc_time& time = sc_core::sc_time(1, sc_core::SC_US)) { wait(time); }

    void poke(uint64_t address, const bytes& contents) {
        std::copy(contents.begin(), contents.end(), ram.data() + (address - ram_base));
    }
    bytes peek(uint64_t address, size_t length) {
        const uint8_t* from = ram.data() + (address - ram_base);
        return {from, from + length};
    }

protected:
    static memory::config sized(uint64_t size, bool read_only) {
        memory::config settings;
        settings.size = size;
        settings.read_only = read_only;
        return settings;
    }

public:
    bus crossbar{"bus"};
    memory ram{"ram", sized(ram_size, false)};
    memory rom{"rom", sized(rom_size, true)};
    virtio_mmio slot;
    test_initiator cpu{"cpu"};
    sc_core::sc_signal<bool> irq{"irq"};
    guest_driver driver;
};

/// A device of two queues that gives every chain back at once: what it read goes into what it may write.
class echo_device : public virtio_device {
public:
    static constexpr unsigned own_feature = 3;

    virtio::device_type type() const override { return static_cast<virtio::device_type>(42); }
    uint64_t features() const override { return virtio::bit(own_feature); }
    uint64_t legacy_features() const override { return virtio::bit(5); }
    std::vector<uint16_t> queue_sizes() const override { return {16, 4}; }
    unsigned config_bytes() const override { return 6; }
    void fill_config(uint8_t* space) const override { space[0] = 0xc0; }
    void config_written(uint8_t* space) override { config.assign(space, space + config_bytes()); }
    void status_written(uint8_t status) override { statuses.push_back(status); }
    void reset() override { ++resets; }
    void process(unsigned queue) override {
        virtio_chain chain;
        while (transport().take(queue, chain)) {
            if (!transport().spend(chain, latency))
                continue;
            bytes moved(total_bytes(chain.readable));
            virtio_walk out(chain.readable);
            virtio_walk in(chain.writable);
            out.read(transport().memory(), moved.data(), moved.size());
            const size_t written = in.write(transport().memory(), moved.data(), moved.size());
            transport().put(queue, chain, static_cast<uint32_t>(written));
        }
    }

    sc_core::sc_time latency;
    bytes config;
    bytes statuses;
    unsigned resets = 0;
};

/// Holds the device so that it is there before the bench that refers to it.
struct echo_owner {
    echo_device device;
};

struct echo_bench : echo_owner, virtio_bench {
    explicit echo_bench(const virtio_mmio::config& settings = version(1))
        : virtio_bench(&device, settings) {}

    /// Starts the driver with queue 0 of 8 entries.
    void start(uint64_t features = 0) {
        driver.start(features);
        queue = driver.add_queue(0, ring);
        driver.finish();
    }
    void submit(const std::vector<guest_driver::piece>& pieces) {
        driver.submit(queue, pieces);
        settle();
    }

    guest_driver::rings queue;
};

struct modern_echo_bench : echo_bench {
    modern_echo_bench()
        : echo_bench(version(2)) {}
};

} // namespace vmcore::test
