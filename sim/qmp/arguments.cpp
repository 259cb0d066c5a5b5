#include "sim/qmp/arguments.h"

namespace vmcore::sim::qmp {

namespace json = boost::json;

[[noreturn]] static void refuse_type(const char* name, const char* expected) {
    throw error(std::string("Invalid parameter type for '") + name + "', expected: " + expected);
}

[[noreturn]] static void refuse_missing(const char* name) {
    throw error(std::string("Parameter '") + name + "' is missing");
}

const json::value* arguments::find(const char* name) {
    m_taken.insert(name);
    return m_given.if_contains(name);
}

std::optional<std::string> arguments::optional_text(const char* name) {
    const json::value* value = find(name);
    if (value == nullptr)
        return std::nullopt;
    if (!value->is_string())
        refuse_type(name, "string");
    if (value->get_string().find('\0') != json::string::npos) // where the host's calls would see its end
        throw error(std::string("Parameter '") + name + "' expects a string without NUL");
    return std::string(value->get_string());
}

std::string arguments::text(const char* name) {
    const auto value = optional_text(name);
    if (!value)
        refuse_missing(name);
    return *value;
}

std::optional<int64_t> arguments::optional_number(const char* name) {
    const json::value* value = find(name);
    if (value == nullptr)
        return std::nullopt;
    if (!value->is_number() || value->is_double())
        refuse_type(name, "integer");
    if (value->is_uint64() && value->get_uint64() > INT64_MAX)
        throw error(std::string("Parameter '") + name + "' expects int64");
    return value->to_number<int64_t>();
}

uint64_t arguments::size(const char* name) {
    const json::value* value = find(name);
    if (value == nullptr)
        refuse_missing(name);
    if (!(value->is_uint64() || value->is_int64()) || (value->is_int64() && value->get_int64() < 0))
        throw error(std::string("Parameter '") + name + "' expects uint64");
    return value->to_number<uint64_t>();
}

std::optional<bool> arguments::optional_flag(const char* name) {
    const json::value* value = find(name);
    if (value == nullptr)
        return std::nullopt;
    if (!value->is_bool())
        refuse_type(name, "boolean");
    return value->get_bool();
}

bool arguments::flag(const char* name, bool otherwise) {
    return optional_flag(name).value_or(otherwise);
}

bool arguments::flag(const char* name) {
    const auto value = optional_flag(name);
    if (!value)
        refuse_missing(name);
    return *value;
}

std::vector<std::string> arguments::list(const char* name) {
    std::vector<std::string> words;
    const json::value* value = find(name);
    if (value == nullptr)
        return words;
    if (!value->is_array())
        refuse_type(name, "array");
    for (const json::value& word : value->get_array()) {
        if (!word.is_string())
            refuse_type(name, "string");
        words.emplace_back(word.get_string());
    }
    return words;
}

void arguments::expect_no_more() const {
    for (const auto& member : m_given)
        if (m_taken.count(std::string(member.key())) == 0)
            throw error("Parameter '" + std::string(member.key()) + "' is unexpected");
}

} // namespace vmcore::sim::qmp
