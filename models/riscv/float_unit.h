#pragma once

#include "models/riscv/float_arithmetic.h"

#include <array>
#include <cstdint>

namespace vmcore::riscv {

/// What the F and D extensions add to a hart's state. A 32-bit value is kept NaN-boxed: its upper half is
/// ones.
struct float_registers {
    std::array<uint64_t, 32> f{};
    uint8_t frm = 0;    ///< 3 bits; 5 to 7 are no rounding modes
    uint8_t fflags = 0; ///< 5 bits: float_flag
};

/// A 32-bit value as registers keep it.
constexpr uint64_t nan_box(uint32_t value) {
    return 0xffffffff00000000 | value;
}

/// Whether an instruction of the major opcodes OP-FP, MADD, MSUB, NMSUB and NMADD is one of F's or, with D,
/// of D's. Reserved static rounding modes are not.
bool is_float_operation(uint32_t instruction, bool has_d);

/// Whether such an instruction has its result in an f register, which makes the unit's state dirty. (Flags
/// alone do not, in QEMU.)
bool writes_float_register(uint32_t instruction);

/// Carries out such an instruction. Results in x registers go to x[1] to x[31], and to x[32] instead of x[0].
/// @returns false, with nothing changed, when the dynamic rounding mode is none: the instruction is illegal
bool perform_float(uint32_t instruction, float_registers& registers, uint64_t* x);

} // namespace vmcore::riscv
