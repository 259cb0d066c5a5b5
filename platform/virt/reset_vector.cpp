#include "platform/virt/reset_vector.h"

#include "models/tlm/endian.h"

namespace vmcore::virt {

static void append(std::vector<uint8_t>& bytes, uint64_t value, unsigned size) {
    bytes.resize(bytes.size() + size);
    store_bytes(bytes.data() + bytes.size() - size, value, size, byte_order::little);
}

std::vector<uint8_t> reset_vector(uint64_t start, uint64_t fdt, uint64_t kernel) {
    const uint32_t code[] = {
        0x00000297, // auipc t0, 0
        0x02828613, // addi  a2, t0, 40    fw_dynamic_info
        0xf1402573, // csrr  a0, mhartid
        0x0202b583, // ld    a1, 32(t0)    device tree
        0x0182b283, // ld    t0, 24(t0)    start
        0x00028067, // jr    t0
    };
    const uint64_t fw_dynamic_info[] = {
        0x4942534f, // magic, "OSBI"
        2,          // version
        kernel,     // next_addr
        1,          // next_mode: S
        0,          // options
        0,          // boot_hart
    };
    std::vector<uint8_t> rom;
    for (const uint32_t instruction : code)
        append(rom, instruction, 4);
    append(rom, start, 8);
    append(rom, fdt, 8);
    for (const uint64_t field : fw_dynamic_info)
        append(rom, field, 8);
    return rom;
}

} // namespace vmcore::virt
