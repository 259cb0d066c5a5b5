#pragma once

#include "models/dump/dumper.h"

#include <memory>
#include <optional>
#include <string>

namespace vmcore::sim {

/// The descriptor that a name given to --dump stands for: "-" (standard output), fd:N, /dev/fd/N and what
/// else the system calls that. None: the name is a file's.
/// @throws usage_error for fd: without a number
std::optional<int> descriptor_named(const std::string& option, const std::string& name);

/// Whether what is written to this path comes out where the descriptor's output does; never for /dev/null.
bool leads_to(const std::string& path, int descriptor);

/// Whether a file that is there, if it is, can be written in any order.
bool can_seek(const std::string& path);
bool can_seek(int descriptor);

/// Whether the files of a format are written in any order.
bool needs_seeking(const std::string& format);

/// Where the dumps of --dump go: a file, any number of times, or a descriptor that was inherited, once.
class dump_output {
public:
    /// Refuses what cannot be written.
    /// @throws std::runtime_error, usage_error: one line for the user
    dump_output(const std::string& name, const std::string& format);

    /// Completes a request. False: a descriptor that has had its dump.
    bool provide(dump_request& request);

private:
    void take(int number);

    std::string m_file;
    bool m_streams = false;
    std::shared_ptr<opened_file> m_opened; ///< until the dump that it is for
};

} // namespace vmcore::sim
