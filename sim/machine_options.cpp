#include "sim/machine_options.h"

#include "platform/pc/memory_map.h"
#include "platform/virt/memory_map.h"
#include "sim/key_values.h"

#include <algorithm>
#include <cctype>

namespace vmcore::sim {

machine_option parse_machine(const std::string& option, const std::string& value) {
    key_values properties(option, value, "type");
    const std::string type = properties.take("type");
    machine_option parsed;
    if (type == "virt")
        parsed.type = machine_type::virt;
    else if (type == "pc")
        parsed.type = machine_type::pc;
    else
        properties.fail("'" + type + "', expected virt or pc");
    if (parsed.type == machine_type::virt)
        parsed.dump_device_tree = properties.take("dumpdtb");
    parsed.accelerator = properties.take("accel");
    properties.expect_empty();
    return parsed;
}

machine_type machine_of_program(const std::string& program) {
    static const std::string ending = "-system-x86_64";
    const bool is_pc = program.size() >= ending.size() &&
                       program.compare(program.size() - ending.size(), ending.size(), ending) == 0;
    return is_pc ? machine_type::pc : machine_type::virt;
}

void parse_smp(const std::string& option, const std::string& value, smp_option& smp) {
    key_values properties(option, value, "cpus");
    const auto take = [&](const std::string& key, std::optional<unsigned>& field) {
        bool found = false;
        const std::string text = properties.take(key, found);
        if (!found)
            return;
        const uint64_t number = parse_number(option, text);
        if (number < 1 || number > pc::max_cpus)
            throw usage_error(option + ": " + key + "=" + text + ", expected 1 to " +
                              std::to_string(pc::max_cpus) + ", or less as the board has it");
        field = static_cast<unsigned>(number);
    };
    take("cpus", smp.cpus);
    take("maxcpus", smp.max_cpus);
    properties.expect_empty();
}

/// @param least -1 where that stands for "not at all", else 0
static std::optional<uint16_t> parse_milliseconds(const std::string& option, const std::string& text,
                                                  int least) {
    if (least < 0 && text == "-1")
        return std::nullopt;
    const std::string expected = ", expected " + std::to_string(least) + " to 65535 milliseconds";
    uint64_t number = 0;
    try {
        number = parse_number(option, text);
    } catch (const usage_error&) {
        throw usage_error(option + ": '" + text + "'" + expected);
    }
    if (number > UINT16_MAX)
        throw usage_error(option + ": " + text + expected);
    return static_cast<uint16_t>(number);
}

/// Letters as QEMU takes them: a and b floppies, c to f disks and CD-ROMs, n to p network.
static void check_drives(const std::string& option, const std::string& drives) {
    for (size_t i = 0; i < drives.size(); ++i) {
        if (drives[i] < 'a' || drives[i] > 'p')
            throw usage_error(option + ": '" + drives + "': no drive '" + drives[i] + "', expected a to p");
        if (drives.find(drives[i], i + 1) != std::string::npos)
            throw usage_error(option + ": '" + drives + "': drive '" + drives[i] +
                              "' is given twice, expected once");
    }
}

void parse_boot(const std::string& option, const std::string& value, boot_option& boot) {
    key_values properties(option, value, "order");
    const auto take = [&](const std::string& key, auto follow) {
        bool found = false;
        const std::string text = properties.take(key, found);
        if (found)
            follow(option + " " + key, text);
    };
    const auto take_drives = [&](const std::string& key, std::string& field) {
        take(key, [&](const std::string& name, const std::string& text) {
            check_drives(name, text);
            field = text;
        });
    };
    take_drives("order", boot.order);
    take_drives("once", boot.once);
    take("menu", [&](const std::string& name, const std::string& text) {
        boot.settings.menu = parse_switch(name, text);
    });
    take("strict", [](const std::string& name, const std::string& text) { parse_switch(name, text); });
    take("splash-time", [&](const std::string& name, const std::string& text) {
        boot.settings.splash_time = parse_milliseconds(name, text, 0);
    });
    take("reboot-timeout", [&](const std::string& name, const std::string& text) {
        boot.settings.reboot_timeout = parse_milliseconds(name, text, -1);
    });
    properties.expect_empty();
}

std::array<uint8_t, 16> parse_uuid(const std::string& option, const std::string& value) {
    static const std::string form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    const auto fits = [](char wanted, char c) {
        return wanted == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
    };
    if (value.size() != form.size() || !std::equal(form.begin(), form.end(), value.begin(), fits))
        throw usage_error(option + ": '" + value + "', expected " + form + " in hexadecimal digits");
    std::string digits = value;
    digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
    std::array<uint8_t, 16> uuid;
    for (size_t i = 0; i < uuid.size(); ++i)
        uuid[i] = static_cast<uint8_t>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
    return uuid;
}

static void complete_cpus(const smp_option& smp, unsigned most, board_config& board) {
    board.cpus = smp.cpus.value_or(smp.max_cpus.value_or(1));
    board.max_cpus = smp.max_cpus.value_or(board.cpus);
    if (board.cpus > most || board.max_cpus > most)
        throw usage_error("-smp: " + std::to_string(std::max(board.cpus, board.max_cpus)) +
                          ", expected 1 to " + std::to_string(most));
    if (board.max_cpus < board.cpus)
        throw usage_error("-smp: maxcpus=" + std::to_string(board.max_cpus) + ", expected at least the " +
                          std::to_string(board.cpus) + " of cpus");
}

/// The CPUs of --cpu-state are the machine's; -smp may repeat their number.
static void check_cpu_state(const smp_option& smp, board_config& board) {
    const auto count = static_cast<unsigned>(board.cpu_state->cpus.size());
    if (!smp.cpus && !smp.max_cpus)
        board.cpus = board.max_cpus = count;
    if (board.cpus != count)
        throw usage_error("--cpu-state: a file with " + std::to_string(count) + " CPUs, -smp says " +
                          std::to_string(board.cpus));
}

static void check_pc(const std::set<std::string>& given, const boot_option& boot, const board_config& board) {
    for (const char* name : {"cpu", "bios", "kernel", "initrd", "append", "dtb"})
        if (given.count(name) != 0)
            throw usage_error(std::string("-") + name +
                              ": the pc board has no CPU to run a guest; -M virt has, and "
                              "-device loader fills the memory of both");
    if (board.pvpanic_events)
        throw usage_error("-device pvpanic-mmio: the pc board has no place for it, expected -M virt");
    if (given.count("rtc") != 0)
        throw usage_error("-rtc: the pc board has no clock, expected -M virt");
    if (given.count("serial") != 0)
        throw usage_error("-serial: the pc board has no serial port, expected -M virt");
    for (const auto& [name, drives] : {std::pair("order", boot.order), std::pair("once", boot.once)})
        if (drives.find_first_not_of("abcdn") != std::string::npos || drives.size() > 3)
            throw usage_error(std::string("-boot ") + name + ": '" + drives +
                              "', expected up to three of the drives a, b, c, d and n on the pc board");
}

void complete_machine(machine_type type, const std::set<std::string>& given, const smp_option& smp,
                      const boot_option& boot, board_config& board) {
    board.boot = boot.settings;
    complete_cpus(smp, type == machine_type::pc ? pc::max_cpus : virt::max_harts, board);
    if (type != machine_type::pc && board.cpu_state)
        throw usage_error("--cpu-state: the virt board has CPUs of its own, expected -M pc");
    if (board.cpu_state)
        check_cpu_state(smp, board);
    if (type == machine_type::pc)
        check_pc(given, boot, board);
    else if (!boot.once.empty())
        throw usage_error("-boot once: the virt board cannot change an order of drives, expected order=");
}

} // namespace vmcore::sim
