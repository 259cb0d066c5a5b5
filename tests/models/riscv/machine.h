#pragma once

#include "models/bus/bus.h"
#include "models/memory/memory.h"
#include "models/riscv/hart.h"
#include "tests/harness/bench.h"
#include "tests/models/riscv/encode.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

namespace vmcore::test {

/// A target which takes naturally aligned accesses of the sizes chosen, remembers them, and grants no DMI.
class probe_target : public sc_core::sc_module {
public:
    struct access {
        bool write;
        uint64_t address;
        unsigned size;
        uint64_t value;        ///< of a write
        sc_core::sc_time when; ///< with the initiator's offset
    };

    tlm_utils::simple_target_socket<probe_target, 64> socket{"socket"};
    std::vector<access> accesses;
    unsigned sizes = 15; ///< sum of the access sizes that are accepted
    uint64_t value = 0;  ///< what reads give
    std::function<void(const access&)> on_access;

    explicit probe_target(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name) {
        socket.register_b_transport(this, &probe_target::b_transport);
    }

private:
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
        access seen{payload.is_write(), payload.get_address(), payload.get_data_length(), 0,
                    sc_core::sc_time_stamp() + delay};
        if ((sizes & seen.size) == 0) {
            payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
            return;
        }
        if (seen.write)
            std::memcpy(&seen.value, payload.get_data_ptr(), seen.size);
        else
            std::memcpy(payload.get_data_ptr(), &value, seen.size);
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
        accesses.push_back(seen);
        if (on_access)
            on_access(seen);
    }
};

/// 10 MHz from simulated time, and can be set.
class test_clock : public time_source {
public:
    uint64_t mtime(const sc_core::sc_time& now) const override {
        return static_cast<uint64_t>(now / sc_core::sc_time(100, sc_core::SC_NS)) + m_offset;
    }
    sc_core::sc_time when(uint64_t value) const override {
        const sc_core::sc_time now = sc_core::sc_time_stamp();
        if (value <= mtime(now))
            return now;
        const uint64_t ticks = value - m_offset;
        const double last = sc_core::sc_max_time() / sc_core::sc_time(100, sc_core::SC_NS);
        if (static_cast<double>(ticks) >= last)
            return sc_core::sc_max_time();
        return std::max(now,
                        sc_core::sc_time::from_value(sc_core::sc_time(100, sc_core::SC_NS).value() * ticks));
    }
    const sc_core::sc_event* set_event() const override { return &m_set; }

    void set(uint64_t value) {
        m_offset += value - mtime(sc_core::sc_time_stamp());
        m_set.notify(sc_core::SC_ZERO_TIME);
    }

private:
    uint64_t m_offset = 0;
    sc_core::sc_event m_set;
};

constexpr uint64_t ram_base = 0x80000000, ram_size = 0x10000, rom_base = 0x1000, rom_size = 0x1000,
                   device_base = 0x10000000, device_size = 0x100, nowhere = 0x3f00000;

/// A hart with RAM, a ROM and a probe, and base-protocol checkers between them.
struct machine {
    memory ram, rom;
    bus interconnect;
    probe_target device;
    test_clock clock;
    sc_core::sc_signal<bool, sc_core::SC_MANY_WRITERS> msip, mtip, meip, seip;
    hart cpu;

    machine(bench& owner, const std::string& name, hart::config settings,
            sc_core::sc_time memory_latency = {})
        : ram((name + "_ram").c_str(), {ram_size, false, memory_latency, memory_latency})
        , rom((name + "_rom").c_str(), {rom_size, true, memory_latency, memory_latency})
        , interconnect((name + "_bus").c_str())
        , device((name + "_device").c_str())
        , cpu((name + "_hart").c_str(), at_ram(settings), clock) {
        owner.connect(cpu.socket, interconnect.target_socket);
        interconnect.map("ram", ram_base, ram_size, ram.socket);
        interconnect.map("rom", rom_base, rom_size, rom.socket);
        interconnect.map("device", device_base, device_size, device.socket);
        cpu.msip.bind(msip);
        cpu.mtip.bind(mtip);
        cpu.meip.bind(meip);
        cpu.seip.bind(seip);
    }

