#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vmcore::sim {

/// The first name that an object in a JSON text has twice, where a parsed value holds only the last of both.
/// None also where the text is no JSON.
std::optional<std::string> repeated_member(std::string_view text);

} // namespace vmcore::sim
