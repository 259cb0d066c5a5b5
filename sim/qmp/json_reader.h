#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore::sim::qmp {

/// Takes a stream of JSON values apart, wherever it is cut and however the values are laid out. After what is
/// no JSON it goes on behind the next newline.
class json_reader {
public:
    /// A value that is longer, or deeper nested, is refused.
    static constexpr size_t max_bytes = 16 << 20; // a parsed value takes up to 25 times as much
    static constexpr size_t max_depth = 1024;     // QEMU's

    /// A value, or what was wrong where one was expected.
    struct item {
        boost::json::value value;
        std::string error; ///< empty when there is a value
    };

    json_reader();

    /// The values that end within `bytes`. A number or a keyword outside of objects and lists ends with the
    /// byte behind it.
    std::vector<item> feed(std::string_view bytes);
    void reset();

private:
    void refuse(std::vector<item>& items, const std::string& text, std::string_view line);

    boost::json::stream_parser m_parser;
    size_t m_bytes = 0;      ///< of the value under way
    unsigned m_pending = 0;  ///< bytes that a sequence of UTF-8 lacks
    bool m_skipping = false; ///< to the next newline
};

} // namespace vmcore::sim::qmp
