// The pages of a kdump file and its bitmaps: what is in it, in which order, and what it costs.

#include "models/dump/hex_text.h"
#include "models/dump/touched_pages.h"
#include "tests/models/dump/kdump_fixture.h"

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>
#include <set>
#include <sys/mman.h>
#include <sys/stat.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;

namespace {

TEST_F(kdump_test, the_file_is_the_same_whatever_the_number_of_threads) {
    for (const std::string& format : kdump_formats()) {
        request.format = format;
        request.threads = 1;
        engine.write(request);
        const std::string first = read_file(request.file);
        for (unsigned threads : {2, 5, 0}) {
            request.threads = threads;
            const dump_result result = engine.write(request);
            EXPECT_TRUE(read_file(request.file) == first) << format << " " << threads;
            EXPECT_EQ(result.bytes, first.size());
        }
        expect_memory(kdump_reader(first));
    }
    EXPECT_EQ(count_threads(), 1u);
}

TEST_F(kdump_test, flattened_and_raw_are_the_same_file_in_both_layouts) {
    for (dump_layout layout : {dump_layout::portable, dump_layout::qemu})
        for (const char* codec : {"zlib", "lzo", "snappy", "zstd"}) {
            request.layout = layout;
            request.format = std::string("kdump-raw-") + codec;
            engine.write(request);
            const std::string raw = read_file(request.file);
            request.format = std::string("kdump-") + codec;
            engine.write(request);
            const kdump_reader reader(read_file(request.file));
            EXPECT_TRUE(reader.flattened);
            EXPECT_TRUE(reader.bytes() == raw) << codec;
            expect_memory(reader);
        }
}

TEST_F(kdump_test, flattened_records_do_not_overlap_and_the_status_is_the_last) {
    request.format = "kdump-zstd";
    engine.write(request);
    const kdump_reader reader(read_file(request.file));
    EXPECT_EQ(reader.records.back().offset, 424u);
    EXPECT_EQ(reader.records.back().size, 4u);
    std::vector<kdump_reader::record> sorted = reader.records;
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
    for (size_t i = 1; i < sorted.size(); ++i)
        EXPECT_LE(sorted[i - 1].offset + sorted[i - 1].size, sorted[i].offset);
}

TEST_F(kdump_test, memory_that_cannot_be_read_is_zero_and_told) {
    struct : guest_memory {
        std::vector<memory_range> ranges() const override { return {{0x1000, 0x2800, nullptr}}; }
        uint64_t read(uint64_t paddr, void* to, uint64_t length) const override {
            std::memset(to, 0, length);
            if (paddr < 0x2000)
                std::memset(to, 0x55, std::min<uint64_t>(length, 0x2000 - paddr));
            return paddr < 0x2000 ? std::min<uint64_t>(length, 0x2000 - paddr) : 0;
        }
    } holes;
    const dumper partial("partial", holes, nullptr, {&hart0});
    const dump_result result = partial.write(request);
    EXPECT_THAT(result.warnings,
                ElementsAre("memory at 0x1000 could not be read as a whole: 0x1800 of its 0x2800 bytes are "
                            "zero in the dump"));
    const kdump_reader reader(read_file(request.file));
    ASSERT_EQ(reader.pages.size(), 3u);
    EXPECT_EQ(reader.page(0), std::string(4096, 0x55));
    EXPECT_EQ(reader.page(1), std::string(4096, 0));
}

TEST_F(kdump_test, memory_too_high_for_any_reader_is_refused_before_anything_is_written) {
    for (const std::string& format : kdump_formats())
        for (uint64_t base : {1ull << 45, 1ull << 52, 1ull << 56, 0xfffffffffffff000ull})
            for (dump_layout layout : {dump_layout::portable, dump_layout::qemu}) {
                kdump_job job = make_job(format);
                job.layout = layout;
                job.ranges = {{0, 4096, rom}, {base, 4096, rom}};
                const std::string path = directory / "opened";
                opened_file given(::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR, 0600), path);
                output_file file(given);
                try {
                    write_kdump(file, job, memory);
                    ADD_FAILURE() << format << " " << base;
                } catch (const std::runtime_error& error) {
                    EXPECT_EQ(error.what(), "guest memory up to " + hex_text(base + 4095) +
                                                " lies too high for a kdump file, whose bitmaps go up to "
                                                "0x1fffffffffff with pages of 4096 bytes");
                }
                EXPECT_EQ(std::filesystem::file_size(path), 0u);
            }
}

TEST_F(kdump_test, the_highest_page_that_is_not_refused_costs_a_raw_file_no_room) {
    kdump_job job = make_job("kdump-raw-zlib");
    job.ranges = {{0, 4096, rom}, {(uint64_t{1} << 45) - 4096, 4096, rom}};
    output_file file(request.file);
    write_kdump(file, job, memory);
    file.commit(false);
    struct stat status;
    ASSERT_EQ(::stat(request.file.c_str(), &status), 0);
    EXPECT_GT(status.st_size, 2ll << 30); // two bitmaps of 1 GiB for 2^33 pages
    EXPECT_LT(status.st_blocks * 512, 4 << 20);
    std::ifstream written(request.file, std::ios::binary);
    for (int64_t end : {1ll << 30, 2ll << 30}) {
        written.seekg(2 * 4096 + end - 1);
        EXPECT_EQ(written.get(), 0x80);
    }
}

