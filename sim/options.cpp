#include "sim/options.h"

#include "platform/virt/firmware_files.h"
#include "sim/device_options.h"
#include "sim/dump_options.h"
#include "sim/key_values.h"
#include "sim/option_parser.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <iomanip>
#include <sstream>

namespace po = boost::program_options;

namespace vmcore::sim {

option_parser::option_parser(machine_type by_default) {
    m_result.machine = by_default;
    declare_machine();
    declare_guest();
    declare_run();
    declare_control();
    declare_own();
    declare_settings();
}

void option_parser::refuse(const std::string& argument) const {
    const size_t word = argument.find_first_not_of('-');
    if (argument.empty() || argument[0] != '-' || word == std::string::npos)
        throw usage_error("'" + argument + "': not an option; a guest is given by -bios or -kernel");
    std::vector<std::string> names;
    for (const entry& known : m_entries)
        names.push_back(known.name);
    const std::string name = argument.substr(word, argument.find('=') - word);
    const std::string nearest = nearest_word(name, names);
    std::string text = argument.substr(0, word) + name + ": unknown option";
    for (const entry& known : m_entries)
        if (!nearest.empty() && known.name == nearest)
            text += ", did you mean " + known.dashes() + nearest + "?";
    throw usage_error(text + (nearest.empty() ? "; -help lists the options" : ""));
}

void option_parser::refuse_value(const std::string& shown) const {
    const std::string name = shown.substr(std::min(shown.find_first_not_of('-'), shown.size()));
    for (const entry& known : m_entries)
        if (known.name == name)
            throw usage_error(known.dashes() + name +
                              (known.value.empty() ? ": takes no value" : ": expected a value behind it"));
    throw usage_error(shown + ": expected a value behind it, or none where it is a switch");
}

/// Standard input and output go to one of the servers, consoles and the serial port, which has them by
/// default.
void option_parser::settle_stdio() {
    const bool serial_given = m_given.count("serial") != 0;
    const bool console = m_result.board.virtio.uses_stdio();
    const bool servers = m_result.protocols.uses_stdio();
    if (console && servers)
        throw usage_error("-chardev stdio: -qtest or QMP has standard input and output already");
    if (serial_given && m_result.board.serial == "stdio" && (servers || console))
        throw usage_error(std::string("-serial stdio: ") + (servers ? "-qtest or QMP" : "-chardev stdio") +
                          " has standard input and output already");
    if (!serial_given && (!m_defaults || servers || console))
        m_result.board.serial = "null";
}

options option_parser::parse(const std::vector<std::string>& arguments) {
    po::options_description known;
    for (const entry& declared : m_entries) {
        if (declared.value.empty())
            known.add_options()(declared.name.c_str(), "");
        else
            known.add_options()(declared.name.c_str(), po::value<std::string>(), "");
    }
    using style = po::command_line_style::style_t;
    const int qemu_style =
        style::allow_long | style::allow_long_disguise | style::long_allow_next | style::long_allow_adjacent;
    std::vector<po::option> typed;
    try {
        typed = po::command_line_parser(arguments)
                    .options(known)
                    .style(qemu_style)
                    .allow_unregistered()
                    .run()
                    .options;
    } catch (const po::error_with_option_name& error) {
        refuse_value(error.get_option_name());
    }
    for (const po::option& option : typed) {
        if (option.string_key.empty() || option.unregistered)
            refuse(option.original_tokens.front());
        for (const entry& declared : m_entries)
            if (declared.name == option.string_key)
                declared.handle(declared.dashes() + declared.name,
                                option.value.empty() ? "" : option.value.front());
        m_given.insert(option.string_key);
    }
    apply_settings();
    complete_machine(m_result.machine, m_given, m_smp, m_boot, m_result.board);
    for (const std::string& cpu : m_cpus) // only now, because the machine may have no CPU at all
        m_result.board.isa = parse_cpu("-cpu", cpu);
    if (m_result.machine == machine_type::virt)
        find_bios();
    m_result.protocols.resolve();
    m_virtio.resolve(m_result.protocols, m_result.board.virtio);
    m_result.board.guest_required = !m_result.protocols.qtest && m_result.protocols.qmp.empty();
    if (m_result.machine == machine_type::pc && !m_result.board.virtio.devices.empty())
        throw usage_error("-device, -drive: the pc board has no place for virtio devices, expected -M virt");
    settle_stdio();
    check_dump_options(m_result, m_given);
    m_result.settings_list = m_settings.list();
    return m_result;
}

/// As QEMU, which takes OpenSBI for a kernel that comes without a firmware.
void option_parser::find_bios() {
    std::vector<std::string> directories = m_firmware_directories;
    const std::vector<std::string>& usual = virt::firmware_directories();
    directories.insert(directories.end(), usual.begin(), usual.end());
    std::string& bios = m_result.board.bios;
    if (bios.empty() && !m_result.board.kernel.empty())
        bios = "default";
    const bool is_needed =
        m_result.what == options::action::run || m_result.what == options::action::dump_device_tree;
    if (bios.empty() || bios == "none" || !is_needed)
        return;
    bios =
        bios == "default" ? virt::find_default_firmware(directories) : virt::find_firmware(bios, directories);
}

std::string option_parser::help() const {
    std::ostringstream text;
    text << "usage: vmcore-vp -bios FILE [option...]\n\n";
    for (const entry& known : m_entries)
        if (!known.help.empty())
            text << "  " << std::left << std::setw(37) << known.dashes() + known.name + " " + known.value
                 << ' ' << known.help << '\n';
    return text.str();
}

options parse_options(const std::vector<std::string>& arguments, machine_type by_default) {
    return option_parser(by_default).parse(arguments);
}

std::string help_text() {
    return option_parser(machine_type::virt).help();
}

} // namespace vmcore::sim
