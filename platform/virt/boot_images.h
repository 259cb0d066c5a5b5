#pragma once

#include "platform/image_list.h"
#include "platform/virt/virt_config.h"

#include <cstdint>
#include <vector>

namespace vmcore::virt {

/// What a virt board starts from: images to copy into memory at every reset, and the device tree among them.
struct boot_images {
    std::vector<image> images;
    std::vector<uint8_t> device_tree;
};

/// Reads the files of the configuration and places them as QEMU does: the firmware at the start of RAM (an
/// ELF file where it says), the kernel at the next 2 MiB behind it, the initial RAM disk half the RAM (at
/// most 512 MiB) behind the kernel, the device tree at the last 2 MiB boundary that leaves it room at the end
/// of RAM, and the reset vector in mask ROM.
/// @throws std::runtime_error naming the option and the file
boot_images load_boot_images(const virt_config& config);

/// Whether the configuration names something that a hart could run.
bool has_guest(const virt_config& config);

/// @throws std::runtime_error when there is no guest, and must be one
void require_guest(const virt_config& config);

} // namespace vmcore::virt