TEST_F(kdump_test, memory_that_lies_high_costs_a_flattened_file_neither_room_nor_writes) {
    struct : file_operations {
        int writes = 0;
        ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
            ++writes;
            return file_operations::pwrite(file, from, length, offset);
        }
    } calls;
    kdump_job job = make_job("kdump-lzo");
    job.ranges = {{0, 4096, rom}, {uint64_t{1} << 40, ram_size, ram}};
    output_file file(request.file, calls);
    const kdump_outcome outcome = write_kdump(file, job, memory);
    file.commit(false);
    EXPECT_LT(outcome.bytes, 2 * ram_size);
    EXPECT_LT(calls.writes, 64);
    const kdump_reader reader(read_file(request.file));
    EXPECT_EQ(reader.bitmaps[0], reader.bitmaps[1]);
    ASSERT_EQ(reader.pages.size(), 1 + ram_size / 4096);
    for (size_t page = 0; page < ram_size / 4096; ++page) {
        ASSERT_EQ(reader.pages[page + 1], (1u << 28) + page);
        ASSERT_TRUE(reader.page(page + 1) ==
                    std::string(reinterpret_cast<const char*>(ram) + page * 4096, 4096));
    }
}

TEST_F(kdump_test, memory_that_nobody_touched_is_zeros_and_stays_untouched) {
    constexpr uint64_t size = 2200ull << 20, page_size = 4096;
    void* const mapped =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(mapped, MAP_FAILED);
    ::madvise(mapped, size, MADV_NOHUGEPAGE); // a touched page is one page
    uint8_t* const block = static_cast<uint8_t*>(mapped);
    // Alone, in a row, and on both sides of where memory is looked at in parts.
    const std::set<uint64_t> touched = {0, 5, 6, 7, 0x3ffff, 0x40000, 0x40001, 0x7ffff, size / page_size - 1};
    for (uint64_t page : touched)
        block[page * page_size + page % page_size] = static_cast<uint8_t>(page % 250 + 1);
    block[9 * page_size] = 0; // touched, and zeros all the same
    const auto resident = [&] {
        std::vector<unsigned char> pages(size / page_size);
        EXPECT_EQ(::mincore(block, size, pages.data()), 0);
        return std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return page & 1; });
    };
    const auto before = resident();

    kdump_job job = make_job("kdump-raw-zlib");
    job.ranges = {{0x80000000, size, block}};
    output_file file(request.file);
    write_kdump(file, job, memory);
    file.commit(false);

    uint64_t told = 0;
    for (const memory_part& part : touched_parts(block, size))
        told += part.size;
    if (told < size) { // else the host does not tell what was touched
        EXPECT_EQ(resident(), before);
    }
    const kdump_reader reader(read_file(request.file));
    ASSERT_EQ(reader.pages.size(), size / page_size);
    for (uint64_t page = 0; page < reader.pages.size(); ++page) {
        ASSERT_EQ(reader.pages[page], 0x80000 + page);
        ASSERT_EQ(reader.descriptors[page].offset != reader.data_offset, touched.count(page) != 0) << page;
    }
    for (uint64_t page : touched) {
        std::string expected(page_size, '\0');
        expected[page % page_size] = static_cast<char>(page % 250 + 1);
        EXPECT_TRUE(reader.page(page) == expected) << page;
    }
    ::munmap(mapped, size);
}

TEST_F(kdump_test, flattened_files_are_written_front_to_back) {
    struct : file_operations {
        off_t end = 0;
        ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
            EXPECT_EQ(offset, end);
            end += static_cast<off_t>(length);
            return file_operations::pwrite(file, from, length, offset);
        }
    } calls;
    const dumper watched("watched", memory, &vmcoreinfo, {&hart0}, calls);
    for (dump_layout layout : {dump_layout::portable, dump_layout::qemu}) {
        calls.end = 0;
        request.layout = layout;
        request.format = "kdump-lzo";
        EXPECT_EQ(static_cast<off_t>(watched.write(request).bytes), calls.end);
    }
}

TEST_F(kdump_test, pages_of_data_go_out_in_large_writes) {
    struct : file_operations {
        int writes = 0;
        ssize_t pwrite(int file, const void* from, size_t length, off_t offset) override {
            ++writes;
            return file_operations::pwrite(file, from, length, offset);
        }
    } calls;
    const dumper watched("watched", memory, &vmcoreinfo, {&hart0}, calls);
    watched.write(request);
    EXPECT_LT(calls.writes, 24); // for 768 pages
}

} // namespace
