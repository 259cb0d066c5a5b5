// Memory as pages.
//
// Ranges may begin and end anywhere. The pages that a range covers as a whole are one run, read from the host
// pointer when there is one; a page that it covers in part is a run of its own, shared with the neighbour
// that has another part of it, and put together in a buffer.
//
// Addresses go up to 2^64 - 1, so a range is known by its last byte and never by its end.

#include "models/dump/kdump_pages.h"

#include "models/dump/hex_text.h"

#include <algorithm>
#include <cstring>

namespace vmcore {

namespace {

uint64_t last(const memory_range& range) {
    return range.base + (range.size - 1);
}

// Sets the bits from..to (not included).
void set_bits(uint8_t* bits, uint64_t from, uint64_t to) {
    for (; from < to && from % 8 != 0; ++from)
        bits[from / 8] |= static_cast<uint8_t>(1u << from % 8);
    if (to - from >= 8)
        std::memset(bits + from / 8, 0xff, (to - from) / 8);
    for (from += (to - from) / 8 * 8; from < to; ++from)
        bits[from / 8] |= static_cast<uint8_t>(1u << from % 8);
}

} // namespace

kdump_pages::kdump_pages(const guest_memory& memory, std::vector<memory_range> ranges, uint32_t page_size)
    : m_memory(memory)
    , m_ranges(std::move(ranges))
    , m_missing(m_ranges.size())
    , m_page_size(page_size) {
    for (const memory_range& range : m_ranges)
        add_range(range);
}

void kdump_pages::add_run(uint64_t first, uint64_t pages, const uint8_t* host, uint64_t memory_bytes) {
    if (!m_runs.empty() && first < m_runs.back().first + m_runs.back().pages) {
        m_runs.back().memory_bytes += memory_bytes; // another part of the page that the last range ended in
        return;
    }
    m_runs.push_back({first, pages, host, memory_bytes});
    m_count += pages;
}

void kdump_pages::add_range(const memory_range& range) {
    const uint64_t size = m_page_size;
    const uint64_t first = range.base / size;
    const uint64_t final = last(range) / size;
    const uint64_t head = range.base % size;      // bytes before the range in its first page
    const uint64_t tail = last(range) % size + 1; // bytes of its last page up to its end
    if (first == final && (head != 0 || tail != size)) {
        add_run(first, 1, nullptr, range.size);
        return;
    }
    if (head != 0)
        add_run(first, 1, nullptr, size - head);
    const uint64_t whole_first = first + (head != 0);
    const uint64_t whole_pages = final + (tail == size) - whole_first;
    if (whole_pages != 0) {
        const uint8_t* host = range.host ? range.host + (whole_first * size - range.base) : nullptr;
        add_run(whole_first, whole_pages, host, whole_pages * size);
    }
    if (tail != size)
        add_run(final, 1, nullptr, tail);
}

// The first run that does not end before the page.
std::vector<kdump_run>::const_iterator kdump_pages::find(uint64_t page) const {
    const auto ends_before = [](const kdump_run& run, uint64_t number) {
        return run.first + run.pages <= number;
    };
    return std::lower_bound(m_runs.begin(), m_runs.end(), page, ends_before);
}

uint64_t kdump_pages::next(uint64_t page) const {
    const auto run = find(page);
    return run == m_runs.end() ? end() : std::max(run->first, page);
}

void kdump_pages::fill_bitmap(uint64_t offset, uint8_t* to, uint64_t size) const {
    std::memset(to, 0, size);
    const uint64_t window_first = offset * 8;
    const uint64_t window_end = window_first + size * 8;
    for (auto run = find(window_first); run != m_runs.end() && run->first < window_end; ++run)
        set_bits(to, std::max(run->first, window_first) - window_first,
                 std::min(run->first + run->pages, window_end) - window_first);
}

void kdump_pages::read_pages(uint64_t first, uint64_t pages, uint8_t* to) {
    const uint64_t base = first * m_page_size;
    const uint64_t length = pages * m_page_size;
    const uint64_t final = base + (length - 1);
    std::memset(to, 0, length);
    const auto ends_before = [](const memory_range& range, uint64_t address) {
        return last(range) < address;
    };
    auto range = std::lower_bound(m_ranges.begin(), m_ranges.end(), base, ends_before);
    for (; range != m_ranges.end() && range->base <= final; ++range) {
        const uint64_t from = std::max(range->base, base);
        const uint64_t size = std::min(last(*range), final) - from + 1;
        if (range->host)
            std::memcpy(to + (from - base), range->host + (from - range->base), size);
        else
            m_missing[static_cast<size_t>(range - m_ranges.begin())] +=
                size - m_memory.read(from, to + (from - base), size);
    }
}

std::vector<std::string> kdump_pages::warnings() const {
    std::vector<std::string> warnings;
    for (size_t i = 0; i < m_ranges.size(); ++i)
        if (m_missing[i] != 0)
            warnings.push_back("memory at " + hex_text(m_ranges[i].base) +
                               " could not be read as a whole: " + hex_text(m_missing[i]) + " of its " +
                               hex_text(m_ranges[i].size) + " bytes are zero in the dump");
    return warnings;
}

} // namespace vmcore
