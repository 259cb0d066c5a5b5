#include "tests/models/riscv/machine.h"

namespace vmcore::test {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;
using sc_core::SC_US;

using timing = hart_bench;

SC_TEST(timing, an_instruction_takes_one_clock) {
    load({sw(0, a4, 0), nop, nop, nop, sw(0, a4, 0), sw(0, a4, 0)}, {device_base});
    run_to_wfi();
    ASSERT_EQ(board.device.accesses.size(), 3u);
    EXPECT_EQ(board.device.accesses[0].when, sc_core::SC_ZERO_TIME);
    EXPECT_EQ(board.device.accesses[1].when, sc_time(4, SC_NS));
    EXPECT_EQ(board.device.accesses[2].when, sc_time(5, SC_NS));
    EXPECT_EQ(cpu.instructions(), 7u);
}

SC_TEST(timing, counters_follow_instructions_and_time) {
    load({csrrw(0, minstret, a4), nop, csrrs(a0, minstret, 0), csrrs(a1, mcycle, 0), csrrs(a2, mcycle, 0)},
         {1000});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 1002u);
    EXPECT_EQ(cpu.x(a1), 3u);
    EXPECT_EQ(cpu.x(a2), 4u);
}

SC_TEST(timing, time_csr_is_ahead_of_the_kernel_with_the_hart) {
    // 500 turns of two instructions are 1 us, which is 10 ticks of the clock.
    load({addi(t1, 0, 500), addi(t1, t1, -1), branch(1, t1, zero, -4), csrrs(a0, time_csr, 0)});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 10u);
}

SC_TEST(timing, yield_in_a_transaction_stops_after_that_very_instruction) {
    uint64_t pc_at_pause = 0, retired = 0;
    board.device.on_access = [&](const probe_target::access&) { cpu.yield(); };
    load({nop, lw(a0, a4, 0), addi(a1, 0, 1), addi(a1, a1, 1)}, {device_base});
    wait(sc_core::SC_ZERO_TIME); // the hart has run as far as it may
    pc_at_pause = cpu.pc();
    retired = cpu.instructions();
    EXPECT_EQ(pc_at_pause, ram_base + 8);
    EXPECT_EQ(retired, 2u);
    EXPECT_EQ(cpu.x(a1), 0u);
    run_to_wfi();
    EXPECT_EQ(cpu.x(a1), 2u);
}

SC_TEST(timing, yield_from_outside_keeps_the_hart_where_it_is_for_a_delta) {
    load({jal(zero, 0)});
    wait(5, SC_US);
    cpu.yield();
    wait(5, SC_US); // the quantum's edge
    EXPECT_EQ(cpu.instructions(), 10000u);
    wait(sc_core::SC_ZERO_TIME);
    wait(sc_core::SC_ZERO_TIME);
    EXPECT_EQ(cpu.instructions(), 20000u);
}

SC_TEST(timing, the_hart_never_runs_ahead_more_than_a_quantum) {
    load({jal(zero, 0)});
    wait(sc_core::SC_ZERO_TIME);
    EXPECT_EQ(cpu.instructions(), 10000u);
    wait(25, SC_US);
    EXPECT_EQ(cpu.instructions(), 30000u);
}

SC_TEST(timing, reset_puts_everything_back) {
    load({csrrw(0, mscratch, a4), csrrw(0, mie, a4), addi(a0, 0, 5)}, {0x888});
    run_to_wfi();
    cpu.reset();
    EXPECT_EQ(cpu.pc(), ram_base);
    EXPECT_EQ(cpu.instructions(), 0u);
    EXPECT_FALSE(cpu.waiting());
    for (unsigned number = 0; number < 32; ++number)
        EXPECT_EQ(cpu.x(number), 0u);
    load({csrrs(a0, mscratch, 0), csrrs(a1, mie, 0), csrrs(a2, mstatus, 0)});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 0u);
    EXPECT_EQ(cpu.x(a1), 0u);
    EXPECT_EQ(cpu.x(a2), 0xa00000000u);
}

SC_TEST(timing, reset_during_a_transaction_abandons_the_instruction) {
    board.device.on_access = [this](const probe_target::access&) {
        board.device.on_access = nullptr;
        cpu.reset();
        board.put(ram_base, {addi(a1, 0, 3), wfi, jal(zero, -4)});
    };
    board.device.value = 99;
    load({lw(a0, a4, 0), addi(a1, 0, 1)}, {device_base});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 0u);
    EXPECT_EQ(cpu.x(a1), 3u);
    EXPECT_EQ(cpu.instructions(), 2u);
}

SC_TEST(timing, general_registers_are_pc_and_x1_to_x31) {
    load({addi(31, 0, 31), addi(1, 0, 1)});
    run_to_wfi();
    const std::vector<uint64_t> registers = cpu.general_registers();
    ASSERT_EQ(registers.size(), 32u);
    EXPECT_EQ(registers[0], cpu.pc());
    EXPECT_EQ(registers[1], 1u);
    EXPECT_EQ(registers[31], 31u);
}

class slow_memory : public hart_bench {
protected:
    slow_memory()
        : hart_bench({}, sc_time(10, SC_NS)) {}
};

SC_TEST(slow_memory, direct_access_costs_what_a_transaction_costs) {
    // Fetching costs two parcels an instruction, and the load one access more.
    load({sw(0, a4, 0), ld(a0, a5, 0), sw(0, a4, 0)}, {device_base, data});
    run_to_wfi();
    ASSERT_EQ(board.device.accesses.size(), 2u);
    EXPECT_EQ(board.device.accesses[1].when - board.device.accesses[0].when,
              sc_time(1 + 20 + 10 + 1 + 20, SC_NS));
}

TEST(hart, a_clock_period_of_zero_is_refused) {
    test_clock clock;
    hart::config settings;
    settings.clock_period = sc_core::SC_ZERO_TIME;
    EXPECT_THROW(hart("hart", settings, clock), std::invalid_argument);
}

} // namespace
} // namespace vmcore::test
