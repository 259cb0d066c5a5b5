#pragma once

#include <string>

namespace vmcore::sim {

/// The text with control characters as \xNN: one line, whatever names and values of the user's it quotes.
std::string one_line(const std::string& text);

/// Prints "vmcore-vp: TEXT" on standard error, as one line.
void print_line(const std::string& text);

/// Prints "vmcore-vp: warning: TEXT" on standard error, as one line.
void print_warning(const std::string& text);

} // namespace vmcore::sim
