#include "sim/qmp/json_reader.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

using vmcore::sim::qmp::json_reader;

static std::vector<std::string> texts(const std::vector<json_reader::item>& items) {
    std::vector<std::string> result;
    for (const json_reader::item& item : items)
        result.push_back(item.error.empty() ? boost::json::serialize(item.value) : "error");
    return result;
}

TEST(json_reader, values_end_where_they_end_however_the_stream_is_cut) {
    const std::string stream = R"({"a": [1, "}"]} {"b":
        {"c": null}}
        {"d": "\u00e4"} )";
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
        json_reader reader;
        std::vector<std::string> values;
        for (const std::string& part : {stream.substr(0, cut), stream.substr(cut)})
            for (const std::string& text : texts(reader.feed(part)))
                values.push_back(text);
        EXPECT_EQ(values,
                  (std::vector<std::string>{R"({"a":[1,"}"]})", R"({"b":{"c":null}})", "{\"d\":\"ä\"}"}))
            << cut;
    }
}

TEST(json_reader, after_nonsense_it_goes_on_behind_the_next_newline) {
    json_reader reader;
    EXPECT_EQ(texts(reader.feed("{\"a\": nonsense}\n{\"b\": 1}\n")),
              (std::vector<std::string>{"error", R"({"b":1})"}));
    EXPECT_EQ(texts(reader.feed("}")), std::vector<std::string>{"error"});
    EXPECT_EQ(texts(reader.feed(" {\"lost\": 1}")), std::vector<std::string>{});
    EXPECT_EQ(texts(reader.feed("\n{}")), std::vector<std::string>{"{}"});
}

TEST(json_reader, broken_utf_8_ends_with_its_line_however_it_is_cut) {
    const std::string stream = "{} {\"a\": \"\xe9\n{\"b\": 1}\n\xff\n\"\xc3\xa4\" \xc3\n{}\n";
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
        json_reader reader;
        std::vector<std::string> values;
        for (const std::string& part : {stream.substr(0, cut), stream.substr(cut)})
            for (const std::string& text : texts(reader.feed(part)))
                values.push_back(text);
        EXPECT_EQ(values, (std::vector<std::string>{"{}", "error", R"({"b":1})", "error", "\"\xc3\xa4\"",
                                                    "error", "{}"}))
            << cut;
    }
}

TEST(json_reader, half_a_value_is_forgotten_with_its_client) {
    json_reader reader;
    EXPECT_TRUE(reader.feed("{\"a\": [1, ").empty());
    reader.reset();
    EXPECT_EQ(texts(reader.feed("{}")), std::vector<std::string>{"{}"});
}

TEST(json_reader, a_value_of_10_megabytes_is_one_value) {
    json_reader reader;
    const std::string text(10 << 20, 'x');
    EXPECT_TRUE(reader.feed("{\"a\": \"").empty());
    EXPECT_TRUE(reader.feed(text).empty());
    const auto items = reader.feed("\"}");
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].value.at("a").as_string().size(), text.size());
}

TEST(json_reader, a_value_without_end_is_refused_at_the_limit) {
    json_reader reader;
    const std::string piece(1 << 20, 'x');
    std::vector<json_reader::item> items = reader.feed("{\"a\": \"");
    size_t fed = 0;
    for (; items.empty() && fed < 2 * json_reader::max_bytes; fed += piece.size())
        items = reader.feed(piece);
    EXPECT_EQ(texts(items), std::vector<std::string>{"error"});
    EXPECT_LE(fed, json_reader::max_bytes + 2 * piece.size());
    EXPECT_EQ(texts(reader.feed("\n{}")), std::vector<std::string>{"{}"});
}
