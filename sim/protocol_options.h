#pragma once

#include "sim/io/endpoint.h"
#include "sim/run_control.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vmcore::sim {

/// The servers that the command line asks for. Each function takes an option as typed and its value.
/// @throws usage_error (all of them)
class protocol_options {
public:
    std::optional<endpoint> qtest;
    std::string qtest_log; ///< file, empty for none
    std::optional<endpoint> gdb;
    std::vector<endpoint> qmp; ///< one for each QMP server

    void set_qtest(const std::string& option, const std::string& value);
    void set_gdb(const std::string& option, const std::string& value); ///< the last one counts
    void add_qmp(const std::string& option, const std::string& value);
    void add_chardev(const std::string& option, const std::string& value); ///< with an id
    void add_monitor(const std::string& option, const std::string& value); ///< -mon
    /// To be called when all options are known: monitors find their chardevs.
    void resolve();
    /// A chardev for a device's line, which nobody else gets then: as -serial would spell it.
    std::string take_line(const std::string& option, const std::string& id);

    /// Whether one of the servers has standard input and output.
    bool uses_stdio() const;

private:
    struct monitor {
        std::string option;
        std::string chardev;
    };
    struct chardev {
        std::string kind; ///< socket, stdio, file or null
        endpoint where;   ///< of a socket, or stdio
        std::string file; ///< of a file
    };
    chardev take_chardev(const std::string& option, const std::string& id);

    std::map<std::string, chardev> m_chardevs;
    std::vector<monitor> m_monitors;
};

/// `-action panic=...,reboot=...,shutdown=...`, in QEMU's words.
/// @throws usage_error
void parse_action(const std::string& option, const std::string& value, run_policy& policy);

/// `-accel tcg` or `-accel qtest`.
/// @throws usage_error
void parse_accelerator(const std::string& option, const std::string& value, run_policy& policy);

} // namespace vmcore::sim
