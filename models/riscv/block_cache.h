#pragma once

#include "models/riscv/debug_unit.h"
#include "models/riscv/isa.h"
#include "models/riscv/op.h"
#include "models/riscv/tlb.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace vmcore::riscv {

/// A run of decoded instructions with one entry; `count` operations and an end_of_block follow each other.
struct block {
    uint64_t pc = 0;                              ///< virtual
    address_space space = address_space::machine; ///< of the fetches
    uint64_t end = 0;                             ///< address after the last instruction
    const op* ops = nullptr;
    uint32_t count = 0;
    uint64_t epoch = 0;             ///< of the cache when the block was last found true to memory
    const uint8_t* host = nullptr;  ///< where the instructions came from
    const uint8_t* bytes = nullptr; ///< what they were
    block* successor[2] = {};       ///< blocks that ran next, most recent first
};

/// Decoded blocks by pc and address space.
///
/// A block is a straight run of instructions inside one 4 KiB page that direct memory access can fetch; it
/// ends at a jump, a branch or an instruction that may change how the rest is fetched. Decoding copies the
/// instructions' bytes. Whatever may change what is fetched - fence.i, a page that leaves the TLB - only
/// raises the epoch, and a block of an older epoch is compared with its page's translation and its memory
/// before it runs again, so that this costs nothing for code that did not change. Storage is taken from two
/// arrays and given back all at once, when they are full or a DMI grant ends.
class block_cache {
public:
    static constexpr unsigned max_ops = 64;

    /// @param stops has the addresses at which blocks end, and none begins; must outlive the cache
    block_cache(const isa& implemented, const debug_unit& stops);

    /// The block at pc, true to memory, or nullptr when there is none of this epoch.
    block* find(uint64_t pc, address_space space) {
        block* found = m_table[index(pc)];
        return found != nullptr && found->pc == pc && found->space == space && is_current(*found) ? found
                                                                                                  : nullptr;
    }

    bool is_current(const block& which) const { return which.epoch == m_epoch; }

    /// The block at pc, whose bytes are at `host`: one of an older epoch when it is still true to memory, or
    /// a newly decoded one. nullptr when the first instruction leaves the page.
    block* renew(uint64_t pc, address_space space, const uint8_t* host);

    /// Instruction fetches from here on see what was stored before.
    void fence() { ++m_epoch; }
    /// For others to raise who know why blocks may no longer be true.
    uint64_t& epoch() { return m_epoch; }

    /// Forgets all blocks. No block may be in use.
    void clear();

private:
    static constexpr unsigned table_bits = 15;
    static constexpr size_t max_blocks = 1 << 15;
    static constexpr size_t op_storage = 1 << 18;
    static constexpr size_t byte_storage = 4 * op_storage;

    static unsigned index(uint64_t pc) {
        return (pc >> 1 ^ pc >> (table_bits + 1)) & ((1u << table_bits) - 1);
    }
    block* build(uint64_t pc, address_space space, const uint8_t* host);

    isa m_isa;
    std::vector<block*> m_table;
    std::unique_ptr<block[]> m_blocks;
    std::unique_ptr<op[]> m_ops;
    std::unique_ptr<uint8_t[]> m_bytes;
    size_t m_used_blocks = 0;
    size_t m_used_ops = 0;
    size_t m_used_bytes = 0;
    uint64_t m_epoch = 0;
    const debug_unit& m_stops;
};

} // namespace vmcore::riscv
