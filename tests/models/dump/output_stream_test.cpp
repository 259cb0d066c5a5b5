// Outputs that take bytes from front to back only: pipes, FIFOs, sockets and devices.

#include "models/dump/output_file.h"
#include "tests/models/dump/elf_reader.h"
#include "tests/models/dump/faulty_calls.h"
#include "tests/models/dump/temporary_directory.h"

#include <cerrno>
#include <fcntl.h>
#include <future>
#include <gmock/gmock.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::HasSubstr;

namespace {

std::pair<int, std::string> error_of(const std::function<void()>& run) {
    try {
        run();
    } catch (const std::system_error& error) {
        return {error.code().value(), error.what()};
    }
    return {0, "no error"};
}

void write_text(output_file& file, uint64_t offset, const std::string& text) {
    file.write_at(offset, text.data(), text.size());
}

/// Everything that comes out of a descriptor until its end, read by a thread; closes it.
std::future<std::string> drain(int from) {
    return std::async(std::launch::async, [from] {
        std::string all;
        char part[4096];
        for (ssize_t got; (got = ::read(from, part, sizeof part)) > 0;)
            all.append(part, static_cast<size_t>(got));
        ::close(from);
        return all;
    });
}

bool is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) >= 0;
}

class output_stream_test : public testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(::pipe2(m_ends, O_CLOEXEC), 0); }
    int reader() { return m_ends[0]; }
    int writer() { return m_ends[1]; }

    temporary_directory directory;

private:
    int m_ends[2];
};

TEST_F(output_stream_test, a_pipe_gets_the_bytes_in_order_and_zeros_for_gaps) {
    auto read = drain(reader());
    opened_file given(writer(), "fd:core");
    output_file file(given);
    EXPECT_FALSE(file.seekable());
    write_text(file, 0, "head");
    write_text(file, 200000, "tail"); // more than a pipe holds
    file.write_zeros(200004, 3);
    file.set_size(200010);
    file.commit(true);
    EXPECT_FALSE(is_open(writer()));
    EXPECT_TRUE(read.get() == "head" + std::string(199996, '\0') + "tail" + std::string(6, '\0'));
}

TEST_F(output_stream_test, going_back_is_a_mistake_of_the_caller) {
    opened_file given(writer(), "fd:core");
    output_file file(given);
    write_text(file, 3, "x");
    EXPECT_THROW(write_text(file, 3, "y"), std::logic_error);
    EXPECT_THROW(file.set_size(2), std::logic_error);
    write_text(file, 4, "z");
    file.commit(false);
    EXPECT_EQ(drain(reader()).get(), std::string("\0\0\0xz", 5));
}

TEST_F(output_stream_test, a_reader_that_has_gone_is_an_error_and_no_signal) {
    ::close(reader());
    opened_file given(writer(), "fd:core");
    output_file file(given);
    EXPECT_EQ(error_of([&] { write_text(file, 0, "x"); }),
              std::make_pair(EPIPE, std::string("cannot write 'fd:core': Broken pipe")));
    sigset_t pending;
    sigpending(&pending);
    EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    EXPECT_EQ(sigismember(&blocked, SIGPIPE), 0);
}

TEST_F(output_stream_test, a_full_non_blocking_pipe_is_waited_for) {
    ASSERT_EQ(::fcntl(writer(), F_SETFL, O_NONBLOCK), 0);
    const std::string much(300000, 'm');
    auto written = std::async(std::launch::async, [&] {
        opened_file given(writer(), "fd:core");
        output_file file(given);
        write_text(file, 0, much);
        file.commit(false);
    });
    EXPECT_TRUE(drain(reader()).get() == much);
    written.get();
}

TEST_F(output_stream_test, short_and_interrupted_writes_are_gone_on_with) {
    faulty_calls calls;
    calls.tease = true;
    opened_file given(writer(), "fd:core");
    output_file file(given, calls);
    write_text(file, 2, "a text of more than three bytes");
    file.commit(false);
    EXPECT_EQ(drain(reader()).get(), std::string("\0\0", 2) + "a text of more than three bytes");
}

TEST_F(output_stream_test, whichever_call_fails_the_error_is_told_and_the_descriptor_closed) {
    std::string failed;
    for (int k = 0;; ++k) {
        faulty_calls calls;
        calls.fail_at = k;
        int ends[2];
        ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        const auto error = error_of([&] {
            opened_file given(ends[1], "fd:core");
            output_file file(given, calls);
            write_text(file, 0, "one");
            write_text(file, 4, "two");
            file.set_size(10);
            file.commit(true);
        });
        EXPECT_FALSE(is_open(ends[1])) << calls.failed;
        ::close(ends[0]);
        if (calls.failed.empty()) {
            EXPECT_EQ(error.first, 0) << error.second;
            break;
        }
        failed += calls.failed + " ";
        EXPECT_EQ(error, std::make_pair(EIO, std::string("cannot write 'fd:core': Input/output error")));
    }
    EXPECT_EQ(failed, "write write write write close ") << "one, a gap, two, the rest";
}

