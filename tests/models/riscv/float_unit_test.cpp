#include "models/riscv/float_unit.h"

#include "models/riscv/op.h"
#include "tests/models/riscv/encode.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace vmcore::test {
namespace {

using namespace riscv;

constexpr unsigned dynamic = 7, single = 0, wide = 1; // rounding mode; formats

constexpr uint32_t op_fp(unsigned function, unsigned format, unsigned rm, unsigned rd, unsigned rs1,
                         unsigned rs2) {
    return r_type(0x53, rm, function << 2 | format, rd, rs1, rs2);
}
constexpr uint32_t fused(unsigned major, unsigned format, unsigned rm, unsigned rd, unsigned rs1,
                         unsigned rs2, unsigned rs3) {
    return r_type(major, rm, rs3 << 2 | format, rd, rs1, rs2);
}
constexpr unsigned fadd = 0x00, fsub = 0x01, fdiv = 0x03, fsgnj = 0x04, fmin = 0x05, fcvt_float = 0x08,
                   fsqrt = 0x0b, fcompare = 0x14, fcvt_to_x = 0x18, fcvt_from_x = 0x1a, fmv_to_x = 0x1c,
                   fmv_from_x = 0x1e;

constexpr uint64_t boxed_one = nan_box(0x3f800000), boxed_nan = nan_box(0x7fc00000);
constexpr uint64_t one = 0x3ff0000000000000, two = 0x4000000000000000, three = 0x4008000000000000;

class float_unit : public testing::Test {
protected:
    float_registers registers;
    std::array<uint64_t, 33> x{};

