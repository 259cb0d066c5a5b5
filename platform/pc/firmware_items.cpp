#include "platform/pc/firmware_items.h"

#include "models/tlm/endian.h"
#include "platform/pc/memory_map.h"

namespace vmcore::pc {

static constexpr uint64_t gibibyte = uint64_t(1) << 30;

std::vector<uint8_t> e820_table(uint64_t ram_size) {
    enum e820_type : uint32_t { ram = 1, reserved = 2 };
    std::vector<uint8_t> table;
    const auto add = [&table](uint64_t base, uint64_t size, e820_type type) {
        constexpr size_t record_size = 20;
        table.resize(table.size() + record_size);
        uint8_t* record = table.data() + table.size() - record_size;
        store_bytes(record, base, 8, byte_order::little);
        store_bytes(record + 8, size, 8, byte_order::little);
        store_bytes(record + 16, type, 4, byte_order::little);
    };
    add(1012 * gibibyte, 12 * gibibyte, reserved); // AMD's HyperTransport, up to 1 TiB
    const uint64_t below = ram_below_4g(ram_size);
    add(0, below, ram);
    if (below < ram_size)
        add(4 * gibibyte, ram_size - below, ram);
    return table;
}

void add_pc_items(item_table& items, const board_config& config) {
    items.set_number(fw_cfg_key::ram_size, config.ram_size, 8);
    // One node and no affinities: a count of 0, then a zero for each CPU.
    items.set(fw_cfg_key::numa, std::vector<uint8_t>(8 * (1 + size_t(config.max_cpus))));
    items.set_number(fw_cfg_key::max_cpus, config.max_cpus, 2);
    items.set_number(key::irq0_override, 1, 4);
    items.add_file("etc/e820", e820_table(config.ram_size));
}

} // namespace vmcore::pc
