#include "sim/repeated_member.h"

#include <boost/json/basic_parser_impl.hpp>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

namespace json = boost::json;

namespace vmcore::sim {

namespace {

/// What the parser tells of a text, of which only the names matter. Ends the parsing at a repeated one.
struct name_watcher {
    static constexpr size_t max_object_size = std::numeric_limits<size_t>::max();
    static constexpr size_t max_array_size = max_object_size;
    static constexpr size_t max_key_size = max_object_size;
    static constexpr size_t max_string_size = max_object_size;

    std::vector<std::set<std::string>> objects; ///< that enclose the place in the text
    std::string name;                           ///< as far as it is known
    bool is_repeated = false;

    bool on_object_begin(json::error_code&) {
        objects.emplace_back();
        return true;
    }
    bool on_object_end(size_t, json::error_code&) {
        objects.pop_back();
        return true;
    }
    bool on_key_part(json::string_view part, size_t, json::error_code&) {
        name.append(part.data(), part.size());
        return true;
    }
    bool on_key(json::string_view last_part, size_t, json::error_code& stop) {
        name.append(last_part.data(), last_part.size());
        is_repeated = !objects.back().insert(name).second;
        if (is_repeated)
            stop = json::error::extra_data;
        else
            name.clear();
        return !is_repeated;
    }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(size_t, json::error_code&) { return true; }
    bool on_string_part(json::string_view, size_t, json::error_code&) { return true; }
    bool on_string(json::string_view, size_t, json::error_code&) { return true; }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(int64_t, json::string_view, json::error_code&) { return true; }
    bool on_uint64(uint64_t, json::string_view, json::error_code&) { return true; }
    bool on_double(double, json::string_view, json::error_code&) { return true; }
    bool on_bool(bool, json::error_code&) { return true; }
    bool on_null(json::error_code&) { return true; }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }
};

} // namespace

std::optional<std::string> repeated_member(std::string_view text) {
    json::basic_parser<name_watcher> parser{json::parse_options()};
    json::error_code stopped;
    parser.write_some(false, text.data(), text.size(), stopped);
    if (!parser.handler().is_repeated)
        return std::nullopt;
    return parser.handler().name;
}

} // namespace vmcore::sim
