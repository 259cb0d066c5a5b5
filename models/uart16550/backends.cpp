// The back ends of a serial line, over plain POSIX descriptors. A flush writes directly to the descriptor;
// only a socket's peer that does not read makes bytes wait, and then the buffer is bounded and write() says
// so.

#include "models/uart16550/backend.h"

#include "models/uart16550/terminal.h"
#include "models/uart16550/unix_address.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

namespace vmcore {

namespace {

constexpr size_t buffer_capacity = 4096;

std::string reason(int error_number) {
    return std::strerror(error_number);
}

/// A file descriptor that closes itself.
class descriptor {
public:
    explicit descriptor(int number = -1)
        : m_number(number) {}
    ~descriptor() { reset(); }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;

    void reset(int number = -1) {
        if (m_number >= 0)
            close(m_number);
        m_number = number;
    }
    int get() const { return m_number; }
    bool open() const { return m_number >= 0; }

private:
    int m_number;
};

/// write(2) to a pipe whose reader has left gives EPIPE and never the signal, whatever the process does about
/// SIGPIPE: it is blocked for the call, and the one that the call raised is taken back.
ssize_t write_without_signal(int number, const uint8_t* data, size_t length) {
    sigset_t pipe_signal;
    sigset_t old;
    sigset_t waiting;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&waiting);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &old);
    const ssize_t written = ::write(number, data, length);
    const int error_number = errno;
    if (written < 0 && error_number == EPIPE && !sigismember(&waiting, SIGPIPE)) {
        const timespec at_once{};
        while (sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
    errno = error_number;
    return written;
}

bool ready(int number, short events, int timeout_ms) {
    pollfd entry{number, events, 0};
    return poll(&entry, 1, timeout_ms) > 0;
}

class null_backend : public uart_backend {
public:
    size_t write(const uint8_t*, size_t length) override { return length; }
    size_t read(uint8_t*, size_t) override { return 0; }
    void flush() override {}
    bool has_input() const override { return false; }
    const std::string& error() const override { return m_error; }

private:
    std::string m_error;
};

/// What the others share: output gathered until a newline, a full buffer or flush().
class buffered_backend : public uart_backend {
public:
    explicit buffered_backend(std::string what)
        : m_what(std::move(what)) {}

    size_t write(const uint8_t* data, size_t length) override {
        if (!m_error.empty())
            return length;
        size_t taken = 0;
        while (taken < length) {
            if (m_buffer.size() >= buffer_capacity)
                flush();
            if (m_buffer.size() >= buffer_capacity)
                break;
            const uint8_t byte = data[taken++];
            m_buffer.push_back(byte);
            if (byte == '\n')
                flush();
        }
        return taken;
    }

    void flush() override {
        size_t done = 0;
        while (done < m_buffer.size()) {
            const ssize_t count = send(m_buffer.data() + done, m_buffer.size() - done);
            if (count < 0)
                break;
            done += static_cast<size_t>(count);
        }
        m_buffer.erase(m_buffer.begin(), m_buffer.begin() + static_cast<ptrdiff_t>(done));
    }

    const std::string& error() const override { return m_error; }

protected:
    /// Bytes that the host took or that are given up; -1 when the rest must wait.
    virtual ssize_t send(const uint8_t* data, size_t length) = 0;

    void fail(int error_number) {
        if (m_error.empty())
            m_error =
                m_what + ": cannot write: " + reason(error_number) + "; output is discarded from here on";
    }

    /// Writes and waits as long as it takes, which suits files, pipes and terminals.
    ssize_t send_patiently(int number, const uint8_t* data, size_t length) {
        for (;;) {
            const ssize_t count = write_without_signal(number, data, length);
            if (count >= 0)
                return count;
            if (errno == EAGAIN || errno == EWOULDBLOCK)
                ready(number, POLLOUT, -1);
            else if (errno != EINTR) {
                fail(errno);
                return static_cast<ssize_t>(length);
            }
        }
    }

private:
    std::string m_what;
    std::string m_error;
    std::vector<uint8_t> m_buffer;
};

class file_backend : public buffered_backend {
public:
    file_backend(const std::string& path, const std::string& what)
        : buffered_backend(what)
        , m_file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
        if (!m_file.open())
            throw std::runtime_error(what + ": cannot create the file: " + reason(errno) +
                                     ", expected a path that can be written");
    }
    ~file_backend() override { flush(); }

    size_t read(uint8_t*, size_t) override { return 0; }
    bool has_input() const override { return false; }

private:
    ssize_t send(const uint8_t* data, size_t length) override {
        return send_patiently(m_file.get(), data, length);
    }

    descriptor m_file;
};

/// Standard input and output. The descriptors stay in blocking mode, because other processes share them.
class stdio_backend : public buffered_backend {
public:
    explicit stdio_backend(const std::string& what)
        : buffered_backend(what) {
        if (s_in_use)
            throw std::invalid_argument(what + ": standard input and output are in use already, expected "
                                               "one serial line with stdio");
        s_in_use = true;
        enter_raw_mode();
    }
    ~stdio_backend() override {
        flush();
        restore_terminal();
        s_in_use = false;
    }

