// Walking page tables that a guest may have made to hurt.
//
// The walk goes down the tables in the order of addresses and appends what the entries map to a list of runs,
// merging neighbours as it goes. Three things bound it:
//   - Work. Each entry looked at and each piece of memory found costs one unit of a budget.
//   - Sharing. A table that is reached again at the same level is walked a few times only. Kernels do share
//     tables (KASAN maps terabytes of shadow onto one page, x86 its espfix stacks), and a hostile table may
//     point at itself; without a limit four tables are 2^36 runs. At most visits * levels tables of each
//     page of memory are walked.
//   - Runs. When there are twice as many as wanted, the smaller half goes, and from then on so does each run
//     that is not larger than the largest that went. What is lost in a machine with a million separate pages
//     of vmalloc memory are single pages, never the kernel's image.
//
// A table is read where it lies when the platform gave a pointer, else copied as a whole.

#include "models/dump/page_table.h"

#include "models/tlm/endian.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace vmcore {

namespace {

uint64_t low_bits(unsigned count) {
    return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

uint64_t canonical(const page_table_format& format, uint64_t vaddr) {
    const unsigned size = format.address_size();
    const bool upper = format.half == address_half::upper ||
                       (format.half == address_half::sign_extended && (vaddr >> (size - 1) & 1) != 0);
    return (vaddr & low_bits(size)) | (upper ? ~low_bits(size) : 0);
}

const page_table_leaf* find_leaf(const page_table_level& level, uint64_t entry) {
    for (const page_table_leaf& leaf : level.leaves)
        if ((entry & leaf.mask) == leaf.value)
            return &leaf;
    return nullptr;
}

bool is_table(const page_table_level& level, uint64_t entry) {
    return (entry & level.table_mask) == level.table_value;
}

uint64_t table_address(const page_table_format& format, uint64_t entry) {
    return ((entry & format.table_address_bits) << format.address_shift) +
           ((entry & format.table_high_bits) << format.table_high_shift);
}

// Where the entry's part of the page begins: a page may be larger than what one entry maps.
uint64_t page_address(const page_table_format& format, const page_table_level& level,
                      const page_table_leaf& leaf, uint64_t entry, uint64_t vaddr) {
    const uint64_t part = vaddr & low_bits(leaf.size_shift) & ~low_bits(level.shift);
    return ((entry & leaf.address_bits) << format.address_shift) +
           ((entry & leaf.high_bits) << leaf.high_shift) + part;
}

uint64_t load_entry(const uint8_t* at, unsigned size) {
    return size == 8 ? load_bytes(at, 8, byte_order::little) : load_bytes(at, 4, byte_order::little);
}

/// Runs in ascending order, of which the smallest go when there are too many.
class run_list {
public:
    explicit run_list(size_t limit)
        : m_limit(limit) {}

    /// `range` is where the memory lies; pieces of two ranges do not become one run.
    void add(const core_mapping& piece, size_t range) {
        if (m_open && range == m_range && m_last.vaddr + m_last.size == piece.vaddr &&
            m_last.paddr + m_last.size == piece.paddr) {
            m_last.size += piece.size;
            return;
        }
        close();
        m_last = piece;
        m_range = range;
        m_open = true;
    }

    void finish(page_walk& result) {
        close();
        drop_smallest();
        result.runs = std::move(m_runs);
        result.runs_left_out = m_left_out;
    }

private:
    void close() {
        if (!m_open)
            return;
        m_open = false;
        if (m_last.size <= m_too_small)
            ++m_left_out;
        else
            m_runs.push_back(m_last);
        if (m_runs.size() >= 2 * m_limit)
            drop_smallest();
    }

    void drop_smallest() {
        if (m_runs.size() <= m_limit)
            return;
        std::vector<uint64_t> sizes;
        for (const core_mapping& run : m_runs)
            sizes.push_back(run.size);
        const auto smallest_kept = sizes.begin() + static_cast<std::ptrdiff_t>(m_limit - 1);
        std::nth_element(sizes.begin(), smallest_kept, sizes.end(), std::greater<>());
        const uint64_t size = *smallest_kept;
        const auto larger = [size](const core_mapping& run) { return run.size > size; };
        uint64_t room = m_limit - static_cast<uint64_t>(std::count_if(m_runs.begin(), m_runs.end(), larger));
        const auto goes = [&](const core_mapping& run) {
            if (run.size != size)
                return run.size < size;
            return room == 0 || room-- == 0;
        };
        const size_t before = m_runs.size();
        m_runs.erase(std::remove_if(m_runs.begin(), m_runs.end(), goes), m_runs.end());
        m_left_out += before - m_runs.size();
        m_too_small = size;
    }

    size_t m_limit;
    std::vector<core_mapping> m_runs;
    core_mapping m_last;
    size_t m_range = 0;
    bool m_open = false;
    uint64_t m_too_small = 0;
    uint64_t m_left_out = 0;
};

class walker {
public:
    walker(const page_table_format& format, const guest_memory& memory, const walk_limits& limits)
        : m_format(format)
        , m_memory(memory)
        , m_limits(limits)
        , m_runs(limits.runs)
        , m_buffers(format.levels.size())
        , m_visits(format.levels.size()) {}

    page_walk walk(uint64_t root) {
        walk_table(0, root, 0);
        m_runs.finish(m_result);
        return std::move(m_result);
    }

private:
    bool spend(uint64_t units) {
        m_result.out_of_work = m_result.out_of_work || m_limits.work - m_result.work < units;
        m_result.work += m_result.out_of_work ? 0 : units;
        return !m_result.out_of_work;
    }

    bool may_visit(size_t number, uint64_t paddr) {
        unsigned& visits = m_visits[number][paddr];
        const bool allowed = visits < m_limits.visits;
        visits += allowed;
        m_result.tables_shared += !allowed;
        return allowed;
    }

    void walk_table(size_t number, uint64_t paddr, uint64_t vaddr) {
        const page_table_level& level = m_format.levels[number];
        const uint64_t count = uint64_t{1} << level.index_bits;
        const uint8_t* entries = m_memory.bytes(paddr, count * m_format.entry_size, m_buffers[number]);
        if (!entries || !may_visit(number, paddr) || !spend(count))
            return;
        for (uint64_t i = 0; i < count && !m_result.out_of_work; ++i) {
            const uint64_t entry = load_entry(entries + i * m_format.entry_size, m_format.entry_size);
            if (entry == 0)
                continue;
            const uint64_t at = canonical(m_format, vaddr + (i << level.shift));
            if (at + low_bits(level.shift) < m_limits.first_vaddr)
                continue;
            if (is_table(level, entry))
                walk_table(number + 1, table_address(m_format, entry), at);
            else if (const page_table_leaf* leaf = find_leaf(level, entry))
                add(at, page_address(m_format, level, *leaf, entry, at), low_bits(level.shift));
        }
    }

    // `last` is the offset of the last byte: a mapping may end with the last address.
    void add(uint64_t vaddr, uint64_t paddr, uint64_t last) {
        const std::vector<memory_range>& ranges = m_memory.ranges();
        for (size_t i = m_memory.find(paddr); i < ranges.size() && ranges[i].base <= paddr + last; ++i) {
            if (!spend(1))
                return;
            const uint64_t from = std::max(paddr, ranges[i].base);
            const uint64_t to = std::min(paddr + last, ranges[i].base + (ranges[i].size - 1));
            m_runs.add({vaddr + (from - paddr), from, to - from + 1}, i);
        }
    }

    const page_table_format& m_format;
    memory_view m_memory;
    walk_limits m_limits;
    run_list m_runs;
    std::vector<std::vector<uint8_t>> m_buffers; ///< of each level, as all of them are in use at once
    std::vector<std::unordered_map<uint64_t, unsigned>> m_visits; ///< to each table, by level and address
    page_walk m_result;
};

} // namespace

page_walk walk_page_table(const page_table& table, const guest_memory& memory, const walk_limits& limits) {
    return walker(table.format, memory, limits).walk(table.root);
}

std::optional<uint64_t> translate(const page_table& table, const memory_view& memory, uint64_t vaddr) {
    const page_table_format& format = table.format;
    if (vaddr != canonical(format, vaddr))
        return std::nullopt;
    std::vector<uint8_t> buffer;
    uint64_t paddr = table.root;
    for (const page_table_level& level : format.levels) {
        const uint64_t index = vaddr >> level.shift & low_bits(level.index_bits);
        const uint8_t* at = memory.bytes(paddr + index * format.entry_size, format.entry_size, buffer);
        if (!at)
            return std::nullopt;
        const uint64_t entry = load_entry(at, format.entry_size);
        if (!is_table(level, entry)) {
            const page_table_leaf* leaf = find_leaf(level, entry);
            if (!leaf)
                return std::nullopt;
            return page_address(format, level, *leaf, entry, vaddr) + (vaddr & low_bits(level.shift));
        }
        paddr = table_address(format, entry);
    }
    return std::nullopt;
}

} // namespace vmcore
