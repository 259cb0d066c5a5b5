#pragma once

#include "models/dump/dumper.h"
#include "models/dump/kdump.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/kdump_reader.h"
#include "tests/models/dump/temporary_directory.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <system_error>

namespace vmcore::test {

constexpr uint64_t ram_size = 3 << 20;

inline size_t count_threads() {
    size_t threads = 0;
    DIR* tasks = ::opendir("/proc/self/task");
    while (const dirent* entry = ::readdir(tasks))
        threads += entry->d_name[0] != '.';
    ::closedir(tasks);
    return threads;
}

/// A guest with a page of ROM and RAM of all sorts, and a dump of it that is still to be written.
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

} // namespace vmcore::test
