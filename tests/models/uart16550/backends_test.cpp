#include "tests/models/uart16550/backends_bench.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace vmcore;
using namespace vmcore::test;
using testing::HasSubstr;

namespace {

/// The other end of a unix socket.
class peer {
public:
    peer()
        : m_socket(socket(AF_UNIX, SOCK_STREAM, 0)) {}
    ~peer() { hang_up(); }
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;

    bool dial(const std::string& path) {
        const sockaddr_un name = address(path);
        return connect(m_socket, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
    }
    void listen_at(const std::string& path) {
        const sockaddr_un name = address(path);
        ASSERT_EQ(bind(m_socket, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
        ASSERT_EQ(listen(m_socket, 1), 0);
    }
    void answer() {
        const int accepted = accept(m_socket, nullptr, nullptr);
        close(m_socket);
        m_socket = accepted;
    }
    void say(const std::string& text) {
        EXPECT_EQ(send(m_socket, text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size()));
    }
    std::string hear(size_t length) {
        std::string text(length, '\0');
        const ssize_t count = recv(m_socket, &text[0], length, MSG_WAITALL);
        text.resize(count < 0 ? 0 : static_cast<size_t>(count));
        return text;
    }
    bool quiet() {
        pollfd entry{m_socket, POLLIN, 0};
        return poll(&entry, 1, 0) == 0;
    }
    void hang_up() {
        if (m_socket >= 0)
            close(m_socket);
        m_socket = -1;
    }

private:
    static sockaddr_un address(const std::string& path) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        path.copy(name.sun_path, sizeof name.sun_path - 1);
        return name;
    }
    int m_socket;
};

} // namespace

TEST_F(backends, null_takes_everything_and_gives_nothing) {
    const auto backend = make_backend("null");
    EXPECT_EQ(put(*backend, "text\n"), 5u);
    EXPECT_EQ(take(*backend), "");
    EXPECT_FALSE(backend->has_input());
    EXPECT_EQ(backend->error(), "");
}

TEST_F(backends, a_file_is_replaced_and_follows_each_newline) {
    std::ofstream(path("log")) << "what was there before";
    auto backend = make_backend("file:" + path("log"));
    EXPECT_EQ(contents("log"), "");
    put(*backend, "one\ntw");
    EXPECT_EQ(contents("log"), "one\n");
    backend->flush();
    EXPECT_EQ(contents("log"), "one\ntw");
    put(*backend, "o");
    backend.reset();
    EXPECT_EQ(contents("log"), "one\ntwo");
}

TEST_F(backends, a_file_never_waits_with_more_than_a_buffer) {
    const auto backend = make_backend("file:" + path("log"));
    EXPECT_EQ(put(*backend, std::string(100000, 'x')), 100000u);
    EXPECT_GE(contents("log").size(), 100000u - 4096u);
    EXPECT_FALSE(backend->has_input());
}

TEST_F(backends, a_file_path_may_hold_commas) {
    make_backend("file:" + path("a,b=c"));
    EXPECT_TRUE(std::filesystem::exists(path("a,b=c")));
}

TEST_F(backends, a_full_disk_is_remembered_and_does_no_other_harm) {
    const auto backend = make_backend("file:/dev/full");
    EXPECT_EQ(put(*backend, "line\n"), 5u);
    EXPECT_EQ(backend->error(), "-serial file:/dev/full: cannot write: No space left on device; output is "
                                "discarded from here on");
    EXPECT_EQ(put(*backend, std::string(100000, 'x')), 100000u);
}

TEST_F(backends, a_file_that_cannot_be_made_is_one_clear_line) {
    EXPECT_EQ(message_of("file:" + path("no/such/log")),
              "-serial file:" + path("no/such/log") +
                  ": cannot create the file: No such file or directory, expected a path that can be written");
}

TEST_F(backends, wrong_specs_name_the_option_the_value_and_what_was_expected) {
    EXPECT_EQ(message_of("tcp::1234"), "-serial tcp::1234: unknown kind of serial line, expected stdio, "
                                       "file:PATH, unix:PATH[,server=on][,wait=off] or null");
    EXPECT_THAT(message_of(""), HasSubstr("unknown kind"));
    EXPECT_THAT(message_of("file:"), HasSubstr("the path is missing, expected file:PATH"));
    EXPECT_THAT(message_of("unix:"), HasSubstr("the path is missing, expected unix:PATH"));
    EXPECT_THAT(message_of("unix:p,srver=on"),
                HasSubstr("cannot use 'srver=on', expected server=on|off or wait=on|off"));
    EXPECT_THAT(message_of("unix:p,server=maybe"), HasSubstr("cannot use 'server=maybe'"));
    EXPECT_THAT(message_of("unix:p,wait=off"), HasSubstr("wait is for a server"));
    EXPECT_THAT(message_of("unix:" + std::string(108, 'p')),
                HasSubstr("the path has 108 bytes, expected at most 107"));
    EXPECT_THROW(make_backend("x", "-chardev"), std::invalid_argument);
}

TEST_F(backends, a_client_talks_to_the_socket_it_finds) {
    peer other;
    other.listen_at(path("s"));
    const auto backend = make_backend("unix:" + path("s"));
    other.answer();
    put(*backend, "hello\n");
    EXPECT_EQ(other.hear(6), "hello\n");
    put(*backend, "> ");
    EXPECT_TRUE(other.quiet());
    backend->flush();
    EXPECT_EQ(other.hear(2), "> ");
    EXPECT_EQ(take(*backend), "");
    other.say("typed");
    EXPECT_EQ(take_patiently(*backend), "typed");
    EXPECT_TRUE(backend->has_input());
}

TEST_F(backends, a_client_without_a_server_is_one_clear_line) {
    EXPECT_EQ(message_of("unix:" + path("s")),
              "-serial unix:" + path("s") +
                  ": cannot connect: No such file or directory, expected a socket on which somebody listens "
                  "(or server=on)");
}

TEST_F(backends, a_client_outlives_its_peer) {
    peer other;
    other.listen_at(path("s"));
    const auto backend = make_backend("unix:" + path("s"));
    other.answer();
    other.hang_up();
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(put(*backend, "nobody listens\n"), 15u);
    EXPECT_EQ(take(*backend), "");
    EXPECT_FALSE(backend->has_input());
    EXPECT_EQ(backend->error(), "");
}

TEST_F(backends, a_server_discards_output_until_somebody_comes_and_takes_the_next_peer) {
    auto backend = make_backend("unix:" + path("s") + ",server=on,wait=off");
    EXPECT_TRUE(backend->has_input());
    EXPECT_EQ(put(*backend, "unheard\n"), 8u);
    for (const char* greeting : {"first\n", "again\n"}) {
        peer other;
        ASSERT_TRUE(other.dial(path("s")));
        other.say("x");
        EXPECT_EQ(take_patiently(*backend), "x");
        put(*backend, greeting);
        EXPECT_EQ(other.hear(6), greeting);
        other.hang_up();
        put(*backend, "unheard\n");
        EXPECT_EQ(take(*backend), "");
    }
    backend.reset();
    EXPECT_FALSE(std::filesystem::exists(path("s")));
}

TEST_F(backends, output_alone_finds_a_peer_that_waits) {
    const auto backend = make_backend("unix:" + path("s") + ",server=on,wait=off");
    peer other;
    ASSERT_TRUE(other.dial(path("s")));
    put(*backend, "hello\n");
    EXPECT_EQ(other.hear(6), "hello\n");
}

TEST_F(backends, a_server_waits_for_its_first_peer) {
    peer other;
    std::thread caller([&] {
        while (!other.dial(path("s")))
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    const auto backend = make_backend("unix:" + path("s") + ",server=on");
    caller.join();
    put(*backend, "hello\n");
    EXPECT_EQ(other.hear(6), "hello\n");
}

TEST_F(backends, a_server_replaces_an_old_socket_but_no_file) {
    {
        peer old;
        old.listen_at(path("s"));
    }
    ASSERT_TRUE(std::filesystem::exists(path("s")));
    make_backend("unix:" + path("s") + ",server=on,wait=off");
    std::ofstream(path("precious")) << "data";
    EXPECT_EQ(message_of("unix:" + path("precious") + ",server=on,wait=off"),
              "-serial unix:" + path("precious") +
                  ",server=on,wait=off: cannot listen: Address already in use, expected a path that is free "
                  "or an old socket");
    EXPECT_EQ(contents("precious"), "data");
}

TEST_F(backends, a_comma_in_a_socket_path_is_doubled) {
    const auto backend = make_backend("unix:" + path("a,,b") + ",server,wait=off");
    EXPECT_TRUE(std::filesystem::exists(path("a,b")));
}

TEST_F(backends, a_peer_that_does_not_read_stops_the_writer_and_loses_nothing) {
    const auto backend = make_backend("unix:" + path("s") + ",server=on,wait=off");
    peer other;
    ASSERT_TRUE(other.dial(path("s")));
    std::string sent;
    while (put(*backend, "x") == 1) {
        sent += 'x';
        ASSERT_LT(sent.size(), 100u << 20);
    }
    EXPECT_EQ(put(*backend, "x"), 0u);
    std::string heard = other.hear(4096);
    while (heard.size() < sent.size()) {
        backend->flush();
        heard += other.hear(std::min<size_t>(4096, sent.size() - heard.size()));
    }
    EXPECT_EQ(heard, sent);
    EXPECT_EQ(put(*backend, "y\n"), 2u);
    EXPECT_EQ(other.hear(2), "y\n");
}
