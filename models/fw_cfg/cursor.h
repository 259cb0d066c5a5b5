#pragma once

#include "models/fw_cfg/item_table.h"
#include "models/tlm/endian.h"

#include <algorithm>

namespace vmcore {

/// The selected item and the position in it: one pair, which the data register and the DMA engine share.
class item_cursor {
public:
    explicit item_cursor(const item_table& items)
        : m_items(items) {
        select(fw_cfg_key::signature);
    }

    /// Selects any of the 2^16 keys and goes to offset 0. A key out of range selects nothing.
    void select(uint16_t key) {
        m_slot = m_items.slot(key);
        m_key = m_slot == nullptr ? fw_cfg_key::invalid : key;
        m_offset = 0;
        if (const item* chosen = current())
            chosen->selected();
    }

    /// fw_cfg_key::invalid after a key out of range.
    uint16_t key() const { return m_key; }
    uint32_t offset() const { return m_offset; }

    /// The selected item, or nullptr.
    item* current() const { return m_slot == nullptr ? nullptr : m_slot->get(); }

    /// Bytes of the item at and behind the offset.
    uint32_t left() const {
        const item* chosen = current();
        return chosen == nullptr || m_offset >= chosen->size() ? 0 : chosen->size() - m_offset;
    }

    /// Moves on by at most left() bytes.
    void advance(uint32_t bytes) { m_offset += bytes; }

    /// The next `size` bytes (1 to 8), the first of them most significant. Behind the end of the item there
    /// are zeros, which do not count: the offset stops at the end.
    uint64_t peek(unsigned size) const {
        const unsigned present = std::min<uint32_t>(size, left());
        if (present == 0)
            return 0;
        return load_bytes(current()->data() + m_offset, present, byte_order::big) << 8 * (size - present);
    }

    uint64_t read(unsigned size) {
        const uint32_t remaining = left();
        if (remaining == 0)
            return 0;
        if (size == 1)
            return current()->data()[m_offset++];
        const uint64_t value = peek(size);
        m_offset += std::min<uint32_t>(size, remaining);
        return value;
    }

private:
    const item_table& m_items;
    const std::unique_ptr<item>* m_slot = nullptr;
    uint16_t m_key = fw_cfg_key::invalid;
    uint32_t m_offset = 0;
};

} // namespace vmcore
