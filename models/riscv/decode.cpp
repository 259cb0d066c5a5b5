#include "models/riscv/decode.h"

#include "models/riscv/decode_bit_manipulation.h"
#include "models/riscv/decode_fields.h"
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

using fields = instruction_fields;

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
op immediate(const fields& in, const isa& has) {
    const opcode code = immediates[in.funct3()];
    if (code != opcode::slli && code != opcode::srli)
        return make(code, in, in.i_immediate());
    const unsigned function = in.bits >> 26;
    int64_t amount = in.bits >> 20 & 63;
    if (function == 0)
        return make(code, in, amount);
    if (function == 0x10 && code == opcode::srli)
        return make(opcode::srai, in, amount);
    const opcode bits = decode_bits_immediate(in, has, amount);
    return make(bits, in, amount);
}

op word_immediate(const fields& in, const isa& has) {
    int64_t amount = in.rs2();
    switch (in.funct3()) {
    case 0: return make(opcode::addiw, in, in.i_immediate());
    case 1:
        if (in.funct7() == 0)
            return make(opcode::slliw, in, amount);
        break;
    case 5:
        if (in.funct7() == 0)
            return make(opcode::srliw, in, amount);
        if (in.funct7() == 0x20)
            return make(opcode::sraiw, in, amount);
        break;
    default: return illegal(in.bits);
    }
    const opcode bits = decode_bits_word_immediate(in, has, amount);
    return make(bits, in, amount);
}

op register_register(const fields& in, const isa& has) {
    opcode code = none;
    switch (in.funct7()) {
    case 0x00: code = registers[in.funct3()]; break;
    case 0x01: code = has.m ? multiplies[in.funct3()] : none; break;
    case 0x20: code = in.funct3() == 0 ? opcode::sub : in.funct3() == 5 ? opcode::sra : none; break;
    default: break;
    }
    return make(code != none ? code : decode_bits_register(in, has), in, 0);
}

op word_register_register(const fields& in, const isa& has) {
    opcode code = none;
    switch (in.funct7()) {
    case 0x00: code = word_registers[in.funct3()]; break;
    case 0x01: code = has.m ? word_multiplies[in.funct3()] : none; break;
    case 0x20: code = in.funct3() == 0 ? opcode::subw : in.funct3() == 5 ? opcode::sraw : none; break;
    default: break;
    }
    return make(code != none ? code : decode_bits_word(in, has), in, 0);
}

op atomic(const fields& in, const isa& has) {
    const bool wide = in.funct3() == 3;
    if ((in.funct3() != 2 && !wide) || !has.a)
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

op cache_block(const fields& in, const isa& has) {
    opcode code = none;
    switch (in.bits >> 20) {
    case 0: code = has.zicbom ? opcode::cbo_inval : none; break;
    case 1: code = has.zicbom ? opcode::cbo_clean : none; break;
    case 2: code = has.zicbom ? opcode::cbo_flush : none; break;
    case 4: code = has.zicboz ? opcode::cbo_zero : none; break;
    default: break;
    }
    return make(in.rd() == sink_register ? code : none, in, in.bits);
}

op float_access_op(opcode code, const fields& in, int64_t offset) {
    op result = make(code, in, float_access::pack(in.bits, offset));
    result.rd = in.bits >> 7 & 31; // f0 is a register like any other
    return result;
}

op float_load(const fields& in, const isa& has) {
    if (in.funct3() == 2 && has.f)
        return float_access_op(opcode::flw, in, in.i_immediate());
    if (in.funct3() == 3 && has.d)
        return float_access_op(opcode::fld, in, in.i_immediate());
    return illegal(in.bits);
}

op float_store(const fields& in, const isa& has) {
    if (in.funct3() == 2 && has.f)
        return float_access_op(opcode::fsw, in, in.s_immediate());
    if (in.funct3() == 3 && has.d)
        return float_access_op(opcode::fsd, in, in.s_immediate());
    return illegal(in.bits);
}

op float_operation(const fields& in, const isa& has) {
    op result = illegal(in.bits);
    if (has.f && is_float_operation(in.bits, has.d))
        result.code = opcode::float_op;
    return result;
}

/// MISC-MEM. Fences with reserved fields act as plain fences, as the ISA asks of implementations.
op misc_memory(const fields& in, const isa& has) {
    if (in.funct3() == 2)
        return cache_block(in, has);
    op result;
    result.code = in.funct3() == 0 ? opcode::nop : in.funct3() == 1 ? opcode::fence_i : none;
    result.imm = in.bits;
    return result;
}

op system(const fields& in, const isa& has) {
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
    case 0x10200073: return make(has.s ? opcode::sret : none, in, in.bits);
    case 0x10500073: return make(opcode::wfi, in, in.bits);
    default: return illegal(in.bits);
    }
}

} // namespace

op decode(uint32_t instruction, uint64_t pc, const isa& has) {
    const fields in{instruction};
    const auto relative = [pc](int64_t distance) {
        return static_cast<int64_t>(pc + static_cast<uint64_t>(distance));
    };
    switch (instruction & 0x7f) {
    case 0x03: return make(loads[in.funct3()], in, in.i_immediate());
    case 0x07: return float_load(in, has);
    case 0x0f: return misc_memory(in, has);
    case 0x13: return immediate(in, has);
    case 0x17: return make(opcode::load_constant, in, relative(in.u_immediate()));
    case 0x1b: return word_immediate(in, has);
    case 0x23: return make(stores[in.funct3()], in, in.s_immediate());
    case 0x27: return float_store(in, has);
    case 0x2f: return atomic(in, has);
    case 0x33: return register_register(in, has);
    case 0x37: return make(opcode::load_constant, in, in.u_immediate());
    case 0x3b: return word_register_register(in, has);
    case 0x43:
    case 0x47:
    case 0x4b:
    case 0x4f:
    case 0x53: return float_operation(in, has);
    case 0x63: return make(branches[in.funct3()], in, relative(in.b_immediate()));
    case 0x67: return make(in.funct3() == 0 ? opcode::jalr : none, in, in.i_immediate());
    case 0x6f: return make(opcode::jal, in, relative(in.j_immediate()));
    case 0x73: return system(in, has);
    default: return illegal(instruction);
    }
}

} // namespace vmcore::riscv
