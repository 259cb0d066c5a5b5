#include "models/dump/run_queue.h"

#include <algorithm>

namespace vmcore {

void run_queue::add(const std::vector<memory_run>& runs) {
    std::unique_lock<std::mutex> lock(m_mutex);
    m_runs.insert(m_runs.end(), runs.begin(), runs.end());
    while (m_has_writer && m_runs.size() > most_runs) // more come than one can write
        write_some(lock);
    if (m_has_writer)
        return;
    m_has_writer = true; // for good when a write throws: then nobody should write any more
    while (!m_runs.empty())
        write_some(lock);
    m_has_writer = false;
}

void run_queue::finish() {
    std::unique_lock<std::mutex> lock(m_mutex);
    while (!m_runs.empty())
        write_some(lock);
}

void run_queue::write_some(std::unique_lock<std::mutex>& lock) {
    memory_run taken[runs_at_once];
    const size_t count = std::min(runs_at_once, m_runs.size());
    const auto behind = m_runs.begin() + static_cast<std::ptrdiff_t>(count);
    std::copy(m_runs.begin(), behind, taken);
    m_runs.erase(m_runs.begin(), behind);
    lock.unlock();
    for (size_t i = 0; i < count; ++i)
        m_file.write_at(taken[i].offset, taken[i].bytes, taken[i].size);
    lock.lock();
}

} // namespace vmcore
