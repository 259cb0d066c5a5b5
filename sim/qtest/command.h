#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore::sim::qtest {

/// A line that cannot be carried out; what() is the answer to it.
class refusal : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A line of QEMU's qtest protocol: a command and its arguments, each behind one blank.
class command {
public:
    explicit command(std::string_view line);

    const std::string& name() const { return m_words[0]; }
    size_t arguments() const { return m_words.size() - 1; }
    /// @throws refusal when there are fewer arguments than that
    const std::string& text(size_t argument) const;
    /// A number as strtoull takes it: decimal, 0x-hexadecimal or 0-octal, of 64 bits; negative ones wrap.
    /// @throws refusal
    uint64_t number(size_t argument) const;
    /// As number(), for a count of bytes that the simulator is to store.
    /// @throws refusal when it is 0 or more than max_bytes
    uint64_t count(size_t argument) const;

    static constexpr uint64_t max_bytes = 64 << 20;

private:
    std::vector<std::string> m_words; ///< at least one, which may be empty
};

/// Bytes as hexadecimal digits, two for each, behind 0x.
std::string to_hex(const std::vector<uint8_t>& bytes);
/// The bytes that hexadecimal digits behind 0x stand for, as far as there are digits, and zeros up to
/// `count`; a digit without its second half counts as zero.
/// @throws refusal when not even one digit is there
std::vector<uint8_t> from_hex(const std::string& text, uint64_t count);

std::string to_base64(const std::vector<uint8_t>& bytes);
/// @throws refusal when the text is no base64
std::vector<uint8_t> from_base64(const std::string& text);

/// Splits a stream into lines; what comes without a newline waits for the rest.
class line_splitter {
public:
    /// A line may have so many bytes; what goes beyond is dropped, and the line is refused.
    static constexpr size_t max_line = size_t(256) << 20;

    struct line {
        std::string text;
        bool too_long = false;
    };

    /// The lines that end within `bytes`, without their newlines.
    std::vector<line> feed(std::string_view bytes);
    void reset() { m_rest = {}; }

private:
    line m_rest;
};

} // namespace vmcore::sim::qtest
