// The ways by which bytes get into a file, and that any of them may fail.

#include "models/dump/run_queue.h"
#include "tests/models/dump/core_writer_fixture.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <gmock/gmock.h>
#include <linux/magic.h>
#include <mutex>
#include <sched.h>
#include <set>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;

namespace {

/// A directory on tmpfs in which the file of a test may be; empty: there is none.
std::string shared_memory_file() {
    struct statfs system;
    if (::statfs("/dev/shm", &system) != 0 || system.f_type != TMPFS_MAGIC || ::access("/dev/shm", W_OK) != 0)
        return "";
    return "/dev/shm/vmcore-test-" + std::to_string(::getpid());
}

/// On tmpfs: lets the first large pwrite() go on only when another thread has found its way by a mapping.
class meeting_calls : public file_operations {
public:
    bool can_map = true;
    int mapped = 0;
    ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
        std::unique_lock<std::mutex> lock(m_mutex);
        if (length >= 64 << 10)
            m_changed.wait_for(lock, std::chrono::seconds(30), [this] { return mapped > 0; });
        lock.unlock();
        return file_operations::pwrite(file, from, length, offset);
    }
    bool write_huge(int, const void*, size_t, off_t) override {
        errno = EINVAL;
        return false;
    }
    bool write_mapped(int file, const void* from, size_t length, off_t offset) override {
        const bool done = can_map && file_operations::write_mapped(file, from, length, offset);
        const std::lock_guard<std::mutex> lock(m_mutex);
        ++mapped;
        m_changed.notify_all();
        return done;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
};

TEST_F(core_writer_test, a_second_writer_on_tmpfs_maps_the_file_or_waits) {
    const std::string shared = shared_memory_file();
    if (shared.empty())
        GTEST_SKIP() << "/dev/shm is no tmpfs that may be written";
    uint8_t* bytes = memory.add(0x80000800, 24 * mib);
    for (uint64_t i = 0; i < 24 * mib; ++i)
        bytes[i] = static_cast<uint8_t>(i * 2654435761u >> 11) | 1;
    for (const dump_layout style : {dump_layout::portable, dump_layout::qemu})
        for (const bool can_map : {true, false}) {
            meeting_calls calls;
            calls.can_map = can_map;
            core_options options;
            options.threads = 2;
            write(shared, options, style, calls);
            EXPECT_GT(calls.mapped, 0);
            const elf_reader core(shared);
            EXPECT_TRUE(core.bytes(layout.segments[0].offset, 24 * mib) ==
                        std::string(bytes, bytes + 24 * mib));
            ::unlink(shared.c_str());
        }
}

/// Whatever is asked of large pages is written down, and perhaps refused.
class huge_calls : public file_operations {
public:
    int refusal = 0; ///< error number; 0: the system decides
    std::set<std::pair<off_t, size_t>> asked;
    bool write_huge(int file, const void* from, size_t length, off_t offset) override {
        {
            const std::lock_guard<std::mutex> lock(m_mutex);
            asked.emplace(offset, length);
        }
        errno = refusal;
        return refusal == 0 && file_operations::write_huge(file, from, length, offset);
    }

private:
    std::mutex m_mutex;
};

TEST_F(core_writer_test, on_tmpfs_large_pages_are_made_of_what_nearly_fills_them_and_of_nothing_else) {
    const std::string shared = shared_memory_file();
    if (shared.empty())
        GTEST_SKIP() << "/dev/shm is no tmpfs that may be written";
    uint8_t* bytes = memory.add(0x80000000, 24 * mib);
    for (uint64_t i = 0; i < 24 * mib; ++i)
        bytes[i] = static_cast<uint8_t>(i * 2654435761u >> 11) | 1;
    std::fill(bytes + 5 * mib, bytes + 5 * mib + mib / 4, 0);             // an eighth of a large page
    std::fill(bytes + 9 * mib, bytes + 9 * mib + mib / 4 + 4096, 0);      // a little more
    std::fill(bytes + 17 * mib, bytes + 17 * mib + mib / 4 + mib / 2, 0); // much more
    for (const int refusal : {0, EINVAL, EAGAIN})
        for (const unsigned threads : {1, 2}) {
            huge_calls calls;
            calls.refusal = refusal;
            core_options options;
            options.threads = threads;
            write(shared, options, dump_layout::portable, calls);
            for (const auto& [offset, length] : calls.asked) {
                EXPECT_EQ(offset % (2 * mib), 0u);
                EXPECT_EQ(length, 2 * mib);
                EXPECT_NE(offset, 8 * mib);
                EXPECT_NE(offset, 16 * mib);
            }
            if (refusal == EINVAL)
                EXPECT_LE(calls.asked.size(), threads) << "nobody asks again";
            else
                EXPECT_EQ(calls.asked.size(), 9u) << "11 lie in the memory as a whole";
            const elf_reader core(shared);
            EXPECT_TRUE(core.bytes(layout.segments[0].offset, 24 * mib) ==
                        std::string(bytes, bytes + 24 * mib));
            EXPECT_LE(disk_bytes(shared), layout.file_size - mib) << "the larger holes stay holes";
            ::unlink(shared.c_str());
        }
}

/// Large pages run out at the n-th, when a part of it has been filled already.
class scarce_pages : public file_operations {
public:
    explicit scarce_pages(int there)
        : m_left(there) {}
    bool write_huge(int file, const void* from, size_t length, off_t offset) override {
        if (m_left-- > 0)
            return file_operations::write_huge(file, from, length, offset);
        const std::string rubbish(4096, '?');
        EXPECT_EQ(::pwrite(file, rubbish.data(), rubbish.size(), offset), 4096);
        errno = ENOMEM;
        return false;
    }

private:
    std::atomic<int> m_left;
};

TEST_F(core_writer_test, large_pages_may_run_out_at_any_of_them) {
    const std::string shared = shared_memory_file();
    if (shared.empty())
        GTEST_SKIP() << "/dev/shm is no tmpfs that may be written";
    uint8_t* bytes = memory.add(0x80000000, 12 * mib);
    for (uint64_t i = 0; i < 12 * mib; ++i)
        bytes[i] = static_cast<uint8_t>(i * 2654435761u >> 11) | 1;
    std::fill(bytes + 5 * mib, bytes + 5 * mib + mib / 4, 0);
    for (int there = 0; there <= 5; ++there)
        for (const unsigned threads : {1, 2}) {
            scarce_pages calls(there);
            core_options options;
            options.threads = threads;
            write(shared, options, dump_layout::portable, calls);
            const elf_reader core(shared);
            EXPECT_TRUE(core.bytes(layout.segments[0].offset, 12 * mib) ==
                        std::string(bytes, bytes + 12 * mib));
            ::unlink(shared.c_str());
        }
}

TEST_F(core_writer_test, room_on_the_disk_is_an_offer_that_may_be_refused) {
    struct : file_operations {
        std::atomic<uint64_t> asked{0};
        void allocate(int file, off_t offset, off_t length) override {
            asked += static_cast<uint64_t>(length);
            if (offset > static_cast<off_t>(8 * mib)) // before it, it is accepted
                return;
            file_operations::allocate(file, offset, length);
        }
    } calls;
    uint8_t* bytes = memory.add(0x80000000, 24 * mib);
    std::fill(bytes, bytes + 12 * mib - 4096, 1); // to the end of a piece
    core_options options;
    options.threads = 2;
    write(path, options, dump_layout::portable, calls);
    struct statfs system;
    ASSERT_EQ(::statfs(path.c_str(), &system), 0);
    EXPECT_EQ(calls.asked, system.f_type == EXT4_SUPER_MAGIC ? 12 * mib - 4096 : 0);
    const elf_reader core(path);
    EXPECT_TRUE(core.bytes(layout.segments[0].offset, 24 * mib) == std::string(bytes, bytes + 24 * mib));
    EXPECT_LT(disk_bytes(path), 13 * mib) << "nothing is asked for where zeros are";
}

TEST_F(core_writer_test, a_full_tmpfs_is_an_error_whichever_way_a_writer_goes) {
    const std::string place = directory / "small";
    std::filesystem::create_directory(place);
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", place.c_str(), "tmpfs", 0, "size=8m") != 0)
        GTEST_SKIP() << "no file system may be mounted here: " << std::strerror(errno);
    uint8_t* bytes = memory.add(0x80000000, 24 * mib);
    std::fill(bytes, bytes + 24 * mib, 1);
    core_options options;
    for (options.threads = 1; options.threads <= 3; ++options.threads)
        try {
            write(place + "/vmcore", options);
            ADD_FAILURE() << "24 MiB are in 8";
        } catch (const std::system_error& error) {
            EXPECT_EQ(error.code().value(), ENOSPC);
            EXPECT_EQ(error.what(), "cannot write '" + place + "/vmcore': No space left on device");
            EXPECT_TRUE(std::filesystem::is_empty(place));
        }
    std::fill(bytes, bytes + 20 * mib, 0);
    write(place + "/vmcore", options);
    EXPECT_EQ(elf_reader(place + "/vmcore").loads().at(0).filesz, 24 * mib)
        << "a later one that fits is good";
    ::umount(place.c_str());
}

TEST_F(core_writer_test, a_file_that_a_tmpfs_has_room_for_with_its_holes_only_keeps_them) {
    const std::string place = directory / "small";
    std::filesystem::create_directory(place);
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", place.c_str(), "tmpfs", 0, "size=22m") != 0)
        GTEST_SKIP() << "no file system may be mounted here: " << std::strerror(errno);
    uint8_t* bytes = memory.add(0x80000000, 24 * mib);
    std::fill(bytes, bytes + 24 * mib, 1);
    for (uint64_t page = mib; page < 24 * mib; page += 2 * mib)
        std::fill(bytes + page, bytes + page + mib / 4 - 4096, 0);
    core_options options;
    for (options.threads = 1; options.threads <= 2; ++options.threads) {
        write(place + "/vmcore", options);
        EXPECT_TRUE(elf_reader(place + "/vmcore").bytes(layout.segments[0].offset, 24 * mib) ==
                    std::string(bytes, bytes + 24 * mib));
        std::filesystem::remove(place + "/vmcore");
    }
    ::umount(place.c_str());
}

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
