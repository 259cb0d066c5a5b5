// The kdump file as the engine writes it, field by field, and what happens when something fails.

#include "models/dump/kdump.h"

#include "models/dump/dumper.h"
#include "models/dump/hex_text.h"
#include "models/dump/kdump_identity.h"
#include "models/dump/touched_pages.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/faulty_calls.h"
#include "tests/models/dump/kdump_reader.h"
#include "tests/models/dump/temporary_directory.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>
#include <set>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

constexpr uint64_t ram_size = 3 << 20;

size_t count_threads() {
    size_t threads = 0;
    DIR* tasks = ::opendir("/proc/self/task");
    while (const dirent* entry = ::readdir(tasks))
        threads += entry->d_name[0] != '.';
    ::closedir(tasks);
    return threads;
}

class kdump_test : public testing::Test {
protected:
    kdump_test() {
        uint64_t state = 1;
        for (uint64_t i = 0; i < ram_size; ++i) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            const uint64_t page = i / 4096;
            ram[i] = static_cast<uint8_t>(page % 3 == 0 ? 0 : page % 3 == 1 ? state >> 56 : i >> 6);
        }
        memory.put(0x80008000, note);
        vmcoreinfo.value = elf_record(0x80008000, 4096);
        request.file = directory / "vmcore";
        request.format = "kdump-raw-zlib";
        request.threads = 2;
    }

    std::string error_of(const dumper& writer, int* code = nullptr) {
        try {
            writer.write(request);
        } catch (const std::system_error& error) {
            if (code)
                *code = error.code().value();
            return error.what();
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "no error";
    }

    // Written by write_kdump() itself, with what the dumper does not let one set.
    kdump_job make_job(const std::string& format) {
        kdump_job job;
        job.format = *find_kdump_format(format);
        job.target = &find_dump_target("riscv64");
        job.ranges = memory.ranges();
        job.notes = note;
        job.threads = 3;
        return job;
    }

    void expect_memory(const kdump_reader& reader) {
        ASSERT_EQ(reader.pages.size(), 1 + ram_size / 4096);
        EXPECT_EQ(reader.pages[0], 1u);
        for (size_t page = 0; page < ram_size / 4096; ++page) {
            ASSERT_EQ(reader.pages[page + 1], 0x80000 + page);
            const char* content = reinterpret_cast<const char*>(ram) + page * 4096;
            ASSERT_TRUE(reader.page(page + 1) == std::string(content, 4096)) << page;
        }
    }

    temporary_directory directory;
    fake_memory memory;
    const uint8_t* rom = memory.add(0x1000, 0x1000);
    uint8_t* ram = memory.add(0x80000000, ram_size);
    const std::vector<uint8_t> note = guest_note_bytes(
        vmcoreinfo_name, "OSRELEASE=6.1.0-x\nPAGESIZE=4096\nNUMBER(phys_ram_base)=2147483648\n");
    fake_vmcoreinfo vmcoreinfo;
    fake_cpu hart0{0x80000100}, hart1{0x1000};
    dumper engine{"dumper", memory, &vmcoreinfo, {&hart0, &hart1}};
    dump_request request;
};

TEST_F(kdump_test, header_tells_readers_the_guest) {
    engine.write(request);
    const kdump_reader reader(read_file(request.file));
    EXPECT_FALSE(reader.flattened);
    EXPECT_EQ(reader.version, 6u);
    EXPECT_THAT(reader.utsname, ElementsAre("Linux", "", "6.1.0-x", "#1", "riscv64", ""));
    EXPECT_EQ(reader.status, 1u);
    EXPECT_EQ(reader.block_size, 4096u);
    EXPECT_EQ(reader.sub_header_blocks, 1u);
    EXPECT_EQ(reader.cpus, 2u);
    EXPECT_EQ(reader.phys_base, 0x80000000u);
    EXPECT_EQ(reader.dump_level, 1u);
    EXPECT_EQ(reader.max_mapnr, 0x80000 + ram_size / 4096);
    EXPECT_EQ(reader.max_mapnr_64, reader.max_mapnr);
    EXPECT_EQ(reader.bitmap_blocks, 2u * 17);
    EXPECT_EQ(reader.size_note, 2 * 396 + note.size());
    EXPECT_EQ(reader.bytes().substr(reader.offset_note + 2 * 396, note.size()),
              std::string(note.begin(), note.end()));
    EXPECT_EQ(reader.vmcoreinfo(), "OSRELEASE=6.1.0-x\nPAGESIZE=4096\nNUMBER(phys_ram_base)=2147483648\n");
    expect_memory(reader);
}

