#include "tests/models/riscv/machine.h"

namespace vmcore::test {
namespace {

using accesses = hart_bench;

SC_TEST(accesses, misaligned_loads_and_stores_in_ram_work) {
    load({sd(a4, a5, 3), ld(a0, a5, 3), lw(a1, a5, 5), lh(a2, a5, 9)}, {0x8899aabbccddeeff, data + 4093});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 0x8899aabbccddeeffu);
    EXPECT_EQ(cpu.x(a1), 0xffffffffaabbccddu);
    EXPECT_EQ(cpu.x(a2), 0xffffffffffff8899u);
}

SC_TEST(accesses, a_misaligned_device_access_comes_in_aligned_pieces) {
    load({lw(a0, a4, 3), ld(a0, a4, 4), sd(a5, a4, 6)}, {device_base, 0x8877665544332211});
    run_to_wfi();
    std::vector<std::pair<uint64_t, unsigned>> seen;
    for (const probe_target::access& each : board.device.accesses)
        seen.emplace_back(each.address, each.size);
    const std::vector<std::pair<uint64_t, unsigned>> expected = {{3, 1}, {4, 1}, {5, 1}, {6, 1},  {4, 4},
                                                                 {8, 4}, {6, 2}, {8, 2}, {10, 2}, {12, 2}};
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(board.device.accesses.back().value, 0x8877u);
}

SC_TEST(accesses, a_size_that_the_device_refuses_is_an_access_fault) {
    board.device.sizes = 4;
    run_to_trap({sw(a0, a4, 0), lb(a0, a4, 1)}, {device_base}, 5, device_base + 1, 1);
    EXPECT_EQ(board.device.accesses.size(), 1u);
}

SC_TEST(accesses, the_faulting_piece_gives_tval_and_earlier_pieces_have_happened) {
    run_to_trap({sd(a5, a4, 0)}, {ram_base + ram_size - 3, 0x1122334455667788}, 7, ram_base + ram_size);
    EXPECT_EQ(board.word(ram_base + ram_size - 8) >> 40, 0x667788u);
}

SC_TEST(accesses, a_misaligned_load_through_a_null_pointer_faults) {
    run_to_trap({lh(a0, zero, 1)}, {}, 5, 1);
}

SC_TEST(accesses, a_misaligned_store_through_a_null_pointer_faults) {
    run_to_trap({sd(a4, zero, 1)}, {}, 7, 1);
}

SC_TEST(accesses, stores_and_amos_to_rom_are_discarded) {
    const uint64_t value = 0x123456789abcdef0;
    std::memcpy(board.rom.data() + 16, &value, sizeof value);
    load(with_handler(
             {sd(0, a4, 0), amo(1, 3, a0, a4, 0), ld(a5, a4, 0), amo(2, 3, t1, a4, 0), amo(3, 3, t2, a4, 0)}),
         {rom_base + 16});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a1), 0u);
    EXPECT_EQ(cpu.x(a0), value);
    EXPECT_EQ(cpu.x(a5), value);
    EXPECT_EQ(cpu.x(t2), 0u); // SC succeeds
}

SC_TEST(accesses, amo_on_a_device_reads_then_writes) {
    board.device.value = 5;
    load({amo(0, 2, a0, a4, a5)}, {device_base + 8, 7});
    run_to_wfi();
    ASSERT_EQ(board.device.accesses.size(), 2u);
    EXPECT_FALSE(board.device.accesses[0].write);
    EXPECT_TRUE(board.device.accesses[1].write);
    EXPECT_EQ(board.device.accesses[1].value, 12u);
    EXPECT_EQ(cpu.x(a0), 5u);
}

SC_TEST(accesses, a_trap_breaks_the_reservation) {
    load({auipc(t0, 1), csrrw(0, mtvec, t0), amo(2, 2, a0, a4, 0), ecall, amo(3, 2, a2, a4, 0)}, {data});
    board.put(handler, {csrrs(t1, mepc, 0), addi(t1, t1, 4), csrrw(0, mepc, t1), addi(t2, 0, -1),
                        csrrs(0, mstatus, a5), mret});
    cpu.set_x(a5, 0x1800);
    run_to_wfi();
    EXPECT_EQ(cpu.x(a2), 1u);
}

SC_TEST(accesses, code_can_run_from_a_device_that_takes_two_byte_reads) {
    board.device.value = 0x8082; // c.jr ra
    load({jalr(ra, a4, 0), addi(a0, 0, 9)}, {device_base + 0x20});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 9u);
    ASSERT_EQ(board.device.accesses.size(), 1u);
    EXPECT_EQ(board.device.accesses[0].size, 2u);
}

