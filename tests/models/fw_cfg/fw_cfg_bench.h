#pragma once

#include "models/bus/bus.h"
#include "models/fw_cfg/fw_cfg.h"
#include "models/memory/memory.h"
#include "models/tlm/endian.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace vmcore::test {

using bytes = std::vector<uint8_t>;

inline bytes text(const std::string& characters) {
    return {characters.begin(), characters.end()};
}

inline bytes zeros(size_t count) {
    return bytes(count);
}

inline bytes operator+(bytes a, const bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// A device of four 32-bit registers that remembers what was stored in them.
class scratch_device : public peripheral {
public:
    explicit scratch_device(const sc_core::sc_module_name& name)
        : peripheral(name, sc_core::SC_ZERO_TIME) {}
    void reset() override { std::fill_n(values, 4, 0); }

    uint32_t values[4] = {};

private:
    uint64_t read(const register_access& access) { return values[access.index]; }
    void write(const register_access& access, uint64_t value) {
        values[access.index] = static_cast<uint32_t>(value);
    }

    reg m_values{m_registers,
                 "values",
                 {/* offset */ 0, /* width */ 4, byte_order::little, size_4, size_4,
                  /* parts */ false, /* count */ 4},
                 on(this, &scratch_device::read),
                 on(this, &scratch_device::write)};
};

/// A bus like the riscv virt board's: ROM, another device, fw_cfg, 64 KiB of RAM, and nothing in between.
/// Three files: hello (10 bytes, read-only), none (empty), room (16 bytes, writable).
class fw_cfg_bench : public bench {
public:
    static constexpr uint64_t rom_base = 0x1000, rom_size = 0xf000;
    static constexpr uint64_t scratch_base = 0x100000;
    static constexpr uint64_t base = 0x10100000;
    static constexpr uint64_t data = base, selector = base + 8, dma_register = base + 16;
    static constexpr uint64_t ram_base = 0x80000000, ram_size = 0x10000, ram_end = ram_base + ram_size;
    static constexpr uint64_t hole = 0x40000000;
    static constexpr uint64_t descriptor = ram_base + 0x100, buffer = ram_base + 0x1000;
    static constexpr uint32_t error = 1, read = 2, skip = 4, choose = 8, write = 16;

    explicit fw_cfg_bench(const fw_cfg::config& settings = {})
        : device("fw_cfg", settings) {
        connect(cpu.socket, crossbar.target_socket);
        connect(device.dma.socket, crossbar.target_socket);
        crossbar.map("rom", rom_base, rom_size, checked(rom.socket));
        crossbar.map("scratch", scratch_base, 0x10, checked(scratch.socket));
        crossbar.map("fw_cfg", base, fw_cfg::register_bytes, checked(device.socket));
        crossbar.map("ram", ram_base, ram_size, checked(ram.socket));
        std::fill_n(ram.data(), ram_size, 0xaa);
    }

protected:
    static memory::config sized(uint64_t size, bool read_only) {
        memory::config config;
        config.size = size;
        config.read_only = read_only;
        return config;
    }

    /// What the guest does and sees.
    void select(uint32_t key) {
        ASSERT_TRUE(cpu.write(selector, {static_cast<uint8_t>(key >> 8), static_cast<uint8_t>(key)}).ok());
    }

    bytes data_bytes(unsigned count) {
        bytes all;
        while (all.size() < count)
            all.push_back(cpu.read(data, 1).data[0]);
        return all;
    }

    bytes content(uint16_t key, unsigned count) {
        select(key);
        return data_bytes(count);
    }

    bytes memory_bytes(uint64_t address, unsigned count) {
        const uint8_t* from = ram.data() + (address - ram_base);
        return {from, from + count};
    }

    void poke(uint64_t address, const bytes& value) {
        std::copy(value.begin(), value.end(), ram.data() + (address - ram_base));
    }

    static bytes big_endian(uint64_t value, unsigned size) {
        bytes all(size);
        store_bytes(all.data(), value, size, byte_order::big);
        return all;
    }

    static bytes make_descriptor(uint32_t control, uint32_t length, uint64_t address) {
        return big_endian(control, 4) + big_endian(length, 4) + big_endian(address, 8);
    }

    test_initiator::result start_dma(uint64_t at) { return cpu.write(dma_register, big_endian(at, 8)); }

    uint32_t control_word(uint64_t at = descriptor) {
        return static_cast<uint32_t>(load_bytes(memory_bytes(at, 4).data(), 4, byte_order::big));
    }

    /// A whole DMA through a descriptor in RAM; what its control word says afterwards.
    uint32_t dma(uint32_t control, uint32_t length, uint64_t address = buffer, uint64_t at = descriptor) {
        poke(at, make_descriptor(control, length, address));
        EXPECT_TRUE(start_dma(at).ok());
        return control_word(at);
    }

    static uint32_t choosing(uint16_t key, uint32_t control) {
        return uint32_t(key) << 16 | choose | control;
    }

    uint16_t key_of(const std::string& name) const {
        for (const item_table::file& file : device.items().files())
            if (file.name == name)
                return file.key;
        ADD_FAILURE() << "no file " << name;
        return 0;
    }

    bytes room_bytes() const { return {room.data(), room.data() + room.size()}; }

    test_initiator cpu{"cpu"};
    bus crossbar{"bus"};
    memory rom{"rom", sized(rom_size, true)};
    memory ram{"ram", sized(ram_size, false)};
    scratch_device scratch{"scratch"};
    fw_cfg device;
    std::vector<std::pair<uint32_t, uint32_t>> writes; ///< calls of on_write: offset, length
    item& hello_item = device.add_file("opt/hello", text("HelloWorld"));
    item& none_item = device.add_file("opt/none", {});
    item& room = device.add_writable_file(
        "opt/room", text("0123456789abcdef"),
        [this](uint32_t offset, uint32_t length) { writes.emplace_back(offset, length); });
    const uint16_t hello = key_of("opt/hello"), none = key_of("opt/none"), room_key = key_of("opt/room");
};

} // namespace vmcore::test
