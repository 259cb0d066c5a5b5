// From a line to a command, and help. Commands are methods; those that show memory are in human_memory.cpp,
// those of `info` in human_info.cpp.

#include "sim/qmp/human_monitor.h"

#include <algorithm>
#include <cctype>

namespace vmcore::sim::qmp {

namespace json = boost::json;

const std::vector<human_monitor::command> human_monitor::commands = {
    {"cont|c", "", "let the guest run on", &human_monitor::cont},
    {"dump-guest-memory", "[-p] [-d] [-z|-l|-s|-w] [-R] filename [begin length]",
     "write the guest's memory into a file, as ELF\n"
     "\t\t\t-p: with the guest's page tables\n"
     "\t\t\t-d: answer at once and write then\n"
     "\t\t\t-z, -l, -s: as kdump compressed with zlib, lzo, snappy\n"
     "\t\t\t-w: as a Windows crash dump\n"
     "\t\t\t-R: a kdump as it is, not flattened\n"
     "\t\t\tbegin, length: only this part of guest-physical memory, in bytes",
     &human_monitor::dump},
    {"help|?", "[command]", "list the commands, or explain one", &human_monitor::help},
    {"info", "[subcommand]", "show something about the guest", &human_monitor::info},
    {"memsave", "addr size file", "write memory as the CPU sees it into a file", &human_monitor::memsave},
    {"pmemsave", "addr size file", "write guest-physical memory into a file", &human_monitor::pmemsave},
    {"print|p", "/fmt expr", "show the value of an expression; $name is a register", &human_monitor::print},
    {"quit|q", "", "end the simulator", &human_monitor::quit},
    {"stop|s", "", "hold the guest", &human_monitor::stop},
    {"system_powerdown", "", "press the power button", &human_monitor::system_powerdown},
    {"system_reset", "", "reset the board", &human_monitor::system_reset},
    {"x", "/fmt addr", "show memory as the CPU sees it", &human_monitor::show_virtual},
    {"xp", "/fmt addr", "show guest-physical memory", &human_monitor::show_physical},
};

const std::vector<human_monitor::command> human_monitor::info_commands = {
    {"cpus", "", "the CPUs", &human_monitor::info_cpus},
    {"dump", "", "how the last dump went", &human_monitor::info_dump},
    {"mtree", "[-f]", "the memory map (-f: as the CPU sees it)", &human_monitor::info_mtree},
    {"name", "", "the guest's name", &human_monitor::info_name},
    {"registers", "[-a|vcpu]", "a CPU's registers (-a: of all CPUs)", &human_monitor::info_registers},
    {"status", "", "whether the guest runs", &human_monitor::info_status},
    {"version", "", "the version of the simulator", &human_monitor::info_version},
};

human_monitor::human_monitor(board& shown, bus_viewer& viewer, qmp_command qmp)
    : m_board(shown)
    , m_viewer(viewer)
    , m_qmp(std::move(qmp)) {}

/// Takes the white space at the start of a text off it.
static void skip_spaces(std::string_view& text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
        text.remove_prefix(1);
}

/// Takes a command's name off a text: what comes before white space or a format.
static std::string_view take_name(std::string_view& text) {
    size_t length = 0;
    while (length < text.size() && text[length] != '/' &&
           std::isspace(static_cast<unsigned char>(text[length])) == 0)
        ++length;
    const std::string_view name = text.substr(0, length);
    text.remove_prefix(length);
    return name;
}

const human_monitor::command* human_monitor::find(const std::vector<command>& table, std::string_view name) {
    for (const command& each : table) {
        std::string_view names = each.names;
        while (!names.empty()) {
            const size_t end = std::min(names.find('|'), names.size());
            if (name == names.substr(0, end))
                return &each;
            names.remove_prefix(std::min(end + 1, names.size()));
        }
    }
    return nullptr;
}

std::string human_monitor::execute(const std::string& command_line, unsigned cpu_index) {
    m_cpu = cpu_index;
    std::string text;
    for (const char each : run(command_line)) {
        if (each == '\n')
            text += '\r';
        text += each;
    }
    return text;
}

std::string human_monitor::run(std::string_view line) {
    skip_spaces(line);
    if (line.empty())
        return "";
    std::string_view rest = line;
    const command* found = find(commands, take_name(rest));
    std::string_view typed = line.substr(0, line.size() - rest.size());
    std::string_view arguments = rest;
    skip_spaces(arguments);
    if (found != nullptr && found->carry_out == &human_monitor::info && !arguments.empty()) {
        found = find(info_commands, take_name(arguments));
        typed = line.substr(0, line.size() - arguments.size());
        rest = arguments;
    }
    if (found == nullptr)
        return "unknown command: '" + std::string(typed) + "'\n";
    return run(*found, typed, rest);
}

std::string human_monitor::run(const command& wanted, std::string_view typed_name, std::string_view rest) {
    const auto registers = [this](const std::string& name) { return m_board.register_value(m_cpu, name); };
    human_arguments given(wanted.names, rest, registers);
    const auto refuse = [&](const char* what) {
        return std::string(what) + "\nTry \"help " + std::string(typed_name) + "\" for more information\n";
    };
    try {
        return (this->*wanted.carry_out)(given);
    } catch (const usage_error& error) {
        return refuse(error.what());
    } catch (const expression_error& error) {
        return refuse(error.what());
    }
}

std::string human_monitor::call(const char* name, const json::object& given) {
    try {
        m_qmp(name, given);
        return "";
    } catch (const std::exception& error) {
        return std::string("Error: ") + error.what() + "\n";
    }
}

std::string human_monitor::simple(human_arguments& given, const char* name) {
    given.expect_no_more();
    return call(name);
}

std::string human_monitor::help_line(const command& described, const std::string& prefix) {
    return prefix + described.names + " " + described.parameters + " -- " + described.help + "\n";
}

std::string human_monitor::help_of(const std::vector<command>& table, const std::string& prefix) {
    std::string text;
    for (const command& each : table)
        text += help_line(each, prefix);
    return text;
}

std::string human_monitor::help(human_arguments& given) {
    const std::vector<std::string> words = given.words();
    if (words.empty())
        return help_of(commands, "");
    const bool of_info = words[0] == "info";
    if (of_info && words.size() == 1)
        return help_of(info_commands, "info ");
    const std::string& name = words[of_info ? 1 : 0];
    const std::string prefix = of_info ? "info " : "";
    const command* found = find(of_info ? info_commands : commands, name);
    return found != nullptr ? help_line(*found, prefix) : "unknown command: '" + prefix + name + "'\n";
}

std::string human_monitor::info(human_arguments&) {
    return help_of(info_commands, "info ");
}

} // namespace vmcore::sim::qmp
