#include "models/uart16550/unix_address.h"

#include <stdexcept>
#include <vector>

namespace vmcore {

/// Splits at single commas; two commas stand for one in the text.
static std::vector<std::string> split_options(const std::string& text) {
    std::vector<std::string> parts(1);
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != ',')
            parts.back() += text[i];
        else if (i + 1 < text.size() && text[i + 1] == ',')
            parts.back() += text[i++];
        else
            parts.emplace_back();
    }
    return parts;
}

unix_address parse_unix_address(const std::string& text, const std::string& what) {
    const std::vector<std::string> parts = split_options(text);
    unix_address address{parts[0]};
    bool wait_given = false;
    for (size_t i = 1; i < parts.size(); ++i) {
        const std::string& part = parts[i];
        const std::string name = part.substr(0, part.find('='));
        const std::string value = part == name ? "on" : part.substr(name.size() + 1);
        if ((name != "server" && name != "wait") || (value != "on" && value != "off"))
            throw std::invalid_argument(what + ": cannot use '" + part +
                                        "', expected server=on|off or wait=on|off");
        (name == "server" ? address.server : address.wait) = value == "on";
        wait_given = wait_given || name == "wait";
    }
    if (address.path.empty())
        throw std::invalid_argument(what + ": the path is missing, expected unix:PATH");
    if (wait_given && !address.server)
        throw std::invalid_argument(what + ": wait is for a server, expected server=on beside it");
    return address;
}

} // namespace vmcore
