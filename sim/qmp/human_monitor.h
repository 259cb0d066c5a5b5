#pragma once

#include "platform/board.h"
#include "sim/bus_viewer.h"
#include "sim/qmp/human_arguments.h"
#include "sim/qmp/value_format.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore::sim::qmp {

/// The commands of QEMU's human monitor that make sense here, with QEMU's answers and errors. What QMP can do
/// as well is done by QMP's commands.
class human_monitor {
public:
    /// Carries out a QMP command. What it throws becomes the monitor's "Error: ".
    using qmp_command =
        std::function<boost::json::value(const std::string& name, const boost::json::object& given)>;

    human_monitor(board& shown, bus_viewer& viewer, qmp_command qmp);

    /// Carries a line out for one of the board's CPUs, on the kernel's thread.
    /// @returns the answer, with lines that end in "\r\n"; empty for most commands that did what they should
    std::string execute(const std::string& command_line, unsigned cpu_index);

private:
    using handler = std::string (human_monitor::*)(human_arguments& given);

    struct command {
        const char* names;      ///< separated by '|'
        const char* parameters; ///< for the help
        const char* help;
        handler carry_out;
    };

    static const std::vector<command> commands;
    static const std::vector<command> info_commands;
    static const command* find(const std::vector<command>& table, std::string_view name);
    static std::string help_line(const command& described, const std::string& prefix);
    static std::string help_of(const std::vector<command>& table, const std::string& prefix);

    std::string run(std::string_view line);
    std::string run(const command& wanted, std::string_view typed_name, std::string_view rest);
    std::string call(const char* name, const boost::json::object& given = {});
    std::string simple(human_arguments& given, const char* name);

    // human_monitor.cpp
    std::string help(human_arguments& given);
    std::string info(human_arguments& given);
    std::string stop(human_arguments& given) { return simple(given, "stop"); }
    std::string cont(human_arguments& given) { return simple(given, "cont"); }
    std::string system_reset(human_arguments& given) { return simple(given, "system_reset"); }
    std::string system_powerdown(human_arguments& given) { return simple(given, "system_powerdown"); }
    std::string quit(human_arguments& given) { return simple(given, "quit"); }

    // human_memory.cpp
    std::string print(human_arguments& given);
    std::string show_virtual(human_arguments& given);
    std::string show_physical(human_arguments& given);
    memory_reader physical_memory();
    std::string show(const value_format& wanted, uint64_t address, const memory_reader& read);
    std::string memsave(human_arguments& given);
    std::string pmemsave(human_arguments& given);
    std::string dump(human_arguments& given);

    // human_info.cpp
    std::string info_cpus(human_arguments& given);
    std::string info_dump(human_arguments& given);
    std::string info_mtree(human_arguments& given);
    std::string info_name(human_arguments& given);
    std::string info_registers(human_arguments& given);
    std::string info_status(human_arguments& given);
    std::string info_version(human_arguments& given);

    bool has_cpu() const { return m_cpu < m_board.cpus().size(); }
    std::string registers_of(size_t cpu) const;

    board& m_board;
    bus_viewer& m_viewer;
    qmp_command m_qmp;
    unsigned m_cpu = 0;    ///< of the line that is carried out
    value_format m_format; ///< the last one, which the next command begins with
};

} // namespace vmcore::sim::qmp
