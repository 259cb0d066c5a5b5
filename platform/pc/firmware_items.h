#pragma once

#include "models/fw_cfg/item_table.h"
#include "platform/board_config.h"

#include <cstdint>
#include <vector>

namespace vmcore::pc {

/// Keys of x86's own (QEMU, hw/i386/fw_cfg.h).
namespace key {
constexpr uint16_t irq0_override = fw_cfg_key::arch_local | 2; ///< i32: the timer's interrupt is ACPI's GSI 2
}

/// The items of QEMU's pc that tell what this board is: RAM, CPUs, and the memory map "etc/e820".
void add_pc_items(item_table& items, const board_config& config);

/// Contents of "etc/e820": records of base u64, size u64 and type u32, little-endian.
std::vector<uint8_t> e820_table(uint64_t ram_size);

} // namespace vmcore::pc
