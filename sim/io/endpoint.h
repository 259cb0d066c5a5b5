#pragma once

#include "sim/key_values.h"

#include <string>

namespace vmcore::sim {

/// Where a protocol server meets its client, in QEMU's spelling:
///   stdio                            standard input and output
///   unix:PATH                        connects to a listening socket
///   unix:PATH,server=on              listens, and waits for the first client before the guest runs
///   unix:PATH,server=on,wait=off     listens
/// A comma in PATH is written twice; `server` and `nowait` alone stand for server=on and wait=off.
struct endpoint {
    std::string option; ///< the option that names it, for messages
    bool stdio = false;
    std::string path;
    bool server = false;
    bool wait = true;

    std::string name() const { return option + (stdio ? " stdio" : " unix:" + path); }
};

/// @throws usage_error
endpoint parse_endpoint(const std::string& option, const std::string& text);

/// Takes the options of a socket: path, server, wait.
/// @throws usage_error
endpoint take_socket(const std::string& option, key_values& given);

} // namespace vmcore::sim
