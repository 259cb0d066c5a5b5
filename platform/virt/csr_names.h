#pragma once

#include <string>

namespace vmcore::virt {

/// The name of a control and status register in the RISC-V specifications, or "csr" and its number.
std::string csr_name(unsigned number);

} // namespace vmcore::virt
