// What the protocol servers read: lines of qtest, JSON values of QMP. No socket is opened.
//
// The first byte of an input says which of them the rest is; the second, in which pieces it arrives. Pieces
// must make no difference.

#include "sim/qmp/arguments.h"
#include "sim/qmp/json_reader.h"
#include "sim/qtest/command.h"
#include "tests/fuzz/byte_reader.h"
#include "tests/fuzz/require.h"

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

using vmcore::fuzz::byte_reader;
using vmcore::fuzz::require;
namespace qmp = vmcore::sim::qmp;
namespace qtest = vmcore::sim::qtest;

namespace {

constexpr uint64_t most_bytes =
    4096; ///< that a line may ask the codecs for: the protocol's own limit takes long

std::string_view next_piece(std::string_view& stream, size_t size) {
    const std::string_view piece = stream.substr(0, size);
    stream.remove_prefix(piece.size());
    return piece;
}

void take_bytes(const qtest::command& command) {
    const uint64_t count = std::min(command.count(0), most_bytes);
    const std::vector<uint8_t> bytes = qtest::from_hex(command.text(1), count);
    require(bytes.size() == count, "hexadecimal digits give as many bytes as were asked for");
    const std::string text = qtest::to_hex(bytes);
    require(text.size() == 2 + 2 * count && qtest::from_hex(text, count) == bytes,
            "hexadecimal digits give the same bytes");
}

void take_base64(const qtest::command& command) {
    const std::vector<uint8_t> bytes = qtest::from_base64(command.text(0));
    require(bytes.size() <= command.text(0).size(), "base64 gives fewer bytes than it has digits");
    require(qtest::from_base64(qtest::to_base64(bytes)) == bytes, "base64 of bytes gives the bytes");
}

void take_line(const std::string& line) {
    require(line.find('\n') == std::string::npos, "a line has no newline");
    const qtest::command command(line);
    std::string joined = command.name();
    for (size_t i = 0; i < command.arguments(); ++i)
        joined += ' ' + command.text(i);
    require(joined == line, "a line is its words with blanks between them");
    for (const auto& use : {take_bytes, take_base64}) {
        try {
            use(command);
        } catch (const qtest::refusal& answer) {
            const std::string text = answer.what();
            require(text.rfind("FAIL", 0) == 0 || text.rfind("ERR", 0) == 0,
                    "a refusal is an answer of the protocol");
            require(text.find('\n') == std::string::npos, "a refusal is one line");
        }
    }
}

void read_lines(std::string_view stream, size_t piece) {
    qtest::line_splitter splitter;
    std::string lines;
    std::string_view left = stream;
    while (!left.empty())
        for (const qtest::line_splitter::line& line : splitter.feed(next_piece(left, piece))) {
            require(!line.too_long, "a line within the limit is not too long");
            take_line(line.text);
            lines += line.text + '\n';
        }
    require(lines == stream.substr(0, stream.rfind('\n') + 1), "all whole lines come out, and nothing else");
}

void take_value(const boost::json::value& value) {
    if (!value.is_object())
        return;
    qmp::arguments arguments(value.get_object());
    const auto take = [](const auto& use) {
        try {
            use();
        } catch (const qmp::error& answer) {
            require(answer.what()[0] != '\0' && !answer.error_class().empty(), "a refusal says something");
        }
    };
    take([&] { arguments.text("execute"); });
    take([&] { arguments.size("size"); });
    take([&] { arguments.optional_number("val"); });
    take([&] { arguments.flag("paging", false); });
    take([&] { arguments.list("capabilities"); });
    take([&] { arguments.expect_no_more(); });
}

/// Values and refusals as they come, one a line.
std::string values_of(std::string_view stream, size_t piece) {
    qmp::json_reader reader;
    std::string all;
    while (!stream.empty())
        for (const qmp::json_reader::item& item : reader.feed(next_piece(stream, piece))) {
            require(item.error.empty() || item.value.is_null(), "what is wrong has no value");
            require(item.error.find('\n') == std::string::npos, "an error is one line");
            take_value(item.value);
            all += item.error.empty() ? boost::json::serialize(item.value) : "error";
            all += '\n';
        }
    return all;
}

void read_values(std::string_view stream, size_t piece) {
    const std::string in_pieces = values_of(stream, piece);
    const std::string at_once = values_of(stream, stream.size());
    require(in_pieces == at_once, "pieces make no difference");
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    byte_reader input(data, size);
    const uint8_t protocol = input.byte();
    const size_t piece = 1 + input.byte() % 64;
    const std::vector<uint8_t> bytes = input.rest();
    const std::string_view stream(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (protocol == 'T')
        read_lines(stream, piece);
    else if (protocol == 'Q')
        read_values(stream, piece);
    else
        return -1; // not worth keeping
    return 0;
}
