#pragma once

#include "sim/key_values.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

namespace vmcore::sim {

/// The parameters of the models that a user may change: `--set path=value`, `--config FILE`, `--list-config`.
///
/// A setting is bound to the field that it changes; its default is what the field held at that time.
class settings {
public:
    /// on or off, in JSON true or false too.
    void add(const std::string& path, const std::string& description, bool& field);
    void add(const std::string& path, const std::string& description, sc_core::sc_time& field);
    void add(const std::string& path, const std::string& description, unsigned& field, unsigned least,
             unsigned most);
    void add(const std::string& path, const std::string& description, uint64_t& field);
    /// A number with a notation of its own.
    using reader = std::function<uint64_t(const std::string& option, const std::string& value)>;
    using writer = std::function<std::string(uint64_t)>;
    void add(const std::string& path, const std::string& description, uint64_t& field, reader read,
             writer write);
    /// One of a few words, each of which stands for a value.
    template <class Value>
    void add(const std::string& path, const std::string& description, Value& field,
             const std::vector<std::pair<std::string, Value>>& choices) {
        const auto get = [&field, choices] {
            return std::find_if(choices.begin(), choices.end(),
                                [&](const auto& choice) { return choice.second == field; })
                ->first;
        };
        std::string expected;
        for (const auto& choice : choices)
            expected += (expected.empty() ? "" : " or ") + choice.first;
        const auto set = [&field, choices, expected](const std::string& option, const std::string& value) {
            const auto chosen = std::find_if(choices.begin(), choices.end(),
                                             [&](const auto& choice) { return choice.first == value; });
            if (chosen == choices.end())
                throw usage_error(option + ": '" + value + "', expected " + expected);
            field = chosen->second;
        };
        m_entries.push_back({path, description, get, set});
    }

    /// @param option where the value came from, for messages
    /// @throws usage_error naming the path, the value, and what was expected or the nearest path
    void set(const std::string& option, const std::string& path, const std::string& value);

    /// path=value, as --set takes it.
    void set_assignment(const std::string& assignment);

    /// A JSON object whose nested members spell the paths: {"cpu": {"clock_period": "1 ns"}}.
    void load(const std::string& file);

    /// One line a setting: path=value and what it is.
    std::string list() const;

private:
    struct entry {
        std::string path;
        std::string description;
        std::function<std::string()> get;
        std::function<void(const std::string& option, const std::string& value)> set;
    };
    std::vector<entry> m_entries;
};

/// A time with its unit, for example "10 us" or 1ns; at most 1000 s.
/// @throws usage_error
sc_core::sc_time parse_time(const std::string& option, const std::string& text);

} // namespace vmcore::sim