TEST_F(kdump_test, without_a_note_the_header_claims_no_linux) {
    const dumper plain("plain", memory, nullptr, {&hart0});
    const dump_result result = plain.write(request);
    EXPECT_THAT(result.warnings, IsEmpty());
    const kdump_reader reader(read_file(request.file));
    EXPECT_THAT(reader.utsname, ElementsAre("", "", "", "", "riscv64", ""));
    EXPECT_EQ(reader.offset_vmcoreinfo, 0u);
    EXPECT_EQ(reader.size_vmcoreinfo, 0u);
    expect_memory(reader);
}

TEST_F(kdump_test, a_hostile_note_chooses_neither_page_size_nor_longer_names) {
    for (const char* size :
         {"0", "1", "512", "4095", "4097", "16384", "65536", "131072", "0x100000000", "-4096", "nonsense"}) {
        const std::string text = "OSRELEASE=" + std::string(5000, 'r') + "\nPAGESIZE=" + size + "\n";
        memory.put(0x80008000, guest_note_bytes(vmcoreinfo_name, text));
        vmcoreinfo.value = elf_record(0x80008000, 1 << 16);
        engine.write(request);
        const kdump_reader reader(read_file(request.file));
        EXPECT_EQ(reader.block_size, 4096u) << size;
        EXPECT_EQ(reader.utsname[2], std::string(64, 'r'));
        EXPECT_EQ(reader.sub_header_blocks, 2u);
        expect_memory(reader);
    }
}

TEST_F(kdump_test, a_note_chooses_among_the_page_sizes_that_its_architecture_has) {
    for (const auto& [target, wanted] :
         {std::pair<const char*, std::vector<uint32_t>>{"aarch64", {4096, 4096, 16384, 65536}},
          {"arm", {4096, 4096, 4096, 4096}},
          {"i386", {4096, 4096, 4096, 4096}},
          {"riscv32", {4096, 4096, 4096, 4096}},
          {"x86_64", {4096, 4096, 4096, 4096}}}) {
        std::vector<uint32_t> chosen;
        for (const char* size : {"4096", "8192", "16384", "65536"}) {
            kdump_job job = make_job("kdump-raw-zlib");
            job.target = &find_dump_target(target);
            job.notes = guest_note_bytes(vmcoreinfo_name, "PAGESIZE=" + std::string(size) + "\n");
            chosen.push_back(identify_kdump(job).block_size);
        }
        EXPECT_EQ(chosen, wanted) << target;
    }
}

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

TEST_F(kdump_test, qemus_layout_has_qemus_header) {
    request.layout = dump_layout::qemu;
    request.format = "kdump-zlib";
    engine.write(request);
    const kdump_reader reader(read_file(request.file));
    EXPECT_THAT(reader.utsname, ElementsAre("", "", "", "", "Unknown", ""));
    EXPECT_EQ(reader.phys_base, 0u);
    EXPECT_EQ(reader.records.front().size, 464u);
    const uint64_t bitmap = 2 * 4096, half = 17 * 4096;
    EXPECT_EQ(reader.records[3].offset, bitmap);
    EXPECT_EQ(reader.records[4].offset, bitmap + half);
    EXPECT_EQ(reader.records[5].offset, bitmap + 4096);
}

TEST_F(kdump_test, qemu_reads_phys_base_of_x86_64_as_hexadecimal_and_we_do_not) {
    const dumper pc("pc", memory, &vmcoreinfo, {});
    request.target = "x86_64";
    for (const auto& [text, portable, qemu] :
         {std::tuple<const char*, uint64_t, uint64_t>{"-241172480", 0xfffffffff1a00000, 0xfffffffdbee8db80},
          {"16", 16, 0x16},
          {"0x10", 16, 16},
          {"1z", 0, 0}}) {
        memory.put(0x80008000,
                   guest_note_bytes(vmcoreinfo_name, "NUMBER(phys_base)=" + std::string(text) + "\n"));
        for (dump_layout layout : {dump_layout::portable, dump_layout::qemu}) {
            request.layout = layout;
            pc.write(request);
            EXPECT_EQ(kdump_reader(read_file(request.file)).phys_base,
                      layout == dump_layout::qemu ? qemu : portable)
                << text;
        }
    }
}

