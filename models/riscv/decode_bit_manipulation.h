#pragma once

#include "models/riscv/decode_fields.h"
#include "models/riscv/isa.h"

namespace vmcore::riscv {

/// Zba, Zbb and Zbs, of which the hart may lack some: opcode::illegal for other encodings. Each takes the
/// instructions of one major opcode; those with an immediate leave it in `amount`.
opcode decode_bits_register(const instruction_fields& in, const isa& has);                   ///< OP
opcode decode_bits_word(const instruction_fields& in, const isa& has);                       ///< OP-32
opcode decode_bits_immediate(const instruction_fields& in, const isa& has, int64_t& amount); ///< OP-IMM
opcode decode_bits_word_immediate(const instruction_fields& in, const isa& has,
                                  int64_t& amount); ///< OP-IMM-32

} // namespace vmcore::riscv
