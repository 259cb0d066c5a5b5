#pragma once

#include "models/riscv/op.h"

#include <cstdint>

namespace vmcore::riscv {

/// Makes a decoded block faster to interpret. Every instruction keeps its own op, in its place: the first of
/// a sequence that fused_opcodes.h lists gets the code of the sequence, whose handler does the others, too. A
/// sequence can therefore be cut between any two of its instructions: a trap in its second half finds the op
/// it is about, and the first half alone is what single() says.
///
/// Also folds constants: an addi or a jalr on a register that was just loaded with a constant becomes a
/// load_constant or a jal.
/// @param count number of ops before the end_of_block
void fuse(op* ops, uint32_t count);

/// What the first instruction of a sequence does by itself; any other code as it is.
opcode single(opcode code);

/// How many instructions a code does.
unsigned length_of(opcode code);

/// Cuts the sequence that goes on after the first `count` ops, if there is one.
void cut(op* ops, uint32_t count);

} // namespace vmcore::riscv
