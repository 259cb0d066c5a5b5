#include "sim/messages.h"

#include <iostream>

namespace vmcore::sim {

std::string one_line(const std::string& text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string line;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < ' ' || byte == 0x7f)
            line += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
        else
            line += c;
    }
    return line;
}

void print_line(const std::string& text) {
    std::cerr << "vmcore-vp: " + one_line(text) + '\n';
}

void print_warning(const std::string& text) {
    print_line("warning: " + text);
}

} // namespace vmcore::sim
