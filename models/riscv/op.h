#pragma once

#include "models/riscv/opcodes.h"

#include <cstdint>

namespace vmcore::riscv {

/// What a decoded instruction does. Compressed instructions decode to the operation they stand for.
enum class opcode : uint16_t {
#define VMCORE_NAME(name, ...) name,
#define VMCORE_CHAINED_PAIR(first, second) first##_to_##second,
#define VMCORE_PAIR(first, second) first##_and_##second,
#define VMCORE_CHAINED_TRIPLE(first, second, third) first##_to_##second##_to_##third,
#define VMCORE_TRIPLE(first, second, third) first##_and_##second##_and_##third,
    VMCORE_RISCV_OPCODES(VMCORE_NAME, VMCORE_NAME, VMCORE_CHAINED_PAIR, VMCORE_PAIR, VMCORE_CHAINED_TRIPLE,
                         VMCORE_TRIPLE)
#undef VMCORE_NAME
#undef VMCORE_CHAINED_PAIR
#undef VMCORE_PAIR
#undef VMCORE_CHAINED_TRIPLE
#undef VMCORE_TRIPLE
};

/// Bits 31:27 of an AMO.
enum amo_function : uint8_t {
    amo_add = 0x00,
    amo_swap = 0x01,
    amo_xor = 0x04,
    amo_or = 0x08,
    amo_and = 0x0c,
    amo_min = 0x10,
    amo_max = 0x14,
    amo_minu = 0x18,
    amo_maxu = 0x1c,
};

/// The immediate of a floating-point load or store: the offset, and the instruction's bits, for the trap that
/// it takes while the floating-point unit is off. rd and rs2 number f registers, of which there is no sink.
struct float_access {
    static constexpr int64_t pack(uint32_t bits, int64_t offset) {
        return static_cast<int64_t>(static_cast<uint64_t>(bits) << 32 | static_cast<uint32_t>(offset));
    }
    static constexpr uint64_t offset(uint64_t imm) {
        return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(imm)));
    }
    static constexpr uint32_t bits(int64_t imm) { return static_cast<uint32_t>(imm >> 32); }
};

/// The register that takes what is written to x0.
constexpr uint8_t sink_register = 32;

/// A decoded instruction. Immediates that are relative to the pc are absolute here.
struct op {
    opcode code = opcode::illegal;
    uint8_t rd = sink_register; ///< sink_register instead of x0
    uint8_t rs1 = 0;
    uint8_t rs2 = 0;
    uint8_t length = 4;  ///< bytes: 2 or 4
    uint16_t offset = 0; ///< from the start of the block, in bytes
    int64_t imm = 0;
};
static_assert(sizeof(op) == 16, "the interpreter reads one op with two loads");

/// Whether control may go elsewhere after it, or what follows may have to be decoded anew.
inline bool ends_block(opcode code) {
    return code >= opcode::beq;
}

} // namespace vmcore::riscv