    size_t read(uint8_t* data, size_t length) override {
        if (m_end || length == 0 || !terminal_is_ours() || !ready(STDIN_FILENO, POLLIN, 0))
            return 0;
        const ssize_t count = ::read(STDIN_FILENO, data, length);
        if (count > 0)
            return static_cast<size_t>(count);
        m_end = count == 0 || (errno != EAGAIN && errno != EINTR);
        return 0;
    }
    bool has_input() const override { return !m_end; }

private:
    ssize_t send(const uint8_t* data, size_t length) override {
        return send_patiently(STDOUT_FILENO, data, length);
    }

    static bool s_in_use;
    bool m_end = false;
};

bool stdio_backend::s_in_use = false;

/// A stream socket in the file system, either end.
class unix_backend : public buffered_backend {
public:
    unix_backend(unix_address address, const std::string& what)
        : buffered_backend(what)
        , m_address(std::move(address)) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        if (m_address.path.size() >= sizeof name.sun_path)
            throw std::invalid_argument(what + ": the path has " + std::to_string(m_address.path.size()) +
                                        " bytes, expected at most " +
                                        std::to_string(sizeof name.sun_path - 1));
        std::memcpy(name.sun_path, m_address.path.c_str(), m_address.path.size() + 1);
        descriptor& end = m_address.server ? m_listener : m_peer;
        end.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!end.open())
            throw std::runtime_error(what + ": cannot make a socket: " + reason(errno));
        if (m_address.server)
            listen_at(name, what);
        else if (connect(m_peer.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0)
            throw std::runtime_error(what + ": cannot connect: " + reason(errno) +
                                     ", expected a socket on which somebody listens (or server=on)");
    }

    ~unix_backend() override {
        flush();
        if (m_address.server)
            unlink(m_address.path.c_str());
    }

    size_t read(uint8_t* data, size_t length) override {
        accept_peer();
        if (!m_peer.open() || length == 0)
            return 0;
        const ssize_t count = recv(m_peer.get(), data, length, MSG_DONTWAIT);
        if (count > 0)
            return static_cast<size_t>(count);
        if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
            m_peer.reset();
        return 0;
    }
    bool has_input() const override { return m_address.server || m_peer.open(); }

private:
    void listen_at(const sockaddr_un& name, const std::string& what) {
        struct stat found {};
        if (lstat(name.sun_path, &found) == 0 && S_ISSOCK(found.st_mode))
            unlink(name.sun_path); // left behind by an earlier run
        if (bind(m_listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
            listen(m_listener.get(), 1) != 0)
            throw std::runtime_error(what + ": cannot listen: " + reason(errno) +
                                     ", expected a path that is free or an old socket");
        if (m_address.wait && !ready(m_listener.get(), POLLIN, -1)) {
            unlink(name.sun_path);
            throw std::runtime_error(what + ": interrupted while waiting for a peer, expected one to connect "
                                            "(or wait=off)");
        }
        accept_peer();
    }

    void accept_peer() {
        if (m_address.server && !m_peer.open() && ready(m_listener.get(), POLLIN, 0))
            m_peer.reset(accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }

    ssize_t send(const uint8_t* data, size_t length) override {
        accept_peer();
        if (!m_peer.open())
            return static_cast<ssize_t>(length);
        const ssize_t count = ::send(m_peer.get(), data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count >= 0)
            return count;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
            return -1;
        m_peer.reset();
        return static_cast<ssize_t>(length);
    }

    unix_address m_address;
    descriptor m_listener;
    descriptor m_peer;
};

bool starts_with(const std::string& text, const char* prefix) {
    return text.rfind(prefix, 0) == 0;
}

} // namespace

std::unique_ptr<uart_backend> make_backend(const std::string& spec, const std::string& option) {
    const std::string what = option + " " + spec;
    if (spec == "null")
        return std::make_unique<null_backend>();
    if (spec == "stdio")
        return std::make_unique<stdio_backend>(what);
    if (starts_with(spec, "file:")) {
        if (spec.size() == 5)
            throw std::invalid_argument(what + ": the path is missing, expected file:PATH");
        return std::make_unique<file_backend>(spec.substr(5), what);
    }
    if (starts_with(spec, "unix:"))
        return std::make_unique<unix_backend>(parse_unix_address(spec.substr(5), what), what);
    throw std::invalid_argument(what + ": unknown kind of serial line, expected stdio, file:PATH, "
                                       "unix:PATH[,server=on][,wait=off] or null");
}

} // namespace vmcore