TEST_F(output_stream_test, a_socket_is_a_stream_too) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    opened_file given(ends[1], "fd:core");
    output_file file(given);
    EXPECT_FALSE(file.seekable());
    write_text(file, 1, "x");
    file.commit(true);
    EXPECT_EQ(drain(ends[0]).get(), std::string("\0x", 2));
}

TEST_F(output_stream_test, a_path_of_a_fifo_waits_for_its_reader_and_leaves_the_fifo) {
    const std::string path = directory / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    output_file::check(path); // waits for nobody
    auto read = std::async(std::launch::async, [&] { return read_file(path); });
    output_file file(path);
    write_text(file, 0, "through the fifo");
    file.commit(false);
    EXPECT_EQ(read.get(), "through the fifo");
    EXPECT_TRUE(std::filesystem::is_fifo(path));
}

TEST_F(output_stream_test, a_signal_ends_the_waiting_for_a_fifos_reader) {
    const std::string path = directory / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    struct sigaction action = {}, before;
    action.sa_handler = [](int) {};
    ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
    std::promise<pthread_t> waiting;
    std::atomic<bool> has_ended{false};
    auto result = std::async(std::launch::async, [&] {
        waiting.set_value(::pthread_self());
        const auto error = error_of([&] { output_file file(path); });
        has_ended = true;
        return error;
    });
    const pthread_t thread = waiting.get_future().get();
    while (!has_ended) { // the first signals may come before open()
        ::pthread_kill(thread, SIGUSR1);
        std::this_thread::yield();
    }
    EXPECT_EQ(result.get(), std::make_pair(EINTR, "cannot open '" + path + "': Interrupted system call"));
    ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(output_stream_test, devices_are_written_and_not_replaced) {
    output_file null("/dev/null");
    EXPECT_FALSE(null.seekable());
    write_text(null, 100, "x");
    null.commit(true);
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));

    output_file full("/dev/full");
    EXPECT_EQ(error_of([&] { write_text(full, 0, "x"); }),
              std::make_pair(ENOSPC, std::string("cannot write '/dev/full': No space left on device")));
}

TEST_F(output_stream_test, a_path_of_an_own_descriptor_means_that_descriptor) {
    for (const char* place : {"/dev/fd/", "/proc/self/fd/"}) {
        const std::string path = directory / "plain";
        const int mine = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ASSERT_EQ(::write(mine, "before ", 7), 7);
        const std::string name = place + std::to_string(mine);
        output_file::check(name);
        output_file file(name);
        EXPECT_TRUE(file.seekable());
        write_text(file, 0, "after");
        file.commit(false);
        EXPECT_TRUE(is_open(mine)) << "only a duplicate was closed";
        EXPECT_EQ(::lseek(mine, 0, SEEK_CUR), 12);
        EXPECT_EQ(read_file(path), "before after");
        ::close(mine);
        const auto error = error_of([&] { output_file closed(name); });
        EXPECT_EQ(error, std::make_pair(EBADF, "cannot write '" + name + "': Bad file descriptor"));
        EXPECT_EQ(error_of([&] { output_file::check(name); }), error);
    }
    opened_file given(writer(), "the pipe");
    output_file file("/dev/fd/" + std::to_string(writer()));
    EXPECT_FALSE(file.seekable());
}

TEST_F(output_stream_test, standard_output_is_a_duplicate_of_descriptor_1) {
    const int before = ::dup(STDOUT_FILENO);
    ASSERT_EQ(::dup2(writer(), STDOUT_FILENO), STDOUT_FILENO);
    {
        output_file file("/dev/stdout");
        write_text(file, 0, "dump");
        file.commit(false);
    }
    ASSERT_EQ(::dup2(before, STDOUT_FILENO), STDOUT_FILENO);
    ::close(before);
    ::close(writer());
    EXPECT_EQ(drain(reader()).get(), "dump");
}

TEST_F(output_stream_test, check_finds_what_the_constructor_would) {
    EXPECT_EQ(error_of([&] { output_file::check(directory / "no/vmcore"); }).first, ENOENT);
    EXPECT_EQ(error_of([&] { output_file::check(directory.path()); }).first, EISDIR);
    output_file::check(directory / "vmcore");
    EXPECT_TRUE(directory.names().empty());
}

} // namespace