SC_TEST(accesses, direct_access_that_was_taken_away_is_asked_for_again) {
    load({lw(a0, a4, 0), sw(0, a5, 0), lw(a1, a4, 0), sw(a1, a4, 8), lw(a2, a4, 8)}, {data, device_base});
    board.put(data, {11, 22});
    board.device.on_access = [this](const probe_target::access&) {
        board.ram.invalidate_direct_pointers();
        board.put(data, {33, 44});
    };
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 11u);
    EXPECT_EQ(cpu.x(a1), 33u);
    EXPECT_EQ(cpu.x(a2), 33u);
}

SC_TEST(accesses, code_that_another_initiator_wrote_is_seen_after_fence_i) {
    // A loop runs the routine at `data`, tells the device, which rewrites the routine, and fences.
    const std::vector<uint32_t> body{jalr(ra, a4, 0), sw(0, a5, 0), fence_i, jalr(ra, a4, 0)};
    load(body, {data, device_base});
    board.put(data, {addi(a0, a0, 1), jalr(0, ra, 0)});
    board.device.on_access = [this](const probe_target::access&) { board.put(data, {addi(a0, a0, 100)}); };
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 101u);
}

SC_TEST(accesses, code_that_the_hart_wrote_is_seen_at_once) {
    load({jalr(ra, a4, 0), sw(a5, a4, 0), jalr(ra, a4, 0), sw(a6, a4, 0), fence_i, jalr(ra, a4, 0)},
         {data, addi(a0, a0, 100), addi(a0, a0, 1)});
    board.put(data, {addi(a0, a0, 1), jalr(0, ra, 0)});
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 102u);
}

SC_TEST(accesses, a_store_to_the_line_of_code_that_runs_next_is_seen) {
    // The second instruction behind each store is replaced by it: aligned, misaligned, an AMO.
    load({sw(a5, a4, 12), nop, nop, addi(a0, a0, 1),                         // becomes addi a0, a0, 100
          store(1, a6, a4, 28), nop, nop, addi(a1, a1, 1),                   // becomes addi a1, a1, 17
          addi(t0, a4, 48), amo(1, 2, 0, 5, a5), nop, nop, addi(a0, a0, 1)}, // becomes addi a0, a0, 100
         {ram_base, addi(a0, a0, 100), 0});
    uint32_t changed = addi(a1, a1, 17);
    cpu.set_x(a6, changed & 0xffff);
    const uint32_t kept = (addi(a1, a1, 1) & 0xffff0000) | (changed & 0xffff);
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 200);
    EXPECT_EQ(board.word(ram_base + 28) & 0xffffffff, kept);
}

SC_TEST(accesses, stores_beside_code_change_no_instruction_and_are_done) {
    // Code and data share a page: a loop counts in memory, in a line of its own and in its code's last one.
    load({lw(a0, a4, 0x100), addi(a0, a0, 1), sw(a0, a4, 0x100), sw(a0, a4, 0x3c), addi(a5, a5, -1),
          branch(1, a5, zero, -20)},
         {ram_base, 1000});
    run_to_wfi();
    EXPECT_EQ(board.word(ram_base + 0x100) & 0xffffffff, 1000u);
    EXPECT_EQ(board.word(ram_base + 0x38) >> 32, 1000u);
}

SC_TEST(accesses, many_blocks_overflow_the_cache_and_still_run) {
    // Every page-sized stride of a jump maze gets new code from the program itself, many times over.
    load(
        {// outer: a0 rounds; t1 walks the routine's first immediate
         sw(a5, a4, 0), fence_i, jalr(ra, a4, 0), add(a5, a5, a6), addi(a0, a0, -1),
         branch(1, a0, zero, -20)},
        {data, addi(a1, a1, 0), uint64_t(1) << 20});
    board.put(data, {addi(a1, a1, 0), jalr(0, ra, 0)});
    cpu.set_x(a0, 40000);
    run_to_wfi({10, sc_core::SC_MS});
    // The immediate counts 0, 1, ... 2047, -2048, ... -1 and again.
    int64_t expected = 0;
    for (int round = 0; round < 40000; ++round) {
        const int low = round & 0xfff;
        expected += low < 2048 ? low : low - 4096;
    }
    EXPECT_EQ(cpu.x(a1), static_cast<uint64_t>(expected));
}

} // namespace
} // namespace vmcore::test
