#include "tests/models/uart16550/backends_bench.h"

#include <csignal>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::AllOf;
using testing::HasSubstr;

namespace {

/// Runs `body` in a child whose standard input and output are the descriptors given, and returns its status.
template <typename BODY>
int in_child(int input, int output, BODY body) {
    const pid_t child = fork();
    if (child == 0) {
        dup2(input, STDIN_FILENO);
        dup2(output, STDOUT_FILENO);
        _exit(body());
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

} // namespace

TEST(stdio_backend, stdio_reads_and_writes_pipes_and_sees_the_end) {
    int in[2];
    int out[2];
    ASSERT_EQ(pipe(in) | pipe(out), 0);
    ASSERT_EQ(write(in[1], "typed", 5), 5);
    close(in[1]);
    const int status = in_child(in[0], out[1], [] {
        const auto backend = make_backend("stdio");
        const bool before = backend->has_input();
        const std::string text = take(*backend) + take(*backend);
        put(*backend, text + " without newline");
        return before && !backend->has_input() ? 0 : 1;
    });
    EXPECT_EQ(status, 0);
    close(out[1]);
    char text[64] = {};
    EXPECT_EQ(read(out[0], text, sizeof text), 21);
    EXPECT_STREQ(text, "typed without newline");
}

TEST(stdio_backend, stdio_survives_a_reader_that_left) {
    int out[2];
    ASSERT_EQ(pipe(out), 0);
    close(out[0]);
    const int status = in_child(STDIN_FILENO, out[1], [] {
        std::signal(SIGPIPE, SIG_DFL);
        const auto backend = make_backend("stdio");
        put(*backend, "line\n");
        const bool told = backend->error().find("Broken pipe") != std::string::npos;
        sigset_t waiting;
        sigpending(&waiting);
        return told && !sigismember(&waiting, SIGPIPE) ? 0 : 1;
    });
    EXPECT_EQ(status, 0);
}

TEST(stdio_backend, stdio_can_be_used_once) {
    const auto backend = make_backend("stdio");
    EXPECT_THAT(message_of("stdio"), AllOf(HasSubstr("-serial stdio"), HasSubstr("in use already")));
}

namespace {

bool is_raw(int terminal) {
    termios mode{};
    EXPECT_EQ(tcgetattr(terminal, &mode), 0);
    return (mode.c_lflag & (ICANON | ECHO)) == 0 && (mode.c_iflag & ICRNL) == 0;
}

struct pseudo_terminal {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int slave = -1;
    pseudo_terminal() {
        grantpt(master);
        unlockpt(master);
        slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    }
    ~pseudo_terminal() {
        close(slave);
        close(master);
    }
};

} // namespace

TEST(stdio_backend, a_terminal_is_raw_while_in_use_and_keeps_its_signal_keys) {
    pseudo_terminal terminal;
    const int status = in_child(terminal.slave, STDOUT_FILENO, [&] {
        auto backend = make_backend("stdio");
        termios mode{};
        tcgetattr(terminal.slave, &mode);
        const bool raw = is_raw(terminal.slave) && (mode.c_lflag & ISIG);
        const bool key = write(terminal.master, "k", 1) == 1 && take_patiently(*backend) == "k";
        backend.reset();
        return raw && key && !is_raw(terminal.slave) ? 0 : 1;
    });
    EXPECT_EQ(status, 0);
}

TEST(stdio_backend, a_terminal_is_restored_by_exit_and_from_a_signal_handler) {
    pseudo_terminal terminal;
    in_child(terminal.slave, STDOUT_FILENO, [] {
        make_backend("stdio").release(); // never destroyed
        std::quick_exit(0);
        return 0;
    });
    EXPECT_TRUE(is_raw(terminal.slave)) << "this way nothing restores it: the test below proves something";

    const auto restored_after = [&](auto end) {
        termios mode{};
        tcgetattr(terminal.slave, &mode);
        mode.c_lflag |= ICANON | ECHO;
        mode.c_iflag |= ICRNL;
        tcsetattr(terminal.slave, TCSANOW, &mode);
        in_child(terminal.slave, STDOUT_FILENO, [&] {
            make_backend("stdio").release();
            end();
            return 0;
        });
        return !is_raw(terminal.slave);
    };
    EXPECT_TRUE(restored_after([] { std::exit(0); }));
    EXPECT_TRUE(restored_after([] {
        std::signal(SIGTERM, [](int) {
            restore_terminal();
            _exit(0);
        });
        std::raise(SIGTERM);
    }));
}
