#pragma once

#include "models/riscv/hart.h"

#include <cstdint>
#include <optional>
#include <string>

namespace vmcore::virt {

/// A hart's registers in the lines and columns of `info registers` of qemu-system-riscv64: pc, the CSRs that
/// the hart has of those that QEMU lists, x0 to x31.
std::string describe_registers(const hart& described);

/// A register by its name: pc, x0 to x31 and their names in the calling convention, or a CSR that
/// describe_registers() lists.
std::optional<uint64_t> find_register(const hart& asked, const std::string& name);

} // namespace vmcore::virt
