#include "sim/qtest/command.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace vmcore::sim::qtest {

command::command(std::string_view line) {
    for (;;) {
        const size_t blank = line.find(' ');
        m_words.emplace_back(line.substr(0, blank));
        if (blank == std::string_view::npos)
            return;
        line.remove_prefix(blank + 1);
    }
}

const std::string& command::text(size_t argument) const {
    if (argument >= arguments())
        throw refusal("FAIL " + name() + " takes more arguments");
    return m_words[argument + 1];
}

uint64_t command::number(size_t argument) const {
    const std::string& word = text(argument);
    char* end = nullptr;
    errno = 0;
    const uint64_t value = std::strtoull(word.c_str(), &end, 0);
    if (word.empty() || *end != '\0' || errno != 0 || word.size() != std::string_view(word.c_str()).size())
        throw refusal("FAIL " + name() + ": '" + word + "' is no number of 64 bits");
    return value;
}

uint64_t command::count(size_t argument) const {
    const uint64_t value = number(argument);
    if (value == 0 || value > max_bytes)
        throw refusal("FAIL " + name() + ": " + text(argument) + " bytes, expected 1 to " +
                      std::to_string(max_bytes));
    return value;
}

std::string to_hex(const std::vector<uint8_t>& bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text = "0x";
    text.reserve(2 + 2 * bytes.size());
    for (const uint8_t byte : bytes) {
        text += digits[byte / 16];
        text += digits[byte % 16];
    }
    return text;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::vector<uint8_t> from_hex(const std::string& text, uint64_t count) {
    if (text.size() < 3)
        throw refusal("ERR invalid argument size");
    std::vector<uint8_t> bytes(count);
    for (size_t i = 0; i < count && 2 + 2 * i + 1 < text.size(); ++i) {
        const int high = hex_digit(text[2 + 2 * i]);
        const int low = hex_digit(text[3 + 2 * i]);
        bytes[i] = high < 0 || low < 0 ? 0 : static_cast<uint8_t>(high * 16 + low);
    }
    return bytes;
}

static constexpr char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(const std::vector<uint8_t>& bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const size_t present = std::min<size_t>(3, bytes.size() - i);
        unsigned group = 0;
        for (size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < present ? bytes[i + k] : 0u);
        for (unsigned k = 0; k < 4; ++k)
            text += k <= present ? base64_digits[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

std::vector<uint8_t> from_base64(const std::string& text) {
    std::vector<uint8_t> bytes;
    bytes.reserve(text.size() / 4 * 3);
    const size_t end = text.find('=');
    unsigned group = 0;
    unsigned bits = 0;
    for (const char c : std::string_view(text).substr(0, end)) {
        const char* digit = c == '\0' ? nullptr : std::find(base64_digits, base64_digits + 64, c);
        if (digit == nullptr || digit == base64_digits + 64)
            throw refusal("FAIL '" + std::string(1, c) + "' is no base64 digit");
        group = group << 6 | static_cast<unsigned>(digit - base64_digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<uint8_t>(group >> bits));
        }
    }
    return bytes;
}

std::vector<line_splitter::line> line_splitter::feed(std::string_view bytes) {
    std::vector<line> lines;
    while (!bytes.empty()) {
        const size_t end = std::min(bytes.find('\n'), bytes.size());
        if (m_rest.text.size() + end > max_line)
            m_rest.too_long = true;
        else
            m_rest.text += bytes.substr(0, end);
        if (end == bytes.size())
            break;
        lines.push_back(std::move(m_rest));
        m_rest = {};
        bytes.remove_prefix(end + 1);
    }
    return lines;
}

} // namespace vmcore::sim::qtest
