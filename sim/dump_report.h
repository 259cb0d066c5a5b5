#pragma once

#include "models/dump/dumper.h"

#include <string>

/// How a dump went, as text for another process of the same program.
namespace vmcore::sim {

std::string report_result(const dump_result& result);
std::string report_error(const std::string& what);

/// @param file of the dump, for messages
/// @throws std::runtime_error with the text of report_error(), or when the text is no report
dump_result read_report(const std::string& file, const std::string& text);

} // namespace vmcore::sim
