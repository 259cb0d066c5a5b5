#include "models/riscv/decode.h"

#include "models/riscv/float_unit.h"

#include <array>

// The tables hold what funct3 selects; opcode::illegal stands for encodings that are reserved.

namespace vmcore::riscv {

namespace {

using row = std::array<opcode, 8>;
constexpr opcode none = opcode::illegal;

constexpr row loads = {opcode::lb,  opcode::lh,  opcode::lw,  opcode::ld,
                       opcode::lbu, opcode::lhu, opcode::lwu, none};
constexpr row stores = {opcode::sb, opcode::sh, opcode::sw, opcode::sd, none, none, none, none};
constexpr row branches = {opcode::beq, opcode::bne, none,         none,
                          opcode::blt, opcode::bge, opcode::bltu, opcode::bgeu};
constexpr row immediates = {opcode::addi, opcode::slli, opcode::slti, opcode::sltiu,
                            opcode::xori, opcode::srli, opcode::ori,  opcode::andi};
constexpr row registers = {opcode::add,  opcode::sll, opcode::slt, opcode::sltu,
                           opcode::xor_, opcode::srl, opcode::or_, opcode::and_};
constexpr row multiplies = {opcode::mul, opcode::mulh, opcode::mulhsu, opcode::mulhu,
                            opcode::div, opcode::divu, opcode::rem,    opcode::remu};
constexpr row word_registers = {opcode::addw, opcode::sllw, none, none, none, opcode::srlw, none, none};
constexpr row word_multiplies = {opcode::mulw, none,          none,         none,
                                 opcode::divw, opcode::divuw, opcode::remw, opcode::remuw};

struct fields {
    uint32_t bits;

