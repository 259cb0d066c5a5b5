#pragma once

// Sequences of instructions that the interpreter does in one go: see fuse.h. They are those that GCC's code
// for Linux, OpenSBI and small loops has most of. Any computation, load or store may be followed by any of
// these, by a branch, a jal or a jalr.

/// X(first, second): second has first's result as rs1.
#define VMCORE_RISCV_CHAINED_PAIRS(X)                                                                        \
    X(slli, srli)                                                                                            \
    X(slli, add)                                                                                             \
    X(slli, xor_)                                                                                            \
    X(slli, or_)                                                                                             \
    X(srli, andi)                                                                                            \
    X(srli, add)                                                                                             \
    X(srli, xor_)                                                                                            \
    X(slliw, or_)                                                                                            \
    X(and_, or_)                                                                                             \
    X(or_, or_)                                                                                              \
    X(or_, addiw)                                                                                            \
    X(addi, add)                                                                                             \
    X(addi, and_)                                                                                            \
    X(addi, ld)                                                                                              \
    X(addi, lw)                                                                                              \
    X(addi, lbu)                                                                                             \
    X(addi, beq)                                                                                             \
    X(addi, bne)                                                                                             \
    X(addi, bltu)                                                                                            \
    X(addiw, slli)                                                                                           \
    X(addiw, beq)                                                                                            \
    X(addiw, bne)                                                                                            \
    X(addw, bltu)                                                                                            \
    X(add, add)                                                                                              \
    X(add, ld)                                                                                               \
    X(add, lw)                                                                                               \
    X(add, lbu)                                                                                              \
    X(add, lhu)                                                                                              \
    X(andi, beq)                                                                                             \
    X(andi, bne)                                                                                             \
    X(and_, beq)                                                                                             \
    X(and_, bne)                                                                                             \
    X(sub, srai)                                                                                             \
    X(ld, add)                                                                                               \
    X(ld, addi)                                                                                              \
    X(ld, andi)                                                                                              \
    X(ld, xor_)                                                                                              \
    X(ld, ld)                                                                                                \
    X(ld, lw)                                                                                                \
    X(ld, beq)                                                                                               \
    X(ld, bne)                                                                                               \
    X(lw, addiw)                                                                                             \
    X(lw, andi)                                                                                              \
    X(lw, slli)                                                                                              \
    X(lw, beq)                                                                                               \
    X(lw, bne)                                                                                               \
    X(lhu, addiw)                                                                                            \
    X(lhu, bne)                                                                                              \
    X(lbu, andi)                                                                                             \
    X(lbu, beq)                                                                                              \
    X(lbu, bne)

/// X(first, second): the two need not have anything to do with each other.
#define VMCORE_RISCV_PAIRS(X)                                                                                \
    X(load_constant, load_constant)                                                                          \
    X(load_constant, addi)                                                                                   \
    X(load_constant, add)                                                                                    \
    X(load_constant, and_)                                                                                   \
    X(load_constant, ld)                                                                                     \
    X(load_constant, lw)                                                                                     \
    X(load_constant, lbu)                                                                                    \
    X(load_constant, sd)                                                                                     \
    X(load_constant, slli)                                                                                   \
    X(load_constant, beq)                                                                                    \
    X(load_constant, bne)                                                                                    \
    X(load_constant, bltu)                                                                                   \
    X(load_constant, bgeu)                                                                                   \
    X(load_constant, jal)                                                                                    \
    X(addi, load_constant)                                                                                   \
    X(addi, addi)                                                                                            \
    X(addi, add)                                                                                             \
    X(addi, slli)                                                                                            \
    X(addi, ld)                                                                                              \
    X(addi, lw)                                                                                              \
    X(addi, lbu)                                                                                             \
    X(addi, sd)                                                                                              \
    X(addi, sw)                                                                                              \
    X(addi, sb)                                                                                              \
    X(addi, beq)                                                                                             \
    X(addi, bne)                                                                                             \
    X(addi, blt)                                                                                             \
    X(addi, jal)                                                                                             \
    X(addi, jalr)                                                                                            \
    X(addiw, load_constant)                                                                                  \
    X(addiw, addi)                                                                                           \
    X(addiw, jal)                                                                                            \
    X(add, load_constant)                                                                                    \
    X(add, addi)                                                                                             \
    X(add, sd)                                                                                               \
    X(slli, load_constant)                                                                                   \
    X(slliw, slliw)                                                                                          \
    X(ld, load_constant)                                                                                     \
    X(ld, addi)                                                                                              \
    X(ld, ld)                                                                                                \
    X(ld, lw)                                                                                                \
    X(ld, sd)                                                                                                \
    X(ld, jal)                                                                                               \
    X(ld, slli)                                                                                              \
    X(lw, load_constant)                                                                                     \
    X(lw, addi)                                                                                              \
    X(lw, ld)                                                                                                \
    X(lw, lw)                                                                                                \
    X(lbu, load_constant)                                                                                    \
    X(lbu, addi)                                                                                             \
    X(lbu, lbu)                                                                                              \
    X(lbu, sb)                                                                                               \
    X(sd, load_constant)                                                                                     \
    X(sd, addi)                                                                                              \
    X(sd, ld)                                                                                                \
    X(sd, sd)                                                                                                \
    X(sd, jal)                                                                                               \
    X(sw, load_constant)                                                                                     \
    X(sw, addi)                                                                                              \
    X(sw, ld)                                                                                                \
    X(sw, lw)                                                                                                \
    X(sw, jal)                                                                                               \
    X(sb, addi)

/// X(first, second, third): each has the result of the one before as rs1.
#define VMCORE_RISCV_CHAINED_TRIPLES(X)                                                                      \
    X(slli, srli, add)                                                                                       \
    X(slli, add, ld)                                                                                         \
    X(slli, add, lw)                                                                                         \
    X(srli, andi, bne)                                                                                       \
    X(srli, andi, beq)

/// X(first, second, third): no matter what they have to do with each other.
#define VMCORE_RISCV_TRIPLES(X)                                                                              \
    X(sd, sd, sd)                                                                                            \
    X(ld, ld, ld)                                                                                            \
    X(ld, addi, jalr)                                                                                        \
    X(addi, addi, addi)                                                                                      \
    X(addi, addi, jal)                                                                                       \
    X(addi, addi, bne)                                                                                       \
    X(addi, sd, sd)
