#pragma once

#include "models/riscv/isa.h"

#include <string>

namespace vmcore::riscv {

/// A hart in the words of QEMU's -cpu: "rv64" (or "max") has all that isa has by default, "rv64i" none of it;
/// then
/// ",name=on" or ",name=off" for extensions (m, a, f, d, c, s, u, zicntr, zicbom, zicboz, zba, zbb, zbs,
/// sstc, svadu), mmu, pmp, and sv39, sv48, sv57, of which the widest that is on counts.
/// @throws std::invalid_argument saying what was wrong and what was expected
isa parse_isa(const std::string& text);

} // namespace vmcore::riscv
