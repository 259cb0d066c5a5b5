#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace vmcore {

/// A number as messages show addresses: hexadecimal, after "0x".
inline std::string hex_text(uint64_t number) {
    char text[19];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
    return text;
}

} // namespace vmcore
