#include "sim/qmp/json_reader.h"

#include <algorithm>
#include <boost/json/parse_options.hpp>

namespace vmcore::sim::qmp {

namespace json = boost::json;

static json::parse_options options() {
    json::parse_options result;
    result.max_depth = json_reader::max_depth;
    return result;
}

json_reader::json_reader()
    : m_parser(json::storage_ptr(), options()) {}

void json_reader::reset() {
    m_parser.reset();
    m_bytes = 0;
    m_skipping = false;
}

void json_reader::refuse(std::vector<item>& items, const std::string& text) {
    items.push_back({nullptr, "JSON parse error, " + text});
    m_parser.reset();
    m_bytes = 0;
    m_skipping = true;
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
        json::error_code failure;
        const size_t used = m_parser.write_some(bytes.data(), bytes.size(), failure);
        m_bytes += used;
        if (failure) {
            bytes.remove_prefix(std::min(used, bytes.size()));
            refuse(items, failure.message());
        } else if (m_bytes > max_bytes) {
            bytes.remove_prefix(used);
            refuse(items, "the value has more than " + std::to_string(max_bytes) + " bytes");
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
