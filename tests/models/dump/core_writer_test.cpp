// Memory on its way into a core: dealt out, by several threads, into whatever layout.

#include "models/dump/core_writer.h"
#include "models/dump/memory_pieces.h"
#include "models/dump/worker_threads.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/temporary_directory.h"

#include <condition_variable>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/magic.h>
#include <mutex>
#include <sched.h>
#include <set>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <system_error>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;

namespace {

constexpr uint64_t mib = 1 << 20;
const std::vector<uint8_t> some_note = guest_note_bytes(std::string("TEST\0", 5), "some text", 3);

/// Noise and zeros by turns, in runs of all lengths.
uint8_t* add_noise(fake_memory& memory, uint64_t base, uint64_t size) {
    uint8_t* bytes = memory.add(base, size);
    for (uint64_t i = 0; i < size; ++i)
        if ((i >> 12) * 2654435761u >> 7 & (i >> 16 & 3))
            bytes[i] = static_cast<uint8_t>(i * 2654435761u >> 11);
    return bytes;
}

uint64_t disk_bytes(const std::string& file) {
    struct stat status;
    return ::stat(file.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_blocks) * 512 : 0;
}

class core_writer_test : public testing::Test {
protected:
    void write(const std::string& to, const core_options& options, dump_layout style = dump_layout::portable,
               file_operations& calls = file_operations::system()) {
        ::unlink(to.c_str()); // a rename over a file may wait for the disk
        output_file file(to, calls);
        write_into(file, options, style);
        file.commit(false);
    }
    void write_into(output_file& file, const core_options& options, dump_layout style) {
        const dump_target& target = find_dump_target("riscv64");
        layout = lay_out_core(target, some_note.size(), memory.ranges(), {}, style);
        write_core(file, target, layout, some_note, memory, options);
    }

    temporary_directory directory;
    const std::string path = directory / "vmcore";
    fake_memory memory;
    core_layout layout;
};

TEST_F(core_writer_test, several_threads_write_what_one_does) {
    add_noise(memory, 0x1000, 0xf000);
    add_noise(memory, 0x80000000, 4 * mib + 4711);
    add_noise(memory, 0x100000801, 8 * mib + 1);
    for (const dump_layout style : {dump_layout::portable, dump_layout::qemu}) {
        core_options options;
        write(path, options, style);
        const std::string expected = read_file(path);
        for (const unsigned threads : {2, 3}) {
            std::atomic<uint64_t> done{0};
            options.threads = threads;
            options.on_progress = [&done](uint64_t bytes) { done += bytes; };
            write(path, options, style);
            EXPECT_TRUE(read_file(path) == expected) << threads;
            EXPECT_EQ(done, 0xf000 + 12 * mib + 4712);
        }
    }
}

TEST_F(core_writer_test, memory_without_host_pointers_is_read_by_the_callers_thread_alone) {
    struct watched_memory : fake_memory {
        mutable std::set<std::thread::id> readers;
        std::vector<memory_range> ranges() const override {
            std::vector<memory_range> ranges = fake_memory::ranges();
            ranges[0].host = nullptr;
            return ranges;
        }
        uint64_t read(uint64_t paddr, void* to, uint64_t length) const override {
            readers.insert(std::this_thread::get_id());
            return fake_memory::read(paddr, to, length);
        }
    } mixed;
    const uint8_t* copied = add_noise(mixed, 0x1000, 3 * mib);
    const uint8_t* direct = add_noise(mixed, 0x80000000, 17 * mib);
    const dump_target& target = find_dump_target("riscv64");
    layout = lay_out_core(target, 0, mixed.ranges());
    core_options options;
    options.threads = 4;
    output_file file(path);
    write_core(file, target, layout, {}, mixed, options);
    file.commit(false);
    const elf_reader core(path);
    EXPECT_TRUE(core.bytes(layout.segments[0].offset, 3 * mib) == std::string(copied, copied + 3 * mib));
    EXPECT_TRUE(core.bytes(layout.segments[1].offset, 17 * mib) == std::string(direct, direct + 17 * mib));
    EXPECT_THAT(mixed.readers, ElementsAre(std::this_thread::get_id()));
}

TEST_F(core_writer_test, without_holes_every_byte_is_written) {
    uint8_t* bytes = memory.add(0x80000000, 8 * mib);
    bytes[5 * mib] = 1;
    core_options options;
    write(path, options);
    const std::string expected = read_file(path);
    EXPECT_LT(disk_bytes(path), mib);
    options.sparse = false;
    options.threads = 2;
    write(path, options);
    EXPECT_GE(disk_bytes(path), 8 * mib);
    EXPECT_TRUE(read_file(path) == expected);
}

TEST_F(core_writer_test, a_stream_gets_the_bytes_of_the_file) {
    add_noise(memory, 0x1000, 0xf000);
    add_noise(memory, 0x80000000, 2 * mib + 1);
    core_options options;
    options.threads = 4;
    for (const dump_layout style : {dump_layout::portable, dump_layout::qemu})
        for (const bool by_copy : {false, true}) {
            memory.by_copy = by_copy;
            write(path, options, style);
            int ends[2];
            ASSERT_EQ(::pipe(ends), 0);
            std::string got;
            std::thread reader([&] {
                char part[65536];
                for (ssize_t size; (size = ::read(ends[0], part, sizeof part)) > 0;)
                    got.append(part, static_cast<size_t>(size));
            });
            {
                opened_file given(ends[1], "pipe");
                output_file file(given);
                write_into(file, options, style);
                file.commit(false);
            }
            reader.join();
            ::close(ends[0]);
            EXPECT_TRUE(got == read_file(path));
        }
}

TEST_F(core_writer_test, an_opened_file_is_no_elf_file_before_it_is_complete) {
    struct : file_operations {
        std::string path, first_bytes;
        ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
            first_bytes += read_file(path).substr(0, 1);
            return file_operations::pwrite(file, from, length, offset);
        }
    } calls;
    calls.path = path;
    memory.add(0x80000000, 0x3000)[0x2000] = 1;
    opened_file given(::open(path.c_str(), O_RDWR | O_CREAT, 0600), "fd:core");
    output_file file(given, calls);
    write_into(file, {}, dump_layout::portable);
    EXPECT_EQ(calls.first_bytes, std::string("\0\0\177", 3)) << "memory, header, notes";
}

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

