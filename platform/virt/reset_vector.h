#pragma once

#include <cstdint>
#include <vector>

namespace vmcore::virt {

/// The contents of the mask ROM from its first byte on: the code every hart starts with, the addresses it
/// uses, and OpenSBI's fw_dynamic_info. It enters `start` with a0 = hart id, a1 = `fdt`, a2 = address of the
/// info.
/// @param start  where the firmware begins
/// @param fdt    address of the device tree
/// @param kernel where OpenSBI is to go on in S mode; 0 when there is no kernel
std::vector<uint8_t> reset_vector(uint64_t start, uint64_t fdt, uint64_t kernel);

} // namespace vmcore::virt
