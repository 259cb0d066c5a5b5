#pragma once

// Sequences of instructions that the interpreter does in one go: see fuse.h. Chosen by how often they occur in
// what GCC makes of Linux, OpenSBI and small loops; any computation, load or store can be followed by any of
// these, a branch, jal or jalr.

/// X(first, second): second has first's result as rs1.
#define VMCORE_RISCV_CHAINED_PAIRS(X)                                                                        \
    X(slli, srli)                                                                                            \
    X(slli, add)                                                                                             \
    X(slli, xor_)                                                                                            \
    X(srli, xor_)                                                                                            \
    X(srli, andi)                                                                                            \
    X(slliw, or_)                                                                                            \
    X(and_, or_)                                                                                             \
    X(addi, add)                                                                                             \
    X(addi, ld)                                                                                              \
    X(add, ld)                                                                                               \
    X(add, lw)                                                                                               \
    X(add, lbu)                                                                                              \
    X(ld, add)                                                                                               \
    X(ld, addi)                                                                                              \
    X(ld, ld)                                                                                                \
    X(lw, addiw)                                                                                             \
    X(ld, beq)                                                                                               \
    X(ld, bne)                                                                                               \
    X(lw, beq)                                                                                               \
    X(lw, bne)                                                                                               \
    X(lbu, beq)                                                                                              \
    X(lbu, bne)                                                                                              \
    X(andi, beq)                                                                                             \
    X(andi, bne)                                                                                             \
    X(addi, beq)                                                                                             \
    X(addi, bne)                                                                                             \
    X(addi, bltu)                                                                                            \
    X(addiw, bne)                                                                                            \
    X(addw, bltu)

/// X(first, second): the two need not have anything to do with each other.
#define VMCORE_RISCV_PAIRS(X)                                                                                \
    X(load_constant, load_constant)                                                                          \
    X(load_constant, jal)                                                                                    \
    X(load_constant, addi)                                                                                   \
    X(load_constant, ld)                                                                                     \
    X(load_constant, lw)                                                                                     \
    X(load_constant, beq)                                                                                    \
    X(load_constant, bne)                                                                                    \
    X(load_constant, bltu)                                                                                   \
    X(load_constant, bgeu)                                                                                   \
    X(addi, load_constant)                                                                                   \
    X(addi, addi)                                                                                            \
    X(addi, ld)                                                                                              \
    X(addi, sd)                                                                                              \
    X(addi, jal)                                                                                             \
    X(addi, jalr)                                                                                            \
    X(addi, beq)                                                                                             \
    X(addi, bne)                                                                                             \
    X(ld, addi)                                                                                              \
    X(ld, load_constant)                                                                                     \
    X(ld, ld)                                                                                                \
    X(ld, sd)                                                                                                \
    X(sd, addi)                                                                                              \
    X(sd, load_constant)                                                                                     \
    X(sd, ld)                                                                                                \
    X(sd, sd)                                                                                                \
    X(sd, jal)                                                                                               \
    X(lbu, lbu)

/// X(first, second, third): each has the result of the one before as rs1.
#define VMCORE_RISCV_CHAINED_TRIPLES(X)                                                                      \
    X(slli, srli, add)                                                                                       \
    X(slli, add, ld)
