#pragma once

#include "models/riscv/isa.h"
#include "models/riscv/op.h"

namespace vmcore::riscv {

/// Whether an instruction that starts with this parcel has 4 bytes. (Longer encodings are illegal here, and
/// count as 4.)
inline bool is_long(uint16_t first_parcel) {
    return (first_parcel & 3) == 3;
}

/// Decodes a 4-byte instruction of those that the hart has: RV64I, M, A, F, D, Zicsr, Zifencei, Zba, Zbb,
/// Zbs, Zicbom, Zicboz and the privileged set. Follows the RISC-V unprivileged ISA, chapter "RV32/64G
/// instruction set listings".
op decode(uint32_t instruction, uint64_t pc, const isa& has);

/// Decodes a 2-byte instruction of RV64C to the operation it stands for ("C" extension, RVC
/// listings, with D).
op decode_compressed(uint16_t instruction, uint64_t pc, const isa& has);

} // namespace vmcore::riscv
