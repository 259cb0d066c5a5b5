#include "sim/io/endpoint.h"

#include <arpa/inet.h>
#include <sys/un.h>

namespace vmcore::sim {

endpoint take_socket(const std::string& option, key_values& given) {
    endpoint result;
    result.option = option;
    result.path = given.take("path");
    if (result.path.empty())
        throw usage_error(option + ": the path is missing, expected the name of a socket");
    if (result.path.size() >= sizeof sockaddr_un::sun_path)
        throw usage_error(option + ": the path has " + std::to_string(result.path.size()) +
                          " bytes, expected at most " + std::to_string(sizeof sockaddr_un::sun_path - 1));
    result.server = given.take_switch("server", false);
    bool wait_given = false;
    const std::string wait = given.take("wait", wait_given);
    if (wait_given && !result.server)
        throw usage_error(option + ": wait is for a server, expected server=on beside it");
    result.wait = wait_given ? parse_switch(option + ": wait", wait) : !given.take_switch("nowait", false);
    given.expect_empty();
    return result;
}

static uint16_t parse_port(const std::string& option, const std::string& text) {
    const bool is_number =
        !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string::npos;
    const unsigned long port = is_number ? std::stoul(text) : 0;
    if (port == 0 || port > 0xffff)
        throw usage_error(option + ": port '" + text + "', expected a number from 1 to 65535");
    return static_cast<uint16_t>(port);
}

/// `[HOST]:PORT`, and the switches that QEMU takes behind it as far as they say what is so anyway.
static endpoint parse_port_endpoint(const std::string& option, const std::string& text) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string place = text.substr(0, comma);
    const size_t colon = place.rfind(':');
    if (colon == std::string::npos)
        throw usage_error(option + ": 'tcp:" + place + "', expected tcp:[HOST]:PORT");
    endpoint result;
    result.option = option;
    result.server = true;
    result.wait = false;
    result.address = place.substr(0, colon);
    if (result.address.empty() || result.address == "localhost")
        result.address = "127.0.0.1";
    in_addr numbers{};
    if (inet_pton(AF_INET, result.address.c_str(), &numbers) != 1)
        throw usage_error(option + ": host '" + result.address +
                          "', expected an IPv4 address in numbers, localhost or nothing");
    result.port = parse_port(option, place.substr(colon + 1));
    if (comma < text.size()) {
        key_values given(option, text.substr(comma + 1), "server");
        if (!given.take_switch("server", true))
            throw usage_error(option + ": server=off, expected server=on: a debugger connects");
        result.wait = given.take_switch("wait", false);
        given.take_switch("nodelay", true);
        given.expect_empty();
    }
    return result;
}

endpoint parse_debug_endpoint(const std::string& option, const std::string& text) {
    if (text.rfind("tcp:", 0) == 0)
        return parse_port_endpoint(option, text.substr(4));
    if (text != "stdio" && text.rfind("unix:", 0) != 0)
        throw usage_error(option + ": '" + text + "', expected tcp:[HOST]:PORT, unix:PATH, stdio or none");
    const bool is_plain = text.find(",server") == std::string::npos && text != "stdio";
    const endpoint result = parse_endpoint(option, is_plain ? text + ",server=on,wait=off" : text);
    return result;
}

endpoint parse_endpoint(const std::string& option, const std::string& text) {
    if (text == "stdio") {
        endpoint result;
        result.option = option;
        result.stdio = true;
        return result;
    }
    if (text.rfind("unix:", 0) != 0)
        throw usage_error(option + ": '" + text + "', expected unix:PATH[,server=on][,wait=off] or stdio");
    key_values given(option, "path=" + text.substr(5), "path");
    return take_socket(option, given);
}

} // namespace vmcore::sim
