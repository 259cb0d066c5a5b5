#pragma once

#include "models/dump/byte_sink.h"
#include "models/dump/guest_state.h"

#include <cstdint>
#include <vector>

namespace vmcore {

/// Owner and type of the note in which gdb looks for a description of the target: NT_GDB_TDESC.
constexpr const char* gdb_owner = "GDB";
constexpr uint32_t gdb_target_description_type = 0xff000000;

/// Its descriptor for harts with floating point, with a terminating zero (gdb's manual, appendix "Target
/// Descriptions", "RISC-V Features"). One is enough for all harts: it is empty for all but the first, and for
/// harts without floating point, whom gdb knows by itself.
std::vector<uint8_t> build_riscv64_gdb_description(const cpu_context& cpu, size_t index, byte_order order);
std::vector<uint8_t> build_riscv32_gdb_description(const cpu_context& cpu, size_t index, byte_order order);

} // namespace vmcore
