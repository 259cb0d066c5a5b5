#include "models/riscv/block_cache.h"

#include "models/riscv/decode.h"
#include "models/riscv/fuse.h"

#include <algorithm>
#include <cstring>

namespace vmcore::riscv {

block_cache::block_cache(const isa& implemented, const debug_unit& stops)
    : m_isa(implemented)
    , m_table(size_t(1) << table_bits)
    , m_stops(stops) {
    m_blocks.reserve(max_blocks);
    m_ops.reserve(op_storage);
    m_bytes.reserve(byte_storage);
    m_no_block.epoch = ~uint64_t(0);
}

void block_cache::clear() {
    std::fill(m_table.begin(), m_table.end(), nullptr);
    m_blocks.clear();
    m_ops.clear();
    m_bytes.clear();
    m_code.clear();
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

/// Decodes from host, up to the end of the page, to the end of m_ops. Gives the bytes used.
uint64_t block_cache::decode_run(uint64_t pc, const uint8_t* host) {
    const uint64_t size = tlb::page_size - pc % tlb::page_size;
    uint64_t used = 0;
    for (unsigned count = 0; count < max_ops && used < size && !m_stops.has_breakpoint(pc + used); ++count) {
        const uint16_t first = parcel_at(host + used);
        const bool is_wide = is_long(first);
        if (is_wide && size - used < 4)
            break;
        m_ops.push_back(is_wide ? decode(static_cast<uint32_t>(first | parcel_at(host + used + 2) << 16),
                                         pc + used, m_isa)
                                : decode_compressed(first, pc + used, m_isa));
        op& next = m_ops.back();
        next.offset = static_cast<uint16_t>(used);
        used += next.length;
        if (ends_block(next.code))
            break;
    }
    return used;
}

block* block_cache::build(uint64_t pc, address_space space, const uint8_t* host) {
    if (m_blocks.size() == max_blocks || op_storage - m_ops.size() < max_ops + 1 ||
        byte_storage - m_bytes.size() < 4 * max_ops)
        clear();

    const size_t first = m_ops.size();
    const uint64_t size = decode_run(pc, host);
    const auto count = static_cast<uint32_t>(m_ops.size() - first);
    if (count == 0)
        return nullptr;
    fuse(&m_ops[first], count);
    m_ops.emplace_back();
    m_ops.back().code = opcode::end_of_block;
    m_ops.back().offset = static_cast<uint16_t>(size);

    block& fresh = m_blocks.emplace_back();
    fresh.pc = pc;
    fresh.end = pc + size;
    fresh.ops = &m_ops[first];
    fresh.epoch = m_epoch;
    fresh.taken = fresh.fallen = &m_no_block;
    fresh.count = count;
    fresh.space = space;
    fresh.host = host;
    fresh.bytes = m_bytes.data() + m_bytes.size();
    m_bytes.insert(m_bytes.end(), host, host + size);
    m_table[index(pc)] = &fresh;
    const auto offset = static_cast<unsigned>(pc % tlb::page_size);
    if (m_code.add(host - offset, offset, static_cast<unsigned>(size)))
        m_new_page = host - offset;
    return &fresh;
}

} // namespace vmcore::riscv
