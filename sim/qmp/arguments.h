#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace vmcore::sim::qmp {

/// What a client asked for and does not get: an error answer with one of QMP's classes.
class error : public std::runtime_error {
public:
    explicit error(const std::string& description, std::string error_class = "GenericError")
        : std::runtime_error(description)
        , m_class(std::move(error_class)) {}
    const std::string& error_class() const { return m_class; }

private:
    std::string m_class;
};

/// The arguments of a command, taken out one by one. Each function throws error when the argument has
/// another type, and where it must be there and is not.
class arguments {
public:
    explicit arguments(const boost::json::object& given)
        : m_given(given) {}

    std::string text(const char* name);
    std::optional<std::string> optional_text(const char* name);
    std::optional<int64_t> optional_number(const char* name);
    uint64_t size(const char* name); ///< a number that is not negative
    bool flag(const char* name, bool otherwise);
    std::optional<bool> optional_flag(const char* name);
    /// A list of strings; empty when it is not there.
    std::vector<std::string> list(const char* name);

    /// @throws error naming an argument that nobody took
    void expect_no_more() const;

private:
    const boost::json::value* find(const char* name);

    const boost::json::object& m_given;
    std::set<std::string> m_taken;
};

} // namespace vmcore::sim::qmp
