#pragma once

#include "models/riscv/fused_opcodes.h"

// Every operation of the hart, once. The enumeration, the interpreter's handlers and its table of their
// addresses are made from these lists, so a new instruction is a line here, a line in decode*.cpp and - when
// the interpreter's loop leaves it to perform() - a case there.

/// X(name, value): rd gets a value made from a, rs1, b, rs2, and i, the immediate. The functions are those of
/// arithmetic.h and bit_manipulation.h.
#define VMCORE_RISCV_COMPUTATIONS(X)                                                                         \
    X(nop, 0)           /* fence, pause and hints that write no register: rd is the sink */                  \
    X(load_constant, i) /* lui, auipc, c.li: imm is the value */                                             \
    X(addi, a + i)                                                                                           \
    X(slti, less(a, i))                                                                                      \
    X(sltiu, a < i)                                                                                          \
    X(xori, a ^ i)                                                                                           \
    X(ori, a | i)                                                                                            \
    X(andi, (a & i))                                                                                         \
    X(slli, a << i)                                                                                          \
    X(srli, a >> i)                                                                                          \
    X(srai, shift_right(a, i))                                                                               \
    X(addiw, word(a + i))                                                                                    \
    X(slliw, word(a << i))                                                                                   \
    X(srliw, word(static_cast<uint32_t>(a) >> i))                                                            \
    X(sraiw, shift_right_word(a, i))                                                                         \
    X(add, a + b)                                                                                            \
    X(sub, a - b)                                                                                            \
    X(sll, a << (b & 63))                                                                                    \
    X(slt, less(a, b))                                                                                       \
    X(sltu, a < b)                                                                                           \
    X(xor_, a ^ b)                                                                                           \
    X(srl, a >> (b & 63))                                                                                    \
    X(sra, shift_right(a, b & 63))                                                                           \
    X(or_, a | b)                                                                                            \
    X(and_, (a & b))                                                                                         \
    X(addw, word(a + b))                                                                                     \
    X(subw, word(a - b))                                                                                     \
    X(sllw, word(a << (b & 31)))                                                                             \
    X(srlw, word(static_cast<uint32_t>(a) >> (b & 31)))                                                      \
    X(sraw, shift_right_word(a, b & 31))                                                                     \
    X(mul, (a * b))                                                                                          \
    X(mulh, multiply_high(a, b))                                                                             \
    X(mulhsu, multiply_high_mixed(a, b))                                                                     \
    X(mulhu, multiply_high_unsigned(a, b))                                                                   \
    X(div, divide(a, b))                                                                                     \
    X(divu, divide_unsigned(a, b))                                                                           \
    X(rem, remainder(a, b))                                                                                  \
    X(remu, remainder_unsigned(a, b))                                                                        \
    X(mulw, word((a * b)))                                                                                   \
    X(divw, divide_word(a, b))                                                                               \
    X(divuw, divide_unsigned_word(a, b))                                                                     \
    X(remw, remainder_word(a, b))                                                                            \
    X(remuw, remainder_unsigned_word(a, b))                                                                  \
    X(sh1add, (a << 1) + b)                                                                                  \
    X(sh2add, (a << 2) + b)                                                                                  \
    X(sh3add, (a << 3) + b)                                                                                  \
    X(add_uw, lower_word(a) + b)                                                                             \
    X(sh1add_uw, (lower_word(a) << 1) + b)                                                                   \
    X(sh2add_uw, (lower_word(a) << 2) + b)                                                                   \
    X(sh3add_uw, (lower_word(a) << 3) + b)                                                                   \
    X(slli_uw, lower_word(a) << i)                                                                           \
    X(andn, a & ~b)                                                                                          \
    X(orn, a | ~b)                                                                                           \
    X(xnor, ~(a ^ b))                                                                                        \
    X(min, less(a, b) ? a : b)                                                                               \
    X(minu, a < b ? a : b)                                                                                   \
    X(max, less(a, b) ? b : a)                                                                               \
    X(maxu, a < b ? b : a)                                                                                   \
    X(clz, leading_zeros(a))                                                                                 \
    X(ctz, trailing_zeros(a))                                                                                \
    X(cpop, population(a))                                                                                   \
    X(clzw, leading_zeros_word(a))                                                                           \
    X(ctzw, trailing_zeros_word(a))                                                                          \
    X(cpopw, population(lower_word(a)))                                                                      \
    X(sext_b, static_cast<uint64_t>(static_cast<int8_t>(a)))                                                 \
    X(sext_h, static_cast<uint64_t>(static_cast<int16_t>(a)))                                                \
    X(zext_h, static_cast<uint16_t>(a))                                                                      \
    X(orc_b, or_combine(a))                                                                                  \
    X(rev8, __builtin_bswap64(a))                                                                            \
    X(rol, rotate_right(a, -b))                                                                              \
    X(ror, rotate_right(a, b))                                                                               \
    X(rori, rotate_right(a, i))                                                                              \
    X(rolw, rotate_right_word(a, -b))                                                                        \
    X(rorw, rotate_right_word(a, b))                                                                         \
    X(roriw, rotate_right_word(a, i))                                                                        \
    X(bclr, a & ~single_bit(b))                                                                              \
    X(bclri, a & ~single_bit(i))                                                                             \
    X(bext, a >> (b & 63) & 1)                                                                               \
    X(bexti, a >> i & 1)                                                                                     \
    X(binv, a ^ single_bit(b))                                                                               \
    X(binvi, a ^ single_bit(i))                                                                              \
    X(bset, a | single_bit(b))                                                                               \
    X(bseti, a | single_bit(i))

