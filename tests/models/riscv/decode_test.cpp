#include "models/riscv/decode.h"
#include "tests/models/riscv/encode.h"

#include <gtest/gtest.h>

using namespace vmcore::riscv;
namespace encode = vmcore::test;

namespace {

void expect(const op& got, opcode code, unsigned rd, unsigned rs1, int64_t imm, unsigned length) {
    EXPECT_EQ(static_cast<int>(got.code), static_cast<int>(code));
    EXPECT_EQ(got.rd, rd);
    EXPECT_EQ(got.rs1, rs1);
    EXPECT_EQ(got.imm, imm);
    EXPECT_EQ(got.length, length);
}

/// By a hart with all extensions.
op decode(uint32_t instruction, uint64_t pc) {
    return vmcore::riscv::decode(instruction, pc, isa());
}
op decode_compressed(uint16_t instruction, uint64_t pc) {
    return vmcore::riscv::decode_compressed(instruction, pc, isa());
}

} // namespace

TEST(decode, immediates_are_sign_extended) {
    expect(decode(encode::addi(3, 4, -1), 0), opcode::addi, 3, 4, -1, 4);
    expect(decode(encode::load(3, 7, 8, -2048), 0), opcode::ld, 7, 8, -2048, 4);
    EXPECT_EQ(decode(encode::sd(1, 2, -8), 0).imm, -8);
    EXPECT_EQ(decode(encode::sd(1, 2, 2047), 0).imm, 2047);
}

TEST(decode, pc_relative_targets_are_absolute) {
    expect(decode(encode::jal(1, -1048576), 0x80200000), opcode::jal, 1, 0, 0x80100000, 4);
    EXPECT_EQ(decode(encode::jal(1, 1048574), 0x1000).imm, 0x1000 + 1048574);
    EXPECT_EQ(decode(encode::branch(0, 1, 2, -4096), 0x80001000).imm, 0x80000000);
    EXPECT_EQ(decode(encode::branch(0, 1, 2, 4094), 0).imm, 4094);
    EXPECT_EQ(decode(encode::auipc(5, 0xfffff), 0x80001004).imm, 0x80000004);
    EXPECT_EQ(decode(encode::lui(5, 0x80000), 0).imm, -0x80000000ll);
}

TEST(decode, a_result_for_x0_goes_to_the_sink) {
    EXPECT_EQ(decode(encode::addi(0, 4, 1), 0).rd, sink_register);
    EXPECT_EQ(decode_compressed(0x0001, 0).rd, sink_register);
}

TEST(decode, reserved_encodings_are_illegal_and_keep_their_bits) {
    for (const uint32_t bits : {0x00000000u, 0xffffffffu, 0x0000001fu, 0x00007503u, 0x00004023u, 0x00002063u,
                                0x00009067u, 0x0005152fu, 0x1015252fu, 0x2805252fu, 0x0200151bu, 0x4200151bu,
                                0x04b5053bu, 0x02b5153bu, 0x00004073u, 0x04000053u, 0x42b57533u}) {
        const op got = decode(bits, 0);
        EXPECT_EQ(static_cast<int>(got.code), static_cast<int>(opcode::illegal)) << std::hex << bits;
        EXPECT_EQ(got.imm, bits);
    }
    for (const uint16_t bits : {0x0000, 0x0008, 0x6101, 0x6501, 0x2001, 0x4002, 0x8002, 0x9c41, 0x8000}) {
        const op got = decode_compressed(static_cast<uint16_t>(bits), 0);
        EXPECT_EQ(static_cast<int>(got.code), static_cast<int>(opcode::illegal)) << std::hex << bits;
        EXPECT_EQ(got.imm, bits);
        EXPECT_EQ(got.length, 2);
    }
}

TEST(decode, compressed_immediates_are_put_together) {
    expect(decode_compressed(0x1fe0, 0), opcode::addi, 8, 2, 1020, 2);            // c.addi4spn s0, sp, 1020
    expect(decode_compressed(0x7139, 0), opcode::addi, 2, 2, -64, 2);             // c.addi16sp sp, -64
    expect(decode_compressed(0x757d, 0), opcode::load_constant, 10, 0, -4096, 2); // c.lui a0, 0xfffff
    expect(decode_compressed(0x5ff8, 0), opcode::lw, 14, 15, 124, 2);             // c.lw a4, 124(a5)
    expect(decode_compressed(0x7ff8, 0), opcode::ld, 14, 15, 248, 2);             // c.ld a4, 248(a5)
    expect(decode_compressed(0x50fe, 0), opcode::lw, 1, 2, 252, 2);               // c.lwsp ra, 252(sp)
    expect(decode_compressed(0x70fe, 0), opcode::ld, 1, 2, 504, 2);               // c.ldsp ra, 504(sp)
    EXPECT_EQ(decode_compressed(0xdf86, 0).imm, 252);                             // c.swsp ra, 252(sp)
    EXPECT_EQ(decode_compressed(0xff86, 0).imm, 504);                             // c.sdsp ra, 504(sp)
    EXPECT_EQ(decode_compressed(0xb001, 0x80001000).imm, 0x80001000 - 2048);      // c.j .-2048
    EXPECT_EQ(decode_compressed(0xd001, 0x80001000).imm, 0x80001000 - 256);       // c.beqz s0, .-256
    expect(decode_compressed(0x9502, 0), opcode::jalr, 1, 10, 0, 2);              // c.jalr a0
    expect(decode_compressed(0x8502, 0), opcode::jalr, sink_register, 10, 0, 2);
    expect(decode_compressed(0x957d, 0), opcode::srai, 10, 10, 63, 2); // c.srai a0, 63
}
