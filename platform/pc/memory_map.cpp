#include "platform/pc/memory_map.h"

namespace vmcore::pc {

static constexpr uint64_t gibibyte = uint64_t(1) << 30;
static constexpr uint64_t rom_area_end = 0x100000;

uint64_t ram_below_4g(uint64_t ram_size) {
    constexpr uint64_t most = 0xe0000000; // from here on up there are devices
    return ram_size < most ? ram_size : 3 * gibibyte;
}

std::vector<ram_piece> ram_pieces(uint64_t ram_size, low_area low) {
    const uint64_t below = ram_below_4g(ram_size);
    std::vector<ram_piece> pieces;
    if (low == low_area::shadow) {
        pieces.push_back({0, below, 0});
    } else {
        pieces.push_back({0, regions::option_rom.base, 0});
        if (below > rom_area_end)
            pieces.push_back({rom_area_end, below - rom_area_end, rom_area_end});
    }
    if (below < ram_size)
        pieces.push_back({4 * gibibyte, ram_size - below, below});
    return pieces;
}

} // namespace vmcore::pc