    uint8_t rd() const {
        const uint8_t number = bits >> 7 & 31;
        return number == 0 ? sink_register : number;
    }
    uint8_t rs1() const { return bits >> 15 & 31; }
    uint8_t rs2() const { return bits >> 20 & 31; }
    unsigned funct3() const { return bits >> 12 & 7; }
    unsigned funct7() const { return bits >> 25; }
    int64_t i_immediate() const { return static_cast<int32_t>(bits) >> 20; }
    int64_t u_immediate() const { return static_cast<int32_t>(bits & 0xfffff000); }
    int64_t s_immediate() const {
        return (static_cast<int32_t>(bits) >> 25) * 32 + static_cast<int64_t>(bits >> 7 & 31);
    }
    int64_t b_immediate() const {
        return (static_cast<int32_t>(bits) >> 31) * 4096 +
               static_cast<int64_t>((bits >> 7 & 1) << 11 | (bits >> 25 & 0x3f) << 5 | (bits >> 8 & 15) << 1);
    }
    int64_t j_immediate() const {
        return (static_cast<int32_t>(bits) >> 31) * 1048576 +
               static_cast<int64_t>((bits & 0xff000) | (bits >> 20 & 1) << 11 | (bits >> 21 & 0x3ff) << 1);
    }
};

op illegal(uint32_t bits) {
    op result;
    result.imm = bits;
    return result;
}

op make(opcode code, const fields& in, int64_t imm) {
    op result;
    if (code == opcode::illegal)
        return illegal(in.bits);
    result.code = code;
    result.rd = in.rd();
    result.rs1 = in.rs1();
    result.rs2 = in.rs2();
    result.imm = imm;
    return result;
}

/// OP-IMM: the shifts keep a function in the upper bits of the immediate.
op immediate(const fields& in) {
    const opcode code = immediates[in.funct3()];
    if (code != opcode::slli && code != opcode::srli)
        return make(code, in, in.i_immediate());
    const unsigned function = in.bits >> 26;
    const int64_t amount = in.bits >> 20 & 63;
    if (function == 0)
        return make(code, in, amount);
    return make(function == 0x10 && code == opcode::srli ? opcode::srai : none, in, amount);
}

op word_immediate(const fields& in) {
    const int64_t amount = in.rs2();
    switch (in.funct3()) {
    case 0: return make(opcode::addiw, in, in.i_immediate());
    case 1: return make(in.funct7() == 0 ? opcode::slliw : none, in, amount);
    case 5:
        if (in.funct7() == 0)
            return make(opcode::srliw, in, amount);
        return make(in.funct7() == 0x20 ? opcode::sraiw : none, in, amount);
    default: return illegal(in.bits);
    }
}

op register_register(const fields& in) {
    switch (in.funct7()) {
    case 0x00: return make(registers[in.funct3()], in, 0);
    case 0x01: return make(multiplies[in.funct3()], in, 0);
    case 0x20: return make(in.funct3() == 0 ? opcode::sub : in.funct3() == 5 ? opcode::sra : none, in, 0);
    default: return illegal(in.bits);
    }
}

op word_register_register(const fields& in) {
    switch (in.funct7()) {
    case 0x00: return make(word_registers[in.funct3()], in, 0);
    case 0x01: return make(word_multiplies[in.funct3()], in, 0);
    case 0x20: return make(in.funct3() == 0 ? opcode::subw : in.funct3() == 5 ? opcode::sraw : none, in, 0);
    default: return illegal(in.bits);
    }
}

op atomic(const fields& in) {
    const bool wide = in.funct3() == 3;
    if (in.funct3() != 2 && !wide)
        return illegal(in.bits);
    const unsigned function = in.bits >> 27;
    switch (function) {
    case 0x02: return make(in.rs2() != 0 ? none : wide ? opcode::lr_d : opcode::lr_w, in, 0);
    case 0x03: return make(wide ? opcode::sc_d : opcode::sc_w, in, 0);
    case amo_add:
    case amo_swap:
    case amo_xor:
    case amo_or:
    case amo_and:
    case amo_min:
    case amo_max:
    case amo_minu:
    case amo_maxu: return make(wide ? opcode::amo_d : opcode::amo_w, in, function);
    default: return illegal(in.bits);
    }
}

op float_access_op(opcode code, const fields& in, int64_t offset) {
    op result = make(code, in, float_access::pack(in.bits, offset));
    result.rd = in.bits >> 7 & 31; // f0 is a register like any other
    return result;
}

op float_load(const fields& in) {
    switch (in.funct3()) {
    case 2: return float_access_op(opcode::flw, in, in.i_immediate());
    case 3: return float_access_op(opcode::fld, in, in.i_immediate());
    default: return illegal(in.bits);
    }
}

op float_store(const fields& in) {
    switch (in.funct3()) {
    case 2: return float_access_op(opcode::fsw, in, in.s_immediate());
    case 3: return float_access_op(opcode::fsd, in, in.s_immediate());
    default: return illegal(in.bits);
    }
}

op float_operation(const fields& in) {
    op result = illegal(in.bits);
    if (is_float_operation(in.bits, true))
        result.code = opcode::float_op;
    return result;
}

/// MISC-MEM. Fences with reserved fields act as plain fences, as the ISA asks of implementations.
op fence(const fields& in) {
    op result;
    result.code = in.funct3() == 0 ? opcode::nop : in.funct3() == 1 ? opcode::fence_i : none;
    result.imm = in.bits;
    return result;
}

op system(const fields& in) {
    if (in.funct3() == 4)
        return illegal(in.bits);
    if (in.funct3() != 0)
        return make(opcode::csr, in, in.bits);
    if (in.funct7() == 0x09 && in.rd() == sink_register)
        return make(opcode::sfence_vma, in, in.bits);
    switch (in.bits) {
    case 0x00000073: return make(opcode::ecall, in, in.bits);
    case 0x00100073: return make(opcode::ebreak, in, in.bits);
    case 0x30200073: return make(opcode::mret, in, in.bits);
    case 0x10500073: return make(opcode::wfi, in, in.bits);
    default: return illegal(in.bits);
    }
}

} // namespace

op decode(uint32_t instruction, uint64_t pc) {
    const fields in{instruction};
    const auto relative = [pc](int64_t distance) {
        return static_cast<int64_t>(pc + static_cast<uint64_t>(distance));
    };
    switch (instruction & 0x7f) {
    case 0x03: return make(loads[in.funct3()], in, in.i_immediate());
    case 0x07: return float_load(in);
    case 0x0f: return fence(in);
    case 0x13: return immediate(in);
    case 0x17: return make(opcode::load_constant, in, relative(in.u_immediate()));
    case 0x1b: return word_immediate(in);
    case 0x23: return make(stores[in.funct3()], in, in.s_immediate());
    case 0x27: return float_store(in);
    case 0x2f: return atomic(in);
    case 0x33: return register_register(in);
    case 0x37: return make(opcode::load_constant, in, in.u_immediate());
    case 0x3b: return word_register_register(in);
    case 0x43:
    case 0x47:
    case 0x4b:
    case 0x4f:
    case 0x53: return float_operation(in);
    case 0x63: return make(branches[in.funct3()], in, relative(in.b_immediate()));
    case 0x67: return make(in.funct3() == 0 ? opcode::jalr : none, in, in.i_immediate());
    case 0x6f: return make(opcode::jal, in, relative(in.j_immediate()));
    case 0x73: return system(in);
    default: return illegal(instruction);
    }
}

} // namespace vmcore::riscv
