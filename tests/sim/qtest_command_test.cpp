#include "sim/qtest/command.h"

#include <gtest/gtest.h>

using namespace vmcore::sim::qtest;

using bytes = std::vector<uint8_t>;

TEST(qtest_command, words_lie_between_single_blanks) {
    const command wanted("writeb 0x10 017");
    EXPECT_EQ(wanted.name(), "writeb");
    EXPECT_EQ(wanted.arguments(), 2u);
    EXPECT_EQ(wanted.number(0), 16u);
    EXPECT_EQ(wanted.number(1), 15u);
    EXPECT_EQ(command(" readb").name(), "");
    EXPECT_EQ(command("readb  1").text(0), "");
}

TEST(qtest_command, what_is_no_number_of_64_bits_is_refused) {
    for (const char* word : {"", "zz", "0x", "1x", "0x10000000000000000"})
        EXPECT_THROW(command(std::string("readb ") + word).number(0), refusal) << word;
    EXPECT_THROW(command(std::string_view("readb 1\0002", 9)).number(0), refusal);
    EXPECT_THROW(command("readb").number(0), refusal);
    EXPECT_EQ(command("readb 0xffffffffffffffff").number(0), ~uint64_t(0));
}

TEST(qtest_command, a_count_is_at_least_1_and_small_enough_to_store) {
    EXPECT_EQ(command("read 0 0x4000000").count(1), uint64_t(64) << 20);
    for (const char* word : {"0", "0x4000001", "0xffffffffffffffff"})
        EXPECT_THROW(command(std::string("read 0 ") + word).count(1), refusal) << word;
}

TEST(qtest_hex, short_data_is_filled_with_zeros_and_long_data_is_cut) {
    EXPECT_EQ(from_hex("0x1122", 4), (bytes{0x11, 0x22, 0, 0}));
    EXPECT_EQ(from_hex("0x112233", 2), (bytes{0x11, 0x22}));
    EXPECT_EQ(from_hex("0xaF", 1), bytes{0xaf});
    EXPECT_EQ(from_hex("0x1", 2), (bytes{0, 0}));
    EXPECT_THROW(from_hex("0x", 1), refusal);
    EXPECT_EQ(to_hex({0x00, 0xff}), "0x00ff");
}

TEST(qtest_base64, every_length_comes_back) {
    bytes data;
    for (unsigned length = 0; length < 70; ++length) {
        const std::string text = to_base64(data);
        EXPECT_EQ(text.size(), (length + 2) / 3 * 4);
        EXPECT_EQ(from_base64(text), data);
        data.push_back(static_cast<uint8_t>(length * 37 + 5));
    }
}

TEST(qtest_base64, has_the_digits_and_padding_of_rfc_4648) {
    EXPECT_EQ(to_base64({'f', 'o', 'o', 'b'}), "Zm9vYg==");
    EXPECT_EQ(to_base64({0xfb, 0xff}), "+/8=");
    EXPECT_THROW(from_base64("Zm9_"), refusal);
}

TEST(line_splitter, lines_end_where_the_newline_is_however_the_stream_is_cut) {
    const std::string stream = "one\n\ntwo words\nrest";
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
        line_splitter splitter;
        std::vector<std::string> lines;
        for (const std::string& part : {stream.substr(0, cut), stream.substr(cut)})
            for (const line_splitter::line& line : splitter.feed(part))
                lines.push_back(line.text);
        EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "two words"})) << cut;
    }
}

TEST(line_splitter, a_line_without_end_is_stored_up_to_a_limit_and_refused) {
    line_splitter splitter;
    const std::string piece(16 << 20, 'x');
    for (size_t fed = 0; fed <= line_splitter::max_line; fed += piece.size())
        EXPECT_TRUE(splitter.feed(piece).empty());
    const auto lines = splitter.feed("\nreadb 0\n");
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_TRUE(lines[0].too_long);
    EXPECT_LE(lines[0].text.size(), line_splitter::max_line);
    EXPECT_EQ(lines[1].text, "readb 0");
}
