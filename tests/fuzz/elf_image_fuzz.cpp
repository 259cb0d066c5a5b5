// What a board is loaded from: ELF files, device trees, JSON settings, and all files of a board together.
//
// The first byte of an input says which of them the rest is.

#include "platform/elf_image.h"
#include "platform/image_list.h"
#include "platform/virt/boot_images.h"
#include "platform/virt/device_tree.h"
#include "sim/key_values.h"
#include "sim/settings.h"
#include "tests/fuzz/byte_reader.h"
#include "tests/fuzz/memory_files.h"
#include "tests/fuzz/require.h"

#include <cstdlib>
#include <libfdt.h>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

using vmcore::fuzz::byte_reader;
using vmcore::fuzz::require;
using bytes = std::vector<uint8_t>;

namespace {

constexpr uint64_t ram_size = 4 << 20;

uint64_t total_size(const std::vector<vmcore::image>& images) {
    return std::accumulate(images.begin(), images.end(), uint64_t(0),
                           [](uint64_t sum, const vmcore::image& each) { return sum + each.bytes.size(); });
}

void load_elf(const bytes& file) {
    if (!vmcore::is_elf(file)) // the loader asks first
        return;
    const vmcore::loaded_elf loaded = vmcore::load_riscv64_elf("-bios 'x'", file, ram_size);
    require(!loaded.segments.empty(), "an executable has something to load");
    require(total_size(loaded.segments) <= ram_size, "an executable takes no more memory than the board has");
}

void load_device_tree(byte_reader& input) {
    const uint8_t shape = input.byte();
    vmcore::virt::device_tree_options options;
    options.ram_size = ram_size;
    if (shape & 1)
        options.bootargs = std::string(shape, 'a');
    if (shape & 2)
        options.initrd_end = options.initrd_start + 0x1000;
    const bytes file = input.rest();
    const bytes tree = vmcore::virt::amend_device_tree("-dtb 'x'", file, options);
    if ((shape & 3) == 0)
        return require(tree == file, "a device tree that needs nothing stays as it was");
    require(fdt_check_full(tree.data(), tree.size()) == 0, "an amended device tree is one");
    const int chosen = fdt_path_offset(tree.data(), "/chosen");
    require(chosen >= 0, "an amended device tree has /chosen");
    int length = 0;
    if (shape & 1) {
        const void* text = fdt_getprop(tree.data(), chosen, "bootargs", &length);
        require(text != nullptr && options.bootargs == std::string(static_cast<const char*>(text)),
                "bootargs are there");
    }
    if (shape & 2)
        require(fdt_getprop(tree.data(), chosen, "linux,initrd-end", &length) != nullptr && length == 8,
                "the initrd's end is there");
}

void load_settings(const bytes& file) {
    bool flag = true;
    unsigned number = 64;
    sc_core::sc_time time(1, sc_core::SC_NS);
    vmcore::sim::settings settings;
    settings.add("cpu.dmi", "a switch", flag);
    settings.add("cpu.quantum", "a time", time);
    settings.add("fw_cfg.dma_burst", "a number", number, 8, 4096);
    vmcore::fuzz::set_memory_files([&](const std::string&) { return file; });
    settings.load("x");
    require(number >= 8 && number <= 4096, "a number lies in its range");
    require(time <= sc_core::sc_time(1000, sc_core::SC_SEC), "a time lies in its range");
    require(!settings.list().empty(), "settings are listed");
}

/// The parts of the input are the files of a board, which are then put into its memory.
void load_board(byte_reader& input) {
    const uint8_t shape = input.byte();
    std::vector<bytes> files;
    while (files.size() < 4)
        files.push_back(input.take(input.number(2)));
    vmcore::virt::virt_config config;
    config.ram_size = ram_size;
    config.bios = shape & 1 ? "0" : "none";
    config.kernel = shape & 2 ? "1" : "";
    config.initrd = shape & 4 ? "2" : "";
    config.dtb = shape & 8 ? "3" : "";
    config.append = shape & 16 ? "quiet" : "";
    if (shape & 32)
        config.loader_images.push_back({"2", input.number(8), (shape & 64) != 0});
    vmcore::fuzz::set_memory_files([&](const std::string& path) { return files.at(std::stoul(path)); });
    vmcore::virt::require_guest(config);
    vmcore::virt::boot_images boot = vmcore::virt::load_boot_images(config);

    // Not larger than the targets say, so that the address sanitizer sees a byte too many.
    static bytes ram(ram_size), rom(vmcore::virt::regions::mask_rom.size);
    vmcore::image_list images({{"RAM", vmcore::virt::ram_base, ram.size(), ram.data()},
                               {"mask ROM", vmcore::virt::regions::mask_rom.base, rom.size(), rom.data()}});
    for (vmcore::image& each : boot.images)
        images.add(std::move(each));
    images.write_all();
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    byte_reader input(data, size);
    try {
        switch (input.byte()) {
        case 'E': load_elf(input.rest()); break;
        case 'D': load_device_tree(input); break;
        case 'J': load_settings(input.rest()); break;
        case 'B': load_board(input); break;
        default: return -1; // not worth keeping
        }
    } catch (const std::runtime_error& error) { // usage_error is one
        require(error.what()[0] != '\0', "a refusal says something");
    }
    return 0;
}
