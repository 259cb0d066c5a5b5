#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace vmcore::sim {

/// What a user typed wrong: one line that names the option, what was wrong and what was expected.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// An option's value in QEMU's spelling: key=value pairs behind commas, where ",," stands for a comma in a
/// value. The first pair may leave out its key.
class key_values {
public:
    /// @param option the option as typed, for messages
    /// @param first_key the key that the first pair has when it names none
    key_values(std::string option, const std::string& text, const std::string& first_key);

    /// Takes a value out. Empty, and `found` false, when the key is not there.
    /// @throws usage_error when it is there more than once
    std::string take(const std::string& key, bool& found);
    std::string take(const std::string& key, const std::string& otherwise = "");
    bool take_switch(const std::string& key, bool otherwise); ///< on or off

    /// @throws usage_error naming a key that nobody took
    void expect_empty() const;

    [[noreturn]] void fail(const std::string& what) const;

private:
    std::string m_option;
    std::vector<std::pair<std::string, std::string>> m_pairs;
};

/// A whole number, decimal or 0x-hexadecimal.
/// @throws usage_error
uint64_t parse_number(const std::string& option, const std::string& text);

/// A size in bytes: a number with an optional suffix K, M, G or T; `unit` is the factor when there is none.
/// @throws usage_error
uint64_t parse_size(const std::string& option, const std::string& text, uint64_t unit);

/// on or off.
/// @throws usage_error
bool parse_switch(const std::string& option, const std::string& text);

/// The candidate that differs least from a word that was mistyped; empty when none is near.
std::string nearest_word(const std::string& word, const std::vector<std::string>& candidates);

} // namespace vmcore::sim
