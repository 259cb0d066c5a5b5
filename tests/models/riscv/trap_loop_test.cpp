#include "tests/models/riscv/machine.h"

namespace vmcore::test {
namespace {

constexpr unsigned medeleg = 0x302;
constexpr unsigned stvec = 0x105;
constexpr unsigned pmpcfg0 = 0x3a0;
constexpr unsigned pmpaddr0 = 0x3b0;
constexpr uint64_t modify_privilege = 1 << 17; ///< mstatus.MPRV
constexpr uint64_t previous_is_supervisor = 1 << 11;

struct trap_loops : hart_bench {
    unsigned told = 0;
    uint64_t where = 0;

    trap_loops()
        : hart_bench(hart::config()) {
        cpu.on_trap_loop([this] {
            ++told;
            where = cpu.pc();
        });
    }
    void pass_time() { wait(50, sc_core::SC_US); }

    /// In S mode, with all of memory open to it, stvec as in a4 and medeleg as in a5: an illegal instruction.
    void load_supervisor(uint64_t vector, uint64_t delegated) {
        load(with_handler({csrrw(0, stvec, a4), csrrw(0, medeleg, a5), addi(t1, zero, -1),
                           csrrw(0, pmpaddr0, t1), csrrsi(0, pmpcfg0, 0x1f), csrrs(0, mstatus, a6),
                           auipc(t1, 0), addi(t1, t1, 16), csrrw(0, mepc, t1), mret, 0}),
             {vector, delegated, previous_is_supervisor});
    }
};

SC_TEST(trap_loops, a_handler_that_cannot_be_fetched_is_told_once) {
    load({csrrw(0, mtvec, a4), ecall}, {nowhere});
    pass_time();
    EXPECT_EQ(told, 1u);
    EXPECT_EQ(where, nowhere);
    EXPECT_EQ(cpu.pc(), nowhere) << "the hart goes on trapping";
    EXPECT_EQ(cpu.instructions(), 1u);
    cpu.reset();
    cpu.set_x(a4, nowhere);
    pass_time();
    EXPECT_EQ(told, 2u) << "once until the next reset";
}

SC_TEST(trap_loops, a_handler_that_begins_with_an_illegal_instruction_is_one) {
    load(with_handler({ecall}));
    board.put(handler, {0});
    pass_time();
    EXPECT_EQ(told, 1u);
    EXPECT_EQ(where, handler);
}

SC_TEST(trap_loops, a_handler_that_loads_from_nowhere_is_one) {
    load(with_handler({ecall}), {nowhere});
    board.put(handler, {lw(a0, a4, 0)});
    pass_time();
    EXPECT_EQ(told, 1u);
}

SC_TEST(trap_loops, a_handler_that_traps_at_its_second_instruction_is_none) {
    load(with_handler({ecall}), {nowhere});
    board.put(handler, {nop, lw(a0, a4, 0)});
    pass_time();
    EXPECT_EQ(told, 0u);
    EXPECT_GT(cpu.instructions(), 1000u);
}

SC_TEST(trap_loops, a_trap_that_takes_its_own_reason_away_is_none) {
    // With MPRV the load is U mode's, which may not. Its trap makes it M mode's.
    load(with_handler({addi(t1, zero, -1), csrrw(0, pmpaddr0, t1), csrrsi(0, pmpcfg0, 0x18),
                       csrrs(0, mstatus, a4), jal(zero, 0x1000 - 24)}),
         {modify_privilege, data});
    board.put(handler, {lw(a0, a5, 0), wfi, jal(zero, -4)});
    run_to_wfi();
    EXPECT_EQ(cpu.csr(mepc), handler) << "the load has trapped once";
    EXPECT_EQ(told, 0u);
}

SC_TEST(trap_loops, a_fault_at_the_vector_that_a_higher_mode_handles_is_none) {
    load_supervisor(nowhere, 1 << 2);
    run_to_wfi();
    expect_trap(1, nowhere, nowhere);
    EXPECT_EQ(told, 0u);
}

SC_TEST(trap_loops, a_fault_at_the_vector_that_the_mode_takes_itself_is_one) {
    load_supervisor(nowhere, 1 << 2 | 1 << 1);
    pass_time();
    EXPECT_EQ(told, 1u);
    EXPECT_EQ(where, nowhere);
    EXPECT_EQ(cpu.mode(), riscv::privilege::supervisor);
}

SC_TEST(trap_loops, need_nobody_who_listens) {
    cpu.on_trap_loop(nullptr);
    load({csrrw(0, mtvec, a4), ecall}, {nowhere});
    pass_time();
    EXPECT_EQ(cpu.pc(), nowhere);
}

} // namespace
} // namespace vmcore::test
