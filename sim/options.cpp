#include "sim/options.h"

#include "sim/cpu_state_file.h"
#include "sim/device_options.h"
#include "sim/dump_options.h"
#include "sim/key_values.h"
#include "sim/settings.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <functional>
#include <iomanip>
#include <optional>
#include <set>
#include <sstream>

namespace po = boost::program_options;

namespace vmcore::sim {

namespace {

constexpr unsigned most_dump_threads = 256;

/// Collects options in the order typed, then the settings, which may depend on none of them.
class option_parser {
public:
    explicit option_parser(machine_type by_default);

    options parse(const std::vector<std::string>& arguments);
    std::string help() const;

private:
    using handler = std::function<void(const std::string& option, const std::string& value)>;
    struct entry {
        std::string name;  ///< without dashes
        std::string value; ///< placeholder of its value; empty for a switch
        std::string help;
        handler handle;
        bool is_own; ///< not one of QEMU's
        std::string dashes() const { return is_own ? "--" : "-"; }
    };

    void declare_machine();
    void declare_guest();
    void declare_run();
    void declare_control();
    void declare_own();
    void declare_missing();
    void add(const std::string& name, const std::string& value, const std::string& help, handler handle) {
        m_entries.push_back({name, value, help, std::move(handle), false});
    }
    void add_own(const std::string& name, const std::string& value, const std::string& help, handler handle) {
        m_entries.push_back({name, value, help, std::move(handle), true});
    }
    void declare_settings();
    void apply_settings();
    [[noreturn]] void refuse(const std::string& argument) const;
    [[noreturn]] void refuse_value(const std::string& shown) const;

