#include "sim/key_values.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace vmcore::sim {

/// Splits at single commas; two commas are one comma of the text.
static std::vector<std::string> split(const std::string& text) {
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

key_values::key_values(std::string option, const std::string& text, const std::string& first_key)
    : m_option(std::move(option)) {
    const std::vector<std::string> parts = split(text);
    for (size_t i = 0; i < parts.size(); ++i) {
        const size_t equals = parts[i].find('=');
        if (equals != std::string::npos)
            m_pairs.emplace_back(parts[i].substr(0, equals), parts[i].substr(equals + 1));
        else if (i == 0)
            m_pairs.emplace_back(first_key, parts[i]);
        else if (!parts[i].empty())
            m_pairs.emplace_back(parts[i], "on"); // a lone word switches on, as in QEMU
        else
            fail("an empty part in '" + text + "', expected key=value");
    }
}

std::string key_values::take(const std::string& key, bool& found) {
    const auto matches = [&](const auto& pair) { return pair.first == key; };
    const auto pair = std::find_if(m_pairs.begin(), m_pairs.end(), matches);
    found = pair != m_pairs.end();
    if (!found)
        return "";
    std::string value = std::move(pair->second);
    m_pairs.erase(pair);
    if (std::any_of(m_pairs.begin(), m_pairs.end(), matches))
        fail("'" + key + "' is given twice");
    return value;
}

std::string key_values::take(const std::string& key, const std::string& otherwise) {
    bool found = false;
    std::string value = take(key, found);
    return found ? value : otherwise;
}

bool key_values::take_switch(const std::string& key, bool otherwise) {
    bool found = false;
    const std::string value = take(key, found);
    return found ? parse_switch(m_option + ": " + key, value) : otherwise;
}

void key_values::expect_empty() const {
    if (!m_pairs.empty())
        fail("unknown property '" + m_pairs.front().first + "'");
}

void key_values::fail(const std::string& what) const {
    throw usage_error(m_option + ": " + what);
}

uint64_t parse_number(const std::string& option, const std::string& text) {
    const bool hexadecimal = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char* digits = text.c_str() + (hexadecimal ? 2 : 0);
    char* end = nullptr;
    errno = 0;
    const uint64_t value = std::strtoull(digits, &end, hexadecimal ? 16 : 10);
    if (!std::isxdigit(static_cast<unsigned char>(*digits)) || end != text.c_str() + text.size() ||
        errno == ERANGE)
        throw usage_error(option + ": '" + text +
                          "' is not a number, expected decimal or 0x and hexadecimal digits");
    return value;
}

uint64_t parse_size(const std::string& option, const std::string& text, uint64_t unit) {
    static const std::string suffixes = "KMGT";
    const size_t suffix =
        text.empty()
            ? std::string::npos
            : suffixes.find(static_cast<char>(std::toupper(static_cast<unsigned char>(text.back()))));
    std::string digits = text;
    if (suffix != std::string::npos) {
        unit = uint64_t(1) << (10 * (suffix + 1));
        digits.pop_back();
    }
    if (digits.empty() ||
        !std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c); }))
        throw usage_error(option + ": '" + text + "' is not a size, expected a number and K, M, G or T");
    const uint64_t value = parse_number(option, digits);
    if (value > ~uint64_t(0) / unit)
        throw usage_error(option + ": '" + text + "' is too large");
    return value * unit;
}

bool parse_switch(const std::string& option, const std::string& text) {
    if (text == "on" || text == "yes" || text == "true")
        return true;
    if (text == "off" || text == "no" || text == "false")
        return false;
    throw usage_error(option + ": '" + text + "', expected on or off");
}

/// Letters to insert, delete, replace, or swap with their neighbour, to make one word of the other.
static size_t edit_distance(const std::string& a, const std::string& b) {
    std::vector<std::vector<size_t>> least(a.size() + 1, std::vector<size_t>(b.size() + 1));
    for (size_t i = 0; i <= a.size(); ++i) {
        for (size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                least[i][j] = i + j;
                continue;
            }
            const size_t replaced = least[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            least[i][j] = std::min({least[i - 1][j] + 1, least[i][j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                least[i][j] = std::min(least[i][j], least[i - 2][j - 2] + 1);
        }
    }
    return least[a.size()][b.size()];
}

std::string nearest_word(const std::string& word, const std::vector<std::string>& candidates) {
    std::string nearest;
    size_t least = word.size() / 2 + 1; // farther than half the word is no likeness
    for (const std::string& candidate : candidates) {
        const size_t lengths[] = {word.size(), candidate.size()};
        if (std::max(lengths[0], lengths[1]) - std::min(lengths[0], lengths[1]) >= least)
            continue; // so many letters to insert: a table, as large as the product of both, tells no more
        const size_t distance = edit_distance(word, candidate);
        if (distance < least) {
            least = distance;
            nearest = candidate;
        }
    }
    return nearest;
}

} // namespace vmcore::sim
