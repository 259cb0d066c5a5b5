#include "models/dump/worker_threads.h"

#include "models/dump/signals_blocked.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace vmcore {

namespace {

/// Threads that are at work together. Whatever happens, none of them outlives it.
class team {
public:
    explicit team(const std::function<void(const std::atomic<bool>&)>& work)
        : m_work(work) {}
    ~team() { join(); }
    team(const team&) = delete;
    team& operator=(const team&) = delete;

    void start(unsigned count, const output_file& file) try {
        const signals_blocked none_for_them;
        m_threads.reserve(count);
        while (m_threads.size() < count)
            m_threads.push_back(file.operations().start_thread([this] { run(); }));
    } catch (const std::system_error& error) {
        m_stopped = true;
        file.fail("start a thread to write", error.code().value());
    } catch (...) {
        m_stopped = true;
        throw;
    }

    void run() noexcept {
        try {
            m_work(m_stopped);
        } catch (...) {
            const std::lock_guard<std::mutex> lock(m_mutex);
            if (!m_error)
                m_error = std::current_exception();
            m_stopped = true;
        }
    }

    void finish() {
        join();
        if (m_error)
            std::rethrow_exception(m_error);
    }

private:
    void join() {
        for (std::thread& thread : m_threads)
            if (thread.joinable())
                thread.join();
    }

    const std::function<void(const std::atomic<bool>&)>& m_work;
    std::atomic<bool> m_stopped{false};
    std::mutex m_mutex;
    std::exception_ptr m_error;
    std::vector<std::thread> m_threads;
};

} // namespace

unsigned thread_count(unsigned wanted) {
    constexpr unsigned most = 16;
    return std::clamp(wanted != 0 ? wanted : std::thread::hardware_concurrency(), 1u, most);
}

void run_in_threads(unsigned count, const output_file& file,
                    const std::function<void(const std::atomic<bool>&)>& work) {
    team workers(work);
    workers.start(count - 1, file);
    workers.run();
    workers.finish();
}

} // namespace vmcore