    options m_result;
    settings m_settings;
    std::vector<entry> m_entries;
    std::vector<std::string> m_config_files;
    std::vector<std::string> m_assignments;
    std::optional<sc_core::sc_time> m_quantum;
    std::vector<std::string> m_cpus;
    smp_option m_smp;
    boot_option m_boot;
    std::set<std::string> m_given; ///< names without dashes
    bool m_defaults = true;
};

option_parser::option_parser(machine_type by_default) {
    m_result.machine = by_default;
    declare_machine();
    declare_guest();
    declare_run();
    declare_control();
    declare_own();
    declare_missing();
    declare_settings();
}

void option_parser::declare_machine() {
    virt::virt_config& board = m_result.board;
    const handler machine = [this](const std::string& option, const std::string& value) {
        const machine_option parsed = parse_machine(option, value);
        m_result.machine = parsed.type;
        if (!parsed.accelerator.empty())
            parse_accelerator(option, parsed.accelerator, m_result.policy);
        if (!parsed.dump_device_tree.empty()) {
            m_result.what = options::action::dump_device_tree;
            m_result.device_tree_file = parsed.dump_device_tree;
        }
    };
    add("M", "virt[,dumpdtb=F]|pc", "the board; dumpdtb writes its device tree and ends", machine);
    add("machine", "virt[,dumpdtb=F]|pc", "the same", machine);
    add("m", "SIZE", "RAM; MiB unless it ends in K, M, G or T (128M)",
        [&](const std::string& o, const std::string& v) { board.ram_size = parse_ram_size(o, v); });
    add("smp", "[cpus=]N[,maxcpus=M]", "number of CPUs: 1 to 8 harts; pc tells up to 255 and has none (1)",
        [this](const std::string& o, const std::string& v) { parse_smp(o, v, m_smp); });
    add("cpu", "rv64[,X=on|off...]", "the harts: rv64 or rv64i, and the extensions that are on or off",
        [this](const std::string&, const std::string& v) { m_cpus.push_back(v); });
    add("device", "NAME[,...]", "vmcoreinfo; loader,file=F[,addr=A][,force-raw=on]",
        [&](const std::string& o, const std::string& v) { add_device(o, v, board); });
    add("fw_cfg", "[name=]N,file=F|string=S", "a file in fw_cfg",
        [&](const std::string& o, const std::string& v) {
            board.fw_cfg_files.push_back(parse_fw_cfg_file(o, v));
        });
    add("uuid", "UUID", "what fw_cfg tells as the machine's",
        [&](const std::string& o, const std::string& v) { board.uuid = parse_uuid(o, v); });
    add("boot", "[order=]DRIVES[,...]",
        "once=DRIVES, menu=on|off, strict=on|off, splash-time=MS, reboot-timeout=MS: told by fw_cfg",
        [this](const std::string& o, const std::string& v) { parse_boot(o, v, m_boot); });
    add("serial", "BACKEND", "stdio, file:PATH, unix:PATH[,server=on][,wait=off] or null (stdio)",
        [&](const std::string& o, const std::string& v) {
            if (m_given.count("serial") != 0)
                throw usage_error(o + ": given twice, expected once: the board has one serial port");
            board.serial = v;
        });
}

void option_parser::declare_guest() {
    virt::virt_config& board = m_result.board;
    const auto file = [this](const std::string& name, const std::string& help, std::string& field) {
        add(name, "FILE", help, [&field](const std::string& option, const std::string& value) {
            if (value.empty())
                throw usage_error(option + ": an empty file name");
            field = value;
        });
    };
    file("bios", "the firmware: ELF or raw, or none", board.bios);
    file("kernel", "ELF, Image or raw file, put behind the firmware", board.kernel);
    file("initrd", "initial RAM disk", board.initrd);
    file("dtb", "a device tree instead of the board's own", board.dtb);
    add("append", "TEXT", "kernel command line",
        [&](const std::string&, const std::string& v) { board.append = v; });
    add_own("cpu-state", "FILE", "pc: the CPUs' registers, from JSON or the notes of an ELF core",
            [this](const std::string& option, const std::string& value) {
                m_result.board.cpu_state = load_cpu_states(option, value);
            });
}

void option_parser::declare_run() {
    add("nographic", "", "fw_cfg tells the guest that there is no display",
        [this](const std::string&, const std::string&) { m_result.board.nographic = true; });
    for (const auto& [name, what] :
         {std::pair("display", "display"), std::pair("vga", "display"), std::pair("audio", "sound"),
          std::pair("net", "network"), std::pair("nic", "network")})
        add(name, "none", std::string("accepted; there is no ") + what,
            [](const std::string& option, const std::string& value) {
                if (value != "none")
                    throw usage_error(option + ": '" + value + "', expected none");
            });
    add("run-with", "exit-with-parent=on|off", "end as by SIGTERM when the parent process dies",
        [this](const std::string& option, const std::string& value) {
            key_values properties(option, value, "exit-with-parent");
            m_result.exit_with_parent = properties.take_switch("exit-with-parent", m_result.exit_with_parent);
            properties.expect_empty();
        });
    add("nodefaults", "", "no serial port unless -serial names one",
        [this](const std::string&, const std::string&) { m_defaults = false; });
    add("no-reboot", "", "a guest's reset ends the run",
        [this](const std::string&, const std::string&) { m_result.policy.reboot = false; });
    const auto show = [this](options::action what) {
        return [this, what](const std::string&, const std::string&) { m_result.what = what; };
    };
    add("help", "", "this text", show(options::action::show_help));
    add("h", "", "this text", show(options::action::show_help));
    add("version", "", "the version", show(options::action::show_version));
}

/// The servers, and what they make of a run.
void option_parser::declare_control() {
    protocol_options& servers = m_result.protocols;
    run_policy& policy = m_result.policy;
    add("S", "", "hold the guest until QMP's cont",
        [&](const std::string&, const std::string&) { policy.hold = true; });
    add("qmp", "ENDPOINT", "serve QMP at unix:PATH[,server=on][,wait=off] or stdio",
        [&](const std::string& o, const std::string& v) { servers.add_qmp(o, v); });
    add("chardev", "socket,path=P,id=X", "an endpoint with a name; also stdio,id=X",
        [&](const std::string& o, const std::string& v) { servers.add_chardev(o, v); });
    add("mon", "chardev=X,mode=control", "serve QMP at a chardev",
        [&](const std::string& o, const std::string& v) { servers.add_monitor(o, v); });
    add("monitor", "none", "accepted; there is no monitor for people",
        [](const std::string& option, const std::string& value) {
            if (value != "none" && value != "null")
                throw usage_error(option + ": '" + value + "', expected none; -qmp serves QMP");
        });
    add("qtest", "ENDPOINT", "serve the qtest protocol, likewise",
        [&](const std::string& o, const std::string& v) { servers.set_qtest(o, v); });
    add("qtest-log", "FILE", "write qtest's lines and answers; none for no log (none)",
        [&](const std::string&, const std::string& v) { servers.qtest_log = v; });
    add("accel", "tcg|qtest", "qtest: harts never run, time moves by qtest's commands only (tcg)",
        [&](const std::string& o, const std::string& v) { parse_accelerator(o, v, policy); });
    add("action", "panic=A[,reboot=B][,shutdown=C]",
        "A: pause, exit-failure, shutdown or none; B: reset or shutdown; C: poweroff or pause",
        [&](const std::string& o, const std::string& v) { parse_action(o, v, policy); });
    add("no-shutdown", "", "the same as -action shutdown=pause",
        [&](const std::string&, const std::string&) { policy.shutdown_pauses = true; });
    add("name", "NAME", "the guest's name, for QMP",
        [this](const std::string&, const std::string& v) { m_result.name = v; });
}

void option_parser::declare_own() {
    add_own("dump", "FILE",
            "write the guest's memory and registers; - is standard output, fd:N is open already",
            [this](const std::string& option, const std::string& value) {
                if (value.empty())
                    throw usage_error(option + ": an empty file name");
                if (!m_result.dump_file.empty())
                    throw usage_error(option + ": given twice, expected once");
                m_result.dump_file = value;
            });
    std::string formats;
    for (const std::string& format : dump_formats())
        formats += (formats.empty() ? "" : ", ") + format;
    add_own("dump-format", "FORMAT", formats + " (elf)", [this](const std::string& o, const std::string& v) {
        m_result.dump.format = parse_dump_format(o, v);
    });
    add_own(
        "dump-on", "EVENT", "exit, panic or publish (exit)",
        [this](const std::string& o, const std::string& v) { m_result.dump_on = parse_dump_trigger(o, v); });
    add_own("rescue", "", "search memory for the guest's note when it published no good one",
            [this](const std::string&, const std::string&) { m_result.dump.rescue = true; });
    add_own("summary", "", "say on stderr what the guest published, how fast it ran and what the dump holds",
            [this](const std::string&, const std::string&) { m_result.summary = true; });
    add_own("quantum", "TIME", "how far a hart may run ahead of simulated time (10 us)",
            [this](const std::string& o, const std::string& v) { m_quantum = parse_time(o, v); });
    add_own("set", "PATH=VALUE", "change a setting",
            [this](const std::string&, const std::string& v) { m_assignments.push_back(v); });
    add_own("config", "FILE", "change settings: a JSON object",
            [this](const std::string&, const std::string& v) { m_config_files.push_back(v); });
    add_own(
        "list-config", "", "every setting, its value and what it is",
        [this](const std::string&, const std::string&) { m_result.what = options::action::list_settings; });
}

/// QEMU's options that this simulator knows of and cannot serve yet. They are no part of the help.
void option_parser::declare_missing() {
    const handler refuse_it = [](const std::string& option, const std::string&) {
        throw usage_error(option + ": not built yet");
    };
    add("gdb", "VALUE", "", refuse_it);
    add("s", "", "", refuse_it);
}

void option_parser::declare_settings() {
    virt::virt_config& board = m_result.board;
    m_settings.add("cpu.clock_period", "time of one instruction", board.clock_period);
    m_settings.add("cpu.quantum", "how far a hart may run ahead", board.quantum);
    m_settings.add("cpu.dmi", "direct memory access of harts and DMA", board.dmi);
    m_settings.add("cpu.block_cache", "keep decoded instructions", board.block_cache);
    m_settings.add("bus.latency", "per transaction", board.bus_latency);
    m_settings.add("ram.huge_pages", "host pages of 2 MiB: faster, and a detached dump pauses less",
                   board.ram_huge_pages);
    m_settings.add("ram.read_latency", "per 8-byte word", board.ram_read_latency);
    m_settings.add("ram.write_latency", "per 8-byte word", board.ram_write_latency);
    m_settings.add("rom.latency", "per 8-byte word", board.rom_latency);
    m_settings.add("device.latency", "per register access", board.register_latency);
    m_settings.add("serial.poll_interval", "simulated time between two looks for input",
                   board.serial_poll_interval);
    m_settings.add("fw_cfg.dma_burst", "bytes per DMA transaction without DMI, a power of two",
                   board.dma_burst, 8, 4096);
    m_settings.add("fw_cfg.strict", "report what the guest does that no driver should rely on", board.strict);
    dump_request& dump = m_result.dump;
    m_settings.add("dump.fsync", "a dump survives a crash of the host", dump.fsync);
    m_settings.add("dump.sparse", "an ELF dump has holes where memory is zero", dump.sparse);
    m_settings.add("dump.layout", "what all readers open, or QEMU's to the byte", dump.layout,
                   {{"portable", dump_layout::portable}, {"qemu", dump_layout::qemu}});
    m_settings.add("dump.threads", "that write and compress; 0 is one for each CPU of the host", dump.threads,
                   0, most_dump_threads);
    m_settings.add("dump.paging", "--dump's ELF maps memory as each CPU's page tables do", dump.paging);
}

/// Files first, then --quantum, then --set: the nearer to the user's hand, the later.
void option_parser::apply_settings() {
    for (const std::string& file : m_config_files)
        m_settings.load(file);
    m_result.board.quantum = m_quantum.value_or(m_result.board.quantum);
    for (const std::string& assignment : m_assignments)
        m_settings.set_assignment(assignment);
    const unsigned burst = m_result.board.dma_burst;
    if ((burst & (burst - 1)) != 0)
        throw usage_error("fw_cfg.dma_burst: " + std::to_string(burst) + ", expected a power of two");
    if (m_result.board.clock_period == sc_core::SC_ZERO_TIME)
        throw usage_error("cpu.clock_period: 0, expected a time above 0");
    if (m_result.board.quantum < m_result.board.clock_period)
        throw usage_error("cpu.quantum: shorter than cpu.clock_period, expected at least " +
                          m_result.board.clock_period.to_string());
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
    const bool serial_given = m_given.count("serial") != 0;
    m_result.protocols.resolve();
    m_result.board.guest_required = !m_result.protocols.qtest && m_result.protocols.qmp.empty();
    if (serial_given && m_result.board.serial == "stdio" && m_result.protocols.uses_stdio())
        throw usage_error("-serial stdio: -qtest or QMP has standard input and output already");
    if (!serial_given && (!m_defaults || m_result.protocols.uses_stdio()))
        m_result.board.serial = "null";
    check_dump_options(m_result, m_given);
    m_result.settings_list = m_settings.list();
    return m_result;
}

std::string option_parser::help() const {
    std::ostringstream text;
    text << "usage: vmcore-vp -bios FILE [option...]\n\n";
    for (const entry& known : m_entries)
        if (!known.help.empty())
            text << "  " << std::left << std::setw(38) << known.dashes() + known.name + " " + known.value
                 << known.help << '\n';
    return text.str();
}

} // namespace

options parse_options(const std::vector<std::string>& arguments, machine_type by_default) {
    return option_parser(by_default).parse(arguments);
}

std::string help_text() {
    return option_parser(machine_type::virt).help();
}

} // namespace vmcore::sim
