#pragma once

#include "models/riscv/code_map.h"
#include "models/riscv/debug_unit.h"
#include "models/riscv/isa.h"
#include "models/riscv/op.h"
#include "models/riscv/tlb.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace vmcore::riscv {

/// A run of decoded instructions with one entry; `count` operations and an end_of_block follow each other.
/// The links to other blocks outlive what they lead to: before one is followed, its block's epoch is to be
/// looked at.
struct block {
    uint64_t pc = 0;  ///< virtual
    uint64_t end = 0; ///< address after the last instruction
    const op* ops = nullptr;
    uint64_t epoch = 0;      ///< of the cache when the block was last found true to memory
    block* taken = nullptr;  ///< where a jump or a branch that is taken leads; no_block() until it was
    block* fallen = nullptr; ///< where the block's end leads; of a jalr, another target
    uint32_t count = 0;
    address_space space = address_space::machine; ///< of the fetches
    const uint8_t* host = nullptr;                ///< where the instructions came from
    const uint8_t* bytes = nullptr;               ///< what they were
};

/// Decoded blocks by pc and address space.
///
/// A block is a straight run of instructions inside one 4 KiB page that direct memory access can fetch; it
/// ends at a jump, a branch or an instruction that may change how the rest is fetched. Decoding copies the
/// instructions' bytes. Whatever may change what is fetched - fence.i, a page that leaves the TLB - only
/// raises the epoch, and a block of an older epoch is compared with its page's translation and its memory
/// before it runs again, so that this costs nothing for code that did not change. Storage is taken from
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
    /// What links lead to that are not set: of no epoch.
    block* no_block() { return &m_no_block; }

    /// Where blocks were decoded from.
    const code_map& code() const { return m_code; }
    /// The page that blocks have come to be decoded from since the last call, if any: at most one for each
    /// renew().
    const uint8_t* take_new_page() { return std::exchange(m_new_page, nullptr); }

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
    uint64_t decode_run(uint64_t pc, const uint8_t* host);

    isa m_isa;
    std::vector<block*> m_table;
    // These never grow beyond what is reserved, so that pointers into them hold, and touch no memory before.
    std::vector<block> m_blocks;
    std::vector<op> m_ops;
    std::vector<uint8_t> m_bytes;
    uint64_t m_epoch = 0;
    block m_no_block;
    code_map m_code;
    const uint8_t* m_new_page = nullptr;
    const debug_unit& m_stops;
};

} // namespace vmcore::riscv
