#include "tests/models/riscv/machine.h"

// The floating-point unit as part of the hart: mstatus.FS, fcsr, loads and stores. What the operations give
// is tested where they are.

namespace vmcore::test {
namespace {

constexpr unsigned fflags = 1, frm = 2, fcsr = 3, misa = 0x301;
constexpr uint64_t fs_initial = 0x2000, fs_clean = 0x4000, fs_dirty = 0x6000, sd_bit = uint64_t(1) << 63;
constexpr uint64_t fs_bits = sd_bit | fs_dirty;
constexpr unsigned ft0 = 0, ft1 = 1, ft2 = 2;

constexpr uint32_t flw(unsigned rd, unsigned rs1, int32_t imm) {
    return i_type(0x07, 2, rd, rs1, imm);
}
constexpr uint32_t fld(unsigned rd, unsigned rs1, int32_t imm) {
    return i_type(0x07, 3, rd, rs1, imm);
}
constexpr uint32_t as_float_store(uint32_t integer_store) {
    return integer_store | 4;
}
constexpr uint32_t fsw(unsigned rs2, unsigned rs1, int32_t imm) {
    return as_float_store(sw(rs2, rs1, imm));
}
constexpr uint32_t fsd(unsigned rs2, unsigned rs1, int32_t imm) {
    return as_float_store(sd(rs2, rs1, imm));
}
constexpr uint32_t fadd_d = r_type(0x53, 7, 0x01, ft2, ft0, ft1), feq_d = r_type(0x53, 2, 0x51, a0, ft0, ft1),
                   fadd_s = r_type(0x53, 7, 0x00, ft2, ft0, ft1), fmv_x_d = r_type(0x53, 0, 0x71, a0, ft0, 0);

class floats : public hart_bench {
protected:
    explicit floats(const hart::config& settings = {})
        : hart_bench(settings) {}

