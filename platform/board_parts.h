#pragma once

#include "models/bus/bus.h"
#include "models/fw_cfg/controller.h"
#include "models/memory/memory.h"
#include "models/vmcoreinfo/vmcoreinfo.h"
#include "platform/board_config.h"

#include <memory>

/// What boards have in common: the configuration of their parts, and the contents of fw_cfg.
namespace vmcore {

bus::config bus_config(const board_config& config);
memory::config ram_config(const board_config& config, uint64_t size);
memory::config rom_config(const board_config& config, uint64_t size);
fw_cfg_controller::config fw_cfg_config(const board_config& config);

/// The items that QEMU gives to any board, whatever its architecture.
void add_common_items(item_table& items, const board_config& config);

/// The user's files, then the devices that have files, in QEMU's order. Call it when the board has added its
/// own items.
/// @returns the vmcoreinfo device, or null when none is wanted
/// @throws std::runtime_error naming the option that cannot be followed
std::unique_ptr<vmcoreinfo> add_users_items(fw_cfg_controller& firmware, const board_config& config);

} // namespace vmcore
