#include "tests/models/riscv/machine.h"

namespace vmcore::test {
namespace {

constexpr uint64_t interrupt = uint64_t(1) << 63;

class interrupts : public hart_bench {
protected:
    using hart_bench::hart_bench;
    /// Enables what a4 says, sets MIE, and sleeps; nothing is pending yet.
    void sleep_with(uint64_t enabled) {
        load(with_handler({csrrw(0, mie, a4), csrrsi(0, mstatus, 8)}), {enabled});
        wait(1, sc_core::SC_US);
        ASSERT_TRUE(cpu.waiting());
        EXPECT_EQ(cpu.pc(), wake_pc);
    }
    static constexpr uint64_t wake_pc = after_set_up + 12;
};

SC_TEST(interrupts, timer_line_ends_wfi_and_enters_the_handler) {
    sleep_with(1 << 7);
    board.mtip.write(true);
    wait(1, sc_core::SC_US);
    EXPECT_EQ(cpu.x(a1), interrupt | 7);
    EXPECT_EQ(cpu.x(a2), 0u);
    EXPECT_EQ(cpu.x(a3), wake_pc);
}

SC_TEST(interrupts, external_before_software_before_timer) {
    sleep_with(0x888);
    board.mtip.write(true);
    board.msip.write(true);
    board.meip.write(true);
    wait(1, sc_core::SC_US);
    EXPECT_EQ(cpu.x(a1), interrupt | 11);
}

SC_TEST(interrupts, software_before_timer) {
    sleep_with(0x888);
    board.mtip.write(true);
    board.msip.write(true);
    wait(1, sc_core::SC_US);
    EXPECT_EQ(cpu.x(a1), interrupt | 3);
}

SC_TEST(interrupts, a_line_that_is_not_enabled_does_not_end_wfi) {
    sleep_with(1 << 7);
    board.meip.write(true);
    wait(5, sc_core::SC_US);
    EXPECT_TRUE(cpu.waiting());
    EXPECT_EQ(cpu.x(a1), 0u);
}

SC_TEST(interrupts, wfi_goes_on_without_a_trap_when_mie_is_clear) {
    load(with_handler({csrrw(0, mie, a4), wfi, addi(a0, 0, 1), csrrw(0, mie, 0)}), {1 << 7});
    wait(1, sc_core::SC_US);
    EXPECT_TRUE(cpu.waiting());
    EXPECT_EQ(cpu.x(a0), 0u);
    board.mtip.write(true);
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 1u);
    EXPECT_EQ(cpu.x(a1), 0u);
}

SC_TEST(interrupts, wfi_with_a_pending_interrupt_does_not_wait) {
    board.mtip.write(true);
    wait(1, sc_core::SC_NS);
    load({csrrw(0, mie, a4), wfi, addi(a0, 0, 1), csrrw(0, mie, 0)}, {1 << 7});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 1u);
}

SC_TEST(interrupts, vectored_interrupts_go_to_their_own_slot_and_exceptions_to_the_base) {
    // Slots hold `addi a0, a0, slot number; wfi; jal .-4` is too long: they jump to the base + 0x100 instead.
    load({auipc(t0, 1), addi(t0, t0, 1), csrrw(0, mtvec, t0), csrrw(0, mie, a4), csrrsi(0, mstatus, 8), nop},
         {1 << 7});
    board.put(handler, std::vector<uint32_t>(12, jal(a2, 0x100)));
    board.put(handler + 0x11c, {csrrs(a1, mcause, 0), wfi, jal(zero, -4)});
    wait(1, sc_core::SC_US);
    board.mtip.write(true);
    wait(1, sc_core::SC_US);
    EXPECT_EQ(cpu.x(a1), interrupt | 7);
    EXPECT_EQ(cpu.x(a2), handler + 4 * 7 + 4);
}

SC_TEST(interrupts, exceptions_in_vectored_mode_go_to_the_base) {
    load({auipc(t0, 1), addi(t0, t0, 1), csrrw(0, mtvec, t0), ecall});
    run_to_wfi();
    expect_trap(11, 0, ram_base + 12);
}

SC_TEST(interrupts, a_csr_write_that_enables_a_pending_one_takes_it_before_the_next_instruction) {
    board.mtip.write(true);
    wait(1, sc_core::SC_NS);
    load(with_handler({csrrw(0, mie, a4), csrrsi(0, mstatus, 8), addi(a0, 0, 1)}), {1 << 7});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a1), interrupt | 7);
    EXPECT_EQ(cpu.x(a3), after_set_up + 8);
    EXPECT_EQ(cpu.x(a0), 0u);
}

SC_TEST(interrupts, mret_that_enables_a_pending_one_takes_it_at_its_target) {
    board.msip.write(true);
    wait(1, sc_core::SC_NS);
    // MPIE is set, and mret goes to u mode, where interrupts are always on.
    load(with_handler(
             {csrrw(0, mie, a4), auipc(t1, 0), addi(t1, t1, 16), csrrw(0, mepc, t1), mret, addi(a0, 0, 1)}),
         {1 << 3});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a1), interrupt | 3);
    EXPECT_EQ(cpu.x(a3), after_set_up + 20);
    EXPECT_EQ(cpu.x(a0), 0u);
}

SC_TEST(interrupts, mip_shows_the_lines_and_software_cannot_write_them) {
    board.meip.write(true);
    wait(1, sc_core::SC_NS);
    load({csrrw(0, mip, a4), csrrs(a0, mip, 0)}, {~uint64_t(0)});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 0x800u | 0x2666u);
}

SC_TEST(interrupts, a_store_that_raises_a_line_is_followed_by_the_interrupt) {
    // The device raises msip at once; the hart has a quantum of 10000 instructions, yet sees it next.
    board.device.on_access = [this](const probe_target::access&) { board.msip.write(true); };
    load(with_handler({csrrw(0, mie, a4), csrrsi(0, mstatus, 8), sw(a0, a5, 0), nop, nop}),
         {1 << 3, device_base});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a1), interrupt | 3);
    EXPECT_EQ(cpu.x(a3), after_set_up + 12);
}

SC_TEST(interrupts, a_load_that_drops_a_line_is_seen_before_the_handler_returns) {
    board.device.on_access = [this](const probe_target::access&) { board.msip.write(false); };
    board.msip.write(true);
    wait(1, sc_core::SC_NS);
    load(with_handler({csrrw(0, mie, a4), lw(a0, a5, 0), csrrs(a0, mip, 0)}), {1 << 3, device_base});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 0u);
}

class interrupts_in_a_loop : public interrupts {};

SC_TEST(interrupts_in_a_loop, a_line_is_seen_at_the_quantum_edge) {
    load(with_handler({csrrw(0, mie, a4), csrrsi(0, mstatus, 8), jal(zero, 0)}), {1 << 11});
    wait(15, sc_core::SC_US);
    board.meip.write(true);
    wait(4, sc_core::SC_US); // the edge is at 20 us
    EXPECT_EQ(cpu.x(a1), 0u);
    wait(2, sc_core::SC_US);
    EXPECT_EQ(cpu.x(a1), interrupt | 11);
    EXPECT_EQ(cpu.x(a3), after_set_up + 8);
}

} // namespace
} // namespace vmcore::test
