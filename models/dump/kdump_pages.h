#pragma once

#include "models/dump/guest_state.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore {

/// Consecutive pages of guest memory that are in a dump.
struct kdump_run {
    uint64_t first = 0;            ///< number of the first page: its address / page size
    uint64_t pages = 0;            ///< at least 1
    const uint8_t* host = nullptr; ///< all their bytes, or null: read_pages() gets them
    uint64_t memory_bytes = 0;     ///< fewer than the pages have when the ends of ranges lie inside a page
};

/// The pages of guest memory, where a page counts if any byte of it does.
class kdump_pages {
public:
    /// `ranges` as select_ranges() gives them; `page_size` is a power of two. The memory must outlive this.
    kdump_pages(const guest_memory& memory, std::vector<memory_range> ranges, uint32_t page_size);

    /// Ascending, each page in one of them.
    const std::vector<kdump_run>& runs() const { return m_runs; }
    uint32_t page_size() const { return m_page_size; }
    uint64_t count() const { return m_count; }                                 ///< pages in all runs
    uint64_t end() const { return m_runs.back().first + m_runs.back().pages; } ///< last page's number plus 1

    /// The number of the first page from `page` on; end() when there is none.
    uint64_t next(uint64_t page) const;

    /// Fills `to` with the bits of `size` bytes of the bitmap from byte `offset` on: a page's bit is number
    /// page % 8 of byte page / 8.
    void fill_bitmap(uint64_t offset, uint8_t* to, uint64_t size) const;

    /// Copies pages, with zeros where nothing is mapped or no range is.
    void read_pages(uint64_t first, uint64_t pages, uint8_t* to);

    /// One for each range that read_pages() could not read as a whole.
    std::vector<std::string> warnings() const;

private:
    void add_run(uint64_t first, uint64_t pages, const uint8_t* host, uint64_t memory_bytes);
    void add_range(const memory_range& range);
    std::vector<kdump_run>::const_iterator find(uint64_t page) const;

    const guest_memory& m_memory;
    std::vector<memory_range> m_ranges;
    std::vector<uint64_t> m_missing; ///< bytes of each range that could not be read
    uint32_t m_page_size;
    std::vector<kdump_run> m_runs;
    uint64_t m_count = 0;
};

} // namespace vmcore
