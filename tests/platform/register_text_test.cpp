/// Columns and order are those of "info registers" of qemu-system-riscv64 10.0.2 with a CPU of M, S and U mode.

#include "platform/virt/register_text.h"

#include "models/bus/bus.h"
#include "models/memory/memory.h"
#include "tests/harness/bench.h"

namespace vmcore::test {
namespace {

struct stopped_clock : time_source {
    uint64_t mtime(const sc_core::sc_time&) const override { return 0; }
    sc_core::sc_time when(uint64_t) const override { return sc_core::sc_max_time(); }
};

class hart_bench : public bench {
public:
    hart_bench() {
        for (sc_core::sc_in<bool>* line : {&cpu.msip, &cpu.mtip, &cpu.meip, &cpu.seip})
            line->bind(low);
        memory_bus.map("ram", 0, ram.size(), ram.socket);
        cpu.socket.bind(memory_bus.target_socket);
        cpu.hold();
        cpu.reset();
    }

protected:
    static hart::config second() {
        hart::config settings;
        settings.hartid = 1;
        return settings;
    }

    static memory::config small() {
        memory::config settings;
        settings.size = 0x1000;
        return settings;
    }

    stopped_clock clock;
    sc_core::sc_signal<bool> low{"low"};
    bus memory_bus{"bus"};
    memory ram{"ram", small()};
    vmcore::hart cpu{"hart", second(), clock};
};

SC_TEST(hart_bench, registers_are_listed_in_qemus_columns) {
    cpu.set_x(10, 0x1234);
    EXPECT_EQ(virt::describe_registers(cpu).substr(0, 18 * 27 + 83),
              " pc       0000000000001000\n mhartid  0000000000000001\n mstatus  0000000a00000000\n"
              " mip      0000000000000000\n mie      0000000000000000\n mideleg  0000000000000000\n"
              " medeleg  0000000000000000\n mtvec    0000000000000000\n stvec    0000000000000000\n"
              " mepc     0000000000000000\n sepc     0000000000000000\n mcause   0000000000000000\n"
              " scause   0000000000000000\n mtval    0000000000000000\n stval    0000000000000000\n"
              " mscratch 0000000000000000\n sscratch 0000000000000000\n satp     0000000000000000\n"
              " x0/zero  0000000000000000 x1/ra    0000000000000000 x2/sp    0000000000000000 x3/g");
    EXPECT_NE(virt::describe_registers(cpu).find(" x10/a0   0000000000001234 x11/a1"), std::string::npos);
}

SC_TEST(hart_bench, registers_are_found_by_all_their_names) {
    cpu.set_x(8, 77);
    for (const char* name : {"x8", "s0", "fp"})
        EXPECT_EQ(virt::find_register(cpu, name), 77u) << name;
    EXPECT_EQ(virt::find_register(cpu, "pc"), 0x1000u);
    EXPECT_EQ(virt::find_register(cpu, "mhartid"), 1u);
    for (const char* name : {"", "x32", "hgatp", "f32", "PC"})
        EXPECT_EQ(virt::find_register(cpu, name), std::nullopt) << name;
}

} // namespace
} // namespace vmcore::test
