#include "sim/dump_process.h"

#include "sim/dump_report.h"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vmcore::test {
namespace {

using sim::dump_process;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

bool has_ended(const sim::file_descriptor& notice, int milliseconds) {
    pollfd place{notice.get(), POLLIN, 0};
    return poll(&place, 1, milliseconds) == 1;
}

constexpr int long_enough = 60000;

TEST(dump_process, has_the_memory_of_its_instant) {
    volatile uint64_t value = 1;
    int gate[2];
    ASSERT_EQ(pipe(gate), 0);
    dump_process process("core",
                         [&](dump_meter&) {
                             char byte;
                             EXPECT_EQ(read(gate[0], &byte, 1), 1);
                             dump_result result;
                             result.bytes = value;
                             return result;
                         },
                         {gate[0], gate[1]});
    value = 2;
    ASSERT_EQ(write(gate[1], "x", 1), 1);
    EXPECT_EQ(process.finish().bytes, 1u);
    close(gate[0]);
    close(gate[1]);
}

TEST(dump_process, tells_how_far_it_is_while_it_works) {
    int gate[2];
    ASSERT_EQ(pipe(gate), 0);
    dump_process process("core",
                         [&](dump_meter& meter) -> dump_result {
                             meter.total = 100;
                             meter.completed = 42;
                             EXPECT_EQ(write(gate[1], "x", 1), 1);
                             for (;;)
                                 pause();
                         },
                         {gate[0], gate[1]});
    char byte;
    ASSERT_EQ(read(gate[0], &byte, 1), 1);
    EXPECT_EQ(process.progress().completed, 42u);
    EXPECT_EQ(process.progress().total, 100u);
    close(gate[0]);
    close(gate[1]);
}

TEST(dump_process, gives_notice_of_its_end) {
    int gate[2];
    ASSERT_EQ(pipe(gate), 0);
    dump_process process("core",
                         [&](dump_meter&) {
                             char byte;
                             EXPECT_EQ(read(gate[0], &byte, 1), 1);
                             return dump_result();
                         },
                         {gate[0], gate[1]});
    const sim::file_descriptor notice = process.take_end_notice();
    EXPECT_FALSE(has_ended(notice, 0));
    ASSERT_EQ(write(gate[1], "x", 1), 1);
    EXPECT_TRUE(has_ended(notice, long_enough));
    process.finish();
    close(gate[0]);
    close(gate[1]);
}

TEST(dump_process, an_error_of_the_work_is_thrown_here) {
    dump_process process(
        "core", [](dump_meter&) -> dump_result { throw std::runtime_error("no \"room\" in \xff"); }, {});
    EXPECT_THAT([&] { process.finish(); },
                ThrowsMessage<std::runtime_error>(::testing::Eq("no \"room\" in \xff")));
}

TEST(dump_process, a_death_is_an_error_that_names_the_signal) {
    dump_process process("core", [](dump_meter&) -> dump_result { abort(); }, {});
    EXPECT_THAT([&] { process.finish(); },
                ThrowsMessage<std::runtime_error>(
                    ::testing::Eq("core: the process that wrote the dump was ended by signal 6 (Aborted)")));
}

TEST(dump_process, an_end_without_a_word_is_an_error) {
    dump_process process("core", [](dump_meter&) -> dump_result { _exit(0); }, {});
    EXPECT_THAT([&] { process.finish(); },
                ThrowsMessage<std::runtime_error>(
                    ::testing::Eq("core: the process that wrote the dump did not say how it went")));
}

TEST(dump_process, has_no_descriptors_but_those_that_it_needs) {
    int others[2];
    int needed[2];
    ASSERT_EQ(pipe(others), 0);
    ASSERT_EQ(pipe(needed), 0);
    dump_process process("core",
                         [&](dump_meter&) {
                             char byte;
                             EXPECT_EQ(read(needed[0], &byte, 1), 1);
                             return dump_result();
                         },
                         {needed[0]});
    close(others[1]);
    pollfd ours{others[0], POLLIN, 0};
    ASSERT_EQ(poll(&ours, 1, long_enough), 1);
    EXPECT_NE(ours.revents & POLLHUP, 0) << "nobody else has the writing end";
    ASSERT_EQ(write(needed[1], "x", 1), 1);
    process.finish();
    for (const int number : {others[0], needed[0], needed[1]})
        close(number);
}

TEST(dump_process, is_ended_and_reaped_with_its_owner) {
    sim::file_descriptor notice;
    {
        dump_process process("core",
                             [](dump_meter&) -> dump_result {
                                 for (;;)
                                     pause();
                             },
                             {});
        notice = process.take_end_notice();
        EXPECT_FALSE(has_ended(notice, 0));
    }
    EXPECT_TRUE(has_ended(notice, 0));
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a zombie is left";
}

TEST(dump_process, a_report_holds_the_whole_result) {
    dump_result result;
    result.warnings = {"guest note is not present", "\xc3\xa4 \"quoted\""};
    result.notes = {{"CORE", 1, 376}, {"VMCOREINFO", 0, 0xffffffff}};
    result.segments = {{0, 1, 2}, {~uint64_t(0), uint64_t(1) << 63, 4096}};
    result.memory_bytes = ~uint64_t(0);
    result.bytes = 7;
    result.phys_base = ~uint64_t(0) - 1;
    const dump_result read = sim::read_report("core", sim::report_result(result));
    EXPECT_EQ(read.warnings, result.warnings);
    ASSERT_EQ(read.notes.size(), 2u);
    EXPECT_EQ(read.notes[1].owner, "VMCOREINFO");
    EXPECT_EQ(read.notes[0].type, 1u);
    EXPECT_EQ(read.notes[1].size, 0xffffffff);
    ASSERT_EQ(read.segments.size(), 2u);
    EXPECT_EQ(read.segments[1].paddr, ~uint64_t(0));
    EXPECT_EQ(read.segments[1].size, uint64_t(1) << 63);
    EXPECT_EQ(read.segments[0].offset, 2u);
    EXPECT_EQ(read.memory_bytes, result.memory_bytes);
    EXPECT_EQ(read.bytes, 7u);
    EXPECT_EQ(read.phys_base, result.phys_base);
    EXPECT_EQ(sim::read_report("core", sim::report_result(dump_result())).phys_base, std::nullopt);
}

} // namespace
} // namespace vmcore::test
