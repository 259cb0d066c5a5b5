#include "lint/shown.h"

#include <boost/locale/utf.hpp>
#include <cstdio>

namespace vmcore::lint {

namespace {

using utf8 = boost::locale::utf::utf_traits<char>;

bool is_control(boost::locale::utf::code_point c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

std::string escaped(std::string_view text, bool controls_too) {
    std::string result;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        const char* const start = at;
        const boost::locale::utf::code_point c = utf8::decode(at, end);
        const bool is_character = boost::locale::utf::is_valid_codepoint(c); // neither illegal nor incomplete
        if (!is_character)
            at = start + 1; // what follows may begin a character
        if (is_character && !(controls_too && is_control(c))) {
            result.append(start, at);
            continue;
        }
        for (const char* byte = start; byte != at; ++byte) {
            char code[8];
            std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(*byte));
            result += code;
        }
    }
    return result;
}

} // namespace

std::string shown(std::string_view text) {
    return escaped(text, true);
}

std::string as_utf8(std::string_view text) {
    return escaped(text, false);
}

} // namespace vmcore::lint
