#pragma once

#include "models/dump/cpu_state.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore::sim {

/// The CPUs of an x86 machine from a file: an ELF core, whose CPU notes are read, or JSON,
/// {"cpus": [{"rax": "0x1", "cr3": 4096, "cs": {"selector": 16, "base": 0, "limit": "0xffffffff",
/// "flags": "0xa09b00"}, ...}, ...]}, with the names of cpu_context::register_value() or their 32-bit
/// spellings (eax, of 32 bits). A selector has 16 bits, limit and flags have 32. What is left out is 0; what
/// is named twice is an error. EFER tells whether the machine is an x86_64 or an i386; without it
/// it is an x86_64.
/// @param option as typed, for messages
/// @throws usage_error, std::runtime_error: one line naming the option, the file and what was expected
cpu_states load_cpu_states(const std::string& option, const std::string& path);

} // namespace vmcore::sim
