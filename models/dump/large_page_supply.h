#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

namespace vmcore {

/// Whether to ask for the next large page of a file in memory. Where free memory of that size is at hand, one
/// takes a third of the time of its small pages. Where it is not - the host of a virtual machine has taken it
/// back, or the system has to make it - one takes seven times as long. So after a slow one some are left out,
/// each time twice as many, until one is fast again. Any thread may call any of it at any time.
class large_page_supply {
public:
    /// From here on large pages are there to be asked for, or not.
    void open(bool has_large_pages) { m_is_there = has_large_pages; }

    /// They have not been refused.
    bool is_there() const { return m_is_there; }

    /// To be called once for each piece of memory that could become a large page.
    bool ask() {
        if (!m_is_there)
            return false;
        const unsigned left_out = m_left_out;
        if (left_out > 0) // another thread may count the same one: it does not matter
            m_left_out = left_out - 1;
        return left_out == 0;
    }

    /// One was given and filled, at the cost of that processor time.
    void given(std::chrono::nanoseconds time) {
        if (time < slow) {
            m_pause = shortest_pause;
            return;
        }
        m_left_out = m_pause.load();
        m_pause = std::min(2 * m_pause, longest_pause);
    }

    /// It is no use to ask again.
    void refused() { m_is_there = false; }

private:
    static constexpr std::chrono::nanoseconds slow = std::chrono::milliseconds(2);
    static constexpr unsigned shortest_pause = 16;
    static constexpr unsigned longest_pause = 256;

    std::atomic<bool> m_is_there{false};
    std::atomic<unsigned> m_left_out{0}; ///< that are still to be
    std::atomic<unsigned> m_pause{shortest_pause};
};

} // namespace vmcore
