// Small runs of memory that one thread writes while others find more.

#include "models/dump/output_file.h"
#include "models/dump/run_queue.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/temporary_directory.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

using namespace vmcore;
using namespace vmcore::test;

namespace {

/// Its first write waits until `others` more threads have said that they are done.
class waiting_calls : public file_operations {
public:
    void done() {
        const std::lock_guard<std::mutex> lock(m_mutex);
        ++m_done;
        m_changed.notify_all();
    }
    int others = 0;
    std::set<std::thread::id> writers;
    std::atomic<bool> is_writing{false};
    ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
        std::unique_lock<std::mutex> lock(m_mutex);
        writers.insert(std::this_thread::get_id());
        is_writing = true;
        m_changed.wait_for(lock, std::chrono::seconds(30), [this] { return m_done >= others; });
        lock.unlock();
        return file_operations::pwrite(file, from, length, offset);
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    int m_done = 0;
};

TEST(run_queue, one_thread_writes_what_others_add_meanwhile) {
    temporary_directory directory;
    const std::string path = directory / "runs";
    waiting_calls calls;
    calls.others = 1;
    output_file file(path, calls);
    run_queue queue(file);
    const std::string text = "abcdefgh";
    const auto run = [&](size_t i) {
        return memory_run{10 * i, reinterpret_cast<const uint8_t*>(text.data()) + i, 1};
    };
    std::thread other([&] {
        while (!calls.is_writing) // which is there before the first write waits
            std::this_thread::yield();
        for (size_t i = 1; i < text.size(); ++i)
            queue.add({run(i)});
        calls.done(); // it has not written, or it would have waited for itself
    });
    queue.add({run(0)});
    other.join();
    queue.finish();
    file.commit(false);
    EXPECT_EQ(calls.writers.size(), 1u);
    const std::string written = read_file(path);
    for (size_t i = 0; i < text.size(); ++i)
        EXPECT_EQ(written.at(10 * i), text[i]);
}

TEST(run_queue, whoever_adds_too_much_helps_and_nothing_is_lost) {
    temporary_directory directory;
    const std::string path = directory / "runs";
    output_file file(path);
    run_queue queue(file);
    std::vector<uint8_t> bytes(100000);
    for (size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<uint8_t>(i * 7 + 1);
    const auto add = [&](size_t from) {
        for (size_t i = from; i < bytes.size(); i += 200) {
            std::vector<memory_run> runs;
            for (size_t at = i; at < i + 100; ++at)
                runs.push_back({at, bytes.data() + at, 1});
            queue.add(runs);
        }
        queue.finish();
    };
    std::thread other([&] { add(100); });
    add(0);
    other.join();
    file.commit(false);
    EXPECT_TRUE(read_file(path) == std::string(bytes.begin(), bytes.end()));
}

TEST(run_queue, an_error_comes_out_where_the_write_was_and_ends_the_writing) {
    temporary_directory directory;
    struct : file_operations {
        ssize_t pwrite(int, const void*, size_t, off_t) override {
            errno = ENOSPC;
            return -1;
        }
    } calls;
    output_file file(directory / "runs", calls);
    run_queue queue(file);
    const uint8_t byte = 1;
    EXPECT_THROW(queue.add({{0, &byte, 1}}), std::system_error);
    EXPECT_NO_THROW(queue.add({{1, &byte, 1}})) << "it is left to finish()";
    EXPECT_THROW(queue.finish(), std::system_error);
}

} // namespace
