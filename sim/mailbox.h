#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace vmcore::sim {

/// Commands from outside - signals and protocol servers - on their way to the simulation. Any thread posts;
/// the thread that runs the SystemC kernel takes them at a quantum edge.
class mailbox {
public:
    using command = std::function<void()>;

    void post(command posted) {
        {
            const std::lock_guard<std::mutex> lock(m_mutex);
            m_commands.push_back(std::move(posted));
            m_filled = true;
        }
        m_arrived.notify_one();
    }

    bool empty() {
        const std::lock_guard<std::mutex> lock(m_mutex);
        return m_commands.empty();
    }

    /// Everything that has arrived, in order.
    std::deque<command> take() {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_filled = false;
        return std::exchange(m_commands, {});
    }

    /// Sleeps until something has arrived; but looks for a moment first, because a client that was answered
    /// often has its next command ready, and waking up takes longer than that.
    void wait() {
        const auto sleep_at = std::chrono::steady_clock::now() + patience;
        while (!m_filled && std::chrono::steady_clock::now() < sleep_at) {
        }
        std::unique_lock<std::mutex> lock(m_mutex);
        m_arrived.wait(lock, [this] { return !m_commands.empty(); });
    }

    /// The same, but no longer than this.
    void wait_for(std::chrono::milliseconds longest) {
        std::unique_lock<std::mutex> lock(m_mutex);
        m_arrived.wait_for(lock, longest, [this] { return !m_commands.empty(); });
    }

private:
    static constexpr std::chrono::microseconds patience{50};

    std::atomic<bool> m_filled{false};
    std::mutex m_mutex;
    std::condition_variable m_arrived;
    std::deque<command> m_commands;
};

} // namespace vmcore::sim
