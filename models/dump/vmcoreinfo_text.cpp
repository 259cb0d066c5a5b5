#include "models/dump/vmcoreinfo_text.h"

#include <algorithm>
#include <string>

namespace vmcore {

namespace {

std::optional<uint64_t> parse_digits(std::string_view text, unsigned radix) {
    if (text.empty())
        return std::nullopt;
    uint64_t value = 0;
    for (char c : text) {
        const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                               : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                               : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                      : radix;
        if (digit >= radix || value > (~uint64_t{0} - digit) / radix)
            return std::nullopt;
        value = value * radix + digit;
    }
    return value;
}

bool drop_hex_prefix(std::string_view& text) {
    const bool has_prefix = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (has_prefix)
        text.remove_prefix(2);
    return has_prefix;
}

} // namespace

std::optional<std::string_view> vmcoreinfo_text::value(std::string_view key) const {
    std::string_view rest = m_text;
    while (!rest.empty()) {
        const size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        if (line.size() > key.size() && line[key.size()] == '=' && line.substr(0, key.size()) == key)
            return line.substr(key.size() + 1);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return std::nullopt;
}

std::optional<uint64_t> vmcoreinfo_text::number(std::string_view key) const {
    std::optional<std::string_view> text = value(key);
    if (!text)
        return std::nullopt;
    const bool negative = !text->empty() && text->front() == '-';
    if (negative)
        text->remove_prefix(1);
    const unsigned radix = drop_hex_prefix(*text) ? 16 : 10;
    const std::optional<uint64_t> number = parse_digits(*text, radix);
    return number && negative ? uint64_t{0} - *number : number;
}

std::optional<uint64_t> vmcoreinfo_text::symbol(std::string_view name) const {
    std::optional<std::string_view> text = value("SYMBOL(" + std::string(name) + ")");
    if (!text)
        return std::nullopt;
    drop_hex_prefix(*text);
    return parse_digits(*text, 16);
}

} // namespace vmcore
