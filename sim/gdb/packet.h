#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore::sim::gdb {

/// Takes gdb's side of the remote serial protocol apart (gdb, "Remote Protocol Overview"). Whatever a client
/// sends, no more than one packet is stored.
class packet_reader {
public:
    /// Bytes that a packet may have between its $ and its #.
    static constexpr size_t max_packet = 0x8000;

    struct item {
        enum class kind {
            packet,    ///< whose checksum is right
            damaged,   ///< a packet with a wrong checksum, or too long: to be asked for again
            accepted,  ///< +
            refused,   ///< -: the answer is to be sent again
            interrupt, ///< ^C
        };
        kind what;
        std::string text = {}; ///< of a packet, binary data taken out of its escapes
    };

    /// What is complete with these bytes.
    std::vector<item> feed(std::string_view bytes);
    void reset() { *this = packet_reader(); }

private:
    enum class state { idle, data, first_digit, second_digit };

    void take_between(char byte, std::vector<item>& items);
    void take_data(char byte);
    item finish();

    state m_state = state::idle;
    std::string m_text;
    unsigned char m_sum = 0;
    bool m_escaped = false;
    bool m_too_long = false;
    char m_digit = 0;
};

/// A packet with its checksum; what would end it, or could not be in it, is escaped.
std::string frame(std::string_view text);

} // namespace vmcore::sim::gdb
