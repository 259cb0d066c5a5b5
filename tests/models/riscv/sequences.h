#pragma once

#include "models/riscv/op.h"
#include "tests/models/riscv/encode.h"

#include <stdexcept>
#include <vector>

/// The sequences of fused_opcodes.h, and encoders by operation, for tests that are to meet every one of them.
namespace vmcore::test {

using riscv::opcode;

struct sequence {
    opcode code;
    bool chained;
    std::vector<opcode> parts;
};

inline std::vector<sequence> all_sequences() {
#define VMCORE_SEQUENCE(relation, chained, first, second)                                                    \
    {opcode::first##relation##second, chained, {opcode::first, opcode::second}},
#define VMCORE_CHAINED_PAIR(first, second) VMCORE_SEQUENCE(_to_, true, first, second)
#define VMCORE_PAIR(first, second) VMCORE_SEQUENCE(_and_, false, first, second)
#define VMCORE_CHAINED_TRIPLE(first, second, third)                                                          \
    {opcode::first##_to_##second##_to_##third, true, {opcode::first, opcode::second, opcode::third}},
#define VMCORE_TRIPLE(first, second, third)                                                                  \
    {opcode::first##_and_##second##_and_##third, false, {opcode::first, opcode::second, opcode::third}},
    return {VMCORE_RISCV_CHAINED_PAIRS(VMCORE_CHAINED_PAIR) VMCORE_RISCV_PAIRS(VMCORE_PAIR)
                VMCORE_RISCV_CHAINED_TRIPLES(VMCORE_CHAINED_TRIPLE) VMCORE_RISCV_TRIPLES(VMCORE_TRIPLE)};
#undef VMCORE_SEQUENCE
#undef VMCORE_CHAINED_PAIR
#undef VMCORE_PAIR
#undef VMCORE_CHAINED_TRIPLE
#undef VMCORE_TRIPLE
}

inline bool is_load(opcode code) {
    return code >= opcode::lb && code <= opcode::lwu;
}
inline bool is_store(opcode code) {
    return code >= opcode::sb && code <= opcode::sd;
}
inline bool is_branch(opcode code) {
    return code >= opcode::beq && code <= opcode::bgeu;
}

/// The operands that the operation has; imm is a distance for branches and jumps, an amount for shifts.
inline uint32_t encode(opcode code, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm) {
    switch (code) {
    case opcode::load_constant: return lui(rd, static_cast<uint32_t>(imm) & 0xfffff);
    case opcode::jal: return jal(rd, imm);
    case opcode::jalr: return jalr(rd, rs1, imm);
    case opcode::addi: return addi(rd, rs1, imm);
    case opcode::andi: return i_type(0x13, 7, rd, rs1, imm);
    case opcode::slli: return slli(rd, rs1, imm & 63);
    case opcode::srli: return i_type(0x13, 5, rd, rs1, imm & 63);
    case opcode::srai: return i_type(0x13, 5, rd, rs1, 0x400 | (imm & 63));
    case opcode::addiw: return i_type(0x1b, 0, rd, rs1, imm);
    case opcode::slliw: return i_type(0x1b, 1, rd, rs1, imm & 31);
    case opcode::add: return add(rd, rs1, rs2);
    case opcode::sub: return r_type(0x33, 0, 0x20, rd, rs1, rs2);
    case opcode::xor_: return r_type(0x33, 4, 0, rd, rs1, rs2);
    case opcode::or_: return r_type(0x33, 6, 0, rd, rs1, rs2);
    case opcode::and_: return r_type(0x33, 7, 0, rd, rs1, rs2);
    case opcode::addw: return r_type(0x3b, 0, 0, rd, rs1, rs2);
    case opcode::lb: return load(0, rd, rs1, imm);
    case opcode::lh: return load(1, rd, rs1, imm);
    case opcode::lw: return load(2, rd, rs1, imm);
    case opcode::ld: return load(3, rd, rs1, imm);
    case opcode::lbu: return load(4, rd, rs1, imm);
    case opcode::lhu: return load(5, rd, rs1, imm);
    case opcode::lwu: return load(6, rd, rs1, imm);
    case opcode::sb: return store(0, rs2, rs1, imm);
    case opcode::sh: return store(1, rs2, rs1, imm);
    case opcode::sw: return store(2, rs2, rs1, imm);
    case opcode::sd: return store(3, rs2, rs1, imm);
    case opcode::beq: return branch(0, rs1, rs2, imm);
    case opcode::bne: return branch(1, rs1, rs2, imm);
    case opcode::blt: return branch(4, rs1, rs2, imm);
    case opcode::bge: return branch(5, rs1, rs2, imm);
    case opcode::bltu: return branch(6, rs1, rs2, imm);
    case opcode::bgeu: return branch(7, rs1, rs2, imm);
    default: throw std::logic_error("a sequence has an operation that the tests cannot encode");
    }
}

} // namespace vmcore::test