/// X(name, type): rd gets what is at a + i, extended as its type is.
#define VMCORE_RISCV_LOADS(X)                                                                                \
    X(lb, int8_t)                                                                                            \
    X(lh, int16_t)                                                                                           \
    X(lw, int32_t)                                                                                           \
    X(ld, uint64_t)                                                                                          \
    X(lbu, uint8_t)                                                                                          \
    X(lhu, uint16_t)                                                                                         \
    X(lwu, uint32_t)

/// X(name, type): b goes to a + i.
#define VMCORE_RISCV_STORES(X)                                                                               \
    X(sb, uint8_t)                                                                                           \
    X(sh, uint16_t)                                                                                          \
    X(sw, uint32_t)                                                                                          \
    X(sd, uint64_t)

/// X(name): of the floating-point unit; the loop has code for each while the unit's state is dirty.
#define VMCORE_RISCV_FLOATS(X)                                                                               \
    X(flw) /* imm of loads and stores: a float_access */                                                     \
    X(fld)                                                                                                   \
    X(fsw)                                                                                                   \
    X(fsd)                                                                                                   \
    X(float_op) /* any other instruction of F and D; imm: its bits, the only field that counts */

/// X(name): the loop leaves it to perform(); what follows it belongs to the same block.
#define VMCORE_RISCV_SPECIALS(X)                                                                             \
    X(lr_w)                                                                                                  \
    X(lr_d)                                                                                                  \
    X(sc_w)                                                                                                  \
    X(sc_d)                                                                                                  \
    X(amo_w) /* imm: an amo_function */                                                                      \
    X(amo_d)                                                                                                 \
    X(cbo_zero) /* imm of these: the instruction's bits */                                                   \
    X(cbo_clean)                                                                                             \
    X(cbo_flush)                                                                                             \
    X(cbo_inval)

/// X(name, condition): goes to imm if so. From here on, operations end a block.
#define VMCORE_RISCV_BRANCHES(X)                                                                             \
    X(beq, a == b)                                                                                           \
    X(bne, a != b)                                                                                           \
    X(blt, less(a, b))                                                                                       \
    X(bge, !less(a, b))                                                                                      \
    X(bltu, a < b)                                                                                           \
    X(bgeu, a >= b)

/// X(name): other ways out of a block, which the loop has code for.
#define VMCORE_RISCV_JUMPS(X)                                                                                \
    X(jal) /* imm: target */                                                                                 \
    X(jalr)                                                                                                  \
    X(end_of_block) /* not an instruction: control falls through to the next block */

/// X(name): left to perform(), and what follows may have to be decoded anew.
#define VMCORE_RISCV_BARRIERS(X)                                                                             \
    X(illegal) /* imm: the instruction's bits */                                                             \
    X(csr)     /* imm: the instruction's bits, which name the register and the form */                       \
    X(ecall)                                                                                                 \
    X(ebreak)                                                                                                \
    X(mret) /* from here on, imm: the instruction's bits */                                                  \
    X(sret)                                                                                                  \
    X(wfi)                                                                                                   \
    X(sfence_vma)                                                                                            \
    X(fence_i)

/// All of them, and the sequences of fused_opcodes.h, in the order of their codes. Decoding gives no
/// sequences.
/// @param LOOP macro(name, ...) for what the interpreter's loop does
/// @param LEFT macro(name) for what it leaves to perform()
#define VMCORE_RISCV_OPCODES(LOOP, LEFT, CHAINED_PAIR, PAIR, CHAINED_TRIPLE, TRIPLE)                         \
    VMCORE_RISCV_COMPUTATIONS(LOOP)                                                                          \
    VMCORE_RISCV_LOADS(LOOP)                                                                                 \
    VMCORE_RISCV_STORES(LOOP)                                                                                \
    VMCORE_RISCV_FLOATS(LOOP)                                                                                \
    VMCORE_RISCV_SPECIALS(LEFT)                                                                              \
    VMCORE_RISCV_BRANCHES(LOOP)                                                                              \
    VMCORE_RISCV_JUMPS(LOOP)                                                                                 \
    VMCORE_RISCV_BARRIERS(LEFT)                                                                              \
    VMCORE_RISCV_CHAINED_PAIRS(CHAINED_PAIR)                                                                 \
    VMCORE_RISCV_PAIRS(PAIR)                                                                                 \
    VMCORE_RISCV_CHAINED_TRIPLES(CHAINED_TRIPLE)                                                             \
    VMCORE_RISCV_TRIPLES(TRIPLE)
