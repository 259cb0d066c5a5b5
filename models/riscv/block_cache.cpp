#include "models/riscv/block_cache.h"

#include "models/riscv/decode.h"

#include <algorithm>
#include <cstring>

namespace vmcore::riscv {

block_cache::block_cache(const isa& implemented, const debug_unit& stops)
    : m_isa(implemented)
    , m_table(size_t(1) << table_bits)
    , m_blocks(new block[max_blocks])
    , m_ops(new op[op_storage])
    , m_bytes(new uint8_t[byte_storage])
    , m_stops(stops) {}

void block_cache::clear() {
    std::fill(m_table.begin(), m_table.end(), nullptr);
    m_used_blocks = m_used_ops = m_used_bytes = 0;
}

block* block_cache::renew(uint64_t pc, address_space space, const uint8_t* host) {
    block* const found = m_table[index(pc)];
    if (found == nullptr || found->pc != pc || found->space != space || found->host != host ||
        std::memcmp(host, found->bytes, found->end - pc) != 0)
        return build(pc, space, host);
    found->epoch = m_epoch;
    return found;
}

static uint16_t parcel_at(const uint8_t* host) {
    return static_cast<uint16_t>(host[0] | host[1] << 8);
}

block* block_cache::build(uint64_t pc, address_space space, const uint8_t* host) {
    const uint64_t last = pc | (tlb::page_size - 1);
    if (m_used_blocks == max_blocks || op_storage - m_used_ops < max_ops + 1 ||
        byte_storage - m_used_bytes < 4 * max_ops)
        clear();

    op* const ops = &m_ops[m_used_ops];
    uint64_t at = pc;
    uint32_t count = 0;
    while (count < max_ops && at < last && !m_stops.has_breakpoint(at)) {
        const uint16_t first = parcel_at(host + (at - pc));
        const bool is_wide = is_long(first);
        if (is_wide && last - at < 3)
            break;
        op& next = ops[count];
        next = is_wide
                   ? decode(static_cast<uint32_t>(first | parcel_at(host + (at - pc) + 2) << 16), at, m_isa)
                   : decode_compressed(first, at, m_isa);
        next.offset = static_cast<uint16_t>(at - pc);
        at += next.length;
        ++count;
        if (ends_block(next.code))
            break;
    }
    if (count == 0)
        return nullptr;
    ops[count] = op();
    ops[count].code = opcode::end_of_block;
    ops[count].offset = static_cast<uint16_t>(at - pc);

    uint8_t* const bytes = &m_bytes[m_used_bytes];
    std::memcpy(bytes, host, at - pc);
    block& fresh = m_blocks[m_used_blocks++];
    fresh = block();
    fresh.pc = pc;
    fresh.space = space;
    fresh.end = at;
    fresh.ops = ops;
    fresh.count = count;
    fresh.epoch = m_epoch;
    fresh.host = host;
    fresh.bytes = bytes;
    m_used_ops += count + 1;
    m_used_bytes += at - pc;
    m_table[index(pc)] = &fresh;
    return &fresh;
}

} // namespace vmcore::riscv
