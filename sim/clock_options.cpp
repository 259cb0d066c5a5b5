#include "sim/clock_options.h"

#include "sim/key_values.h"

#include <algorithm>
#include <cctype>
#include <ctime>

namespace vmcore::sim {

static constexpr int first_year = 1970;
static constexpr int last_year = 2553; ///< the last whole one in 2^64 nanoseconds

/// Whether the text has a digit where the form has a letter, and is equal elsewhere.
static bool has_form(const std::string& text, const std::string& form) {
    return text.size() == form.size() &&
           std::equal(form.begin(), form.end(), text.begin(), [](char wanted, char c) {
               return std::islower(static_cast<unsigned char>(wanted))
                          ? std::isdigit(static_cast<unsigned char>(c)) != 0
                          : wanted == c;
           });
}

static std::tm broken_down(uint64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    return parts;
}

/// What the host's clocks on the wall show, taken for UTC.
static uint64_t local_time_of_host() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    return static_cast<uint64_t>(timegm(&parts));
}

uint64_t parse_rtc_base(const std::string& option, const std::string& text) {
    static const std::string date_form = "yyyy-mm-dd";
    static const std::string form = "yyyy-mm-ddThh:mm:ss";
    if (text == "utc")
        return static_cast<uint64_t>(std::time(nullptr));
    if (text == "localtime")
        return local_time_of_host();
    const std::string whole = has_form(text, date_form) ? text + "T00:00:00" : text;
    if (has_form(whole, form)) {
        const auto number = [&](size_t at, size_t digits) { return std::stoi(whole.substr(at, digits)); };
        std::tm parts{};
        parts.tm_year = number(0, 4) - 1900;
        parts.tm_mon = number(5, 2) - 1;
        parts.tm_mday = number(8, 2);
        parts.tm_hour = number(11, 2);
        parts.tm_min = number(14, 2);
        parts.tm_sec = number(17, 2);
        const int year = number(0, 4);
        const auto seconds = static_cast<uint64_t>(timegm(&parts));
        // A date that there is not, such as February the 30th, is another one by now.
        if (year >= first_year && year <= last_year && rtc_base_text(seconds) == whole)
            return seconds;
    }
    throw usage_error(option + ": '" + text + "', expected a date from " + std::to_string(first_year) +
                      " to " + std::to_string(last_year) +
                      " such as 2024-01-01T00:00:00 or 2024-01-01, or utc or localtime for the host's time");
}

std::string rtc_base_text(uint64_t seconds) {
    const std::tm parts = broken_down(seconds);
    char text[64];
    const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    return std::string(text, length);
}

std::optional<uint64_t> parse_rtc(const std::string& option, const std::string& value) {
    key_values properties(option, value, "base");
    bool has_base = false;
    const std::string base = properties.take("base", has_base);
    const std::string clock = properties.take("clock", "vm");
    const std::string drift = properties.take("driftfix", "none");
    properties.expect_empty();
    if (clock != "vm")
        properties.fail("clock=" + clock + ", expected vm: the clock counts simulated time");
    if (drift != "none")
        properties.fail("driftfix=" + drift + ", expected none: simulated time has no drift");
    return has_base ? std::optional(parse_rtc_base(option + " base", base)) : std::nullopt;
}

} // namespace vmcore::sim
