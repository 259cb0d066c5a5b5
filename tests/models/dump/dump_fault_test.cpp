// Each thing that a dump by several threads asks of the system fails in turn: the error names the file, and
// nothing is left behind.

#include "models/dump/dumper.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/failing_allocation.h"
#include "tests/models/dump/fake_guest.h"
#include "tests/models/dump/faulty_calls.h"
#include "tests/models/dump/temporary_directory.h"

#include <cerrno>
#include <gmock/gmock.h>
#include <iterator>
#include <new>
#include <system_error>

using namespace vmcore;
using namespace vmcore::test;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

auto count_of(const char* directory) {
    const std::filesystem::directory_iterator entries(directory);
    return std::distance(begin(entries), end(entries));
}

class dump_fault_test : public testing::Test {
protected:
    dump_fault_test() {
        uint8_t* ram = memory.add(0x80000000, 13 << 20);
        for (uint64_t page = 0; page < 13 << 20; page += 64 * 4096)
            ram[page] = 1;
        request.file = directory / "vmcore";
        request.threads = 3;
        request.fsync = true;
    }

    /// Dumps, and expects that the one fault that was prepared is told as this error or has not come.
    bool fails_well(const dumper& engine, int error) {
        try {
            engine.write(request);
            return false;
        } catch (const std::system_error& told) {
            EXPECT_EQ(told.code().value(), error) << told.what();
            EXPECT_THAT(told.what(), HasSubstr("'" + request.file + "': "));
        }
        EXPECT_EQ(count_of("/proc/self/task"), 1) << "a thread is left";
        return true;
    }

    temporary_directory directory;
    fake_memory memory;
    fake_cpu hart;
    dump_request request;
};

TEST_F(dump_fault_test, whichever_call_fails_it_is_told_and_leaves_nothing) {
    faulty_calls calls;
    calls.error = EDQUOT;
    const dumper engine("dumper", memory, nullptr, {&hart}, calls);
    fails_well(engine, EDQUOT); // once, so that what is opened only once is open
    std::filesystem::remove(request.file);
    const auto descriptors = count_of("/proc/self/fd");
    std::set<std::string> failed;
    int k = 0;
    for (;; ++k) {
        calls.calls = 0;
        calls.failed.clear();
        calls.fail_at = k;
        const bool has_failed = fails_well(engine, EDQUOT);
        EXPECT_EQ(has_failed, !calls.failed.empty());
        EXPECT_EQ(count_of("/proc/self/fd"), descriptors);
        if (!has_failed)
            break;
        failed.insert(calls.failed);
        if (calls.failed != "fsync") { // the directory's comes when the file is complete
            EXPECT_THAT(directory.names(), IsEmpty()) << calls.failed;
        }
        std::filesystem::remove(request.file);
    }
    EXPECT_GT(k, 52) << "each of so many pages is a write";
    EXPECT_EQ(failed,
              (std::set<std::string>{"close", "fsync", "ftruncate", "pwrite", "rename", "start_thread"}));
    EXPECT_EQ(elf_reader(request.file).loads().at(0).filesz, 13u << 20) << "a later dump is good";
}

TEST_F(dump_fault_test, whichever_allocation_fails_it_is_told_and_leaves_nothing) {
    const dumper engine("dumper", memory, nullptr, {&hart});
    engine.write(request);
    const std::string expected = read_file(request.file);
    std::filesystem::remove(request.file);
    const auto descriptors = count_of("/proc/self/fd");
    long k = 0;
    for (long failures = 0;; ++k) {
        allocations_left = k;
        bool has_failed;
        try {
            has_failed = false;
            engine.write(request);
        } catch (const std::system_error& told) {
            allocations_left = -1;
            has_failed = true;
            EXPECT_EQ(told.code().value(), ENOMEM);
            EXPECT_EQ(told.what(), "cannot write '" + request.file + "': Cannot allocate memory");
            EXPECT_THAT(directory.names(), IsEmpty());
        }
        const bool was_due = allocations_left < 0;
        allocations_left = -1;
        EXPECT_EQ(count_of("/proc/self/fd"), descriptors);
        EXPECT_EQ(count_of("/proc/self/task"), 1);
        failures += has_failed;
        if (!has_failed) { // what only finds zeros faster may fail unseen
            EXPECT_TRUE(read_file(request.file) == expected);
            std::filesystem::remove(request.file);
        }
        if (!was_due) {
            EXPECT_GT(failures, 20);
            break;
        }
    }
    EXPECT_GT(k, 30);
}

} // namespace
