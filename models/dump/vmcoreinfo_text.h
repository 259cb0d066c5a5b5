#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vmcore {

/// The text of a VMCOREINFO note: lines of `KEY=value`, as a Linux kernel writes them (its
/// Documentation/admin-guide/kdump/vmcoreinfo.rst). A guest may have written anything; nothing here throws.
class vmcoreinfo_text {
public:
    /// The descriptor of the note; it ends at the first NUL. The bytes must outlive this view of them.
    explicit vmcoreinfo_text(std::string_view descriptor)
        : m_text(descriptor.substr(0, descriptor.find('\0'))) {}

    /// What stands behind the first line that begins with `key` and "=", up to the line's end; for example
    /// value("OSRELEASE").
    std::optional<std::string_view> value(std::string_view key) const;

    /// value() as a whole number: decimal with an optional sign (a negative one becomes its two's
    /// complement), or hexadecimal after "0x". None: no such line, or not a number of 64 bits.
    std::optional<uint64_t> number(std::string_view key) const;

    /// SYMBOL(name): an address, which the kernel prints in hexadecimal without "0x".
    std::optional<uint64_t> symbol(std::string_view name) const;

    std::string_view text() const { return m_text; }

private:
    std::string_view m_text;
};

} // namespace vmcore
