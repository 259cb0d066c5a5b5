#include "platform/board_parts.h"

#include "models/tlm/endian.h"

#include <stdexcept>
#include <string>

namespace vmcore {

bus::config bus_config(const board_config& config) {
    bus::config result;
    result.latency = config.bus_latency;
    return result;
}

memory::config ram_config(const board_config& config, uint64_t size) {
    memory::config result;
    result.size = size;
    result.huge_pages = config.ram_huge_pages;
    result.read_latency = config.ram_read_latency;
    result.write_latency = config.ram_write_latency;
    return result;
}

memory::config rom_config(const board_config& config, uint64_t size) {
    memory::config result;
    result.size = size;
    result.read_only = true;
    result.read_latency = config.rom_latency;
    return result;
}

fw_cfg_controller::config fw_cfg_config(const board_config& config) {
    fw_cfg_controller::config result;
    result.access_latency = config.register_latency;
    result.dma.dmi = config.dmi;
    result.dma.max_burst = config.dma_burst;
    return result;
}

static std::vector<uint8_t> little_endian(uint64_t value, unsigned size) {
    std::vector<uint8_t> bytes(size);
    store_bytes(bytes.data(), value, size, byte_order::little);
    return bytes;
}

void add_common_items(item_table& items, const board_config& config) {
    items.set(fw_cfg_key::uuid, {config.uuid.begin(), config.uuid.end()});
    items.set_number(fw_cfg_key::nographic, config.nographic ? 1 : 0, 2);
    items.set_number(fw_cfg_key::nb_cpus, config.cpus, 2);
    items.set_number(fw_cfg_key::boot_menu, config.boot.menu ? 1 : 0, 2);
    if (config.boot.splash_time)
        items.add_file("etc/boot-menu-wait", little_endian(*config.boot.splash_time, 2));
    const uint32_t never = ~uint32_t(0);
    const uint32_t reboot_timeout = config.boot.reboot_timeout ? *config.boot.reboot_timeout : never;
    items.add_file("etc/boot-fail-wait", little_endian(reboot_timeout, 4));
    items.add_file("bios-geometry", {});
    items.add_file("bootorder", {});
}

/// Models do not know the command line: what they refuse gets the name of its option here.
template <typename ACTION>
static void name_option(const std::string& option, ACTION action) {
    try {
        action();
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(option + ": " + error.what());
    }
}

std::unique_ptr<vmcoreinfo> add_users_items(fw_cfg_controller& firmware, const board_config& config) {
    name_option("-fw_cfg", [&] {
        for (const board_config::fw_cfg_file& file : config.fw_cfg_files)
            firmware.add_file(file.name, file.bytes);
    });
    std::unique_ptr<vmcoreinfo> device;
    name_option("-device vmcoreinfo", [&] {
        for (unsigned i = 0; i < config.vmcoreinfo_devices; ++i)
            device = std::make_unique<vmcoreinfo>(sc_core::sc_gen_unique_name("vmcoreinfo"), firmware);
    });
    return device;
}

} // namespace vmcore
