#include "platform/board_parts.h"

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

void add_common_items(item_table& items, const board_config& config) {
    items.set(fw_cfg_key::uuid, std::vector<uint8_t>(16));
    items.set_number(fw_cfg_key::nographic, config.nographic ? 1 : 0, 2);
    items.set_number(fw_cfg_key::boot_menu, 0, 2);
    items.add_file("etc/boot-fail-wait", {0xff, 0xff, 0xff, 0xff});
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
