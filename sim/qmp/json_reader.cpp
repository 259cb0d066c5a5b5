#include "sim/qmp/json_reader.h"

#include <algorithm>
#include <boost/json/error.hpp>
#include <boost/json/parse_options.hpp>

namespace vmcore::sim::qmp {

namespace json = boost::json;

static json::parse_options options() {
    json::parse_options result;
    result.max_depth = json_reader::max_depth;
    return result;
}

/// How many bytes from the start on may be UTF-8, as far as lead and continuation bytes go. `pending` counts
/// the continuation bytes that a sequence lacks, at first and at the end.
static size_t well_formed(std::string_view bytes, unsigned& pending) {
    for (size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        const bool continues = (byte & 0xc0) == 0x80;
        if (continues != (pending > 0) || byte >= 0xf8)
            return i;
        if (continues)
            --pending;
        else
            pending = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    }
    return bytes.size();
}

json_reader::json_reader()
    : m_parser(json::storage_ptr(), options()) {}

void json_reader::reset() {
    m_parser.reset();
    m_bytes = 0;
    m_pending = 0;
    m_skipping = false;
}

/// What is wrong is in `line`, or in as much of a line as has come.
void json_reader::refuse(std::vector<item>& items, const std::string& text, std::string_view line) {
    items.push_back({nullptr, text});
    reset();
    m_skipping = line.back() != '\n';
}

std::vector<json_reader::item> json_reader::feed(std::string_view bytes) {
    std::vector<item> items;
    while (!bytes.empty()) {
        if (m_skipping) {
            const size_t newline = bytes.find('\n');
            if (newline == std::string_view::npos)
                break;
            bytes.remove_prefix(newline + 1);
            m_skipping = false;
            continue;
        }
        if (m_bytes == 0) { // blanks between values count for none
            bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
            if (bytes.empty())
                break;
        }
        // A line at a time, so that it is sure which line an error is in: the parser itself takes a newline
        // for the rest of a sequence of UTF-8 that was cut short, and notices later.
        const std::string_view line = bytes.substr(0, bytes.find('\n') + 1);
        const std::string_view whole = line.empty() ? bytes : line;
        unsigned pending = m_pending;
        const std::string_view part = whole.substr(0, well_formed(whole, pending));
        if (part.empty()) {
            bytes.remove_prefix(whole.size());
            refuse(items, "JSON parse error, invalid UTF-8", whole);
            continue;
        }
        json::error_code failure;
        const size_t used = m_parser.write_some(part.data(), part.size(), failure);
        m_bytes += used;
        m_pending = used < part.size() ? 0 : pending;
        if (failure) {
            bytes.remove_prefix(whole.size());
            refuse(items,
                   failure == json::error::too_deep ? "JSON nesting depth limit exceeded"
                                                    : "JSON parse error, " + failure.message(),
                   whole);
        } else if (m_bytes > max_bytes) {
            bytes.remove_prefix(whole.size());
            refuse(items, "JSON parse error, the value has more than " + std::to_string(max_bytes) + " bytes",
                   whole);
        } else {
            bytes.remove_prefix(used);
            if (m_parser.done()) {
                items.push_back({m_parser.release(), ""});
                m_parser.reset();
                m_bytes = 0;
            }
        }
    }
    return items;
}

} // namespace vmcore::sim::qmp
