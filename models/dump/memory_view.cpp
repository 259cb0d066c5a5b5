#include "models/dump/memory_view.h"

#include <algorithm>

namespace vmcore {

memory_view::memory_view(const guest_memory& memory)
    : m_memory(memory)
    , m_ranges(memory.ranges()) {
    const auto is_empty = [](const memory_range& range) { return range.size == 0; };
    m_ranges.erase(std::remove_if(m_ranges.begin(), m_ranges.end(), is_empty), m_ranges.end());
}

size_t memory_view::find(uint64_t paddr) const {
    const auto range =
        std::partition_point(m_ranges.begin(), m_ranges.end(), [paddr](const memory_range& each) {
            return each.base < paddr && paddr - each.base >= each.size;
        });
    return static_cast<size_t>(range - m_ranges.begin());
}

const uint8_t* memory_view::bytes(uint64_t paddr, size_t size, std::vector<uint8_t>& buffer) const {
    const size_t index = find(paddr);
    if (index == m_ranges.size() || paddr < m_ranges[index].base)
        return nullptr;
    const memory_range& range = m_ranges[index];
    const uint64_t offset = paddr - range.base;
    if (range.host && size <= range.size - offset)
        return range.host + offset;
    buffer.assign(size, 0);
    m_memory.read(paddr, buffer.data(), size);
    return buffer.data();
}

} // namespace vmcore
