#pragma once

#include "platform/board.h"

#include <cstdint>
#include <string>

namespace vmcore::sim::qmp {

/// The most that the two commands below save, in bytes.
constexpr uint64_t max_saved = uint64_t(1) << 36;

/// QMP's pmemsave: guest-physical memory as a raw file, zeros where nothing is mapped. The file appears when
/// it is complete; pages of zeros become holes.
/// @throws error
void save_physical_memory(const board& saved, uint64_t address, uint64_t size, const std::string& file);

/// QMP's memsave: the memory that a CPU sees, which must all be there.
/// @throws error
void save_virtual_memory(board& saved, int64_t cpu, uint64_t address, uint64_t size, const std::string& file);

} // namespace vmcore::sim::qmp
