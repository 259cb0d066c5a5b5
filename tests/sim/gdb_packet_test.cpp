#include "sim/gdb/packet.h"

#include <gtest/gtest.h>

using namespace vmcore::sim::gdb;
using kind = packet_reader::item::kind;

namespace {

std::vector<packet_reader::item> feed(std::string_view bytes) {
    packet_reader reader;
    return reader.feed(bytes);
}

} // namespace

TEST(gdb_packet, a_packet_with_the_right_checksum_comes_out) {
    const auto items = feed("$m0,4#fd");
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].what, kind::packet);
    EXPECT_EQ(items[0].text, "m0,4");
}

TEST(gdb_packet, pieces_make_no_difference) {
    packet_reader reader;
    std::vector<packet_reader::item> items;
    for (const char byte : std::string("+$g#67\3-"))
        for (auto& each : reader.feed({&byte, 1}))
            items.push_back(each);
    ASSERT_EQ(items.size(), 4u);
    EXPECT_EQ(items[0].what, kind::accepted);
    EXPECT_EQ(items[1].text, "g");
    EXPECT_EQ(items[2].what, kind::interrupt);
    EXPECT_EQ(items[3].what, kind::refused);
}

TEST(gdb_packet, a_wrong_checksum_is_damage) {
    for (const char* text : {"$g#68", "$g#zz", "$g#6$"}) {
        const auto items = feed(text);
        ASSERT_EQ(items.size(), 1u) << text;
        EXPECT_EQ(items[0].what, kind::damaged) << text;
    }
}

TEST(gdb_packet, binary_data_comes_out_of_its_escapes) {
    // '#', '$' and '}' behind an escape; the checksum is of what is on the line.
    const std::string line = frame("X0,3:#$}");
    EXPECT_EQ(line.substr(0, line.size() - 3), "$X0,3:}\x03}\x04}]");
    const auto items = feed(line);
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].what, kind::packet);
    EXPECT_EQ(items[0].text, "X0,3:#$}");
}

TEST(gdb_packet, a_control_c_inside_a_packet_is_data) {
    const auto items = feed(std::string("$\3#03"));
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].text, "\3");
}

TEST(gdb_packet, a_packet_that_is_too_long_is_damage_and_the_next_one_is_not) {
    const std::string longest(packet_reader::max_packet, 'a');
    EXPECT_EQ(feed(frame(longest))[0].text, longest);
    const auto items = feed(frame(longest + "a") + frame("g"));
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].what, kind::damaged);
    EXPECT_LE(items[0].text.size(), packet_reader::max_packet);
    EXPECT_EQ(items[1].text, "g");
}

TEST(gdb_packet, noise_between_packets_is_nothing) {
    EXPECT_EQ(feed("abc#12").size(), 0u);
}
