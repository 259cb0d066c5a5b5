#pragma once

#include "sim/options.h"

#include <set>
#include <string>

namespace vmcore::sim {

/// Judges what the command line says of --dump when all of it is known: whether there is a dump for options
/// that need one, and whether it has its output for itself.
/// @param given names of the options that were typed, without dashes
/// @throws usage_error
void check_dump_options(const options& wanted, const std::set<std::string>& given);

} // namespace vmcore::sim
