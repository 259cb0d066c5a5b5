#pragma once

#include "models/dump/arch.h"

#include <vector>

/// The notes about a CPU that each architecture's cores have.
namespace vmcore::cpu_notes {

using groups = std::vector<std::vector<cpu_note_layout>>;

groups riscv64();
groups riscv32();
groups x86_64();
groups i386();
groups aarch64(byte_order order);
groups arm();

} // namespace vmcore::cpu_notes
