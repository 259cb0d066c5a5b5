#pragma once

#include "sim/key_values.h"

#include <cstdint>
#include <string>

namespace vmcore::sim {

/// Where a protocol server meets its client, in QEMU's spelling:
///   stdio                            standard input and output
///   unix:PATH                        connects to a listening socket
///   unix:PATH,server=on              listens, and waits for the first client before the guest runs
///   unix:PATH,server=on,wait=off     listens
/// A comma in PATH is written twice; `server` and `nowait` alone stand for server=on and wait=off.
/// A debugger's endpoint may also be a port of the host: see parse_debug_endpoint().
struct endpoint {
    std::string option; ///< the option that names it, for messages
    bool stdio = false;
    std::string path;
    std::string address = {}; ///< of the host in numbers; empty unless it is a port
    uint16_t port = 0;
    bool server = false;
    bool wait = true;

    bool is_port() const { return !address.empty(); }
    std::string name() const {
        if (is_port())
            return option + " tcp:" + address + ":" + std::to_string(port);
        return option + (stdio ? " stdio" : " unix:" + path);
    }
};

/// @throws usage_error
endpoint parse_endpoint(const std::string& option, const std::string& text);

/// Where a debugger connects to, and the guest need not wait for it:
///   tcp:[HOST]:PORT    listens at a port of this host: at the loopback address unless HOST, an IPv4 address
///   in
///                      numbers or localhost, says otherwise
///   unix:PATH          listens, as with server=on,wait=off; server=off connects
///   stdio              standard input and output
/// @throws usage_error
endpoint parse_debug_endpoint(const std::string& option, const std::string& text);

/// Takes the options of a socket: path, server, wait.
/// @throws usage_error
endpoint take_socket(const std::string& option, key_values& given);

} // namespace vmcore::sim
