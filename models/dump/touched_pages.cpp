// Which pages a process has touched.
//
// Linux tells it in /proc/self/pagemap (its Documentation/admin-guide/mm/pagemap.rst): eight bytes for each
// page, of which bit 63 says that the page is in memory and bit 62 that it is swapped out. A page with
// neither has never been touched - if the mapping is private and anonymous; a page of a file that nobody has
// read is "not there" either, and holds something. So /proc/self/maps is asked first what kind of mapping
// there is. (mincore(), which looks simpler, takes a page that is swapped out for one that is not there.)

#include "models/dump/touched_pages.h"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <unistd.h>

namespace vmcore {

namespace {

constexpr uint64_t in_memory = uint64_t{1} << 63;
constexpr uint64_t swapped_out = uint64_t{1} << 62;
constexpr size_t most_parts = 1 << 16;
constexpr size_t entries_at_once = 1 << 13;

struct stretch {
    uint64_t begin, end; ///< host addresses; the end is exclusive
};

/// Collects touched stretches, given in ascending order, as parts of a block.
class part_list {
public:
    explicit part_list(stretch block)
        : m_block(block) {}

    void add(uint64_t begin, uint64_t end) {
        begin = std::max(begin, m_block.begin);
        end = std::min(end, m_block.end);
        if (begin >= end)
            return;
        append(m_parts, {begin - m_block.begin, end - begin});
        if (m_parts.size() < most_parts)
            return;
        m_smallest_gap *= 2; // to keep the list short
        std::vector<memory_part> fewer;
        for (const memory_part& part : m_parts)
            append(fewer, part);
        m_parts = std::move(fewer);
    }
    std::vector<memory_part> take() { return std::move(m_parts); }

private:
    void append(std::vector<memory_part>& parts, memory_part part) const {
        if (!parts.empty() && part.offset - (parts.back().offset + parts.back().size) < m_smallest_gap)
            parts.back().size = part.offset + part.size - parts.back().offset;
        else
            parts.push_back(part);
    }

    stretch m_block;
    uint64_t m_smallest_gap = 1;
    std::vector<memory_part> m_parts;
};

/// The private anonymous mappings in a block, ascending; none when /proc does not tell.
std::vector<stretch> anonymous_memory(stretch block) {
    std::vector<stretch> found;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long long begin, end, inode;
        char access[5], name[2] = "";
        if (std::sscanf(line.c_str(), "%llx-%llx %4s %*x %*x:%*x %llu %1s", &begin, &end, access, &inode,
                        name) < 4)
            continue;
        const bool is_anonymous = access[3] == 'p' && inode == 0 && (name[0] == '\0' || name[0] == '[');
        if (is_anonymous && begin < block.end && end > block.begin)
            found.push_back({std::max<uint64_t>(begin, block.begin), std::min<uint64_t>(end, block.end)});
    }
    return found;
}

struct page_table {
    int file = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    page_table() = default;
    page_table(const page_table&) = delete;
    page_table& operator=(const page_table&) = delete;
    ~page_table() {
        if (file >= 0)
            ::close(file);
    }
};

/// Adds the touched pages of a mapping and takes from it what is known by then: all of it, as a rule.
void add_pages(part_list& parts, const page_table& pages_of_process, stretch& memory) {
    const auto page_size = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    std::vector<uint64_t> entries(entries_at_once);
    while (memory.begin < memory.end) {
        const uint64_t first = memory.begin / page_size;
        const uint64_t pages = (memory.end + page_size - 1) / page_size - first;
        const uint64_t wanted = std::min<uint64_t>(pages, entries.size()) * sizeof entries[0];
        const ssize_t got = ::pread(pages_of_process.file, entries.data(), wanted,
                                    static_cast<off_t>(first * sizeof entries[0]));
        if (got < static_cast<ssize_t>(sizeof entries[0]))
            return;
        const uint64_t count = static_cast<uint64_t>(got) / sizeof entries[0];
        for (uint64_t i = 0, run = 0; i <= count; ++i) {
            if (i < count && (entries[i] & (in_memory | swapped_out)) != 0)
                continue;
            parts.add(std::max((first + run) * page_size, memory.begin),
                      std::min((first + i) * page_size, memory.end));
            run = i + 1;
        }
        memory.begin = std::min((first + count) * page_size, memory.end);
    }
}

} // namespace

std::vector<memory_part> touched_parts(const uint8_t* host, uint64_t size) {
    const auto start = reinterpret_cast<uint64_t>(host);
    const stretch block = {start, start + size};
    part_list parts(block);
    const page_table pages_of_process;
    uint64_t known = block.begin; // all before it is in the list, if it was touched
    for (stretch memory : anonymous_memory(block)) {
        parts.add(known, memory.begin);
        add_pages(parts, pages_of_process, memory);
        known = memory.begin;
    }
    parts.add(known, block.end);
    return parts.take();
}

} // namespace vmcore
