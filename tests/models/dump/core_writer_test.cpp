// Memory on its way into a core: dealt out, by several threads, into whatever layout.

#include "models/dump/memory_pieces.h"
#include "models/dump/worker_threads.h"
#include "tests/models/dump/core_writer_fixture.h"

#include <condition_variable>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <mutex>
#include <set>
#include <system_error>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;

namespace {

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
