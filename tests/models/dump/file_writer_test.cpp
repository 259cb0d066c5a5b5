// The ways by which bytes get into a file, and that any of them may fail.

#include "models/dump/file_writer.h"
#include "tests/models/dump/core_writer_fixture.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <fcntl.h>
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
    int refusal = 0;                    ///< error number; 0: the system decides
    std::chrono::milliseconds takes{0}; ///< what one takes
    std::set<std::pair<off_t, size_t>> asked;
    bool write_huge(int file, const void* from, size_t length, off_t offset) override {
        {
            const std::lock_guard<std::mutex> lock(m_mutex);
            asked.emplace(offset, length);
            m_spent += takes * (length / huge_page);
        }
        errno = refusal;
        return refusal == 0 && file_operations::write_huge(file, from, length, offset);
    }
    std::chrono::nanoseconds processor_time() override {
        const std::lock_guard<std::mutex> lock(m_mutex);
        return m_spent;
    }

private:
    std::mutex m_mutex;
    std::chrono::nanoseconds m_spent{0};
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

TEST_F(core_writer_test, after_a_large_page_that_took_long_small_ones_are_written_for_a_while) {
    const std::string shared = shared_memory_file();
    if (shared.empty())
        GTEST_SKIP() << "/dev/shm is no tmpfs that may be written";
    uint8_t* bytes = memory.add(0x80000000, 64 * mib);
    for (uint64_t i = 0; i < 64 * mib; ++i)
        bytes[i] = static_cast<uint8_t>(i * 2654435761u >> 11) | 1;
    for (const int milliseconds : {1, 2}) {
        huge_calls calls;
        calls.takes = std::chrono::milliseconds(milliseconds);
        core_options options;
        options.threads = 1;
        write(shared, options, dump_layout::portable, calls);
        EXPECT_EQ(calls.asked.size(), milliseconds < 2 ? 31u : 2u) << "31 lie in the memory as a whole";
        const elf_reader core(shared);
        EXPECT_TRUE(core.bytes(layout.segments[0].offset, 64 * mib) == std::string(bytes, bytes + 64 * mib));
        ::unlink(shared.c_str());
    }
}

TEST(large_page_supply, is_asked_less_and_less_while_it_is_slow) {
    large_page_supply supply;
    EXPECT_FALSE(supply.ask()) << "nobody has said that there are any";
    supply.open(true);
    const auto left_out_before_next = [&] {
        unsigned count = 0;
        while (!supply.ask())
            ++count;
        return count;
    };
    EXPECT_EQ(left_out_before_next(), 0u);
    std::vector<unsigned> left_out;
    for (int i = 0; i < 6; ++i) {
        supply.given(std::chrono::milliseconds(5));
        left_out.push_back(left_out_before_next());
    }
    EXPECT_THAT(left_out, testing::ElementsAre(16, 32, 64, 128, 256, 256));
    supply.given(std::chrono::microseconds(200));
    EXPECT_EQ(left_out_before_next(), 0u);
    supply.given(std::chrono::milliseconds(5));
    EXPECT_EQ(left_out_before_next(), 16u) << "as at first";
    EXPECT_TRUE(supply.is_there());
    supply.refused();
    EXPECT_FALSE(supply.is_there());
    EXPECT_FALSE(supply.ask());
}

TEST(file_operations, write_mapped_replaces_what_is_there_and_adds_what_is_not) {
    const std::string shared = shared_memory_file();
    if (shared.empty())
        GTEST_SKIP() << "/dev/shm is no tmpfs that may be written";
    const int file = ::open(shared.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    ASSERT_GE(file, 0);
    ::unlink(shared.c_str());
    constexpr size_t size = 16 * 4096;
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>(i * 2654435761u >> 11 | 1);
    // Nothing there, its first, middle or last page there, a part of two pages.
    for (const off_t there : {-1, 0, 7 * 4096, 15 * 4096})
        for (const auto& [offset, length] :
             {std::pair<off_t, size_t>{0, size}, {4096, size - 8192}, {100, 5000}}) {
            ASSERT_EQ(::ftruncate(file, 0), 0);
            ASSERT_EQ(::ftruncate(file, size), 0);
            std::string expected(size, '\0');
            if (there >= 0) {
                expected.replace(there, 4096, 4096, 'x');
                ASSERT_EQ(::pwrite(file, &expected[there], 4096, there), 4096);
            }
            expected.replace(offset, length, bytes, offset, length);
            ASSERT_TRUE(file_operations::system().write_mapped(file, &bytes[offset], length, offset));
            std::string found(size, '?');
            ASSERT_EQ(::pread(file, found.data(), size, 0), static_cast<ssize_t>(size));
            EXPECT_TRUE(found == expected) << there << " " << offset << " " << length;
        }
    ASSERT_EQ(::ftruncate(file, size / 2), 0);
    EXPECT_FALSE(file_operations::system().write_mapped(file, bytes.data(), size, 0)) << "it does not grow";
    ::close(file);
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

TEST_F(core_writer_test, no_write_asks_for_more_than_256_kib_of_the_cache_at_once) {
    struct : file_operations {
        std::atomic<size_t> largest{0};
        ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
            largest = std::max(largest.load(), length);
            return file_operations::pwrite(file, from, length, offset);
        }
    } calls;
    uint8_t* bytes = memory.add(0x80000000, 24 * mib);
    std::fill(bytes, bytes + 24 * mib, 1);
    core_options options;
    options.threads = 1;
    write(path, options, dump_layout::portable, calls);
    EXPECT_EQ(calls.largest, mib / 4);
    EXPECT_TRUE(elf_reader(path).bytes(layout.segments[0].offset, 24 * mib) ==
                std::string(bytes, bytes + 24 * mib));
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

} // namespace
