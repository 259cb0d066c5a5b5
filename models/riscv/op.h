#pragma once

#include <cstdint>

namespace vmcore::riscv {

/// What a decoded instruction does. Compressed instructions decode to the operation they stand for.
enum class opcode : uint8_t {
    end_of_block,  ///< not an instruction: control falls through to the next block
    illegal,       ///< imm: the instruction's bits
    load_constant, ///< lui, auipc: imm is the value
    jal,           ///< imm: target
    jalr,
    beq, ///< branches: imm is the target
    bne,
    blt,
    bge,
    bltu,
    bgeu,
    lb,
    lh,
    lw,
    ld,
    lbu,
    lhu,
    lwu,
    sb,
    sh,
    sw,
    sd,
    addi,
    slti,
    sltiu,
    xori,
    ori,
    andi,
    slli,
    srli,
    srai,
    addiw,
    slliw,
    srliw,
    sraiw,
    add,
    sub,
    sll,
    slt,
    sltu,
    xor_,
    srl,
    sra,
    or_,
    and_,
    addw,
    subw,
    sllw,
    srlw,
    sraw,
    mul,
    mulh,
    mulhsu,
    mulhu,
    div,
    divu,
    rem,
    remu,
    mulw,
    divw,
    divuw,
    remw,
    remuw,
    sh1add, ///< Zba, Zbb and Zbs
    sh2add,
    sh3add,
    add_uw,
    sh1add_uw,
    sh2add_uw,
    sh3add_uw,
    slli_uw,
    andn,
    orn,
    xnor,
    min,
    minu,
    max,
    maxu,
    clz,
    ctz,
    cpop,
    clzw,
    ctzw,
    cpopw,
    sext_b,
    sext_h,
    zext_h,
    orc_b,
    rev8,
    rol,
    ror,
    rori,
    rolw,
    rorw,
    roriw,
    bclr,
    bclri,
    bext,
    bexti,
    binv,
    binvi,
    bset,
    bseti,
    nop, ///< fence, pause and hints that write no register
    lr_w,
    lr_d,
    sc_w,
    sc_d,
    amo_w, ///< imm: an amo_function
    amo_d,
    flw, ///< floating-point loads and stores: imm is a float_access
    fld,
    fsw,
    fsd,
    float_op, ///< any other instruction of F and D; imm: its bits, the only field that counts
    cbo_zero, ///< imm of these: the instruction's bits
    cbo_clean,
    cbo_flush,
    cbo_inval,
    csr, ///< imm: the instruction's bits, which name the register and the form
    ecall,
    ebreak,
    mret, ///< from here on, imm: the instruction's bits
    sret,
    wfi,
    sfence_vma,
    fence_i,
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
    return code == opcode::illegal || (code >= opcode::jal && code <= opcode::bgeu) || code >= opcode::csr;
}

} // namespace vmcore::riscv