    /// a4 and up as in load(); FS is set from t1, by an instruction before the program.
    void run_with(std::vector<uint32_t> program, uint64_t fs, std::vector<uint64_t> registers = {}) {
        program.insert(program.begin(), csrrs(0, mstatus, t1));
        load(with_handler(program), std::move(registers));
        cpu.set_x(t1, fs);
        for (unsigned i = 0; i < 32; ++i)
            cpu.set_f(i, f_before(i));
        run_to_wfi();
    }
    static uint64_t f_before(unsigned number) { return 0x3ff0000000000000 + number; }
    void expect_no_trap() { EXPECT_EQ(cpu.csr(mcause), 0u); }
    void expect_illegal(uint32_t instruction, unsigned index = 0) {
        expect_trap(2, instruction, after_set_up + 4 + 4 * index);
    }
    uint64_t fs() const { return cpu.csr(mstatus).value() & fs_bits; }
};

SC_TEST(floats, everything_is_illegal_while_the_unit_is_off) {
    for (const uint32_t instruction :
         {flw(ft0, a4, 0), fld(ft0, a4, 0), fsw(ft0, a4, 0), fsd(ft0, a4, -8), fadd_d, fadd_s, feq_d, fmv_x_d,
          csrrs(a0, fflags, 0), csrrs(a0, frm, 0), csrrw(a0, fcsr, 0)}) {
        run_with({instruction}, 0, {data});
        expect_illegal(instruction);
    }
}

SC_TEST(floats, compressed_accesses_are_illegal_by_their_own_bits_while_the_unit_is_off) {
    // c.fld fs0, 8(s1); c.fsd fs0, 8(s1); c.fldsp fa0, 8(sp); c.fsdsp fa0, 8(sp)
    for (const uint16_t parcel : {0x2480, 0xa480, 0x2522, 0xa42a}) {
        load(with_handler({nop}));
        board.put16(after_set_up, parcel);
        run_to_wfi();
        expect_trap(2, parcel, after_set_up);
    }
}

SC_TEST(floats, a_result_in_a_float_register_makes_the_state_dirty) {
    for (const uint32_t instruction : {flw(ft0, a4, 0), fld(ft0, a4, 0), fadd_d, fadd_s}) {
        run_with({instruction}, fs_initial, {data});
        expect_no_trap();
        EXPECT_EQ(fs(), fs_dirty | sd_bit) << std::hex << instruction;
    }
}

SC_TEST(floats, integer_results_and_stores_leave_the_state_as_it_was_flags_or_not) {
    for (const uint32_t instruction : {fsw(ft0, a4, 0), fsd(ft0, a4, 0), feq_d, fmv_x_d}) {
        run_with({instruction}, fs_clean, {data});
        expect_no_trap();
        EXPECT_EQ(fs(), fs_clean) << std::hex << instruction;
    }
}

SC_TEST(floats, writes_to_fcsr_make_the_state_dirty_and_reads_do_not) {
    run_with({csrrs(a0, fcsr, 0)}, fs_initial);
    EXPECT_EQ(fs(), fs_initial);
    for (const unsigned number : {fflags, frm, fcsr}) {
        run_with({csrrw(0, number, 0)}, fs_initial);
        EXPECT_EQ(fs(), fs_dirty | sd_bit);
    }
}

SC_TEST(floats, fcsr_is_made_of_frm_and_fflags) {
    run_with({csrrw(0, fcsr, a4), csrrs(a5, fflags, 0), csrrs(a6, frm, 0)}, fs_initial, {0x1f5});
    EXPECT_EQ(cpu.x(a5), 0x15u);
    EXPECT_EQ(cpu.x(a6), 7u);
    EXPECT_EQ(cpu.csr(fcsr), 0xf5u);
    run_with({csrrw(0, frm, a4), csrrw(0, fflags, a4)}, fs_initial, {0xfb});
    EXPECT_EQ(cpu.csr(fcsr), 0x7bu);
}

SC_TEST(floats, a_dynamic_rounding_mode_that_is_none_is_illegal_and_leaves_the_state_clean) {
    run_with({csrrw(0, frm, a4), csrrw(0, mstatus, t1), fadd_d}, fs_clean, {5});
    expect_illegal(fadd_d, 2);
    EXPECT_EQ(fs(), fs_clean);
    EXPECT_EQ(cpu.f(ft2), f_before(ft2));
}

SC_TEST(floats, loads_and_stores_move_bits_and_box_words) {
    const std::vector<uint32_t> program = {fld(ft0, a4, 0), flw(ft1, a4, 4), fsd(ft0, a4, 16),
                                           fsw(ft0, a4, 24), fsd(ft1, a4, 32)};
    const uint64_t value = 0x7ff0000087654321;
    for (const uint64_t state : {fs_initial, fs_dirty}) { // outside the interpreter's loop, and inside
        std::memset(board.ram.data() + (data - ram_base), 0, 64);
        std::memcpy(board.ram.data() + (data - ram_base), &value, sizeof value);
        run_with(program, state, {data});
        EXPECT_EQ(cpu.f(ft0), value);
        EXPECT_EQ(cpu.f(ft1), 0xffffffff7ff00000u);
        EXPECT_EQ(board.word(data + 16), value);
        EXPECT_EQ(board.word(data + 24), 0x87654321u);
        EXPECT_EQ(board.word(data + 32), 0xffffffff7ff00000u);
    }
}

SC_TEST(floats, compressed_accesses_reach_all_their_offsets) {
    load(with_handler({csrrs(0, mstatus, t1), nop, nop}));
    const uint16_t parcels[] = {0x3cfc, 0xbc7c, 0x357e, 0xbfaa}; // 248(s1), 248(s0), 504(sp), 504(sp)
    for (unsigned i = 0; i < 4; ++i)
        board.put16(after_set_up + 4 + 2 * i, parcels[i]);
    cpu.set_x(t1, fs_initial);
    cpu.set_x(2, data);
    cpu.set_x(8, data + 0x400);
    cpu.set_x(9, data);
    const uint64_t first = 0x1122334455667788, second = 0x99aabbccddeeff00;
    std::memcpy(board.ram.data() + (data + 248 - ram_base), &first, sizeof first);
    std::memcpy(board.ram.data() + (data + 504 - ram_base), &second, sizeof second);
    run_to_wfi();
    expect_no_trap();
    EXPECT_EQ(cpu.f(15), first); // c.fld fa5, 248(s1); c.fsd fa5, 248(s0)
    EXPECT_EQ(board.word(data + 0x400 + 248), first);
    EXPECT_EQ(cpu.f(10), second); // c.fldsp fa0, 504(sp); c.fsdsp fa0, 504(sp)
    EXPECT_EQ(board.word(data + 504), second);
}

SC_TEST(floats, accesses_that_are_refused_trap_like_integer_ones) {
    run_with({fld(ft0, a4, 0)}, fs_dirty, {nowhere});
    expect_trap(5, nowhere, after_set_up + 4);
    EXPECT_EQ(cpu.f(ft0), f_before(ft0));
    run_with({fsw(ft0, a4, 4)}, fs_dirty, {nowhere});
    expect_trap(7, nowhere + 4, after_set_up + 4);
}

SC_TEST(floats, devices_see_one_access_of_the_operand_s_size) {
    board.device.value = 0x3f800000;
    run_with({flw(ft0, a4, 4), fsd(ft0, a4, 8)}, fs_dirty, {device_base});
    ASSERT_EQ(board.device.accesses.size(), 2u);
    EXPECT_EQ(board.device.accesses[0].size, 4u);
    EXPECT_EQ(board.device.accesses[1].size, 8u);
    EXPECT_EQ(board.device.accesses[1].value, 0xffffffff3f800000u);
}

SC_TEST(floats, reset_clears_registers_and_fcsr) {
    run_with({csrrw(0, fcsr, a4), fadd_d}, fs_dirty, {0x1f});
    cpu.reset();
    EXPECT_EQ(cpu.f(ft2), 0u);
    EXPECT_EQ(cpu.csr(fcsr), 0u);
    EXPECT_EQ(fs(), 0u);
}

SC_TEST(floats, misa_tells_of_f_and_d) {
    EXPECT_EQ(cpu.csr(misa).value() & 0x28, 0x28u);
}

hart::config without(bool f, bool d) {
    hart::config settings;
    settings.isa.f = f;
    settings.isa.d = f && d;
    return settings;
}

class hart_without_f : public floats {
protected:
    hart_without_f()
        : floats(without(false, true)) {}
};

SC_TEST(hart_without_f, has_no_floating_point_at_all) {
    for (const uint32_t instruction :
         {flw(ft0, a4, 0), fsd(ft0, a4, 0), fadd_d, fadd_s, csrrs(a0, fcsr, 0)}) {
        run_with({instruction}, fs_dirty, {data});
        expect_illegal(instruction);
    }
    EXPECT_EQ(fs(), 0u);
    EXPECT_EQ(cpu.csr(misa).value() & 0x28, 0u);
    EXPECT_EQ(cpu.csr(fcsr), std::nullopt);
}

class hart_without_d : public floats {
protected:
    hart_without_d()
        : floats(without(true, false)) {}
};

SC_TEST(hart_without_d, has_words_but_no_doubles) {
    for (const uint32_t instruction : {fld(ft0, a4, 0), fsd(ft0, a4, 0), fadd_d, fmv_x_d}) {
        run_with({instruction}, fs_dirty, {data});
        expect_illegal(instruction);
    }
    run_with({flw(ft0, a4, 0), fadd_s, fsw(ft2, a4, 4)}, fs_dirty, {data});
    expect_no_trap();
    EXPECT_EQ(cpu.csr(misa).value() & 0x28, 0x20u);
}

} // namespace
} // namespace vmcore::test
