#pragma once

#include "models/dump/signals_blocked.h"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace vmcore {

/// Starts a thread; throws std::system_error when there is none to be had.
using thread_starter = std::function<std::thread(std::function<void()>)>;

/// Threads that work on jobs of a fixed number of slots, whose results come back in the order in which the
/// jobs were given. One thread, the owner, calls the members, as in
///
///     while (more or !workers.idle())
///         if (more && workers.has_room())
///             fill(workers.next()), workers.submit();
///         else
///             use(workers.oldest()), workers.release();
///
/// A slot keeps its memory for the next job. What a worker throws comes out of oldest().
template <class Job>
class ordered_workers {
public:
    using work = std::function<void(Job&)>;

    /// One thread for each element of `each`, which only that thread calls. At least one, and at least one
    /// slot. The threads take no signals. Throws what `start` throws; no thread is left then.
    ordered_workers(std::vector<work> each, size_t slots, const thread_starter& start)
        : m_works(std::move(each))
        , m_slots(slots) {
        m_threads.reserve(m_works.size());
        const signals_blocked none_for_them;
        try {
            for (const work& own : m_works)
                m_threads.push_back(start([this, &own] { run(own); }));
        } catch (...) {
            stop();
            throw;
        }
    }
    ~ordered_workers() { stop(); }
    ordered_workers(const ordered_workers&) = delete;
    ordered_workers& operator=(const ordered_workers&) = delete;

    bool idle() const { return m_released == m_submitted; }
    bool has_room() const { return m_submitted - m_released < m_slots.size(); }

    /// The slot that submit() will hand out; there must be room.
    Job& next() { return at(m_submitted).job; }
    void submit() {
        {
            const std::lock_guard<std::mutex> lock(m_mutex);
            at(m_submitted).is_done = false;
            ++m_submitted;
        }
        m_submission.notify_one();
    }

    /// Waits for the job that was submitted first of those not released; there must be one.
    Job& oldest() {
        slot& first = at(m_released);
        std::unique_lock<std::mutex> lock(m_mutex);
        m_completion.wait(lock, [&] { return first.is_done; });
        if (first.error)
            std::rethrow_exception(std::exchange(first.error, nullptr));
        return first.job;
    }
    void release() { ++m_released; }

private:
    struct slot {
        Job job;
        bool is_done = false;
        std::exception_ptr error;
    };

    slot& at(uint64_t number) { return m_slots[number % m_slots.size()]; }

    void run(const work& own) {
        std::unique_lock<std::mutex> lock(m_mutex);
        for (;;) {
            m_submission.wait(lock, [this] { return m_stopping || m_taken < m_submitted; });
            if (m_stopping)
                return;
            slot& mine = at(m_taken++);
            lock.unlock();
            std::exception_ptr error;
            try {
                own(mine.job);
            } catch (...) {
                error = std::current_exception();
            }
            lock.lock();
            mine.error = error;
            mine.is_done = true;
            m_completion.notify_one();
        }
    }

    void stop() {
        {
            const std::lock_guard<std::mutex> lock(m_mutex);
            m_stopping = true;
        }
        m_submission.notify_all();
        for (std::thread& thread : m_threads)
            thread.join();
        m_threads.clear();
    }

    const std::vector<work> m_works;
    std::vector<slot> m_slots;
    std::vector<std::thread> m_threads;
    std::mutex m_mutex;
    std::condition_variable m_submission;
    std::condition_variable m_completion;
    // Numbers of jobs since the start: released <= taken <= submitted. The owner alone writes the first and
    // the last.
    uint64_t m_released = 0;
    uint64_t m_taken = 0;
    uint64_t m_submitted = 0;
    bool m_stopping = false;
};

} // namespace vmcore
