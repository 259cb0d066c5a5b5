#include "tests/models/riscv/supervisor.h"

// Delegated traps, the way back from them, S mode's interrupts and its timer.

namespace vmcore::test {
namespace {

using supervisor = supervisor_bench;

constexpr uint64_t spp = 1 << 8, spie = 1 << 5, sie_bit = 1 << 1, tsr = 1 << 22;

SC_TEST(supervisor, a_delegated_ecall_from_u_mode_ends_in_s_mode) {
    run_in_mode({to_user, 1 << 8, 0, 0, 0, {}, 0}, {nop, ecall});
    expect_supervisor_trap(8, 0, start + 4);
    EXPECT_EQ(csr(sstatus) & spp, 0u);
    EXPECT_EQ(cpu.x(a1), 0u) << "machine mode saw it";
}

SC_TEST(supervisor, a_delegated_trap_of_s_mode_remembers_the_mode_and_disables_interrupts) {
    run_in_mode({to_supervisor | sie_bit, 1 << 2, 0, 0, 0, {}, 0}, {0xffffffff});
    expect_supervisor_trap(2, 0xffffffff, start);
    EXPECT_EQ(csr(sstatus) & (spp | spie | sie_bit), spp | spie);
}

SC_TEST(supervisor, what_is_not_delegated_ends_in_m_mode) {
    run_in_mode({to_supervisor, ~uint64_t(1 << 9), 0, 0, 0, {}, 0}, {ecall});
    expect_trap(9, 0, start);
    EXPECT_EQ(csr(mstatus) >> 11 & 3, 1u);
    EXPECT_EQ(cpu.x(24), 0u);
}

SC_TEST(supervisor, traps_of_m_mode_are_never_delegated) {
    run_in_mode({to_machine, ~uint64_t(0), 0, 0, 0, {}, 0}, {ebreak});
    expect_trap(3, start, start);
}

SC_TEST(supervisor, sret_goes_to_sepc_in_the_mode_of_spp) {
    // x20: where to, x21: SPP
    run_in_mode({to_supervisor | spp | spie, 0, 0, 0, 0, {start + 16, spp}, 0},
                {csrrw(0, sepc, 20), i_type(0x73, 3, 0, 21, sstatus), sret, ebreak, ecall});
    expect_trap(8, 0, start + 16);
    EXPECT_EQ(csr(sstatus) & (spie | sie_bit), spie | sie_bit);
}

SC_TEST(supervisor, sret_is_illegal_with_tsr) {
    run_in_mode({to_supervisor | tsr, 0, 0, 0, 0, {}, 0}, {sret});
    expect_trap(2, sret, start);
}

SC_TEST(supervisor, a_return_to_a_lower_mode_takes_mprv_away) {
    run_in_mode({to_supervisor | 1 << 17, 0, 0, 0, 0, {}, 0}, {ecall});
    EXPECT_EQ(csr(mstatus) >> 17 & 1, 0u);
}

SC_TEST(supervisor, an_interrupt_that_is_delegated_and_enabled_is_taken_at_once) {
    run_in_mode({to_supervisor, 0, 1 << 1, 0, 0, {}, 0},
                {csrrsi(0, sie, 2), csrrsi(0, sip, 2), nop, csrrsi(0, sstatus, 2), ebreak});
    expect_supervisor_trap(interrupt | 1, 0, start + 16);
}

SC_TEST(supervisor, an_interrupt_that_is_delegated_waits_while_m_mode_runs) {
    run_in_mode({to_machine, 0, 1 << 1, 0, 0, {}, 0},
                {csrrsi(0, mie, 2), csrrsi(0, mip, 2), csrrsi(0, mstatus, 10), nop, ebreak});
    expect_trap(3, start + 16, start + 16);
}

SC_TEST(supervisor, seip_goes_to_s_mode_when_it_is_delegated) {
    load_in_mode({to_supervisor, 0, 1 << 9, 0, 0, {1 << 9}, 0}, {csrrs(0, sie, 20), csrrsi(0, sstatus, 2)});
    run_to_wfi();
    board.seip.write(true);
    wait(1, sc_core::SC_US);
    expect_supervisor_trap(interrupt | 9, 0, start + 12);
}

SC_TEST(supervisor, setting_bits_of_mip_does_not_make_the_external_line_stick) {
    board.seip.write(true);
    wait(1, sc_core::SC_NS);
    load(with_handler({csrrsi(0, mip, 2), csrrs(a0, mip, 0)}));
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 0x202u);
    board.seip.write(false);
    wait(1, sc_core::SC_US);
    EXPECT_EQ(csr(mip), 0x2u);
}

SC_TEST(supervisor, what_software_wrote_to_seip_stays_without_the_line) {
    load(with_handler({csrrs(0, mip, a4)}), {1 << 9});
    run_to_wfi();
    board.seip.write(true);
    wait(1, sc_core::SC_US);
    board.seip.write(false);
    wait(1, sc_core::SC_US);
    EXPECT_EQ(csr(mip), 0x200u);
}

/// S mode with its timer: stimecmp from x20, then it sleeps.
class timer : public supervisor_bench {
protected:
    static constexpr uint64_t stce = uint64_t(1) << 63;

