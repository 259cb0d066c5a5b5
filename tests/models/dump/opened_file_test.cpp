// An output file that somebody else has opened, when all goes well, and when each of its system calls does
// not.

#include "models/dump/output_file.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/faulty_calls.h"
#include "tests/models/dump/temporary_directory.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <limits>
#include <system_error>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

namespace {

void write_text(output_file& file, uint64_t offset, const std::string& text) {
    file.write_at(offset, text.data(), text.size());
}

std::pair<int, std::string> error_of(const std::function<void()>& run) {
    try {
        run();
    } catch (const std::system_error& error) {
        return {error.code().value(), error.what()};
    }
    return {0, "no error"};
}

bool is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) >= 0;
}

class opened_file_test : public testing::Test {
protected:
    int open_path(int flags) { return ::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, 0600); }

    void expect_refused(int descriptor, int code, const std::string& text) {
        const auto [error, what] = error_of([descriptor] {
            opened_file given(descriptor, "fd:core");
            output_file file(given);
        });
        EXPECT_EQ(error, code) << what;
        EXPECT_THAT(what, HasSubstr(text));
        EXPECT_FALSE(is_open(descriptor));
    }

    temporary_directory directory;
    const std::string path = directory / "vmcore";
};

TEST_F(opened_file_test, is_written_in_place_and_closed_at_the_commit) {
    const int descriptor = open_path(O_WRONLY);
    opened_file given(descriptor, "fd:core");
    output_file file(given);
    write_text(file, 0, "hello");
    EXPECT_EQ(read_file(path), "hello");
    EXPECT_TRUE(is_open(descriptor));
    file.commit(true);
    EXPECT_FALSE(is_open(descriptor));
    EXPECT_EQ(read_file(path), "hello");
    EXPECT_THAT(directory.names(), UnorderedElementsAre("vmcore"));
}

TEST_F(opened_file_test, begins_at_the_position_and_leaves_it_behind_what_was_written) {
    std::ofstream(path) << "0123456789 old contents";
    const int shared = open_path(O_RDWR);
    ASSERT_EQ(::lseek(shared, 4, SEEK_SET), 4);
    opened_file given(::dup(shared), "fd:core");
    output_file file(given);
    write_text(file, 3, "x");
    write_text(file, 1, "y");
    file.commit(false);
    EXPECT_EQ(::lseek(shared, 0, SEEK_CUR), 4 + 4);
    EXPECT_EQ(read_file(path), std::string("0123\0y\0x", 8)) << "holes are zeros, not what was there";
    ::close(shared);
}

TEST_F(opened_file_test, set_size_counts_from_the_position) {
    const int shared = open_path(O_RDWR);
    ASSERT_EQ(::lseek(shared, 10, SEEK_SET), 10);
    opened_file given(::dup(shared), "fd:core");
    output_file file(given);
    write_text(file, 0, "z");
    file.set_size(6);
    file.commit(false);
    EXPECT_EQ(std::filesystem::file_size(path), 16u);
    EXPECT_EQ(::lseek(shared, 0, SEEK_CUR), 16);
    ::close(shared);
}

TEST_F(opened_file_test, without_a_commit_is_closed_and_keeps_what_it_got) {
    const int descriptor = open_path(O_WRONLY);
    {
        opened_file given(descriptor, "fd:core");
        output_file file(given);
        write_text(file, 0, "half");
    }
    EXPECT_FALSE(is_open(descriptor));
    EXPECT_EQ(read_file(path), "half");
}

TEST_F(opened_file_test, is_closed_when_nobody_takes_it) {
    const int descriptor = open_path(O_WRONLY);
    { opened_file given(descriptor, "fd:core"); }
    EXPECT_FALSE(is_open(descriptor));
}

TEST_F(opened_file_test, refuses_what_cannot_be_written) {
    std::ofstream(path) << "kept";
    expect_refused(open_path(O_RDONLY), EBADF, "cannot write 'fd:core', which is open for reading only");
    expect_refused(open_path(O_WRONLY | O_APPEND), EINVAL, "'fd:core', which is open for appending");
    EXPECT_EQ(read_file(path), "kept");
    expect_refused(-1, EBADF, "cannot write 'fd:core': Bad file descriptor");
}

TEST_F(opened_file_test, an_offset_past_the_largest_file_is_an_error) {
    const int shared = open_path(O_RDWR);
    ASSERT_EQ(::lseek(shared, 100, SEEK_SET), 100);
    opened_file given(shared, "fd:core");
    output_file file(given);
    const uint64_t largest = std::numeric_limits<off_t>::max();
    for (uint64_t offset : {largest - 100, largest, ~uint64_t{0}})
        EXPECT_EQ(error_of([&] { write_text(file, offset, "x"); }),
                  std::make_pair(EFBIG, std::string("cannot write 'fd:core': File too large")));
    EXPECT_EQ(error_of([&] { file.set_size(largest - 99); }).first, EFBIG);
}

TEST_F(opened_file_test, short_and_interrupted_writes_are_gone_on_with) {
    faulty_calls calls;
    calls.tease = true;
    opened_file given(open_path(O_WRONLY), "fd:core");
    output_file file(given, calls);
    write_text(file, 2, "a text of more than three bytes");
    file.commit(false);
    EXPECT_EQ(read_file(path), std::string("\0\0", 2) + "a text of more than three bytes");
}

TEST_F(opened_file_test, whichever_call_fails_the_error_is_told_and_the_descriptor_closed) {
    std::string failed;
    for (int k = 0;; ++k) {
        faulty_calls calls;
        calls.fail_at = k;
        calls.error = ENOSPC;
        const int descriptor = open_path(O_WRONLY);
        const auto error = error_of([&] {
            opened_file given(descriptor, "fd:core");
            output_file file(given, calls);
            write_text(file, 0, "one");
            write_text(file, 3, "two");
            file.set_size(10);
            file.commit(true);
        });
        EXPECT_FALSE(is_open(descriptor)) << calls.failed;
        if (calls.failed.empty()) {
            EXPECT_EQ(error.first, 0) << error.second;
            break;
        }
        failed += calls.failed + " ";
        EXPECT_EQ(error,
                  std::make_pair(ENOSPC, std::string("cannot write 'fd:core': No space left on device")));
    }
    EXPECT_EQ(failed, "ftruncate pwrite pwrite ftruncate fsync close ");
    EXPECT_EQ(read_file(path), std::string("onetwo\0\0\0\0", 10));
}

} // namespace
