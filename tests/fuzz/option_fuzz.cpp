// The command line, up to what a simulation would be built from.
//
// An input is a list of arguments, each ended by a NUL byte; an empty one ends the list, and what follows is
// what any file named in the arguments holds. Files whose names begin with "no" cannot be read.

#include "models/uart16550/unix_address.h"
#include "sim/key_values.h"
#include "sim/options.h"
#include "tests/fuzz/memory_files.h"
#include "tests/fuzz/require.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using vmcore::fuzz::require;

namespace {

bool has_control_characters(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

std::vector<std::string> split_arguments(const std::string& input, std::vector<uint8_t>& contents) {
    std::vector<std::string> arguments;
    size_t start = 0;
    while (start < input.size()) {
        const size_t end = std::min(input.find('\0', start), input.size());
        if (end == start) {
            contents.assign(input.begin() + static_cast<std::ptrdiff_t>(end) + 1, input.end());
            break;
        }
        arguments.push_back(input.substr(start, end - start));
        start = end + 1;
    }
    return arguments;
}

/// What a message quotes, it may quote as it is: the main function makes one line of it.
void check_refusal(const std::string& text, const std::string& input, const std::vector<uint8_t>& contents) {
    require(!text.empty(), "a refusal says something");
    const bool is_plain = std::none_of(input.begin(), input.end(),
                                       [](unsigned char c) { return (c != 0 && c < ' ') || c == 0x7f; });
    if (is_plain && contents.empty())
        require(!has_control_characters(text), "a refusal is one line");
}

void check_warnings(const std::string& printed) {
    std::istringstream lines(printed);
    std::string line;
    while (std::getline(lines, line))
        require(line.rfind("vmcore-vp: warning: -", 0) == 0 && !has_control_characters(line),
                "a warning is one line");
    require(printed.empty() || printed.back() == '\n', "a warning is a whole line");
}

void check_accepted(const vmcore::sim::options& accepted) {
    const vmcore::virt::virt_config& board = accepted.board;
    require(board.ram_size >= 1 << 20 && board.ram_size <= uint64_t(64) << 30 && board.ram_size % 4096 == 0,
            "RAM is 1 MiB to 64 GiB in whole pages");
    require(board.cpus >= 1 && (accepted.machine != vmcore::sim::machine_type::virt ||
                                board.cpus <= vmcore::virt::max_harts),
            "there are as many harts as there may be");
    require(board.quantum >= board.clock_period && board.clock_period > sc_core::SC_ZERO_TIME,
            "time goes on");
    require(board.dma_burst >= 8 && board.dma_burst <= 4096 && (board.dma_burst & (board.dma_burst - 1)) == 0,
            "a burst is a power of two");
    for (const auto& file : board.fw_cfg_files)
        require(!file.name.empty() && file.name.size() <= 55, "a file has a name that fits");
    if (board.serial.rfind("unix:", 0) != 0)
        return;
    try {
        const vmcore::unix_address address = vmcore::parse_unix_address(board.serial.substr(5), "-serial");
        require(!address.path.empty() && (address.wait || address.server),
                "a socket has a path, and a server may not wait");
    } catch (const std::invalid_argument& error) {
        require(has_control_characters(board.serial) || !has_control_characters(error.what()),
                "a refusal is one line");
    }
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    std::vector<uint8_t> contents;
    const std::vector<std::string> arguments = split_arguments(input, contents);
    vmcore::fuzz::set_memory_files([&](const std::string& path) {
        if (path.rfind("no", 0) == 0)
            throw std::runtime_error("no such file");
        return contents;
    });

    std::ostringstream warnings;
    std::streambuf* const shown = std::cerr.rdbuf(warnings.rdbuf());
    try {
        check_accepted(vmcore::sim::parse_options(arguments, vmcore::sim::machine_type::virt));
    } catch (const std::runtime_error& error) { // usage_error is one
        check_refusal(error.what(), input, contents);
    }
    std::cerr.rdbuf(shown);
    check_warnings(warnings.str());
    return 0;
}
