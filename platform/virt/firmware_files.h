#pragma once

#include <string>
#include <vector>

namespace vmcore::virt {

/// The directories in which QEMU's and Debian's packages keep firmware.
const std::vector<std::string>& firmware_directories();

/// The path of a firmware: the name itself where there is such a file, else the first of that name in a
/// directory; the name itself when there is none.
/// @param directories to look into, in this order
std::string find_firmware(const std::string& name, const std::vector<std::string>& directories);

/// The path of the firmware that QEMU loads unless it is told another: OpenSBI's fw_dynamic, under QEMU's
/// name or Debian's.
/// @throws std::runtime_error telling where it was looked for and which package has it
std::string find_default_firmware(const std::vector<std::string>& directories);

} // namespace vmcore::virt
