#include "sim/gdb/packet.h"

#include "sim/gdb/hex.h"

#include <utility>

namespace vmcore::sim::gdb {

static constexpr char escape = '}';
static constexpr char escape_mask = 0x20;
static constexpr char control_c = 3;

std::vector<packet_reader::item> packet_reader::feed(std::string_view bytes) {
    std::vector<item> items;
    for (const char byte : bytes) {
        switch (m_state) {
        case state::idle: take_between(byte, items); break;
        case state::data: take_data(byte); break;
        case state::first_digit:
            m_digit = byte;
            m_state = state::second_digit;
            break;
        case state::second_digit:
            m_state = state::idle;
            items.push_back(finish());
            items.back().what = item::kind::damaged;
            if (!m_too_long && hex_value(m_digit) >= 0 && hex_value(byte) >= 0 &&
                hex_value(m_digit) * 16 + hex_value(byte) == m_sum)
                items.back().what = item::kind::packet;
            break;
        }
    }
    return items;
}

/// Anything that begins nothing is noise on the line.
void packet_reader::take_between(char byte, std::vector<item>& items) {
    switch (byte) {
    case '+': items.push_back({item::kind::accepted}); break;
    case '-': items.push_back({item::kind::refused}); break;
    case control_c: items.push_back({item::kind::interrupt}); break;
    case '$':
        m_text.clear();
        m_sum = 0;
        m_escaped = m_too_long = false;
        m_state = state::data;
        break;
    default: break;
    }
}

void packet_reader::take_data(char byte) {
    if (byte == '#') {
        m_state = state::first_digit;
        return;
    }
    m_sum = static_cast<unsigned char>(m_sum + static_cast<unsigned char>(byte));
    if (byte == escape && !m_escaped) {
        m_escaped = true;
        return;
    }
    if (m_text.size() == max_packet)
        m_too_long = true;
    else
        m_text += m_escaped ? static_cast<char>(byte ^ escape_mask) : byte;
    m_escaped = false;
}

packet_reader::item packet_reader::finish() {
    return {item::kind::packet, std::exchange(m_text, {})};
}

std::string frame(std::string_view text) {
    std::string packet = "$";
    for (const char byte : text) {
        if (byte == '#' || byte == '$' || byte == escape || byte == '*') {
            packet += escape;
            packet += static_cast<char>(byte ^ escape_mask);
        } else {
            packet += byte;
        }
    }
    unsigned char sum = 0;
    for (size_t i = 1; i < packet.size(); ++i)
        sum = static_cast<unsigned char>(sum + static_cast<unsigned char>(packet[i]));
    return packet + '#' + hex_digits(&sum, 1);
}

} // namespace vmcore::sim::gdb