TEST_F(core_writer_test, on_tmpfs_large_pages_are_made_of_what_fills_them_and_of_nothing_else) {
    const std::string shared = shared_memory_file();
    if (shared.empty())
        GTEST_SKIP() << "/dev/shm is no tmpfs that may be written";
    uint8_t* bytes = memory.add(0x80000000, 24 * mib);
    for (uint64_t i = 0; i < 24 * mib; ++i)
        bytes[i] = static_cast<uint8_t>(i * 2654435761u >> 11) | 1;
    const uint64_t hole = 9 * mib; // spoils one large page
    std::fill(bytes + hole, bytes + hole + 4096, 0);
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
            }
            EXPECT_EQ(calls.asked.count({8 * mib, 2 * mib}), 0u) << "where the hole is";
            if (refusal == EINVAL)
                EXPECT_LE(calls.asked.size(), threads) << "nobody asks again";
            else
                EXPECT_EQ(calls.asked.size(), 10u) << "11 lie in the memory as a whole, in one is the hole";
            const elf_reader core(shared);
            EXPECT_TRUE(core.bytes(layout.segments[0].offset, 24 * mib) ==
                        std::string(bytes, bytes + 24 * mib));
            EXPECT_LT(disk_bytes(shared), layout.file_size) << "the hole stays one";
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

TEST(memory_pieces, every_byte_comes_once_and_in_order) {
    fake_memory memory;
    add_noise(memory, 0x1000, 1);
    add_noise(memory, 0x80000000, 3 * mib + 17);
    memory.add(0x90000000, 700 << 10);
    const std::vector<memory_range> ranges = memory.ranges();
    memory_pieces pieces(ranges);
    size_t range = 0;
    uint64_t at = 0;
    while (const auto piece = pieces.next()) {
        if (piece->range != range) {
            EXPECT_EQ(at, ranges[range].size);
            EXPECT_EQ(piece->range, ++range);
            at = 0;
        }
        EXPECT_EQ(piece->offset, at);
        EXPECT_GT(piece->size, 0u);
        EXPECT_TRUE(piece->is_untouched || piece->size <= memory_pieces::largest);
        at += piece->size;
    }
    EXPECT_EQ(range, 2u);
    EXPECT_EQ(at, 700u << 10);
    for (int more = 0; more < 3; ++more)
        EXPECT_FALSE(pieces.next()) << "the end stays the end";
}

TEST(worker_threads, there_are_as_many_as_asked_for_at_once) {
    temporary_directory directory;
    const output_file file(directory / "vmcore");
    std::mutex mutex;
    std::condition_variable changed;
    int present = 0;
    run_in_threads(5, file, [&](const std::atomic<bool>&) {
        std::unique_lock<std::mutex> lock(mutex);
        ++present;
        changed.notify_all();
        changed.wait(lock, [&] { return present == 5; });
    });
    EXPECT_EQ(present, 5);
}

TEST(worker_threads, the_error_of_one_stops_the_others) {
    temporary_directory directory;
    const output_file file(directory / "vmcore");
    std::atomic<int> turn{0};
    EXPECT_THROW(run_in_threads(4, file,
                                [&](const std::atomic<bool>& stopped) {
                                    if (turn++ == 2)
                                        throw std::out_of_range("the third one");
                                    while (!stopped)
                                        std::this_thread::yield();
                                }),
                 std::out_of_range);
}

TEST(worker_threads, a_wish_is_kept_within_bounds) {
    EXPECT_GE(thread_count(0), 1u);
    EXPECT_LE(thread_count(0), 16u);
    EXPECT_EQ(thread_count(1), 1u);
    EXPECT_EQ(thread_count(3), 3u);
    EXPECT_EQ(thread_count(4000000000u), 16u);
}

} // namespace
