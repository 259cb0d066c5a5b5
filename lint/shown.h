#pragma once

#include <string>
#include <string_view>

namespace vmcore::lint {

/// Text from outside, such as a file's name, as it may go to a terminal: characters as they are, but control
/// characters (C0, DEL and C1, of which some terminals take the latter for escape sequences too) and bytes
/// that are no UTF-8 as \xNN, each byte.
std::string shown(std::string_view text);

/// The same for JSON, which has its own way to write control characters: only bytes that are no UTF-8 become
/// \xNN.
std::string as_utf8(std::string_view text);

} // namespace vmcore::lint
