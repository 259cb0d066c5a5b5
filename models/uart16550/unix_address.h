#pragma once

#include <string>

namespace vmcore {

/// What `-serial unix:PATH[,server=on|off][,wait=on|off]` says behind the colon.
struct unix_address {
    std::string path;    ///< of the socket, at least one character
    bool server = false; ///< listen there; otherwise connect
    bool wait = true;    ///< a server waits for its first peer
};

/// Reads it; opens nothing. A comma in PATH is written twice.
/// @param what the option as typed, for messages
/// @throws std::invalid_argument
unix_address parse_unix_address(const std::string& text, const std::string& what);

} // namespace vmcore
