#include "models/riscv/decode.h"
#include "models/riscv/fuse.h"
#include "tests/models/riscv/sequences.h"

#include <gtest/gtest.h>

using namespace vmcore::riscv;
namespace encode = vmcore::test;

namespace {

int number(opcode code) {
    return static_cast<int>(code);
}

std::vector<op> fused(const std::vector<uint32_t>& program) {
    std::vector<op> ops;
    for (const uint32_t word : program)
        ops.push_back(decode(word, 0x1000 + 4 * ops.size(), isa()));
    fuse(ops.data(), static_cast<uint32_t>(ops.size()));
    return ops;
}

/// With registers that differ from each other, but for results that the next instruction takes as rs1.
std::vector<uint32_t> code_of(const encode::sequence& which) {
    std::vector<uint32_t> program;
    for (unsigned part = 0; part < which.parts.size(); ++part) {
        const unsigned rs1 = which.chained && part > 0 ? 20 + part - 1 : 10 + part;
        program.push_back(encode::encode(which.parts[part], 20 + part, rs1, 15, 8));
    }
    return program;
}

} // namespace

TEST(fuse, every_sequence_is_found_and_keeps_its_later_instructions) {
    for (const encode::sequence& each : encode::all_sequences()) {
        const std::vector<op> ops = fused(code_of(each));
        EXPECT_EQ(number(ops[0].code), number(each.code));
        EXPECT_EQ(number(single(ops[0].code)), number(each.parts[0]));
        EXPECT_EQ(length_of(ops[0].code), each.parts.size());
        for (unsigned part = 1; part < each.parts.size(); ++part)
            EXPECT_EQ(number(ops[part].code), number(each.parts[part]));
    }
}

TEST(fuse, a_cut_sequence_is_single_instructions) {
    for (const encode::sequence& each : encode::all_sequences())
        for (uint32_t count = 1; count <= each.parts.size(); ++count) {
            std::vector<op> ops = fused(code_of(each));
            cut(ops.data(), count);
            const bool whole = count == each.parts.size();
            EXPECT_EQ(number(ops[0].code), number(whole ? each.code : each.parts[0]));
        }
}

TEST(fuse, a_chained_sequence_needs_the_result) {
    const std::vector<op> ops = fused({encode::slli(10, 11, 3), encode::i_type(0x13, 5, 12, 13, 3)});
    EXPECT_EQ(number(ops[0].code), number(opcode::slli));
    EXPECT_EQ(number(ops[1].code), number(opcode::srli));
}

TEST(fuse, operands_of_commutative_operations_may_be_swapped) {
    const std::vector<op> swapped = fused({encode::slli(10, 11, 3), encode::add(12, 13, 10)});
    EXPECT_EQ(number(swapped[0].code), number(opcode::slli_to_add));
    EXPECT_EQ(swapped[1].rs1, 10);
    EXPECT_EQ(swapped[1].rs2, 13);
    const std::vector<op> fixed = fused({encode::addi(10, 11, 3), encode::branch(6, 13, 10, 8)});
    EXPECT_NE(number(fixed[0].code), number(opcode::addi_to_bltu));
    EXPECT_EQ(fixed[1].rs1, 13);
}

TEST(fuse, a_result_that_goes_to_x0_is_not_passed_on) {
    const std::vector<op> ops = fused({encode::addi(0, 10, 8), encode::ld(11, 0, 0)});
    EXPECT_EQ(number(ops[0].code), number(opcode::addi_and_ld));
}

TEST(fuse, constants_are_folded) {
    const std::vector<op> ops = fused({encode::lui(10, 0x12345), encode::addi(11, 10, -1)});
    EXPECT_EQ(number(ops[0].code), number(opcode::load_constant_and_load_constant));
    EXPECT_EQ(ops[0].imm, 0x12345000);
    EXPECT_EQ(ops[1].imm, 0x12344fff);
    const std::vector<op> wide = fused({encode::lui(10, 0x80000), encode::i_type(0x1b, 0, 10, 10, -1)});
    EXPECT_EQ(number(wide[1].code), number(opcode::load_constant));
    EXPECT_EQ(wide[1].imm, 0x7fffffff);
    const std::vector<op> call = fused({encode::auipc(1, 1), encode::jalr(1, 1, 0x7ff)});
    EXPECT_EQ(number(call[0].code), number(opcode::load_constant_and_jal));
    EXPECT_EQ(call[1].imm, 0x27fe);
}

TEST(fuse, moves_and_constants_have_one_operation_each) {
    for (const uint32_t move : {encode::add(10, 0, 11), encode::add(10, 11, 0), encode::addi(10, 11, 0)}) {
        const std::vector<op> ops = fused({move});
        EXPECT_EQ(number(ops[0].code), number(opcode::addi));
        EXPECT_EQ(ops[0].rs1, 11);
        EXPECT_EQ(ops[0].imm, 0);
    }
    EXPECT_EQ(number(fused({encode::addi(10, 0, 7)})[0].code), number(opcode::load_constant));
}

TEST(fuse, no_sequence_reaches_beyond_the_block) {
    const std::vector<uint32_t> program(64, encode::ld(10, 11, 0));
    const std::vector<op> ops = fused(program);
    unsigned at = 0;
    while (at < ops.size())
        at += length_of(ops[at].code);
    EXPECT_EQ(at, ops.size());
}
