#include "platform/virt/boot_images.h"

#include "platform/elf_image.h"
#include "platform/files.h"
#include "platform/virt/device_tree.h"
#include "platform/virt/reset_vector.h"

#include <algorithm>
#include <stdexcept>

namespace vmcore::virt {

static constexpr uint64_t mebibyte = uint64_t(1) << 20;
static constexpr uint64_t kernel_alignment = 2 * mebibyte;
static constexpr uint64_t device_tree_alignment = 2 * mebibyte;
static constexpr uint64_t farthest_initrd = 512 * mebibyte;

static bool has_firmware(const virt_config& config) {
    return !config.bios.empty() && config.bios != "none";
}

namespace {

/// An executable in memory.
struct placed {
    uint64_t start; ///< lowest address
    uint64_t end;
    uint64_t entry;
};

class boot_loader {
public:
    explicit boot_loader(const virt_config& config)
        : m_config(config) {}

    boot_images load();

private:
    placed place(const std::string& option, const std::string& file, uint64_t raw_address);
    placed place_elf(const std::string& name, const std::vector<uint8_t>& bytes);
    void place_loader_image(const board_config::loader_image& wanted);

    const virt_config& m_config;
    boot_images m_boot;
};

placed boot_loader::place_elf(const std::string& name, const std::vector<uint8_t>& bytes) {
    loaded_elf elf = load_riscv64_elf(name, bytes, m_config.ram_size);
    placed where{~uint64_t(0), 0, elf.entry};
    for (image& segment : elf.segments) {
        where.start = std::min(where.start, segment.address);
        where.end = std::max(where.end, segment.end());
        m_boot.images.push_back(std::move(segment));
    }
    return where;
}

placed boot_loader::place(const std::string& option, const std::string& file, uint64_t raw_address) {
    std::vector<uint8_t> bytes = read_file(option, file);
    const std::string name = option + " '" + file + "'";
    if (bytes.empty())
        throw std::runtime_error(name + ": the file is empty");
    if (is_elf(bytes))
        return place_elf(name, bytes);
    const placed where{raw_address, raw_address + bytes.size(), raw_address};
    m_boot.images.push_back({name, raw_address, std::move(bytes)});
    return where;
}

void boot_loader::place_loader_image(const board_config::loader_image& wanted) {
    static const std::string option = "-device loader";
    std::vector<uint8_t> bytes = read_file(option, wanted.file);
    const std::string name = option + " '" + wanted.file + "'";
    if (!wanted.force_raw && is_elf(bytes)) {
        place_elf(name, bytes);
        return;
    }
    if (!wanted.address)
        throw std::runtime_error(name + ": not an ELF file, so it needs addr=");
    m_boot.images.push_back({name, *wanted.address, std::move(bytes)});
}

boot_images boot_loader::load() {
    uint64_t start = ram_base;
    uint64_t firmware_end = ram_base;
    if (has_firmware(m_config)) {
        const placed firmware = place("-bios", m_config.bios, ram_base);
        start = firmware.entry;
        firmware_end = firmware.end;
    }

    device_tree_options tree;
    tree.ram_size = m_config.ram_size;
    tree.harts = m_config.cpus;
    tree.isa = m_config.isa.name();
    tree.isa_extensions = m_config.isa.extensions();
    tree.mmu_type = m_config.isa.mmu_type();
    tree.cbom_block_size = m_config.isa.zicbom ? riscv::isa::cache_block_bytes : 0;
    tree.cboz_block_size = m_config.isa.zicboz ? riscv::isa::cache_block_bytes : 0;
    tree.bootargs = m_config.append;
    uint64_t kernel_entry = 0;
    if (!m_config.kernel.empty()) {
        const uint64_t raw_address =
            (firmware_end + kernel_alignment - 1) / kernel_alignment * kernel_alignment;
        const placed kernel = place("-kernel", m_config.kernel, raw_address);
        kernel_entry = kernel.entry;
        if (!m_config.initrd.empty()) {
            const uint64_t initrd = kernel.start + std::min(m_config.ram_size / 2, farthest_initrd);
            tree.initrd_start = initrd;
            tree.initrd_end = place("-initrd", m_config.initrd, initrd).end;
        }
    } else if (!m_config.initrd.empty()) {
        throw std::runtime_error("-initrd: needs -kernel");
    }
    for (const board_config::loader_image& wanted : m_config.loader_images)
        place_loader_image(wanted);

    m_boot.device_tree = m_config.dtb.empty() ? build_device_tree(tree)
                                              : amend_device_tree("-dtb '" + m_config.dtb + "'",
                                                                  read_file("-dtb", m_config.dtb), tree);
    if (m_boot.device_tree.size() > m_config.ram_size)
        throw std::runtime_error("-dtb '" + m_config.dtb + "': larger than the RAM");
    const uint64_t highest = ram_base + m_config.ram_size - m_boot.device_tree.size();
    const uint64_t fdt = highest / device_tree_alignment * device_tree_alignment;
    m_boot.images.push_back({"the device tree", fdt, m_boot.device_tree});
    m_boot.images.push_back(
        {"the reset vector", regions::mask_rom.base, reset_vector(start, fdt, kernel_entry)});
    return std::move(m_boot);
}

} // namespace

void require_guest(const virt_config& config) {
    if (!config.guest_required)
        return;
    if (config.bios.empty())
        throw std::runtime_error("-bios: no firmware given, expected -bios FILE or -bios none");
    if (!has_firmware(config) && config.kernel.empty() && config.loader_images.empty())
        throw std::runtime_error("-bios none: nothing to run, expected -kernel or -device loader besides");
}

boot_images load_boot_images(const virt_config& config) {
    return boot_loader(config).load();
}

} // namespace vmcore::virt
