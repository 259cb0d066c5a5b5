#include "platform/pc/pc_board.h"

#include "platform/board_parts.h"
#include "platform/elf_image.h"
#include "platform/files.h"
#include "platform/pc/firmware_items.h"
#include "platform/pc/memory_map.h"

#include <algorithm>
#include <stdexcept>

namespace vmcore::pc {

/// Null when firmware has put RAM in its place.
static std::unique_ptr<memory> make_option_rom(const board_config& config) {
    if (config.cpu_state)
        return nullptr;
    return std::make_unique<memory>("option_rom", rom_config(config, regions::option_rom.size));
}

pc_board::pc_board(const sc_core::sc_module_name& name, const board_config& config)
    : sc_core::sc_module(name)
    , m_low_area(config.cpu_state ? low_area::shadow : low_area::roms)
    , m_ram_size(config.ram_size)
    , m_memory_bus("memory_bus", bus_config(config))
    , m_port_bus("port_bus", bus_config(config))
    , m_ram("ram", ram_config(config, config.ram_size))
    , m_option_rom(make_option_rom(config))
    , m_bios_rom("bios_rom", rom_config(config, regions::bios_rom.size))
    , m_fw_cfg("fw_cfg", fw_cfg_config(config))
    , m_images(image_targets())
    , m_interrupts("interrupt", interrupt_inputs) {
    if (config.cpu_state)
        m_cpus = *config.cpu_state;
    map_memory(config);
    m_port_bus.map("fw_cfg", fw_cfg_io::first_port, fw_cfg_io::register_bytes, m_fw_cfg.socket);
    m_fw_cfg.dma.socket.bind(m_memory_bus.target_socket);
    add_common_items(m_fw_cfg.items(), config);
    add_pc_items(m_fw_cfg.items(), config);
    m_vmcoreinfo = add_users_items(m_fw_cfg, config);
    if (config.strict) // without a CPU every access is from outside
        m_quirks =
            std::make_unique<quirk_reporter>(m_fw_cfg, m_vmcoreinfo.get(), [] { return std::nullopt; });
    load_images(config);
}

void pc_board::map_memory(const board_config& config) {
    bool mapped = false;
    for (const ram_piece& piece : ram_pieces(config.ram_size, m_low_area)) {
        if (mapped)
            m_memory_bus.alias("ram", "ram", piece.base, piece.size, piece.offset);
        else
            m_memory_bus.map("ram", piece.base, piece.size, m_ram.socket, piece.offset);
        mapped = true;
    }
    m_memory_bus.map("bios_rom", regions::bios_rom.base, regions::bios_rom.size, m_bios_rom.socket);
    if (!m_option_rom)
        return;
    m_memory_bus.map("option_rom", regions::option_rom.base, regions::option_rom.size, m_option_rom->socket);
    m_memory_bus.alias("bios_rom", "bios_rom_low", regions::bios_rom_low.base, regions::bios_rom_low.size,
                       regions::bios_rom.size - regions::bios_rom_low.size);
}

std::vector<image_target> pc_board::image_targets() {
    std::vector<image_target> targets;
    for (const ram_piece& piece : ram_pieces(m_ram_size, m_low_area))
        targets.push_back({"RAM", piece.base, piece.size, m_ram.data() + piece.offset});
    if (m_option_rom) {
        targets.push_back(
            {"option ROM", regions::option_rom.base, regions::option_rom.size, m_option_rom->data()});
        targets.push_back({"BIOS ROM", regions::bios_rom_low.base, regions::bios_rom_low.size,
                           m_bios_rom.data() + (regions::bios_rom.size - regions::bios_rom_low.size)});
    }
    targets.push_back({"BIOS ROM", regions::bios_rom.base, regions::bios_rom.size, m_bios_rom.data()});
    return targets;
}

void pc_board::load_images(const board_config& config) {
    static const std::string option = "-device loader";
    for (const board_config::loader_image& wanted : config.loader_images) {
        std::vector<uint8_t> bytes = read_file(option, wanted.file);
        const std::string name = option + " '" + wanted.file + "'";
        if (!wanted.force_raw && is_elf(bytes))
            throw std::runtime_error(name + ": an ELF file, which the pc board has no CPU for; "
                                            "force-raw=on loads its bytes");
        if (!wanted.address)
            throw std::runtime_error(name + ": needs addr=");
        m_images.add({name, *wanted.address, std::move(bytes)});
    }
}

void pc_board::reset() {
    m_fw_cfg.reset();
    if (m_vmcoreinfo)
        m_vmcoreinfo->reset();
    m_images.write_all();
}

void pc_board::on_publish(std::function<void()> callback) {
    if (m_vmcoreinfo)
        m_vmcoreinfo->on_publish([callback = std::move(callback)](const vmcoreinfo_record&) { callback(); });
}

std::vector<interrupt_device> pc_board::interrupt_devices() const {
    interrupt_device controller{"/machine/i440fx/ioapic", {}};
    for (unsigned number = 0; number < interrupt_inputs; ++number)
        controller.lines.push_back(
            {interrupt_line::direction::input, number, const_cast<wire*>(&m_interrupts[number])});
    return {controller};
}

std::vector<const cpu_context*> pc_board::cpus() const {
    std::vector<const cpu_context*> all;
    for (const cpu_state& cpu : m_cpus.cpus)
        all.push_back(&cpu);
    return all;
}

/// QEMU has the first one made before, and the others after, a device without a name.
std::string pc_board::cpu_path(unsigned index) const {
    return "/machine/unattached/device[" + std::to_string(index == 0 ? 0 : index + 1) + "]";
}

post_mortem_view pc_board::post_mortem() const {
    if (!m_vmcoreinfo)
        return {};
    return {{}, m_vmcoreinfo->file_location(), m_vmcoreinfo->presence_location()};
}

std::vector<memory_range> pc_board::ranges() const {
    std::vector<memory_range> all;
    for (const ram_piece& piece : ram_pieces(m_ram_size, m_low_area))
        all.push_back({piece.base, piece.size, m_ram.data() + piece.offset});
    if (m_option_rom) {
        all.push_back({regions::option_rom.base, regions::option_rom.size, m_option_rom->data()});
        all.push_back({regions::bios_rom_low.base, regions::bios_rom_low.size,
                       m_bios_rom.data() + (regions::bios_rom.size - regions::bios_rom_low.size)});
    }
    all.push_back({regions::bios_rom.base, regions::bios_rom.size, m_bios_rom.data()});
    std::sort(all.begin(), all.end(),
              [](const memory_range& a, const memory_range& b) { return a.base < b.base; });
    return all;
}

} // namespace vmcore::pc
