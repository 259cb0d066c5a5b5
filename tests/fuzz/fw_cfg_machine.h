#pragma once

#include "models/bus/bus.h"
#include "models/fw_cfg/fw_cfg.h"
#include "models/memory/memory.h"
#include "models/tlm/protocol_checker.h"
#include "models/vmcoreinfo/vmcoreinfo.h"
#include "tests/harness/test_initiator.h"
#include "tests/models/fw_cfg/reference_fw_cfg.h"

#include <memory>
#include <vector>

namespace vmcore::fuzz {

using bytes = std::vector<uint8_t>;

/// The map of a fw_cfg_machine besides some ROM below and some memory at the end of the address space.
constexpr uint64_t registers_base = 0x10100000;
constexpr uint64_t dma_register = registers_base + 16;
constexpr uint64_t ram_base = 0x80000000, ram_size = 0x2000;
constexpr uint64_t next_ram_base = ram_base + ram_size, next_ram_size = 0x400;

/// A window of a memory on the bus, and what the plain model thinks is in that memory.
struct memory_window {
    memory_window(const char* name, uint64_t first, uint64_t window_size, uint64_t window_offset,
                  uint64_t memory_size, bool read_only)
        : base(first)
        , size(window_size)
        , offset(window_offset)
        , writable(!read_only)
        , real(name, settings(memory_size, read_only)) {}

    static memory::config settings(uint64_t size, bool read_only) {
        memory::config config;
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
    memory real;
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

class fw_cfg_machine : public sc_core::sc_module {
public:
    fw_cfg_machine(const sc_core::sc_module_name& name, const fw_cfg::config& settings);

    void start_over();
    void take_access(access wanted);
    void take_descriptor(uint64_t at, uint32_t control, uint32_t length, uint64_t address, bool in_halves);
    void take_poke(uint64_t address, const bytes& data);
    void take_debug_read(uint64_t address, unsigned length);
    void reset_fw_cfg();
    void reset_vmcoreinfo();
    void forget_direct_pointers();
    /// Whatever can be seen of the fw_cfg_machine is as the plain model says.
    void compare();

private:
    protocol_checker& add_checker();
    void meddle();
    void make_reference();
    memory_window* find(uint64_t address, uint64_t extent);
    bool expect_in_memory(memory_window& where, const access& wanted, bytes& expected);
    bool expect_in_registers(const access& wanted, bytes& expected);
    void follow_writes();

    std::vector<std::unique_ptr<protocol_checker>> m_checkers;
    test::test_initiator m_cpu{"cpu"};
    test::test_initiator m_other_cpu{"other_cpu"};
    bus m_bus{"bus"};
    memory_window m_rom{"rom", 0x1000, 0x100, 0, 0x100, true};
    memory_window m_ram{"ram", ram_base, ram_size,
                        0x800, 0x3000,   false}; // memory on both sides of the window
    memory_window m_next{"next", ram_base + ram_size, 0x400, 0, 0x400, false};
    memory_window m_last{"last", ~uint64_t(0) - 0x3ff, 0x400, 0, 0x400,
                         false}; // the end of the address space
    std::vector<memory_window*> m_regions{&m_rom, &m_ram, &m_next, &m_last};
    fw_cfg m_device;
    vmcoreinfo m_vmcoreinfo;
    test::reference_fw_cfg m_reference;
    uint16_t m_record_key = 0;
    bool m_present = false;
    unsigned m_published = 0, m_expected_published = 0;
    sc_core::sc_event m_meddle{"meddle_now"};
};

} // namespace vmcore::fuzz
