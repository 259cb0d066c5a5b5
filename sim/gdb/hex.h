#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore::sim::gdb {

/// A packet that cannot be understood.
struct malformed {};

/// The value of a hexadecimal digit, or -1.
int hex_value(char digit);

/// Two digits for each byte.
std::string hex_digits(const void* bytes, size_t size);
std::string hex_digits(std::string_view text);
/// A number as the protocol writes it, without zeros in front.
std::string hex_number(uint64_t value);

/// Takes a packet's text apart, from left to right.
class text_reader {
public:
    explicit text_reader(std::string_view text)
        : m_text(text) {}

    bool empty() const { return m_text.empty(); }
    /// Whether the text goes on with this; if so, takes it.
    bool take(std::string_view expected);
    /// @throws malformed when it does not
    void expect(std::string_view expected);
    /// @throws malformed when something is left
    void expect_end() const;
    /// A number of one to 16 digits.
    /// @throws malformed
    uint64_t number();
    /// All up to a separator, or to the end; the separator is taken, too.
    std::string_view until(char separator);
    std::string_view rest();
    /// Bytes of two digits each, to the end.
    /// @throws malformed
    std::vector<uint8_t> bytes();

private:
    std::string_view m_text;
};

} // namespace vmcore::sim::gdb
