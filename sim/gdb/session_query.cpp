// What a client asks about the server, the threads and the simulator.

#include "sim/gdb/packet.h"
#include "sim/gdb/session.h"

#include <algorithm>

namespace vmcore::sim::gdb {

/// Half of what a packet may have: the rest is for escapes.
static constexpr uint64_t packet_size = packet_reader::max_packet / 2;

session::reply session::supported(text_reader& given) {
    given.take(":");
    while (!given.empty()) {
        const std::string_view feature = given.until(';');
        m_multiprocess = m_multiprocess || feature == "multiprocess+";
        m_tells_break = m_tells_break || feature == "swbreak+";
        m_tells_hardware = m_tells_hardware || feature == "hwbreak+";
    }
    return "PacketSize=" + hex_number(packet_size) +
           ";qXfer:features:read+;vContSupported+;multiprocess+;swbreak+;hwbreak+;QStartNoAckMode+";
}

std::string session::thread_name(unsigned cpu) const {
    const auto number = static_cast<uint8_t>(cpu + 1);
    return (m_multiprocess ? "p01." : "") + hex_digits(&number, 1);
}

/// A thread, as `1`, `p1.1`, `p1`; 0 is any, -1 all.
session::thread_choice session::take_thread(text_reader& given) const {
    using kind = thread_choice::kind;
    if (given.take("p")) {
        if (!given.take("-1") && given.number() > 1)
            throw malformed();
        if (!given.take("."))
            return {kind::all};
    }
    if (given.take("-1"))
        return {kind::all};
    const uint64_t number = given.number();
    if (number > m_cpus.size())
        throw malformed();
    if (number == 0)
        return {kind::any};
    return {kind::one, static_cast<unsigned>(number - 1)};
}

/// Hg for registers and memory, Hc for `c` and `s`.
session::reply session::select_thread(text_reader& given) {
    const bool for_access = given.take("g");
    if (!for_access)
        given.expect("c");
    const thread_choice chosen = take_thread(given);
    given.expect_end();
    if (chosen.what == thread_choice::kind::one)
        (for_access ? m_selected : m_runs) = chosen.cpu;
    return "OK";
}

session::reply session::is_alive(text_reader& given) {
    const thread_choice asked = take_thread(given);
    given.expect_end();
    return asked.what == thread_choice::kind::one ? "OK" : error_malformed;
}

session::reply session::current_thread(text_reader& given) {
    given.expect_end();
    return "QC" + thread_name(m_selected);
}

session::reply session::first_threads(text_reader& given) {
    given.expect_end();
    std::string text = "m";
    for (unsigned i = 0; i < m_cpus.size(); ++i)
        text += (i == 0 ? "" : ",") + thread_name(i);
    return text;
}

session::reply session::more_threads(text_reader& given) {
    given.expect_end();
    return "l";
}

session::reply session::thread_information(text_reader& given) {
    const thread_choice asked = take_thread(given);
    given.expect_end();
    if (asked.what != thread_choice::kind::one)
        throw malformed();
    return hex_digits("CPU#" + std::to_string(asked.cpu) +
                      (m_cpus[asked.cpu]->sleeps() ? " [halted ]" : " [running]"));
}

/// To leave the guest is to detach from it, not to kill it.
session::reply session::attached(text_reader&) {
    return "1";
}

session::reply session::description(text_reader& given) {
    if (!given.take("target.xml:"))
        return "E00";
    const uint64_t offset = given.number();
    given.expect(",");
    const uint64_t size = std::min(given.number(), packet_size / 2);
    given.expect_end();
    if (offset > m_description.size())
        return "E00";
    const std::string part = m_description.substr(offset, size);
    return (offset + part.size() < m_description.size() ? "m" : "l") + part;
}

/// The human monitor, in which these three are shorter than QEMU has them.
session::reply session::monitor(text_reader& given) {
    const std::vector<uint8_t> bytes = given.bytes();
    std::string line(bytes.begin(), bytes.end());
    const auto lengthen = [&line](std::string_view shorter, std::string_view longer) {
        if (line.compare(0, line.find(' '), shorter) == 0)
            line.replace(0, shorter.size(), longer);
    };
    lengthen("reset", "system_reset");
    lengthen("dump", "dump-guest-memory");
    std::string output = m_host.monitor(line, m_selected);
    output.erase(std::remove(output.begin(), output.end(), '\r'), output.end());
    for (size_t at = 0; at < output.size(); at += packet_size / 4)
        m_host.send("O" + hex_digits(std::string_view(output).substr(at, packet_size / 4)));
    return "OK";
}

session::reply session::no_acknowledgements(text_reader& given) {
    given.expect_end();
    m_host.stop_acknowledging();
    return "OK";
}

session::reply session::step_bits(text_reader&) {
    return "ENABLE=1,NOIRQ=2,NOTIMER=4";
}

session::reply session::step_setting(text_reader& given) {
    given.expect_end();
    return "0x" + hex_number(m_step_flags);
}

session::reply session::set_step(text_reader& given) {
    const uint64_t flags = given.number();
    given.expect_end();
    if (flags > 7)
        throw malformed();
    m_step_flags = static_cast<unsigned>(flags);
    return "OK";
}

session::reply session::must_be_empty(text_reader&) {
    return "";
}

} // namespace vmcore::sim::gdb
