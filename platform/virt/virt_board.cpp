#include "platform/virt/virt_board.h"

#include "platform/virt/boot_images.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace vmcore::virt {

static bus::config bus_config(const virt_config& config) {
    bus::config result;
    result.latency = config.bus_latency;
    return result;
}

static memory::config ram_config(const virt_config& config) {
    memory::config result;
    result.size = config.ram_size;
    result.read_latency = config.ram_read_latency;
    result.write_latency = config.ram_write_latency;
    return result;
}

static memory::config rom_config(const virt_config& config) {
    memory::config result;
    result.size = regions::mask_rom.size;
    result.read_only = true;
    result.read_latency = config.rom_latency;
    return result;
}

static vmcore::fw_cfg::config fw_cfg_config(const virt_config& config) {
    vmcore::fw_cfg::config result;
    result.access_latency = config.register_latency;
    result.dma.dmi = config.dmi;
    result.dma.max_burst = config.dma_burst;
    return result;
}

static uart16550::config uart_config(const virt_config& config) {
    uart16550::config result;
    result.access_latency = config.register_latency;
    result.poll_interval = config.serial_poll_interval;
    return result;
}

static vmcore::clint::config clint_config(const virt_config& config) {
    vmcore::clint::config result;
    result.harts = config.harts;
    result.frequency_hz = timebase_hz;
    result.access_latency = config.register_latency;
    return result;
}

static test_finisher::config finisher_config(const virt_config& config) {
    test_finisher::config result;
    result.access_latency = config.register_latency;
    return result;
}

virt_board::virt_board(const sc_core::sc_module_name& name, const virt_config& config, power_control& power)
    : sc_core::sc_module(name)
    , m_bus("bus", bus_config(config))
    , m_ram("ram", ram_config(config))
    , m_rom("rom", rom_config(config))
    , m_fw_cfg("fw_cfg", fw_cfg_config(config))
    , m_console(make_backend(config.serial))
    , m_uart("uart0", uart_config(config), *m_console)
    , m_clint("clint", clint_config(config))
    , m_finisher("finisher", finisher_config(config), power)
    , m_msip("msip", config.harts)
    , m_mtip("mtip", config.harts)
    , m_images({{"RAM", ram_base, config.ram_size, m_ram.data()},
                {"mask ROM", regions::mask_rom.base, regions::mask_rom.size, m_rom.data()}}) {
    m_bus.map("mask_rom", regions::mask_rom.base, regions::mask_rom.size, m_rom.socket);
    m_bus.map("test", regions::test.base, regions::test.size, m_finisher.socket);
    m_bus.map("clint", regions::clint.base, regions::clint.size, m_clint.socket);
    m_bus.map("uart0", regions::uart0.base, regions::uart0.size, m_uart.socket);
    m_bus.map("fw_cfg", regions::fw_cfg.base, regions::fw_cfg.size, m_fw_cfg.socket);
    m_bus.map("ram", ram_base, config.ram_size, m_ram.socket);
    m_fw_cfg.dma.socket.bind(m_bus.target_socket);
    m_uart.irq(m_uart_irq);

    m_contexts.reserve(config.harts);
    for (unsigned index = 0; index < config.harts; ++index)
        add_hart(index, config);
    add_firmware_files(config);
    load_images(config);
}

void virt_board::add_hart(unsigned index, const virt_config& config) {
    hart::config settings;
    settings.hartid = index;
    settings.reset_pc = regions::mask_rom.base;
    settings.clock_period = config.clock_period;
    settings.quantum = config.quantum;
    settings.dmi = config.dmi;
    settings.block_cache = config.block_cache;
    settings.sole_hart = config.harts == 1;
    const std::string name = "hart" + std::to_string(index);
    m_harts.push_back(std::make_unique<hart>(name.c_str(), settings, m_clint));
    hart& added = *m_harts.back();
    added.socket.bind(m_bus.target_socket);
    m_clint.msip[index](m_msip[index]);
    m_clint.mtip[index](m_mtip[index]);
    added.msip(m_msip[index]);
    added.mtip(m_mtip[index]);
    added.meip(m_no_external_interrupt);
    m_contexts.emplace_back(added);
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

/// In QEMU's order: the board's own items, the user's files, then devices.
void virt_board::add_firmware_files(const virt_config& config) {
    item_table& items = m_fw_cfg.items();
    items.set(fw_cfg_key::uuid, std::vector<uint8_t>(16));
    items.set_number(fw_cfg_key::nographic, config.nographic ? 1 : 0, 2);
    items.set_number(fw_cfg_key::nb_cpus, config.harts, 2);
    items.set_number(fw_cfg_key::boot_menu, 0, 2);
    items.add_file("etc/boot-fail-wait", {0xff, 0xff, 0xff, 0xff});
    items.add_file("bios-geometry", {});
    items.add_file("bootorder", {});
    name_option("-fw_cfg", [&] {
        for (const virt_config::fw_cfg_file& file : config.fw_cfg_files)
            items.add_file(file.name, file.bytes);
    });
    name_option("-device vmcoreinfo", [&] {
        for (unsigned i = 0; i < config.vmcoreinfo_devices; ++i)
            m_vmcoreinfo =
                std::make_unique<vmcore::vmcoreinfo>(sc_core::sc_gen_unique_name("vmcoreinfo"), m_fw_cfg);
    });
}

void virt_board::load_images(const virt_config& config) {
    require_guest(config);
    for (image& loaded : load_boot_images(config).images)
        m_images.add(std::move(loaded));
}

void virt_board::reset() {
    for (peripheral* device : std::initializer_list<peripheral*>{&m_fw_cfg, &m_uart, &m_clint, &m_finisher})
        device->reset();
    if (m_vmcoreinfo)
        m_vmcoreinfo->reset();
    m_images.write_all();
    for (const auto& each : m_harts)
        each->reset();
}

void virt_board::yield() {
    for (const auto& each : m_harts)
        each->yield();
}

void virt_board::hold() {
    for (const auto& each : m_harts)
        each->hold();
}

void virt_board::release() {
    for (const auto& each : m_harts)
        each->release();
}

std::vector<const cpu_context*> virt_board::cpus() const {
    std::vector<const cpu_context*> all;
    for (const hart_context& context : m_contexts)
        all.push_back(&context);
    return all;
}

uint64_t virt_board::instructions() const {
    uint64_t sum = 0;
    for (const auto& each : m_harts)
        sum += each->instructions();
    return sum;
}

void virt_board::on_publish(std::function<void()> callback) {
    if (m_vmcoreinfo)
        m_vmcoreinfo->on_publish([callback = std::move(callback)](const vmcoreinfo_record&) { callback(); });
}

std::vector<memory_range> virt_board::ranges() const {
    return {{regions::mask_rom.base, regions::mask_rom.size, m_rom.data()},
            {ram_base, m_ram.size(), m_ram.data()}};
}

uint64_t virt_board::read(uint64_t paddr, void* to, uint64_t length) const {
    std::memset(to, 0, length);
    uint64_t mapped = 0;
    for (const memory_range& range : ranges()) {
        const uint64_t start = std::max(paddr, range.base);
        if (start - paddr >= length || start - range.base >= range.size)
            continue;
        const uint64_t bytes = std::min(length - (start - paddr), range.size - (start - range.base));
        std::memcpy(static_cast<uint8_t*>(to) + (start - paddr), range.host + (start - range.base), bytes);
        mapped += bytes;
    }
    return mapped;
}

} // namespace vmcore::virt
