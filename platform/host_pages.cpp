#include "platform/host_pages.h"

#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

namespace vmcore {

static constexpr uint64_t huge_page = 2 << 20;

static uint64_t round_up(uint64_t number, uint64_t alignment) {
    return (number + alignment - 1) / alignment * alignment;
}

/// Both are host addresses.
static void advise(uint64_t begin, uint64_t end, int advice) {
    if (begin < end)
        madvise(reinterpret_cast<void*>(begin), end - begin, advice);
}

void prefer_huge_pages(const host_memory& memory) {
    const auto start = reinterpret_cast<uint64_t>(memory.data);
    advise(round_up(start, huge_page), (start + memory.size) / huge_page * huge_page, MADV_HUGEPAGE);
}

/// The small pages of this memory that lie in the huge one around a host address.
static void keep_small(const host_memory& memory, uint64_t inside) {
    const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    const auto start = reinterpret_cast<uint64_t>(memory.data);
    const uint64_t begin = inside / huge_page * huge_page;
    advise(std::max(begin, round_up(start, page)),
           std::min(begin + huge_page, (start + memory.size) / page * page), MADV_NOHUGEPAGE);
}

void keep_ends_small(const host_memory& memory, uint64_t begin, uint64_t end) {
    const auto start = reinterpret_cast<uint64_t>(memory.data);
    for (const uint64_t edge : {start + begin, start + end})
        if (edge % huge_page != 0)
            keep_small(memory, edge);
}

} // namespace vmcore
