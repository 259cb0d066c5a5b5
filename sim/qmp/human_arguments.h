#pragma once

#include "sim/qmp/expression.h"
#include "sim/qmp/value_format.h"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore::sim::qmp {

/// A command line that cannot be understood; the text is QEMU's.
class usage_error : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

/// The arguments of a human monitor command, taken from left to right. What a function cannot take is a
/// usage_error or an expression_error.
class human_arguments {
public:
    /// @param command the name that usage errors begin with
    human_arguments(std::string command, std::string_view text, register_lookup registers);

    /// Takes options of one letter, each at most once and in the order given here, as QEMU does.
    /// @returns those that were there
    std::string options(std::string_view known);

    /// A number of 64 bits.
    int64_t number();
    std::optional<int64_t> optional_number();
    /// A number from 0 to 2^32 - 1.
    uint32_t short_number();
    std::optional<uint32_t> optional_short_number();

    /// A word, or a text in double quotes in which a backslash escapes n, r and what could not be there else.
    /// @param what the error calls it when it is not there, or not well formed
    std::string string(const char* what);

    /// The /FORMAT right behind the command, which sets what it names and leaves the rest of `defaults`; a
    /// count is 1 where it names none. The letter and the unit become the new defaults.
    value_format format(value_format& defaults);

    /// All that is left.
    std::vector<std::string> words();
    void expect_no_more();

private:
    void skip_spaces();
    uint32_t narrow(int64_t value) const;
    std::optional<char> escaped(char code) const;
    std::optional<std::string> quoted();
    uint64_t count();

    std::string m_command;
    std::string_view m_text;
    register_lookup m_registers;
};

} // namespace vmcore::sim::qmp