    void sleep_until(uint64_t compare) {
        load_in_mode({to_supervisor, 0, 1 << 5, 0, stce, {compare, 1 << 5}, 0},
                     {csrrw(0, stimecmp, 20), csrrs(0, sie, 21), csrrsi(0, sstatus, 2)});
    }
    /// The time at which the handler had the cause.
    sc_core::sc_time when_taken() {
        const sc_core::sc_time limit = sc_core::sc_time_stamp() + sc_core::sc_time(1, sc_core::SC_MS);
        while (cpu.x(24) == 0 && sc_core::sc_time_stamp() < limit)
            wait(1, sc_core::SC_NS);
        EXPECT_EQ(cpu.x(24), interrupt | 5);
        return sc_core::sc_time_stamp();
    }
    static bool is_soon_after(sc_core::sc_time when, sc_core::sc_time due) {
        return when >= due && when <= due + sc_core::sc_time(3, sc_core::SC_NS);
    }
};

SC_TEST(timer, ends_wfi_at_the_very_time_of_stimecmp) {
    sleep_until(50);
    wait(sc_core::sc_time(4999, sc_core::SC_NS) - sc_core::sc_time_stamp());
    EXPECT_TRUE(cpu.waiting());
    EXPECT_EQ(csr(mip) >> 5 & 1, 0u);
    EXPECT_TRUE(is_soon_after(when_taken(), {5, sc_core::SC_US})) << sc_core::sc_time_stamp();
}

SC_TEST(timer, that_was_due_before_is_taken_at_once) {
    load({});
    wait(2, sc_core::SC_US);
    sleep_until(7);
    EXPECT_TRUE(when_taken() < sc_core::sc_time(2200, sc_core::SC_NS));
}

SC_TEST(timer, moves_with_a_new_compare_value) {
    sleep_until(50);
    wait(1, sc_core::SC_US);
    load_in_mode({to_supervisor, 0, 1 << 5, 0, stce, {80, 1 << 5}, 0},
                 {csrrw(0, stimecmp, 20), csrrs(0, sie, 21), csrrsi(0, sstatus, 2)});
    wait(6, sc_core::SC_US);
    EXPECT_EQ(cpu.x(24), 0u) << "the compare value before reset";
    EXPECT_TRUE(is_soon_after(when_taken(), {8, sc_core::SC_US})) << sc_core::sc_time_stamp();
}

SC_TEST(timer, follows_a_counter_that_is_set_forward) {
    sleep_until(1000);
    wait(1, sc_core::SC_US);
    board.clock.set(990);
    EXPECT_TRUE(is_soon_after(when_taken(), {2, sc_core::SC_US})) << sc_core::sc_time_stamp();
}

SC_TEST(timer, follows_a_counter_that_is_set_back) {
    sleep_until(30);
    wait(1, sc_core::SC_US);
    board.clock.set(0);
    wait(2500, sc_core::SC_NS);
    EXPECT_TRUE(cpu.waiting());
    EXPECT_TRUE(is_soon_after(when_taken(), {4, sc_core::SC_US})) << sc_core::sc_time_stamp();
}

SC_TEST(timer, that_is_far_away_never_comes) {
    sleep_until(~uint64_t(0));
    wait(10, sc_core::SC_MS);
    EXPECT_TRUE(cpu.waiting());
    EXPECT_EQ(cpu.x(24), 0u);
}

SC_TEST(timer, a_pending_one_goes_when_stimecmp_moves_on) {
    run_in_mode({to_machine, 0, 0, 0, stce, {0, ~uint64_t(0)}, 0},
                {csrrw(0, stimecmp, 20), csrrs(22, mip, 0), csrrw(0, stimecmp, 21), csrrs(23, mip, 0)});
    EXPECT_EQ(cpu.x(22), 0x20u);
    EXPECT_EQ(cpu.x(23), 0u);
}

SC_TEST(timer, does_not_outlive_a_reset) {
    sleep_until(50);
    wait(1, sc_core::SC_US);
    load({});
    wait(10, sc_core::SC_US);
    board.clock.set(5000);
    wait(1, sc_core::SC_US);
    EXPECT_EQ(csr(mip), 0u);
}

} // namespace
} // namespace vmcore::test
