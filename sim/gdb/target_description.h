#pragma once

#include "models/tlm/debug_target.h"

#include <string>

namespace vmcore::sim::gdb {

/// A CPU's registers as gdb reads them: target.xml (gdb, "Target Description Format").
std::string target_description(const debug_target& described);

} // namespace vmcore::sim::gdb
