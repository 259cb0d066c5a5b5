#include "sim/qmp/value_format.h"

#include "models/tlm/endian.h"

#include <algorithm>
#include <cstdio>

namespace vmcore::sim::qmp {

namespace {

template <typename... ARGUMENTS>
std::string print(const char* format, ARGUMENTS... arguments) {
    char text[64];
    std::snprintf(text, sizeof text, format, arguments...);
    return text;
}

using wide = unsigned long long;

std::string quote(uint32_t character) {
    switch (character) {
    case '\'': return "'\\''";
    case '\\': return "'\\\\'";
    case '\n': return "'\\n'";
    case '\r': return "'\\r'";
    default:
        return character >= ' ' && character <= '~' ? print("'%c'", static_cast<int>(character))
                                                    : print("'\\x%02x'", character);
    }
}

/// The widest that a number of so many bits gets, sign and prefix aside.
int columns(char letter, unsigned bits) {
    switch (letter) {
    case 'x': return static_cast<int>(bits / 4);
    case 'o': return static_cast<int>((bits + 2) / 3);
    default: return static_cast<int>((bits * 10 + 32) / 33); // 33 bits for 10 decimal digits
    }
}

std::string in_column(char letter, unsigned unit, uint64_t value) {
    const int width = columns(letter, unit * 8);
    switch (letter) {
    case 'x': return print("0x%0*llx", width, static_cast<wide>(value));
    case 'o': return print("%#*llo", width, static_cast<wide>(value));
    case 'u': return print("%*llu", width, static_cast<wide>(value));
    case 'c': return quote(static_cast<uint32_t>(value));
    default: return print("%*lld", width, static_cast<long long>(value)); // only 8-byte units have a sign
    }
}

} // namespace

std::string format_value(const value_format& wanted, int64_t value) {
    switch (wanted.letter) {
    case 'x': return print("%#llx", static_cast<wide>(value));
    case 'o': return print("%#llo", static_cast<wide>(value));
    case 'u': return print("%llu", static_cast<wide>(value));
    case 'c': return quote(static_cast<uint32_t>(value));
    default: return print("%lld", static_cast<long long>(value));
    }
}

std::string format_memory(const value_format& wanted, uint64_t address, const memory_reader& read) {
    const unsigned line = wanted.unit == 1 ? 8 : 16;
    const unsigned unit =
        wanted.letter == 'c' ? 1 : wanted.unit; // characters are bytes, as many as units hold
    std::string text;
    for (uint64_t left = wanted.count * wanted.unit; left > 0;) {
        const unsigned length = static_cast<unsigned>(std::min<uint64_t>(left, line));
        uint8_t bytes[16];
        text += print("%016llx:", static_cast<wide>(address));
        if (!read(address, bytes, length))
            return text + " Cannot access memory\n";
        for (unsigned at = 0; at < length; at += unit)
            text += " " + in_column(wanted.letter, unit, load_bytes(bytes + at, unit, byte_order::little));
        text += "\n";
        address += length;
        left -= length;
    }
    return text;
}

} // namespace vmcore::sim::qmp
