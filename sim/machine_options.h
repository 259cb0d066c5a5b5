#pragma once

#include "platform/board_config.h"

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

/// The options that choose and describe a machine. Functions that take an option take it as typed, for
/// messages, and its value.
/// @throws usage_error: one line for the user
namespace vmcore::sim {

enum class machine_type { virt, pc };

struct machine_option {
    machine_type type;
    std::string dump_device_tree; ///< dumpdtb=; empty for none
    std::string accelerator;      ///< accel=, as -accel takes it; empty for none
};

machine_option parse_machine(const std::string& option, const std::string& value);

/// The machine that a program is for by its name, as QEMU's emulators are: that of "...-system-x86_64" is pc.
machine_type machine_of_program(const std::string& program);

/// Option by option, -smp and -boot complete what came before them.
struct smp_option {
    std::optional<unsigned> cpus;
    std::optional<unsigned> max_cpus;
};
void parse_smp(const std::string& option, const std::string& value, smp_option& smp);

struct boot_option {
    board_config::boot_settings settings;
    std::string order; ///< drive letters; the boards have no drives to look for
    std::string once;
};
void parse_boot(const std::string& option, const std::string& value, boot_option& boot);

/// xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in hexadecimal digits; its bytes in the order of the text.
std::array<uint8_t, 16> parse_uuid(const std::string& option, const std::string& value);

/// What can only be judged when all options are known: numbers of CPUs, drive letters, and options that the
/// machine has nothing for.
/// @param given names of the options that were typed, without dashes
void complete_machine(machine_type type, const std::set<std::string>& given, const smp_option& smp,
                      const boot_option& boot, board_config& board);

} // namespace vmcore::sim
