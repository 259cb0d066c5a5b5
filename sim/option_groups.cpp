// What each option is called, takes and does. The order is that of the help.

#include "sim/clock_options.h"
#include "sim/cpu_state_file.h"
#include "sim/device_options.h"
#include "sim/key_values.h"
#include "sim/option_parser.h"

namespace vmcore::sim {

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
    add("device", "NAME[,...]",
        "vmcoreinfo; pvpanic-mmio; loader,file=F[,addr=A][,force-raw=on][,cpu-num=N]; "
        "virtio-blk-device,drive=ID[,serial=S]; virtio-serial-device; virtconsole,chardev=ID; "
        "virtio-rng-device",
        [&](const std::string& o, const std::string& v) { add_device(o, v, board, m_virtio); });
    add("drive", "file=F[,...]",
        "a raw disk image: if=none,id=X for a -device, or if=virtio; readonly, snapshot",
        [this](const std::string& o, const std::string& v) { m_virtio.add_drive(o, v); });
    add("global", "virtio-mmio.force-legacy=on|off", "version 1 of virtio-mmio, or 2 (on)",
        [this](const std::string& o, const std::string& v) { m_virtio.set_global(o, v); });
    add("fw_cfg", "[name=]N,file=F|string=S", "a file in fw_cfg",
        [&](const std::string& o, const std::string& v) {
            board.fw_cfg_files.push_back(parse_fw_cfg_file(o, v));
        });
    add("uuid", "UUID", "what fw_cfg tells as the machine's",
        [&](const std::string& o, const std::string& v) { board.uuid = parse_uuid(o, v); });
    add("boot", "[order=]DRIVES[,...]",
        "once=DRIVES, menu=on|off, strict=on|off, splash-time=MS, reboot-timeout=MS: told by fw_cfg",
        [this](const std::string& o, const std::string& v) { parse_boot(o, v, m_boot); });
    add("rtc", "[base=]DATE[,clock=vm]",
        "the clock's time at the start: a date such as 2024-01-01T00:00:00, utc or localtime",
        [this](const std::string& o, const std::string& v) {
            if (const std::optional<uint64_t> base = parse_rtc(o, v))
                m_rtc_base = base;
        });
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
    file("bios", "the firmware: ELF or raw, none, or default for OpenSBI (with -kernel: default)",
         board.bios);
    add("L", "DIR", "look for firmware there first",
        [this](const std::string&, const std::string& v) { m_firmware_directories.push_back(v); });
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
    add("S", "", "hold the guest until QMP's or gdb's cont",
        [&](const std::string&, const std::string&) { policy.hold = true; });
    add("qmp", "ENDPOINT", "serve QMP at unix:PATH[,server=on][,wait=off] or stdio",
        [&](const std::string& o, const std::string& v) { servers.add_qmp(o, v); });
    add("chardev", "socket,path=P,id=X", "an endpoint with a name; also stdio, null and file,path=P",
        [&](const std::string& o, const std::string& v) { servers.add_chardev(o, v); });
    add("mon", "chardev=X,mode=control", "serve QMP at a chardev",
        [&](const std::string& o, const std::string& v) { servers.add_monitor(o, v); });
    add("monitor", "none", "accepted; there is no monitor for people",
        [](const std::string& option, const std::string& value) {
            if (value != "none" && value != "null")
                throw usage_error(option + ": '" + value + "', expected none; -qmp serves QMP");
        });
    add("gdb", "ENDPOINT", "serve gdb at tcp:[HOST]:PORT (HOST: this one only), unix:PATH or stdio; or none",
        [&](const std::string& o, const std::string& v) { servers.set_gdb(o, v); });
    add("s", "", "the same as -gdb tcp::1234",
        [&](const std::string& o, const std::string&) { servers.set_gdb(o, "tcp::1234"); });
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

} // namespace vmcore::sim