    static hart::config at_ram(hart::config settings) {
        settings.reset_pc = ram_base;
        return settings;
    }

    void put(uint64_t address, const std::vector<uint32_t>& words) {
        if (!words.empty())
            std::memcpy(ram.data() + (address - ram_base), words.data(), 4 * words.size());
    }
    void put16(uint64_t address, uint16_t parcel) {
        std::memcpy(ram.data() + (address - ram_base), &parcel, sizeof parcel);
    }
    uint64_t word(uint64_t address) const {
        uint64_t value;
        std::memcpy(&value, ram.data() + (address - ram_base), sizeof value);
        return value;
    }
};

/// One machine. A program starts at ram_base; its end is a WFI without enabled interrupts.
class hart_bench : public bench {
public:
    static constexpr uint64_t handler = ram_base + 0x1000, data = ram_base + 0x2000;

    explicit hart_bench(const hart::config& settings = without_protection(),
                        sc_core::sc_time memory_latency = {})
        : board(*this, "board", settings, memory_latency)
        , cpu(board.cpu) {}

    /// A hart whose programs need no PMP region to enter S or U mode.
    static hart::config without_protection() {
        hart::config settings;
        settings.isa.pmp = false;
        return settings;
    }

protected:
    /// Before any time passes: the program, and a trap handler which keeps the trap in a1 (cause), a2 (tval)
    /// and a3 (epc) and ends there.
    void load(const std::vector<uint32_t>& program, std::vector<uint64_t> registers = {}) {
        board.put(ram_base, program);
        board.put(ram_base + 4 * program.size(), {wfi, jal(zero, -4)});
        board.put(handler, {csrrs(a1, mcause, 0), csrrs(a2, mtval, 0), csrrs(a3, mepc, 0), csrrw(0, mie, 0),
                            wfi, jal(zero, -4)});
        cpu.reset();
        for (unsigned i = 0; i < registers.size(); ++i)
            cpu.set_x(a0 + 4 + i, registers[i]); // a4 and up
    }
    static constexpr unsigned a4 = 14, a5 = 15, a6 = 16;
    /// Points mtvec at the handler; 3 instructions, clobbers t0.
    static std::vector<uint32_t> with_handler(std::vector<uint32_t> program) {
        std::vector<uint32_t> whole{auipc(t0, 1), csrrw(0, mtvec, t0)};
        whole.insert(whole.end(), program.begin(), program.end());
        return whole;
    }
    static constexpr uint64_t after_set_up = ram_base + 8; ///< where with_handler's program lands

    void run_to_wfi(sc_core::sc_time limit = {1, sc_core::SC_MS}) {
        const sc_core::sc_time end = sc_core::sc_time_stamp() + limit;
        do
            wait(10, sc_core::SC_NS);
        while (!cpu.waiting() && sc_core::sc_time_stamp() < end);
        EXPECT_TRUE(cpu.waiting()) << "no WFI; pc " << std::hex << cpu.pc();
    }
    void expect_trap(unsigned cause, uint64_t tval, uint64_t epc) {
        EXPECT_EQ(cpu.x(a1), cause);
        EXPECT_EQ(cpu.x(a2), tval);
        EXPECT_EQ(cpu.x(a3), epc);
    }
    /// Runs program under the handler, which must see this trap at the program's instruction number `index`.
    void run_to_trap(const std::vector<uint32_t>& program, std::vector<uint64_t> registers, unsigned cause,
                     uint64_t tval, unsigned index = 0) {
        load(with_handler(program), std::move(registers));
        run_to_wfi();
        expect_trap(cause, tval, after_set_up + 4 * index);
    }

    machine board;
    hart& cpu;
};

} // namespace vmcore::test
