#include "sim/qmp/human_arguments.h"

#include <cctype>

namespace vmcore::sim::qmp {

static bool is_space(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

human_arguments::human_arguments(std::string command, std::string_view text, register_lookup registers)
    : m_command(std::move(command))
    , m_text(text)
    , m_registers(std::move(registers)) {}

void human_arguments::skip_spaces() {
    while (!m_text.empty() && is_space(m_text.front()))
        m_text.remove_prefix(1);
}

std::string human_arguments::options(std::string_view known) {
    std::string given;
    skip_spaces();
    while (!m_text.empty() && m_text.front() == '-') {
        const std::string letter(m_text.substr(1, 1));
        const size_t found = letter.empty() ? std::string_view::npos : known.find(letter);
        if (found == std::string_view::npos) {
            if (known.empty())
                break; // no option can follow any more: the next argument begins with this dash
            throw usage_error(m_command + ": unsupported option -" + letter);
        }
        given += letter;
        known.remove_prefix(found + 1);
        m_text.remove_prefix(2);
        skip_spaces();
    }
    return given;
}

int64_t human_arguments::number() {
    return evaluate(m_text, m_registers);
}

std::optional<int64_t> human_arguments::optional_number() {
    skip_spaces();
    return m_text.empty() ? std::nullopt : std::optional(number());
}

uint32_t human_arguments::narrow(int64_t value) const {
    if (static_cast<uint64_t>(value) >> 32 != 0)
        throw usage_error("'" + m_command + "' has failed: integer is for 32-bit values");
    return static_cast<uint32_t>(value);
}

uint32_t human_arguments::short_number() {
    return narrow(number());
}

std::optional<uint32_t> human_arguments::optional_short_number() {
    const std::optional<int64_t> value = optional_number();
    return value ? std::optional(narrow(*value)) : std::nullopt;
}

std::optional<char> human_arguments::escaped(char code) const {
    switch (code) {
    case 'n': return '\n';
    case 'r': return '\r';
    case '\\':
    case '\'':
    case '"': return code;
    default: return std::nullopt;
    }
}

std::optional<std::string> human_arguments::quoted() {
    std::string text;
    m_text.remove_prefix(1);
    while (!m_text.empty() && m_text.front() != '"') {
        char next = m_text.front();
        m_text.remove_prefix(1);
        if (next == '\\') {
            const std::optional<char> meant = m_text.empty() ? std::nullopt : escaped(m_text.front());
            if (!meant)
                return std::nullopt;
            next = *meant;
            m_text.remove_prefix(1);
        }
        text += next;
    }
    if (m_text.empty())
        return std::nullopt;
    m_text.remove_prefix(1);
    return text;
}

std::string human_arguments::string(const char* what) {
    skip_spaces();
    std::optional<std::string> text;
    if (!m_text.empty() && m_text.front() == '"') {
        text = quoted();
    } else if (!m_text.empty()) {
        size_t length = 0;
        while (length < m_text.size() && !is_space(m_text[length]))
            ++length;
        text = std::string(m_text.substr(0, length));
        m_text.remove_prefix(length);
    }
    if (!text)
        throw usage_error(m_command + ": " + what + " expected");
    return *text;
}

/// Numbers past any limit stay past it.
uint64_t human_arguments::count() {
    uint64_t value = 0;
    for (; !m_text.empty() && std::isdigit(static_cast<unsigned char>(m_text.front())) != 0;
         m_text.remove_prefix(1)) {
        value = value * 10 + static_cast<uint64_t>(m_text.front() - '0');
        value = value > uint64_t(1) << 32 ? uint64_t(1) << 32 : value;
    }
    return value;
}

value_format human_arguments::format(value_format& defaults) {
    value_format wanted = defaults;
    wanted.count = 1;
    skip_spaces();
    if (m_text.empty() || m_text.front() != '/')
        return wanted;
    m_text.remove_prefix(1);
    if (!m_text.empty() && std::isdigit(static_cast<unsigned char>(m_text.front())) != 0)
        wanted.count = count();
    for (; !m_text.empty() && !is_space(m_text.front()); m_text.remove_prefix(1)) {
        const char letter = m_text.front();
        switch (letter) {
        case 'x':
        case 'd':
        case 'u':
        case 'o':
        case 'i':
        case 'c': wanted.letter = letter; break;
        case 'b': wanted.unit = 1; break;
        case 'h': wanted.unit = 2; break;
        case 'w': wanted.unit = 4; break;
        case 'g':
        case 'L': wanted.unit = 8; break;
        default: throw usage_error(std::string("invalid char in format: '") + letter + "'");
        }
    }
    if (wanted.letter == 'i') // whose units have no size to remember
        wanted.unit = defaults.unit;
    defaults = wanted;
    return wanted;
}

std::vector<std::string> human_arguments::words() {
    std::vector<std::string> all;
    for (skip_spaces(); !m_text.empty(); skip_spaces()) {
        size_t length = 0;
        while (length < m_text.size() && !is_space(m_text[length]))
            ++length;
        all.emplace_back(m_text.substr(0, length));
        m_text.remove_prefix(length);
    }
    return all;
}

void human_arguments::expect_no_more() {
    skip_spaces();
    if (!m_text.empty())
        throw usage_error(m_command + ": extraneous characters at the end of line");
}

} // namespace vmcore::sim::qmp
