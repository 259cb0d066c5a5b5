#include "sim/qmp/human_monitor.h"

namespace vmcore::sim::qmp {

namespace json = boost::json;

std::string human_monitor::print(human_arguments& given) {
    const value_format wanted = given.format(m_format);
    const int64_t value = given.number();
    given.expect_no_more();
    return format_value(wanted, value) + "\n";
}

std::string human_monitor::show_virtual(human_arguments& given) {
    const value_format wanted = given.format(m_format);
    const int64_t address = given.number();
    given.expect_no_more();
    if (!has_cpu())
        return "Can not dump without CPU\n";
    debug_target* seen_by = m_board.debugged(m_cpu);
    if (seen_by == nullptr) // its CPUs are only registers
        return show(wanted, static_cast<uint64_t>(address), physical_memory());
    return show(wanted, static_cast<uint64_t>(address),
                [seen_by](uint64_t from, uint8_t* to, unsigned length) {
                    return seen_by->read_memory(from, to, length);
                });
}

std::string human_monitor::show_physical(human_arguments& given) {
    const value_format wanted = given.format(m_format);
    const int64_t address = given.number();
    given.expect_no_more();
    return show(wanted, static_cast<uint64_t>(address), physical_memory());
}

memory_reader human_monitor::physical_memory() {
    return [this](uint64_t from, uint8_t* to, unsigned length) { return m_viewer.read(from, to, length); };
}

std::string human_monitor::show(const value_format& wanted, uint64_t address, const memory_reader& read) {
    if (wanted.letter == 'i')
        return "Error: disassembly is not built\n";
    if (wanted.count > max_shown / wanted.unit)
        return "Error: no more than " + std::to_string(max_shown) + " bytes are shown at a time\n";
    return format_memory(wanted, address, read);
}

std::string human_monitor::memsave(human_arguments& given) {
    const int64_t address = given.number();
    const uint32_t size = given.short_number();
    const std::string file = given.string("string");
    given.expect_no_more();
    if (!has_cpu())
        return "No CPU available\n";
    return call(
        "memsave",
        {{"val", static_cast<uint64_t>(address)}, {"size", size}, {"filename", file}, {"cpu-index", m_cpu}});
}

std::string human_monitor::pmemsave(human_arguments& given) {
    const int64_t address = given.number();
    const uint32_t size = given.short_number();
    const std::string file = given.string("string");
    given.expect_no_more();
    return call("pmemsave", {{"val", static_cast<uint64_t>(address)}, {"size", size}, {"filename", file}});
}

/// The option letters of formats, and their names in QMP.
static std::string format_name(char letter, bool raw) {
    const std::string kdump = raw ? "kdump-raw-" : "kdump-";
    switch (letter) {
    case 'w': return "win-dmp";
    case 'z': return kdump + "zlib";
    case 'l': return kdump + "lzo";
    default: return kdump + "snappy";
    }
}

std::string human_monitor::dump(human_arguments& given) {
    std::string options = given.options("pdwzlsR");
    const std::string file = given.string("filename");
    const std::optional<int64_t> begin = given.optional_number();
    const std::optional<int64_t> length = given.optional_number();
    given.expect_no_more();
    const auto has = [&options](char letter) { return options.find(letter) != std::string::npos; };

    std::string formats;
    for (const char letter : options)
        if (std::string("wzls").find(letter) != std::string::npos)
            formats += letter;
    if (formats.size() > 1)
        return "Error: only one of '-z|-l|-s|-w' can be set\n";
    json::object request{{"paging", has('p')}, {"protocol", "file:" + file}, {"detach", has('d')}};
    if (!formats.empty())
        request["format"] = format_name(formats[0], has('R'));
    if (begin)
        request["begin"] = *begin;
    if (length)
        request["length"] = *length;
    return call("dump-guest-memory", request);
}

} // namespace vmcore::sim::qmp
