#include "models/dump/memory_pieces.h"

#include <algorithm>
#include <utility>

namespace vmcore {

// Touched pages are looked up for one window at a time, which bounds the memory that takes and the time that
// other threads wait for it.
static constexpr uint64_t window_size = 256 << 20;
// A smaller range is read sooner than the system is asked about it.
static constexpr uint64_t smallest_to_ask_for = 256 << 10;

memory_pieces::memory_pieces(const std::vector<memory_range>& ranges, kind wanted,
                             std::vector<uint64_t> places)
    : m_ranges(ranges)
    , m_kind(wanted)
    , m_places(std::move(places)) {}

bool memory_pieces::is_wanted(const memory_range& range) const {
    return m_kind == kind::any || (range.host != nullptr) == (m_kind == kind::with_host);
}

/// Bytes up to where a piece must end, if it begins here.
uint64_t memory_pieces::to_border() const {
    const uint64_t place = (m_places.empty() ? 0 : m_places[m_range]) + m_at;
    return largest - place % largest;
}

/// Goes to the next window; false at the end of all ranges.
bool memory_pieces::open_window() {
    while (m_range < m_ranges.size() &&
           (m_window_end == m_ranges[m_range].size || !is_wanted(m_ranges[m_range]))) {
        ++m_range;
        m_at = m_window_end = 0;
    }
    if (m_range == m_ranges.size())
        return false;
    const memory_range& range = m_ranges[m_range];
    m_at = m_window = m_window_end;
    const uint64_t size = std::min(window_size - largest + to_border(), range.size - m_window);
    m_window_end = m_window + size;
    m_part = 0;
    if (range.host != nullptr && range.size >= smallest_to_ask_for)
        m_parts = touched_parts(range.host + m_window, size);
    else
        m_parts = {{0, size}};
    return true;
}

std::optional<memory_piece> memory_pieces::next() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_at == m_window_end && !open_window())
        return std::nullopt;
    while (m_part < m_parts.size() && m_window + m_parts[m_part].offset + m_parts[m_part].size <= m_at)
        ++m_part;
    const bool is_last_gap = m_part == m_parts.size();
    const uint64_t touched = is_last_gap ? m_window_end : m_window + m_parts[m_part].offset;
    memory_piece piece{m_range, m_at, 0, m_at < touched};
    const uint64_t end = piece.is_untouched ? touched : touched + m_parts[m_part].size;
    piece.size = piece.is_untouched ? end - m_at : std::min(end - m_at, to_border());
    m_at += piece.size;
    return piece;
}

} // namespace vmcore
