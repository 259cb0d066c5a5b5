#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace vmcore {

/// A number as messages show it, for example "0x1000".
inline std::string hex(uint64_t number) {
    char text[19];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
    return text;
}

} // namespace vmcore
