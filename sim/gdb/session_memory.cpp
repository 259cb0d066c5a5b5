// Registers, memory, breakpoints and watchpoints.

#include "sim/gdb/session.h"

#include <algorithm>
#include <array>

namespace vmcore::sim::gdb {

/// Bytes of memory in one packet: their digits leave room for the rest of it.
static constexpr uint64_t max_bytes = 0x2000;
static constexpr uint64_t max_checked = uint64_t(1) << 30;

/// All registers are 64 bits wide, in the target's byte order: the lowest byte first.
static std::string value_digits(uint64_t value) {
    uint8_t bytes[8];
    for (uint8_t& each : bytes) {
        each = static_cast<uint8_t>(value);
        value >>= 8;
    }
    return hex_digits(bytes, sizeof bytes);
}

static uint64_t value_of(const uint8_t* bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = std::min<size_t>(size, 8); i > 0; --i)
        value = value << 8 | bytes[i - 1];
    return value;
}

session::reply session::read_all_registers(text_reader& given) {
    given.expect_end();
    std::string text;
    for (const debug_register& each : cpu().features().front().registers)
        text += value_digits(cpu().read_register(each.number).value_or(0));
    return text;
}

session::reply session::write_all_registers(text_reader& given) {
    const std::vector<uint8_t> bytes = given.bytes();
    size_t at = 0;
    for (const debug_register& each : cpu().features().front().registers) {
        if (bytes.size() - at < 8)
            break;
        cpu().write_register(each.number, value_of(&bytes[at], 8));
        at += 8;
    }
    return "OK";
}

static unsigned register_number(text_reader& given) {
    return static_cast<unsigned>(std::min<uint64_t>(given.number(), ~0u));
}

session::reply session::read_register(text_reader& given) {
    const unsigned number = register_number(given);
    given.expect_end();
    const std::optional<uint64_t> value = cpu().read_register(number);
    return value ? value_digits(*value) : error_no_memory;
}

session::reply session::write_register(text_reader& given) {
    const unsigned number = register_number(given);
    given.expect("=");
    const std::vector<uint8_t> bytes = given.bytes();
    if (bytes.empty() || bytes.size() > 8)
        throw malformed();
    return cpu().write_register(number, value_of(bytes.data(), bytes.size())) ? "OK" : error_no_memory;
}

session::reply session::read_memory(text_reader& given) {
    const uint64_t address = given.number();
    given.expect(",");
    const uint64_t size = given.number();
    given.expect_end();
    if (size > max_bytes)
        return error_malformed;
    std::vector<uint8_t> bytes(size);
    if (!cpu().read_memory(address, bytes.data(), size))
        return error_no_memory;
    return hex_digits(bytes.data(), size);
}

session::reply session::store(uint64_t address, const std::vector<uint8_t>& bytes) {
    return cpu().write_memory(address, bytes.data(), bytes.size()) ? "OK" : error_no_memory;
}

session::reply session::write_memory(text_reader& given) {
    const uint64_t address = given.number();
    given.expect(",");
    const uint64_t size = given.number();
    given.expect(":");
    const std::vector<uint8_t> bytes = given.bytes();
    if (bytes.size() != size)
        throw malformed();
    return store(address, bytes);
}

session::reply session::write_binary(text_reader& given) {
    const uint64_t address = given.number();
    given.expect(",");
    const uint64_t size = given.number();
    given.expect(":");
    const std::string_view bytes = given.rest();
    if (bytes.size() != size)
        throw malformed();
    return store(address, std::vector<uint8_t>(bytes.begin(), bytes.end()));
}

namespace {

/// What the eight bits that leave a CRC with polynomial 0x04c11db7 at its top do to it.
using crc_table = std::array<uint32_t, 256>;

crc_table make_crc_table() {
    crc_table table{};
    for (uint32_t byte = 0; byte < table.size(); ++byte) {
        table[byte] = byte << 24;
        for (unsigned bit = 0; bit < 8; ++bit)
            table[byte] = table[byte] << 1 ^ ((table[byte] >> 31) != 0 ? 0x04c11db7 : 0);
    }
    return table;
}

} // namespace

/// The CRC from all ones, neither reflected nor inverted. Nothing else is served meanwhile, so it is to be
/// fast.
session::reply session::checksum(text_reader& given) {
    const uint64_t address = given.number();
    given.expect(",");
    const uint64_t size = given.number();
    given.expect_end();
    if (size > max_checked)
        throw malformed();
    static const crc_table table = make_crc_table();
    uint32_t sum = ~uint32_t(0);
    std::vector<uint8_t> bytes;
    for (uint64_t done = 0; done < size; done += bytes.size()) {
        bytes.resize(std::min(size - done, max_bytes));
        if (!cpu().read_memory(address + done, bytes.data(), bytes.size()))
            return error_no_memory;
        for (const uint8_t byte : bytes)
            sum = sum << 8 ^ table[sum >> 24 ^ byte];
    }
    return "C" + hex_number(sum);
}

namespace {

struct point {
    unsigned kind; ///< 0, 1: breakpoint in software, hardware; 2, 3, 4: watchpoint for writes, reads, both
    uint64_t address;
    uint64_t length;
};

/// None when the kind is unknown.
std::optional<point> take_point(text_reader& given) {
    point result{};
    const uint64_t kind = given.number();
    given.expect(",");
    result.address = given.number();
    given.expect(",");
    result.length = given.number();
    if (kind > 4)
        return std::nullopt;
    result.kind = static_cast<unsigned>(kind);
    return result;
}

} // namespace

session::reply session::insert_point(text_reader& given) {
    const std::optional<point> wanted = take_point(given);
    if (!wanted || !given.empty()) // a condition, which the client was not told that it can have
        return "";
    if (wanted->kind < 2) {
        if (m_breakpoints.size() == max_breakpoints)
            return error_malformed;
        m_breakpoints.insert({wanted->kind, wanted->address});
    } else {
        if (m_watchpoints.size() == max_watchpoints || wanted->length == 0 ||
            wanted->length - 1 > ~wanted->address)
            return error_malformed;
        m_watchpoints[{wanted->kind, wanted->address}] = wanted->length;
    }
    apply_points();
    return "OK";
}

/// To remove what is not there is no error, for a packet may come twice.
session::reply session::remove_point(text_reader& given) {
    const std::optional<point> wanted = take_point(given);
    given.expect_end();
    if (!wanted)
        return "";
    m_breakpoints.erase({wanted->kind, wanted->address});
    m_watchpoints.erase({wanted->kind, wanted->address});
    apply_points();
    return "OK";
}

void session::remove_all_points() {
    m_breakpoints.clear();
    m_watchpoints.clear();
    apply_points();
}

void session::apply_points() {
    std::vector<uint64_t> addresses;
    for (const auto& each : m_breakpoints)
        addresses.push_back(each.second);
    std::vector<watchpoint> watched;
    for (const auto& [key, length] : m_watchpoints) {
        const auto& [kind, address] = key;
        watched.push_back({address, address + (length - 1), kind != 2, kind != 3});
    }
    for (debug_target* each : m_cpus) {
        each->set_breakpoints(addresses);
        each->set_watchpoints(watched);
    }
}

} // namespace vmcore::sim::gdb
