#pragma once

#include <cstdint>
#include <vector>

/// The memory map of qemu-system-x86_64 -M pc, as far as this board goes. Addresses and sizes in bytes.
namespace vmcore::pc {

struct region {
    uint64_t base;
    uint64_t size;
};

namespace regions {
constexpr region option_rom{0xc0000, 0x20000};
constexpr region bios_rom{0xfffc0000, 0x40000};
constexpr region bios_rom_low{0xe0000, 0x20000}; ///< the second half of bios_rom once more
} // namespace regions

constexpr unsigned max_cpus = 255;
constexpr unsigned interrupt_inputs = 24; ///< of the I/O APIC

/// A piece of RAM as the guest sees it.
struct ram_piece {
    uint64_t base;
    uint64_t size;
    uint64_t offset; ///< of its first byte in RAM
};

/// How many bytes of RAM belong below 4 GiB: all of them if they leave room for devices, else 3 GiB.
uint64_t ram_below_4g(uint64_t ram_size);

/// What lies at option_rom and bios_rom_low.
enum class low_area {
    roms,   ///< as after power-on
    shadow, ///< RAM, as firmware leaves it: it copies the ROMs there
};

/// RAM, around the ROMs below 1 MiB if these are there, and what has no place below 4 GiB above it, in
/// ascending order. The RAM under ROMs cannot be reached.
std::vector<ram_piece> ram_pieces(uint64_t ram_size, low_area low);

} // namespace vmcore::pc
