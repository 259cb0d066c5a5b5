#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace vmcore::sim::qmp {

/// An expression that makes no sense; the text is QEMU's.
class expression_error : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

/// The value of a $register; none when there is no such register.
using register_lookup = std::function<std::optional<uint64_t>(const std::string& name)>;

/// Evaluates the expression at the start of a text as QEMU's monitor does, and takes it off the text together
/// with the white space behind it.
///
/// Operands are decimal, hexadecimal (0x) and octal (0) numbers below 2^64, characters in single quotes and
/// $registers. From the weakest to the strongest: + and -, then & | ^, then * / %, then the unary + - ~, then
/// parentheses; operators of a group bind from left to right. Numbers are signed, have 64 bits and wrap.
///
/// @throws expression_error
int64_t evaluate(std::string_view& text, const register_lookup& registers);

} // namespace vmcore::sim::qmp
