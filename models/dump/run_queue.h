#pragma once

#include "models/dump/output_file.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace vmcore {

/// Bytes in memory, and where they belong in a file.
struct memory_run {
    uint64_t offset = 0;
    const uint8_t* bytes = nullptr;
    size_t size = 0;
};

/// Small runs on their way into a seekable file, by one thread at a time as long as there is other work for
/// the others: the system lets one write at a time into a file anyway. Any thread may call the members; what
/// they throw is output_file's. The bytes must stay as they are until finish() has returned to all.
class run_queue {
public:
    explicit run_queue(output_file& file)
        : m_file(file) {}

    /// Takes runs in. Whoever comes while nobody writes stays until none are left; others may go.
    void add(const std::vector<memory_run>& runs);

    /// To be called by each thread when it adds no more: helps with what is left.
    void finish();

private:
    static constexpr size_t most_runs = 4096; ///< that wait; 96 KiB
    static constexpr size_t runs_at_once = 16;

    void write_some(std::unique_lock<std::mutex>& lock);

    output_file& m_file;
    std::mutex m_mutex;
    std::deque<memory_run> m_runs;
    bool m_has_writer = false;
};

} // namespace vmcore
