#include "sim/gdb/hex.h"

#include <algorithm>
#include <utility>

namespace vmcore::sim::gdb {

static constexpr char digits[] = "0123456789abcdef";

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

std::string hex_digits(const void* bytes, size_t size) {
    std::string text;
    text.reserve(2 * size);
    for (size_t i = 0; i < size; ++i) {
        const uint8_t byte = static_cast<const uint8_t*>(bytes)[i];
        text += digits[byte / 16];
        text += digits[byte % 16];
    }
    return text;
}

std::string hex_digits(std::string_view text) {
    return hex_digits(text.data(), text.size());
}

std::string hex_number(uint64_t value) {
    std::string text;
    do
        text += digits[value % 16];
    while ((value /= 16) != 0);
    std::reverse(text.begin(), text.end());
    return text;
}

bool text_reader::take(std::string_view expected) {
    if (m_text.substr(0, expected.size()) != expected)
        return false;
    m_text.remove_prefix(expected.size());
    return true;
}

void text_reader::expect(std::string_view expected) {
    if (!take(expected))
        throw malformed();
}

void text_reader::expect_end() const {
    if (!empty())
        throw malformed();
}

uint64_t text_reader::number() {
    uint64_t value = 0;
    size_t count = 0;
    for (; count < m_text.size() && hex_value(m_text[count]) >= 0; ++count) {
        if (value >> 60 != 0)
            throw malformed();
        value = value * 16 + static_cast<unsigned>(hex_value(m_text[count]));
    }
    if (count == 0)
        throw malformed();
    m_text.remove_prefix(count);
    return value;
}

std::string_view text_reader::until(char separator) {
    const size_t end = std::min(m_text.find(separator), m_text.size());
    const std::string_view found = m_text.substr(0, end);
    m_text.remove_prefix(std::min(end + 1, m_text.size()));
    return found;
}

std::string_view text_reader::rest() {
    return std::exchange(m_text, {});
}

std::vector<uint8_t> text_reader::bytes() {
    if (m_text.size() % 2 != 0)
        throw malformed();
    std::vector<uint8_t> result;
    result.reserve(m_text.size() / 2);
    for (size_t i = 0; i < m_text.size(); i += 2) {
        const int high = hex_value(m_text[i]);
        const int low = hex_value(m_text[i + 1]);
        if (high < 0 || low < 0)
            throw malformed();
        result.push_back(static_cast<uint8_t>(high * 16 + low));
    }
    m_text = {};
    return result;
}

} // namespace vmcore::sim::gdb