    bool perform(uint32_t instruction) {
        EXPECT_TRUE(is_float_operation(instruction, true)) << std::hex << instruction;
        return perform_float(instruction, registers, x.data());
    }
};

TEST_F(float_unit, single_results_are_nan_boxed) {
    registers.f[1] = registers.f[2] = boxed_one;
    ASSERT_TRUE(perform(op_fp(fadd, single, dynamic, 3, 1, 2)));
    EXPECT_EQ(registers.f[3], nan_box(0x40000000));
    x[5] = 0x123456783f800000;
    ASSERT_TRUE(perform(op_fp(fmv_from_x, single, 0, 4, 5, 0)));
    EXPECT_EQ(registers.f[4], boxed_one);
}

TEST_F(float_unit, operands_that_are_not_boxed_count_as_the_canonical_nan) {
    registers.f[1] = one; // as a single, any of a double's bits
    registers.f[2] = boxed_one;
    ASSERT_TRUE(perform(op_fp(fadd, single, dynamic, 3, 1, 2)));
    EXPECT_EQ(registers.f[3], boxed_nan);
    ASSERT_TRUE(perform(op_fp(fsgnj, single, 0, 3, 1, 2)));
    EXPECT_EQ(registers.f[3], boxed_nan);
    ASSERT_TRUE(perform(op_fp(fcvt_float, wide, dynamic, 3, 1, 0)));
    EXPECT_EQ(registers.f[3], binary64::canonical_nan);
    ASSERT_TRUE(perform(op_fp(fmv_to_x, single, 1, 7, 1, 0)));
    EXPECT_EQ(x[7], 1u << 9);
    EXPECT_EQ(registers.fflags, 0);
}

TEST_F(float_unit, moves_take_the_bits_as_they_are) {
    registers.f[1] = 0x00000000ff800001;
    ASSERT_TRUE(perform(op_fp(fmv_to_x, single, 0, 7, 1, 0)));
    EXPECT_EQ(x[7], 0xffffffffff800001u);
    ASSERT_TRUE(perform(op_fp(fmv_to_x, wide, 0, 7, 1, 0)));
    EXPECT_EQ(x[7], 0x00000000ff800001u);
    x[8] = 0x7ff0000000000001;
    ASSERT_TRUE(perform(op_fp(fmv_from_x, wide, 0, 0, 8, 0)));
    EXPECT_EQ(registers.f[0], 0x7ff0000000000001u);
    EXPECT_EQ(registers.fflags, 0);
}

TEST_F(float_unit, sign_injection_copies_inverts_and_mixes_signs_of_nans_too) {
    registers.f[1] = 0x7ff0000000000001;
    registers.f[2] = 0x8000000000000000;
    ASSERT_TRUE(perform(op_fp(fsgnj, wide, 0, 3, 1, 2)));
    EXPECT_EQ(registers.f[3], 0xfff0000000000001u);
    ASSERT_TRUE(perform(op_fp(fsgnj, wide, 1, 4, 3, 3)));
    EXPECT_EQ(registers.f[4], 0x7ff0000000000001u);
    ASSERT_TRUE(perform(op_fp(fsgnj, wide, 2, 5, 3, 2)));
    EXPECT_EQ(registers.f[5], 0x7ff0000000000001u);
    EXPECT_EQ(registers.fflags, 0);
}

TEST_F(float_unit, the_four_fused_forms_differ_in_their_signs) {
    registers.f[1] = two;
    registers.f[2] = three;
    registers.f[3] = one;
    const auto result = [this](unsigned major) {
        EXPECT_TRUE(perform(fused(major, wide, dynamic, 4, 1, 2, 3)));
        return registers.f[4];
    };
    EXPECT_EQ(result(0x43), 0x401c000000000000u); // fmadd: 7
    EXPECT_EQ(result(0x47), 0x4014000000000000u); // fmsub: 5
    EXPECT_EQ(result(0x4b), 0xc014000000000000u); // fnmsub: -5
    EXPECT_EQ(result(0x4f), 0xc01c000000000000u); // fnmadd: -7
}

TEST_F(float_unit, integer_results_for_x0_go_to_the_sink) {
    registers.f[1] = one;
    ASSERT_TRUE(perform(op_fp(fcompare, wide, 2, 0, 1, 1)));
    EXPECT_EQ(x[0], 0u);
    EXPECT_EQ(x[sink_register], 1u);
}

TEST_F(float_unit, flags_accumulate_and_results_without_flags_keep_them) {
    registers.f[1] = one;
    registers.f[2] = 0;
    registers.f[3] = three;
    ASSERT_TRUE(perform(op_fp(fdiv, wide, dynamic, 4, 1, 2)));
    EXPECT_EQ(registers.fflags, float_flag::divide_by_zero);
    ASSERT_TRUE(perform(op_fp(fdiv, wide, dynamic, 4, 1, 3)));
    EXPECT_EQ(registers.fflags, float_flag::divide_by_zero | float_flag::inexact);
    ASSERT_TRUE(perform(op_fp(fadd, wide, dynamic, 4, 1, 3)));
    EXPECT_EQ(registers.fflags, float_flag::divide_by_zero | float_flag::inexact);
}

TEST_F(float_unit, the_dynamic_mode_is_frm_and_a_static_one_overrides_it) {
    registers.f[1] = one;
    registers.f[2] = three;
    registers.frm = static_cast<uint8_t>(rounding::up);
    ASSERT_TRUE(perform(op_fp(fdiv, wide, dynamic, 4, 1, 2)));
    EXPECT_EQ(registers.f[4], 0x3fd5555555555556u);
    ASSERT_TRUE(perform(op_fp(fdiv, wide, 1, 4, 1, 2)));
    EXPECT_EQ(registers.f[4], 0x3fd5555555555555u);
}

TEST_F(float_unit, a_dynamic_mode_that_is_none_changes_nothing_where_it_matters) {
    registers.f[1] = one;
    registers.f[4] = 77;
    x[7] = 78;
    for (registers.frm = 5; registers.frm <= 7; ++registers.frm) {
        for (const uint32_t instruction :
             {op_fp(fadd, wide, dynamic, 4, 1, 1), op_fp(fsqrt, wide, dynamic, 4, 1, 0),
              op_fp(fcvt_float, wide, dynamic, 4, 1, 0), op_fp(fcvt_to_x, wide, dynamic, 7, 1, 0),
              op_fp(fcvt_from_x, wide, dynamic, 4, 7, 0), fused(0x43, wide, dynamic, 4, 1, 1, 1)})
            EXPECT_FALSE(perform(instruction)) << std::hex << instruction;
        EXPECT_EQ(registers.f[4], 77u);
        EXPECT_EQ(x[7], 78u);
        EXPECT_TRUE(perform(op_fp(fsub, wide, 0, 5, 1, 1)));
        EXPECT_TRUE(perform(op_fp(fmin, wide, 1, 5, 1, 1)));
        EXPECT_TRUE(perform(op_fp(fcompare, wide, 1, 6, 1, 1)));
    }
}

TEST_F(float_unit, words_are_sign_extended_and_converted_by_their_low_half) {
    registers.f[1] = 0x41efffffffe00000; // 2^32 - 1
    ASSERT_TRUE(perform(op_fp(fcvt_to_x, wide, 0, 7, 1, 1)));
    EXPECT_EQ(x[7], ~uint64_t(0));
    x[8] = 0x5555555580000000;
    ASSERT_TRUE(perform(op_fp(fcvt_from_x, wide, 0, 2, 8, 0)));
    EXPECT_EQ(registers.f[2], 0xc1e0000000000000u);
    ASSERT_TRUE(perform(op_fp(fcvt_from_x, wide, 0, 2, 8, 1)));
    EXPECT_EQ(registers.f[2], 0x41e0000000000000u);
}

TEST(float_encodings, reserved_ones_are_none) {
    for (const uint32_t instruction :
         {op_fp(fadd, 2, 0, 1, 1, 1), op_fp(fadd, 3, 0, 1, 1, 1), op_fp(fadd, wide, 5, 1, 1, 1),
          op_fp(fadd, wide, 6, 1, 1, 1), op_fp(fsqrt, wide, 0, 1, 1, 1), op_fp(fsgnj, wide, 3, 1, 1, 1),
          op_fp(fmin, wide, 2, 1, 1, 1), op_fp(fcompare, wide, 3, 1, 1, 1),
          op_fp(fcvt_float, single, 0, 1, 1, 0), op_fp(fcvt_float, wide, 0, 1, 1, 1),
          op_fp(fcvt_to_x, wide, 0, 1, 1, 4), op_fp(fcvt_from_x, single, 5, 1, 1, 0),
          op_fp(fmv_to_x, wide, 2, 1, 1, 0), op_fp(fmv_to_x, wide, 0, 1, 1, 1),
          op_fp(fmv_from_x, wide, 1, 1, 1, 0), op_fp(0x1f, wide, 0, 1, 1, 0), fused(0x43, 2, 0, 1, 1, 1, 1),
          fused(0x4f, wide, 6, 1, 1, 1, 1)})
        EXPECT_FALSE(is_float_operation(instruction, true)) << std::hex << instruction;
}

TEST(float_encodings, doubles_are_none_without_d) {
    for (const unsigned format : {single, wide}) {
        EXPECT_EQ(is_float_operation(op_fp(fadd, format, 0, 1, 1, 1), false), format == single);
        EXPECT_EQ(is_float_operation(fused(0x47, format, 0, 1, 1, 1, 1), false), format == single);
    }
    EXPECT_FALSE(is_float_operation(op_fp(fcvt_float, single, 0, 1, 1, 1), false));
    EXPECT_TRUE(is_float_operation(op_fp(fcvt_float, single, 0, 1, 1, 1), true));
}

/// Whatever is an operation leaves everything alone but the one register it says, and fflags.
TEST(float_encodings, results_go_where_writes_float_register_says) {
    EXPECT_TRUE(rc::check([] {
        const uint32_t instruction =
            r_type(*rc::gen::element(0x53u, 0x43u, 0x47u, 0x4bu, 0x4fu), *rc::gen::inRange(0u, 8u),
                   *rc::gen::inRange(0u, 128u), *rc::gen::inRange(0u, 32u), *rc::gen::inRange(0u, 32u),
                   *rc::gen::inRange(0u, 32u));
        RC_PRE(is_float_operation(instruction, true));
        float_registers registers;
        std::array<uint64_t, 33> x{};
        for (unsigned i = 0; i < 32; ++i) {
            registers.f[i] = i * 0x9e3779b97f4a7c15;
            x[i] = i == 0 ? 0 : ~registers.f[i];
        }
        const auto f_before = registers.f;
        const auto x_before = x;
        RC_ASSERT(perform_float(instruction, registers, x.data()));
        RC_ASSERT(registers.frm == 0);
        const unsigned rd = instruction >> 7 & 31;
        const bool to_f = writes_float_register(instruction);
        for (unsigned i = 0; i < 32; ++i) {
            RC_ASSERT((to_f && i == rd) || registers.f[i] == f_before[i]);
            RC_ASSERT((!to_f && i == rd && i != 0) || x[i] == x_before[i]);
        }
    }));
}

} // namespace
} // namespace vmcore::test
