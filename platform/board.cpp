#include "platform/board.h"

#include <algorithm>
#include <cstring>

namespace vmcore {

uint64_t board::read(uint64_t paddr, void* to, uint64_t length) const {
    std::memset(to, 0, length);
    uint64_t mapped = 0;
    for (const memory_range& range : ranges()) {
        const uint64_t start = std::max(paddr, range.base);
        if (start - paddr >= length || start - range.base >= range.size)
            continue;
        const uint64_t bytes = std::min(length - (start - paddr), range.size - (start - range.base));
        std::memcpy(static_cast<uint8_t*>(to) + (start - paddr), range.host + (start - range.base), bytes);
        mapped += bytes;
    }
    return mapped;
}

} // namespace vmcore
