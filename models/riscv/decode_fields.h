#pragma once

#include "models/riscv/op.h"

#include <cstdint>

namespace vmcore::riscv {

/// The fields of a 4-byte instruction.
struct instruction_fields {
    uint32_t bits;

    uint8_t rd() const {
        const uint8_t number = bits >> 7 & 31;
        return number == 0 ? sink_register : number;
    }
    uint8_t rs1() const { return bits >> 15 & 31; }
    uint8_t rs2() const { return bits >> 20 & 31; }
    unsigned funct3() const { return bits >> 12 & 7; }
    unsigned funct7() const { return bits >> 25; }
    int64_t i_immediate() const { return static_cast<int32_t>(bits) >> 20; }
    int64_t u_immediate() const { return static_cast<int32_t>(bits & 0xfffff000); }
    int64_t s_immediate() const {
        return (static_cast<int32_t>(bits) >> 25) * 32 + static_cast<int64_t>(bits >> 7 & 31);
    }
    int64_t b_immediate() const {
        return (static_cast<int32_t>(bits) >> 31) * 4096 +
               static_cast<int64_t>((bits >> 7 & 1) << 11 | (bits >> 25 & 0x3f) << 5 | (bits >> 8 & 15) << 1);
    }
    int64_t j_immediate() const {
        return (static_cast<int32_t>(bits) >> 31) * 1048576 +
               static_cast<int64_t>((bits & 0xff000) | (bits >> 20 & 1) << 11 | (bits >> 21 & 0x3ff) << 1);
    }
};

} // namespace vmcore::riscv
