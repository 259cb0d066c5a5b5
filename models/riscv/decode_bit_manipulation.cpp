#include "models/riscv/decode_bit_manipulation.h"

namespace vmcore::riscv {

namespace {

constexpr opcode none = opcode::illegal;

opcode when(bool has, opcode code) {
    return has ? code : none;
}

/// funct7 and funct3 together, as they select among register-register instructions.
constexpr unsigned function(unsigned funct7, unsigned funct3) {
    return funct7 << 3 | funct3;
}

unsigned function_of(const instruction_fields& in) {
    return function(in.funct7(), in.funct3());
}

} // namespace

opcode decode_bits_register(const instruction_fields& in, const isa& has) {
    switch (function_of(in)) {
    case function(0x10, 2): return when(has.zba, opcode::sh1add);
    case function(0x10, 4): return when(has.zba, opcode::sh2add);
    case function(0x10, 6): return when(has.zba, opcode::sh3add);
    case function(0x20, 4): return when(has.zbb, opcode::xnor);
    case function(0x20, 6): return when(has.zbb, opcode::orn);
    case function(0x20, 7): return when(has.zbb, opcode::andn);
    case function(0x05, 4): return when(has.zbb, opcode::min);
    case function(0x05, 5): return when(has.zbb, opcode::minu);
    case function(0x05, 6): return when(has.zbb, opcode::max);
    case function(0x05, 7): return when(has.zbb, opcode::maxu);
    case function(0x30, 1): return when(has.zbb, opcode::rol);
    case function(0x30, 5): return when(has.zbb, opcode::ror);
    case function(0x14, 1): return when(has.zbs, opcode::bset);
    case function(0x24, 1): return when(has.zbs, opcode::bclr);
    case function(0x24, 5): return when(has.zbs, opcode::bext);
    case function(0x34, 1): return when(has.zbs, opcode::binv);
    default: return none;
    }
}

opcode decode_bits_word(const instruction_fields& in, const isa& has) {
    switch (function_of(in)) {
    case function(0x04, 0): return when(has.zba, opcode::add_uw);
    case function(0x10, 2): return when(has.zba, opcode::sh1add_uw);
    case function(0x10, 4): return when(has.zba, opcode::sh2add_uw);
    case function(0x10, 6): return when(has.zba, opcode::sh3add_uw);
    case function(0x04, 4): return when(has.zbb && in.rs2() == 0, opcode::zext_h);
    case function(0x30, 1): return when(has.zbb, opcode::rolw);
    case function(0x30, 5): return when(has.zbb, opcode::rorw);
    default: return none;
    }
}

opcode decode_bits_immediate(const instruction_fields& in, const isa& has, int64_t& amount) {
    amount = in.bits >> 20 & 63;
    const unsigned immediate = in.bits >> 20;
    if (in.funct3() == 1) {
        switch (immediate) {
        case 0x600: return when(has.zbb, opcode::clz);
        case 0x601: return when(has.zbb, opcode::ctz);
        case 0x602: return when(has.zbb, opcode::cpop);
        case 0x604: return when(has.zbb, opcode::sext_b);
        case 0x605: return when(has.zbb, opcode::sext_h);
        default: break;
        }
        switch (immediate >> 6) {
        case 0x0a: return when(has.zbs, opcode::bseti);
        case 0x12: return when(has.zbs, opcode::bclri);
        case 0x1a: return when(has.zbs, opcode::binvi);
        default: return none;
        }
    }
    if (immediate == 0x287)
        return when(has.zbb, opcode::orc_b);
    if (immediate == 0x6b8)
        return when(has.zbb, opcode::rev8);
    if (immediate >> 6 == 0x12)
        return when(has.zbs, opcode::bexti);
    return when(has.zbb && immediate >> 6 == 0x18, opcode::rori);
}

opcode decode_bits_word_immediate(const instruction_fields& in, const isa& has, int64_t& amount) {
    const bool left = in.funct3() == 1;
    amount = in.bits >> 20 & 63;
    if (left && in.bits >> 26 == 0x02)
        return when(has.zba, opcode::slli_uw);
    amount = in.rs2();
    if (in.funct7() != 0x30)
        return none;
    if (!left)
        return when(has.zbb && in.funct3() == 5, opcode::roriw);
    switch (in.rs2()) {
    case 0: return when(has.zbb, opcode::clzw);
    case 1: return when(has.zbb, opcode::ctzw);
    case 2: return when(has.zbb, opcode::cpopw);
    default: return none;
    }
}

} // namespace vmcore::riscv