TEST_F(kdump_test, both_classes_and_byte_orders_have_their_headers) {
    for (const char* name : {"riscv64", "riscv32"})
        for (byte_order order : {byte_order::little, byte_order::big}) {
            dump_target target = find_dump_target(name);
            target.order = order;
            const bool wide = target.file_class == elf_class::elf64, big = order == byte_order::big;
            kdump_job job = make_job("kdump-raw-lzo");
            job.target = &target;
            job.notes.clear();
            job.cpus = 0x0102;
            job.phys_base = 0x1234567890;
            output_file file(request.file);
            write_kdump(file, job, memory);
            file.commit(false);
            const std::string bytes = read_file(request.file);
            const kdump_reader reader(bytes, wide, big);
            EXPECT_EQ(reader.version, 6u);
            EXPECT_EQ(reader.status, 2u);
            EXPECT_EQ(reader.cpus, 0x0102u);
            EXPECT_EQ(reader.phys_base, wide ? 0x1234567890u : 0x34567890u);
            EXPECT_EQ(reader.offset_note, 4096u + (wide ? 104 : 80));
            EXPECT_EQ(reader.size_note, 0u);
            EXPECT_EQ(static_cast<uint8_t>(bytes[wide ? 460 : 448]), big ? 0 : 2);
            expect_memory(reader);
        }
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

TEST_F(kdump_test, filters_and_page_tables_are_for_elf_only) {
    request.filter = dump_filter{0x1000, 1};
    EXPECT_EQ(error_of(engine), "kdump-compressed format doesn't support paging or filter");
    request.filter.reset();
    request.paging = true;
    EXPECT_EQ(error_of(engine), "kdump-compressed format doesn't support paging or filter");
    EXPECT_THAT(directory.names(), IsEmpty());
}

TEST_F(kdump_test, format_names_are_qemus) {
    for (const std::string& name : kdump_formats())
        EXPECT_TRUE(find_kdump_format(name)) << name;
    for (const char* name : {"", "kdump", "kdump-", "kdump-raw-", "kdump-zlib ", "kdump-raw", "kdump-gzip",
                             "elf", "kdump-raw-raw-zlib", "raw-zlib"})
        EXPECT_FALSE(find_kdump_format(name)) << name;
}

// A file that somebody else has opened keeps what was written before an error, so it must say so.
TEST_F(kdump_test, every_system_call_that_fails_is_an_error_and_never_leaves_a_file_that_looks_whole) {
    for (const char* format : {"kdump-raw-lzo", "kdump-lzo"})
        for (bool opened : {false, true})
            for (int k = 0;; ++k) {
                request.format = format;
                faulty_calls calls;
                calls.fail_at = k;
                calls.error = ENOSPC;
                const std::string path = directory / "vmcore";
                int descriptor = -1;
                if (opened) {
                    descriptor = ::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR, 0600);
                    request.opened = std::make_shared<opened_file>(::dup(descriptor), path);
                }
                const dumper faulty(sc_core::sc_gen_unique_name("faulty"), memory, &vmcoreinfo, {&hart0},
                                    calls);
                int code = 0;
                const std::string error = error_of(faulty, &code);
                request.opened.reset();
                const std::string left = opened ? read_file(path) : "";
                if (opened)
                    ::close(descriptor);
                ASSERT_EQ(count_threads(), 1u);
                if (error == "no error") {
                    EXPECT_GE(k, 10);
                    EXPECT_EQ(error_of(engine), "no error"); // and dumps go on
                    std::filesystem::remove(path);
                    break;
                }
                EXPECT_EQ(code, ENOSPC);
                EXPECT_THAT(error, HasSubstr("'" + path + "'"));
                if (!opened) {
                    EXPECT_THAT(directory.names(), IsEmpty());
                    continue;
                }
                if (left.empty() || calls.failed == "close")
                    continue; // nothing is there, or everything
                if (left.compare(0, 12, "makedumpfile") != 0) {
                    EXPECT_EQ(left.at(424), 2 | 8) << k;
                } else if (left.substr(left.size() - 16) == std::string(16, '\xff')) { // the end record
                    EXPECT_EQ(left[left.size() - 20], 2 | 8) << k;
                }
            }
}

