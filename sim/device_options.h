#pragma once

#include "models/riscv/isa.h"
#include "platform/board_config.h"
#include "sim/options.h"

#include <string>

/// The options whose values have a grammar of their own. Each takes the option as typed, for messages, and
/// its value.
/// @throws usage_error, std::runtime_error: one line for the user
namespace vmcore::sim {

uint64_t parse_ram_size(const std::string& option, const std::string& value);
riscv::isa parse_cpu(const std::string& option, const std::string& value);
void add_device(const std::string& option, const std::string& value, board_config& board);
board_config::fw_cfg_file parse_fw_cfg_file(const std::string& option, const std::string& value);
std::string parse_dump_format(const std::string& option, const std::string& value);
dump_trigger parse_dump_trigger(const std::string& option, const std::string& value);

} // namespace vmcore::sim
