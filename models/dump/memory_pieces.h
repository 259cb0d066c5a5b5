#pragma once

#include "models/dump/guest_state.h"
#include "models/dump/touched_pages.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace vmcore {

/// A stretch of one of several ranges of guest memory, small enough to be worked on in one go.
struct memory_piece {
    size_t range = 0;          ///< index
    uint64_t offset = 0;       ///< bytes from the range's start
    uint64_t size = 0;         ///< bytes; at most memory_pieces::largest unless it is untouched
    bool is_untouched = false; ///< reads as zeros, and need not be read
};

/// Deals out memory, every byte once, in ascending order. Never-touched host memory comes as such, without
/// being touched, and costs next to nothing however large it is.
class memory_pieces {
public:
    static constexpr uint64_t largest = 2 << 20;

    enum class kind { any, with_host, without_host };
    /// Only from ranges that have a host pointer, or have none. The ranges must outlive this.
    /// @param places where each range will be in a file; there, pieces that were touched end at multiples of
    ///               `largest`. Empty: in the ranges themselves
    explicit memory_pieces(const std::vector<memory_range>& ranges, kind wanted = kind::any,
                           std::vector<uint64_t> places = {});

    /// The next one; none when all memory has been dealt out. Any thread may call it.
    std::optional<memory_piece> next();

private:
    bool open_window();
    bool is_wanted(const memory_range& range) const;
    uint64_t to_border() const;

    const std::vector<memory_range>& m_ranges;
    const kind m_kind;
    const std::vector<uint64_t> m_places;
    std::mutex m_mutex;
    size_t m_range = 0;               ///< that the window is in
    uint64_t m_window = 0;            ///< the window's first byte, as an offset in the range
    uint64_t m_window_end = 0;        ///< exclusive
    uint64_t m_at = 0;                ///< offset in the range of what is next
    std::vector<memory_part> m_parts; ///< of the window, that were touched
    size_t m_part = 0;
};

} // namespace vmcore
