#include "models/riscv/decode.h"

namespace vmcore::riscv {

namespace {

/// The fields of a compressed instruction. Immediates are scattered over the parcel: bits(from, count, to)
/// takes `count` bits from position `from` up and puts them at position `to`.
struct fields {
    uint16_t parcel;

    unsigned bits(unsigned from, unsigned count, unsigned to = 0) const {
        return (parcel >> from & ((1u << count) - 1)) << to;
    }
    uint8_t full_rd() const { return static_cast<uint8_t>(bits(7, 5)); }
    uint8_t full_rs2() const { return static_cast<uint8_t>(bits(2, 5)); }
    uint8_t upper() const { return static_cast<uint8_t>(8 + bits(7, 3)); } ///< rd' or rs1'
    uint8_t lower() const { return static_cast<uint8_t>(8 + bits(2, 3)); } ///< rd' or rs2'

    unsigned unsigned6() const { return bits(12, 1, 5) | bits(2, 5); }
    int64_t signed6() const { return static_cast<int64_t>(unsigned6() ^ 32) - 32; }
    unsigned word_offset() const { return bits(6, 1, 2) | bits(10, 3, 3) | bits(5, 1, 6); }
    unsigned double_offset() const { return bits(10, 3, 3) | bits(5, 2, 6); }
    unsigned double_stack_load() const { return bits(5, 2, 3) | bits(12, 1, 5) | bits(2, 3, 6); }
    unsigned double_stack_store() const { return bits(10, 3, 3) | bits(7, 3, 6); }
    int64_t jump_offset() const {
        const unsigned value = bits(3, 3, 1) | bits(11, 1, 4) | bits(2, 1, 5) | bits(7, 1, 6) |
                               bits(6, 1, 7) | bits(9, 2, 8) | bits(8, 1, 10) | bits(12, 1, 11);
        return static_cast<int64_t>(value ^ 2048) - 2048;
    }
    int64_t branch_offset() const {
        const unsigned value =
            bits(3, 2, 1) | bits(10, 2, 3) | bits(2, 1, 5) | bits(5, 2, 6) | bits(12, 1, 8);
        return static_cast<int64_t>(value ^ 256) - 256;
    }
};

op make(opcode code, unsigned rd, unsigned rs1, unsigned rs2, int64_t imm) {
    op result;
    result.code = code;
    result.rd = rd == 0 ? sink_register : static_cast<uint8_t>(rd);
    result.rs1 = static_cast<uint8_t>(rs1);
    result.rs2 = static_cast<uint8_t>(rs2);
    result.length = 2;
    result.imm = imm;
    return result;
}

op make_float(opcode code, const fields& in, unsigned rd, unsigned rs1, unsigned rs2, int64_t offset) {
    op result = make(code, rd, rs1, rs2, float_access::pack(in.parcel, offset));
    result.rd = static_cast<uint8_t>(rd);
    return result;
}

op illegal(const fields& in) {
    return make(opcode::illegal, 0, 0, 0, in.parcel);
}

op quadrant0(const fields& in) {
    switch (in.bits(13, 3)) {
    case 0: { // c.addi4spn
        const unsigned amount = in.bits(6, 1, 2) | in.bits(5, 1, 3) | in.bits(11, 2, 4) | in.bits(7, 4, 6);
        return amount == 0 ? illegal(in) : make(opcode::addi, in.lower(), 2, 0, amount);
    }
    case 1: return make_float(opcode::fld, in, in.lower(), in.upper(), 0, in.double_offset());
    case 2: return make(opcode::lw, in.lower(), in.upper(), 0, in.word_offset());
    case 3: return make(opcode::ld, in.lower(), in.upper(), 0, in.double_offset());
    case 5: return make_float(opcode::fsd, in, 0, in.upper(), in.lower(), in.double_offset());
    case 6: return make(opcode::sw, 0, in.upper(), in.lower(), in.word_offset());
    case 7: return make(opcode::sd, 0, in.upper(), in.lower(), in.double_offset());
    default: return illegal(in);
    }
}

/// c.addi16sp and c.lui share a row.
op stack_or_upper(const fields& in) {
    if (in.unsigned6() == 0)
        return illegal(in);
    if (in.full_rd() != 2)
        return make(opcode::load_constant, in.full_rd(), 0, 0, in.signed6() * 4096);
    const unsigned amount =
        in.bits(6, 1, 4) | in.bits(2, 1, 5) | in.bits(5, 1, 6) | in.bits(3, 2, 7) | in.bits(12, 1, 9);
    return make(opcode::addi, 2, 2, 0, static_cast<int64_t>(amount ^ 512) - 512);
}

op arithmetic(const fields& in) {
    const unsigned rd = in.upper();
    switch (in.bits(10, 2)) {
    case 0: return make(opcode::srli, rd, rd, 0, in.unsigned6());
    case 1: return make(opcode::srai, rd, rd, 0, in.unsigned6());
    case 2: return make(opcode::andi, rd, rd, 0, in.signed6());
    default: break;
    }
    static constexpr opcode table[8] = {opcode::sub,  opcode::xor_, opcode::or_,     opcode::and_,
                                        opcode::subw, opcode::addw, opcode::illegal, opcode::illegal};
    const opcode code = table[in.bits(12, 1, 2) | in.bits(5, 2)];
    return code == opcode::illegal ? illegal(in) : make(code, rd, rd, in.lower(), 0);
}

op quadrant1(const fields& in, uint64_t pc) {
    const unsigned rd = in.full_rd();
    const auto relative = [pc](int64_t distance) {
        return static_cast<int64_t>(pc + static_cast<uint64_t>(distance));
    };
    switch (in.bits(13, 3)) {
    case 0: return make(opcode::addi, rd, rd, 0, in.signed6());
    case 1: return rd == 0 ? illegal(in) : make(opcode::addiw, rd, rd, 0, in.signed6());
    case 2: return make(opcode::addi, rd, 0, 0, in.signed6());
    case 3: return stack_or_upper(in);
    case 4: return arithmetic(in);
    case 5: return make(opcode::jal, 0, 0, 0, relative(in.jump_offset()));
    case 6: return make(opcode::beq, 0, in.upper(), 0, relative(in.branch_offset()));
    default: return make(opcode::bne, 0, in.upper(), 0, relative(in.branch_offset()));
    }
}

/// c.jr, c.mv, c.ebreak, c.jalr, c.add
op jump_or_move(const fields& in) {
    const unsigned rd = in.full_rd();
    const unsigned rs2 = in.full_rs2();
    if (in.bits(12, 1) == 0) {
        if (rs2 != 0)
            return make(opcode::add, rd, 0, rs2, 0);
        return rd == 0 ? illegal(in) : make(opcode::jalr, 0, rd, 0, 0);
    }
    if (rs2 != 0)
        return make(opcode::add, rd, rd, rs2, 0);
    return rd == 0 ? make(opcode::ebreak, 0, 0, 0, in.parcel) : make(opcode::jalr, 1, rd, 0, 0);
}

op quadrant2(const fields& in) {
    const unsigned rd = in.full_rd();
    switch (in.bits(13, 3)) {
    case 0: return make(opcode::slli, rd, rd, 0, in.unsigned6());
    case 1: return make_float(opcode::fld, in, rd, 2, 0, in.double_stack_load());
    case 2:
        return rd == 0 ? illegal(in)
                       : make(opcode::lw, rd, 2, 0, in.bits(4, 3, 2) | in.bits(12, 1, 5) | in.bits(2, 2, 6));
    case 3: return rd == 0 ? illegal(in) : make(opcode::ld, rd, 2, 0, in.double_stack_load());
    case 4: return jump_or_move(in);
    case 5: return make_float(opcode::fsd, in, 0, 2, in.full_rs2(), in.double_stack_store());
    case 6: return make(opcode::sw, 0, 2, in.full_rs2(), in.bits(9, 4, 2) | in.bits(7, 2, 6));
    case 7: return make(opcode::sd, 0, 2, in.full_rs2(), in.double_stack_store());
    default: return illegal(in);
    }
}

} // namespace

op decode_compressed(uint16_t instruction, uint64_t pc, const isa& has) {
    const fields in{instruction};
    if (!has.c)
        return illegal(in);
    const op result = (instruction & 3) == 0   ? quadrant0(in)
                      : (instruction & 3) == 1 ? quadrant1(in, pc)
                                               : quadrant2(in);
    const bool needs_d = result.code == opcode::fld || result.code == opcode::fsd;
    return needs_d && !has.d ? illegal(in) : result;
}

} // namespace vmcore::riscv
