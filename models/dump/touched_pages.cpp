#include "models/dump/touched_pages.h"

namespace vmcore {

std::vector<memory_part> touched_parts(const uint8_t*, uint64_t size) {
    return {{0, size}};
}

} // namespace vmcore
