#include "platform/virt/boot_images.h"

#include "models/tlm/endian.h"
#include "tests/platform/elf_builder.h"
#include "tests/platform/temporary_file.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using vmcore::byte_order;
using vmcore::load_bytes;
using vmcore::test::elf_builder;
using vmcore::test::temporary_file;
using vmcore::virt::boot_images;
using vmcore::virt::load_boot_images;
using vmcore::virt::virt_config;

static const vmcore::image& find(const boot_images& boot, const std::string& name) {
    const auto found =
        std::find_if(boot.images.begin(), boot.images.end(), [&](const vmcore::image& candidate) {
            return candidate.name.find(name) != std::string::npos;
        });
    if (found == boot.images.end())
        throw std::runtime_error("no image named " + name);
    return *found;
}

static uint64_t rom_doubleword(const boot_images& boot, size_t offset) {
    return load_bytes(find(boot, "reset vector").bytes.data() + offset, 8, byte_order::little);
}

TEST(boot_images, raw_firmware_starts_at_the_start_of_ram) {
    const temporary_file firmware({0x13, 0, 0, 0});
    virt_config config;
    config.bios = firmware.path();
    const boot_images boot = load_boot_images(config);
    EXPECT_EQ(find(boot, "-bios").address, 0x80000000u);
    EXPECT_EQ(rom_doubleword(boot, 0x18), 0x80000000u);
}

TEST(boot_images, elf_firmware_starts_at_its_entry) {
    elf_builder elf;
    elf.address = 0x80100000;
    elf.entry = 0x80100002;
    const temporary_file firmware(elf.build());
    virt_config config;
    config.bios = firmware.path();
    const boot_images boot = load_boot_images(config);
    EXPECT_EQ(find(boot, "-bios").address, 0x80100000u);
    EXPECT_EQ(rom_doubleword(boot, 0x18), 0x80100002u);
}

TEST(boot_images, device_tree_lies_on_the_last_2_mib_boundary_of_ram) {
    const temporary_file firmware({0x13, 0, 0, 0});
    virt_config config;
    config.bios = firmware.path();
    for (const auto& [ram, expected] :
         {std::pair<uint64_t, uint64_t>{128, 0x87e00000}, {127, 0x87e00000}, {4096, 0x17fe00000}}) {
        config.ram_size = ram << 20;
        const boot_images boot = load_boot_images(config);
        EXPECT_EQ(find(boot, "device tree").address, expected) << ram << " MiB";
        EXPECT_EQ(rom_doubleword(boot, 0x20), expected);
        EXPECT_EQ(find(boot, "device tree").bytes, boot.device_tree);
    }
}

TEST(boot_images, kernel_goes_to_the_next_2_mib_behind_the_firmware_and_the_initrd_half_the_ram_behind_it) {
    const temporary_file firmware({0x13, 0, 0, 0});
    const temporary_file kernel({0x13, 0});
    const temporary_file initrd({7, 7, 7});
    virt_config config;
    config.bios = firmware.path();
    config.kernel = kernel.path();
    config.initrd = initrd.path();
    const boot_images boot = load_boot_images(config);
    EXPECT_EQ(find(boot, "-kernel").address, 0x80200000u);
    EXPECT_EQ(find(boot, "-initrd").address, 0x84200000u);
    EXPECT_EQ(rom_doubleword(boot, 0x28), 0x4942534fu) << "fw_dynamic_info's magic";
    EXPECT_EQ(rom_doubleword(boot, 0x38), 0x80200000u) << "where the firmware is to go on";
}

TEST(boot_images, a_kernel_without_firmware_lies_where_the_hart_starts) {
    const temporary_file kernel({0x13, 0});
    virt_config config;
    config.bios = "none";
    config.kernel = kernel.path();
    EXPECT_EQ(find(load_boot_images(config), "-kernel").address, 0x80000000u);
}

TEST(boot_images, the_loader_device_takes_elf_files_as_raw_when_told) {
    const elf_builder elf;
    const temporary_file file(elf.build());
    const temporary_file firmware({0x13, 0, 0, 0});
    virt_config config;
    config.bios = firmware.path();
    config.loader_images = {{file.path(), 0x81000000, true}};
    EXPECT_EQ(find(load_boot_images(config), "loader").bytes, elf.build());
    config.loader_images = {{file.path(), std::nullopt, false}};
    EXPECT_EQ(find(load_boot_images(config), "loader").bytes, elf.contents);
}

TEST(boot_images, an_initrd_needs_a_kernel) {
    const temporary_file firmware({0x13, 0, 0, 0});
    virt_config config;
    config.bios = config.initrd = firmware.path();
    EXPECT_THROW(load_boot_images(config), std::runtime_error);
}

TEST(boot_images, a_kernel_command_line_needs_a_kernel) {
    const temporary_file firmware({0x13, 0, 0, 0});
    virt_config config;
    config.bios = firmware.path();
    config.append = "quiet";
    EXPECT_THROW(load_boot_images(config), std::runtime_error);
}

TEST(boot_images, the_loader_device_tells_where_a_hart_starts) {
    elf_builder elf;
    elf.address = 0x80100000;
    elf.entry = 0x80100002;
    const temporary_file file(elf.build());
    virt_config config;
    config.bios = "none";
    config.cpus = 3;
    config.loader_images = {{file.path(), std::nullopt, false, 2},
                            {file.path(), 0x81000000, true, 0},
                            {"", 0x82000000, false, 1}};
    const boot_images boot = load_boot_images(config);
    EXPECT_EQ(boot.entries,
              (std::map<unsigned, uint64_t>{{0, 0x81000000}, {1, 0x82000000}, {2, 0x80100002}}));
}
