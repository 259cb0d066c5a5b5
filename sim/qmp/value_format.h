#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace vmcore::sim::qmp {

/// How QEMU's `x`, `xp` and `print` show numbers.
struct value_format {
    uint64_t count = 1;
    char letter = 'x'; ///< x d u o c, or i for instructions
    unsigned unit = 4; ///< bytes of a number: 1, 2, 4 or 8
};

/// The most memory that is shown at a time, in bytes. QEMU sets no limit.
constexpr uint64_t max_shown = 1 << 20;

/// One number, without columns, for `print`.
std::string format_value(const value_format& wanted, int64_t value);

/// Fills the bytes from an address on; false when they cannot be read.
using memory_reader = std::function<bool(uint64_t address, uint8_t* to, unsigned length)>;

/// Lines of 8 bytes, 16 where a unit is larger than a byte, each behind its address; numbers are
/// little-endian. The line that cannot be read is the last, and says so. The letter is none of 'i', count
/// times unit at most max_shown.
std::string format_memory(const value_format& wanted, uint64_t address, const memory_reader& read);

} // namespace vmcore::sim::qmp
