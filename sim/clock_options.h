#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// What a board's real-time clock begins with, in seconds since 1970-01-01T00:00:00 UTC.
/// @throws usage_error: one line for the user
namespace vmcore::sim {

/// A date as QEMU spells it, 2024-01-01T00:00:00 or 2024-01-01, from 1970 to 2553, or one of the words utc
/// and localtime: the host's time at this moment, which makes each run another.
/// @param option for messages
uint64_t parse_rtc_base(const std::string& option, const std::string& text);

/// As parse_rtc_base() takes it.
std::string rtc_base_text(uint64_t seconds);

/// [base=DATE][,clock=vm]
/// @returns the base, if it is told
std::optional<uint64_t> parse_rtc(const std::string& option, const std::string& value);

} // namespace vmcore::sim
