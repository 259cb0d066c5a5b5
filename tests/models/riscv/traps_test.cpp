#include "tests/models/riscv/machine.h"

namespace vmcore::test {
namespace {

using traps = hart_bench;

enum : unsigned {
    fetch_access = 1,
    illegal = 2,
    breakpoint = 3,
    load_misaligned = 4,
    load_access = 5,
    store_access = 7
};

SC_TEST(traps, illegal_instruction_gives_its_bits) {
    run_to_trap({0xffffffff}, {}, illegal, 0xffffffff);
}

SC_TEST(traps, illegal_compressed_instruction_gives_two_bytes) {
    run_to_trap({0x12348002}, {}, illegal, 0x8002);
}

SC_TEST(traps, ebreak_gives_its_own_address) {
    run_to_trap({nop, ebreak}, {}, breakpoint, after_set_up + 4, 1);
}

SC_TEST(traps, ecall_from_m_mode) {
    run_to_trap({ecall}, {}, 11, 0);
    EXPECT_EQ(cpu.mode(), riscv::privilege::machine);
}

SC_TEST(traps, ecall_from_u_mode) {
    run_to_trap({auipc(t1, 0), addi(t1, t1, 16), csrrw(0, mepc, t1), mret, ecall}, {}, 8, 0, 4);
}

SC_TEST(traps, mret_in_u_mode_is_illegal) {
    run_to_trap({auipc(t1, 0), addi(t1, t1, 16), csrrw(0, mepc, t1), mret, mret}, {}, illegal, mret, 4);
}

SC_TEST(traps, machine_registers_are_illegal_in_u_mode) {
    run_to_trap({auipc(t1, 0), addi(t1, t1, 16), csrrw(0, mepc, t1), mret, csrrs(a0, mscratch, 0)}, {},
                illegal, csrrs(a0, mscratch, 0), 4);
}

SC_TEST(traps, wfi_in_u_mode_is_illegal_with_tw) {
    run_to_trap({csrrw(0, mstatus, a4), auipc(t1, 0), addi(t1, t1, 16), csrrw(0, mepc, t1), mret, wfi},
                {1 << 21}, illegal, wfi, 5);
}

SC_TEST(traps, counters_in_u_mode_need_mcounteren) {
    run_to_trap({csrrsi(0, mcounteren, 5), csrrsi(0, 0x106, 7), auipc(t1, 0), addi(t1, t1, 16),
                 csrrw(0, mepc, t1), mret, csrrs(a0, 0xc00, 0), csrrs(a0, 0xc02, 0), csrrs(a0, time_csr, 0)},
                {}, illegal, csrrs(a0, time_csr, 0), 8);
}

SC_TEST(traps, unknown_csr_and_write_to_read_only_csr_are_illegal) {
    run_to_trap({csrrs(a0, 0x181, 0)}, {}, illegal, csrrs(a0, 0x181, 0));
}

SC_TEST(traps, write_to_read_only_csr_is_illegal) {
    run_to_trap({csrrs(a0, 0xf14, 0), csrrw(a0, 0xf14, a0)}, {}, illegal, csrrw(a0, 0xf14, a0), 1);
}

SC_TEST(traps, load_from_nowhere) {
    run_to_trap({lw(a0, a4, 4)}, {nowhere}, load_access, nowhere + 4);
}

SC_TEST(traps, store_to_nowhere) {
    run_to_trap({sw(a0, a4, 4)}, {nowhere}, store_access, nowhere + 4);
}

SC_TEST(traps, amo_to_nowhere_is_a_store_fault) {
    run_to_trap({amo(0, 2, a0, a4, a0)}, {nowhere}, store_access, nowhere);
}

SC_TEST(traps, load_reserved_from_nowhere_is_a_load_fault) {
    run_to_trap({amo(2, 2, a0, a4, 0)}, {nowhere}, load_access, nowhere);
}

SC_TEST(traps, misaligned_amo_and_load_reserved) {
    run_to_trap({amo(0, 3, a0, a4, a0)}, {data + 4}, load_misaligned, data + 4);
}

SC_TEST(traps, fetch_from_nowhere) {
    load(with_handler({jalr(ra, a4, 0)}), {nowhere});
    run_to_wfi();
    expect_trap(fetch_access, nowhere, nowhere);
    EXPECT_EQ(cpu.x(ra), after_set_up + 4);
}

SC_TEST(traps, fetch_across_the_end_of_ram_names_the_missing_half) {
    board.put16(ram_base + ram_size - 2, 0x0013);
    load(with_handler({jalr(ra, a4, 0)}), {ram_base + ram_size - 2});
    run_to_wfi();
    expect_trap(fetch_access, ram_base + ram_size, ram_base + ram_size - 2);
}

SC_TEST(traps, a_load_that_faults_leaves_its_register_alone) {
    run_to_trap({addi(a0, 0, 77), ld(a0, a4, 0)}, {nowhere}, load_access, nowhere, 1);
    EXPECT_EQ(cpu.x(a0), 77u);
}

SC_TEST(traps, state_is_kept_in_mstatus_and_restored_by_mret) {
    // MIE set, then ebreak; the handler below reads mstatus, and so does the code after mret.
    load({auipc(t0, 1), csrrw(0, mtvec, t0), csrrsi(0, mstatus, 8), ebreak, csrrs(a1, mstatus, 0)});
    board.put(handler,
              {csrrs(a0, mstatus, 0), csrrs(t1, mepc, 0), addi(t1, t1, 4), csrrw(0, mepc, t1), mret});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 0xa00001880u); // MPP M, MPIE, not MIE
    EXPECT_EQ(cpu.x(a1), 0xa00000088u); // MPP U, MPIE, MIE
}

SC_TEST(traps, a_fault_at_the_trap_vector_does_not_stop_time) {
    load({csrrw(0, mtvec, a4), ecall}, {nowhere});
    wait(50, sc_core::SC_US);
    EXPECT_EQ(sc_core::sc_time_stamp(), sc_core::sc_time(50, sc_core::SC_US));
    EXPECT_EQ(cpu.pc(), nowhere);
    EXPECT_EQ(cpu.instructions(), 1u);
}

SC_TEST(traps, a_mscratch_write_round_trips_and_a_faulting_trap_does_not_retire) {
    load(with_handler({csrrw(0, mscratch, a4), csrrw(a0, mscratch, 0), ebreak}), {0x1122334455667788});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 0x1122334455667788u);
    EXPECT_EQ(cpu.instructions(), 2u + 2u + 5u); // the ebreak is not among them
}

} // namespace
} // namespace vmcore::test
