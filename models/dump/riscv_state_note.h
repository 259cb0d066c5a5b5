#pragma once

#include "models/dump/byte_sink.h"
#include "models/dump/guest_state.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace vmcore {

/// A control and status register of the RISC-V Privileged Architecture.
struct riscv_csr {
    std::string_view name; ///< as the assembler knows it
    uint16_t number;
};

/// The CSRs that a dump tells of, by ascending number.
const std::vector<riscv_csr>& riscv_csrs();

/// Name and type of our own note about a hart. Readers look at the type of a note whose name they do not
/// know: it must be none of Linux's.
constexpr const char* riscv_state_owner = "VMCORE-VP";
constexpr uint32_t riscv_state_type = 0x56500001;

/// The privilege mode of a hart that tells none.
constexpr uint32_t riscv_unknown_mode = 0xffffffff;

/// Its descriptor: what NT_PRSTATUS has no place for, see README.md for the layout. Empty when nothing of it
/// is known.
/// @param index of the hart; the note tells it plus one, as pr_pid does
std::vector<uint8_t> build_riscv_state(const cpu_context& cpu, size_t index, byte_order order);

} // namespace vmcore
