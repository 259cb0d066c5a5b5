// fw_cfg with vmcoreinfo on a bus, against the plain model of it.
//
// An input is a byte code: its first byte chooses a machine, then come operations: accesses of a processor,
// DMA descriptors, resets, debug accesses. After each of them all that can be seen must be as the plain model
// says. Two machines: one whose DMA uses direct memory pointers, and one whose DMA goes in small bursts and
// waits between them, so that another process gets in its way.

#include "tests/fuzz/byte_reader.h"
#include "tests/fuzz/fw_cfg_machine.h"
#include "tests/fuzz/require.h"

#include <cstdlib>
#include <vector>

using namespace vmcore::fuzz;

namespace {

constexpr unsigned most_operations = 64; ///< of an input: keeps the slowest of them far from a time-out

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

    fw_cfg_machine m_direct{"direct", {}};
    fw_cfg_machine m_stepping{"stepping", in_small_steps()};
    fw_cfg_machine* m_machine = &m_direct;
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
