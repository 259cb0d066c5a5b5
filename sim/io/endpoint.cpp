#include "sim/io/endpoint.h"

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
