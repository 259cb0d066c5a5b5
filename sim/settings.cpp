#include "sim/settings.h"

#include "platform/files.h"
#include "sim/messages.h"

#include <algorithm>
#include <boost/json.hpp>
#include <iomanip>
#include <sstream>

namespace vmcore::sim {

/// Simulated time ends at 2^64 ps, some 200 days: no one step may come near it.
static constexpr double longest_seconds = 1000;

sc_core::sc_time parse_time(const std::string& option, const std::string& text) {
    static const std::pair<const char*, double> units[] = {
        {"ps", 1e-12}, {"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}};
    std::istringstream in(text);
    double number = 0;
    std::string unit;
    in >> number >> unit;
    for (const auto& [name, seconds] : units)
        if (unit == name && number >= 0 && number * seconds <= longest_seconds && in.eof())
            return sc_core::sc_time(number * seconds, sc_core::SC_SEC);
    throw usage_error(option + ": '" + text +
                      "' is not a time, expected a number and ps, ns, us, ms or s, at most 1000 s");
}

void settings::add(const std::string& path, const std::string& description, bool& field) {
    m_entries.push_back({path, description, [&field] { return field ? "on" : "off"; },
                         [&field](const std::string& option, const std::string& value) {
                             if (value != "on" && value != "off")
                                 throw usage_error(option + ": '" + value + "', expected on or off");
                             field = value == "on";
                         }});
}

void settings::add(const std::string& path, const std::string& description, sc_core::sc_time& field) {
    m_entries.push_back({path, description, [&field] { return field.to_string(); },
                         [&field](const std::string& option, const std::string& value) {
                             field = parse_time(option, value);
                         }});
}

void settings::add(const std::string& path, const std::string& description, unsigned& field, unsigned least,
                   unsigned most) {
    const auto set = [&field, least, most](const std::string& option, const std::string& value) {
        const uint64_t number = parse_number(option, value);
        if (number < least || number > most)
            throw usage_error(option + ": " + value + ", expected " + std::to_string(least) + " to " +
                              std::to_string(most));
        field = static_cast<unsigned>(number);
    };
    m_entries.push_back({path, description, [&field] { return std::to_string(field); }, set});
}

void settings::add(const std::string& path, const std::string& description, uint64_t& field) {
    add(path, description, field, parse_number, [](uint64_t number) { return std::to_string(number); });
}

void settings::add(const std::string& path, const std::string& description, uint64_t& field, reader read,
                   writer write) {
    m_entries.push_back({path, description, [&field, write] { return write(field); },
                         [&field, read](const std::string& option, const std::string& value) {
                             field = read(option, value);
                         }});
}

void settings::set(const std::string& option, const std::string& path, const std::string& value) {
    const auto found =
        std::find_if(m_entries.begin(), m_entries.end(), [&](const entry& e) { return e.path == path; });
    if (found != m_entries.end())
        return found->set(option + " " + path, value);

    std::vector<std::string> paths;
    for (const entry& known : m_entries)
        paths.push_back(known.path);
    const std::string nearest = nearest_word(path, paths);
    throw usage_error(option + ": no setting '" + path + "'" +
                      (nearest.empty() ? "; --list-config lists them" : ", did you mean '" + nearest + "'?"));
}

void settings::set_assignment(const std::string& assignment) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos)
        throw usage_error("--set: '" + assignment + "', expected path=value");
    set("--set", assignment.substr(0, equals), assignment.substr(equals + 1));
}

/// A scalar as --set would spell it.
static std::string scalar_text(const boost::json::value& value) {
    if (value.is_string())
        return std::string(value.get_string());
    if (value.is_bool())
        return value.get_bool() ? "on" : "off";
    return boost::json::serialize(value);
}

/// An object that `is_group` does not know is visited like a scalar: going into it would take time that grows
/// with the square of its size, only to find that nothing in it is known.
static void walk(const boost::json::object& object, const std::string& prefix,
                 const std::function<bool(const std::string&)>& is_group,
                 const std::function<void(const std::string&, const std::string&)>& visit) {
    for (const auto& member : object) {
        const std::string path = prefix + std::string(member.key());
        if (member.value().is_object() && is_group(path + "."))
            walk(member.value().get_object(), path + ".", is_group, visit);
        else
            visit(path, scalar_text(member.value()));
    }
}

void settings::load(const std::string& file) {
    const std::vector<uint8_t> bytes = read_file("--config", file);
    boost::json::error_code error;
    const boost::json::value parsed = boost::json::parse(
        boost::json::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), error);
    if (error || !parsed.is_object())
        throw usage_error("--config: '" + file + "': expected a JSON object" +
                          (error ? ": " + error.message() : ""));
    const auto is_group = [this](const std::string& start) {
        return std::any_of(m_entries.begin(), m_entries.end(), [&](const entry& known) {
            return known.path.compare(0, start.size(), start) == 0;
        });
    };
    walk(parsed.get_object(), "", is_group, [&](const std::string& path, const std::string& value) {
        set("--config '" + file + "'", one_line(path), one_line(value)); // a NUL would end the message
    });
}

std::string settings::list() const {
    std::ostringstream text;
    for (const entry& known : m_entries)
        text << std::left << std::setw(36) << known.path + "=" + known.get() << known.description << '\n';
    return text.str();
}

} // namespace vmcore::sim