TEST_F(kdump_test, a_thread_that_does_not_start_is_an_error_and_the_others_end) {
    struct : file_operations {
        int started = 0, fail_at = 0;
        std::thread start_thread(std::function<void()> body) override {
            if (started++ == fail_at)
                throw std::system_error(EAGAIN, std::generic_category());
            return file_operations::start_thread(std::move(body));
        }
    } calls;
    const dumper short_of_threads("short_of_threads", memory, &vmcoreinfo, {&hart0}, calls);
    request.threads = 3;
    for (const char* format : {"kdump-raw-zstd", "kdump-zstd"})
        for (int k = 0; k < 3; ++k) {
            request.format = format;
            calls.started = 0;
            calls.fail_at = k;
            int code = 0;
            EXPECT_EQ(error_of(short_of_threads, &code), "cannot start a thread to write '" + request.file +
                                                             "': Resource temporarily unavailable");
            EXPECT_EQ(code, EAGAIN);
            EXPECT_EQ(calls.started, k + 1);
            EXPECT_EQ(count_threads(), 1u);
            EXPECT_THAT(directory.names(), IsEmpty());
        }
    calls.fail_at = -1;
    EXPECT_EQ(error_of(short_of_threads), "no error");
}

TEST_F(kdump_test, a_pipe_gets_what_a_file_gets) {
    for (const char* codec : {"zlib", "lzo", "snappy", "zstd"})
        for (dump_layout layout : {dump_layout::portable, dump_layout::qemu}) {
            request.format = std::string("kdump-") + codec;
            request.layout = layout;
            int ends[2];
            ASSERT_EQ(::pipe(ends), 0);
            std::string received;
            std::thread reader([&] {
                char buffer[65536];
                for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
                    received.append(buffer, static_cast<size_t>(got));
            });
            request.opened = std::make_shared<opened_file>(ends[1], "pipe");
            const dump_result result = engine.write(request);
            request.opened.reset();
            reader.join();
            ::close(ends[0]);
            EXPECT_EQ(result.bytes, received.size());
            engine.write(request);
            EXPECT_TRUE(read_file(request.file) == received) << codec;
        }
}

TEST_F(kdump_test, raw_formats_refuse_a_pipe_and_a_reader_that_goes_is_an_error) {
    for (const std::string& format : kdump_formats()) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        ::close(ends[0]);
        request.format = format;
        request.opened = std::make_shared<opened_file>(ends[1], "pipe");
        int code = 0;
        const bool raw = format.find("raw") != std::string::npos;
        EXPECT_EQ(error_of(engine, &code),
                  raw ? "kdump-raw formats require a seekable file" : "cannot write 'pipe': Broken pipe");
        EXPECT_EQ(code, raw ? 0 : EPIPE);
        EXPECT_EQ(count_threads(), 1u);
    }
}

TEST_F(kdump_test, what_memory_throws_comes_out_and_an_output_that_still_takes_bytes_is_marked) {
    struct : guest_memory {
        std::vector<memory_range> ranges() const override { return {{0, 64 << 20, nullptr}}; }
        uint64_t read(uint64_t paddr, void* to, uint64_t length) const override {
            if (paddr >= 32 << 20)
                throw std::bad_alloc();
            std::memset(to, 0x55, length);
            return length;
        }
    } failing;
    const dumper writer("writer", failing, nullptr, {&hart0});
    for (const char* format : {"kdump-raw-snappy", "kdump-snappy"}) {
        request.format = format;
        const std::string path = directory / "opened";
        request.opened =
            std::make_shared<opened_file>(::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR, 0600), path);
        int code = 0;
        EXPECT_EQ(error_of(writer, &code), "cannot write '" + path + "': Cannot allocate memory");
        EXPECT_EQ(code, ENOMEM);
        const std::string left = read_file(path);
        const bool flattened = left.compare(0, 12, "makedumpfile") == 0;
        EXPECT_EQ(static_cast<uint8_t>(flattened ? left[left.size() - 16 - 4] : left[424]), 4 | 8);
        if (flattened) {
            EXPECT_EQ(left.substr(left.size() - 16), std::string(16, '\xff'));
        }
        EXPECT_EQ(count_threads(), 1u);
    }
}

} // namespace
