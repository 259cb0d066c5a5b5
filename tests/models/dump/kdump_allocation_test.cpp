// Every allocation of a kdump in turn fails.

#include "models/dump/kdump.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/failing_allocation.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/temporary_directory.h"

#include <gtest/gtest.h>
#include <new>

using namespace vmcore;
using namespace vmcore::test;

namespace {

TEST(kdump_allocation_test, each_one_that_fails_is_told_and_leaves_nothing_behind) {
    fake_memory memory;
    uint8_t* ram = memory.add(0x80000800, 600 << 10);
    for (uint64_t i = 0; i < 600 << 10; ++i)
        ram[i] = static_cast<uint8_t>(i >> 5 | i);
    temporary_directory directory;
    for (const char* format : {"kdump-snappy", "kdump-raw-lzo"}) {
        kdump_job job;
        job.format = *find_kdump_format(format);
        job.target = &find_dump_target("riscv64");
        job.ranges = memory.ranges();
        job.notes = guest_note_bytes(vmcoreinfo_name, "OSRELEASE=6.1.0\n");
        job.threads = 2;
        std::string whole;
        long k = -1; // at first none fails
        for (bool failed = true; failed; ++k) {
            output_file file(directory / "vmcore");
            try {
                allocations_left = k;
                write_kdump(file, job, memory);
                failed = allocations_left < 0;
                allocations_left = -1;
            } catch (const std::bad_alloc&) {
                allocations_left = -1;
                continue;
            }
            // The one that failed, if any, was of something that can be done without.
            file.commit(false);
            if (k < 0)
                whole = read_file(directory / "vmcore");
            ASSERT_TRUE(read_file(directory / "vmcore") == whole) << k;
            std::filesystem::remove(directory / "vmcore");
        }
        EXPECT_GT(k, 30);
        EXPECT_TRUE(directory.names().empty());
    }
}

} // namespace
