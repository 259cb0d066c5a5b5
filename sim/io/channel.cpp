#include "sim/io/channel.h"

#include <algorithm>
#include <arpa/inet.h>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <future>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace vmcore::sim {

using boost::system::error_code;

/// Descriptors that one piece of input may bring.
static constexpr size_t max_descriptors = 16;
/// How long the last output may take to leave.
static constexpr std::chrono::seconds farewell{1};

static sockaddr_un socket_name(const std::string& path) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path.c_str(), std::min(path.size() + 1, sizeof name.sun_path));
    return name;
}

static file_descriptor make_socket(const endpoint& where) {
    file_descriptor made(socket(where.is_port() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!made)
        throw std::runtime_error(where.name() + ": cannot make a socket: " + std::strerror(errno));
    return made;
}

static bool connects(int fd, const sockaddr_un& name) {
    return connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
}

channel::channel(io_thread& thread, endpoint where)
    : m_thread(thread)
    , m_where(std::move(where))
    , m_listener(thread.context())
    , m_input(thread.context())
    , m_retry(thread.context())
    , m_piece(max_piece) {
    if (m_where.stdio)
        adopt(STDIN_FILENO);
    else if (m_where.is_port())
        listen_at_port();
    else if (m_where.server)
        listen_at_path();
    else
        connect_to_path();
}

channel::~channel() {
    finish();
    if (m_where.server && !m_where.is_port())
        unlink(m_where.path.c_str());
}

void channel::connect_to_path() {
    file_descriptor made = make_socket(m_where);
    if (!connects(made.get(), socket_name(m_where.path)))
        throw std::runtime_error(m_where.name() + ": cannot connect: " + std::strerror(errno) +
                                 ", expected a socket on which somebody listens (or server=on)");
    adopt(made.release());
}

void channel::listen_at_path() {
    const sockaddr_un name = socket_name(m_where.path);
    struct stat found {};
    if (lstat(name.sun_path, &found) == 0 && S_ISSOCK(found.st_mode)) {
        if (connects(make_socket(m_where).get(), name))
            throw std::runtime_error(m_where.name() +
                                     ": somebody listens there already, expected a free path");
        unlink(name.sun_path); // left behind by an earlier run
    }
    file_descriptor made = make_socket(m_where);
    if (bind(made.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        listen(made.get(), 1) != 0)
        throw std::runtime_error(m_where.name() + ": cannot listen: " + std::strerror(errno) +
                                 ", expected a path that is free or an old socket");
    m_listener.assign(made.release());
    if (m_where.wait)
        accept_first();
}

void channel::listen_at_port() {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(m_where.port);
    inet_pton(AF_INET, m_where.address.c_str(), &name.sin_addr);
    file_descriptor made = make_socket(m_where);
    const int on = 1;
    setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(made.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        listen(made.get(), 1) != 0)
        throw std::runtime_error(m_where.name() + ": cannot listen: " + std::strerror(errno) +
                                 ", expected an address of this host and a free port");
    m_listener.assign(made.release());
    if (m_where.wait)
        accept_first();
}

void channel::accept_first() {
    const int fd = accept4(m_listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
        const std::string reason = std::strerror(errno);
        if (!m_where.is_port())
            unlink(m_where.path.c_str());
        throw std::runtime_error(m_where.name() + ": waiting for a client: " + reason);
    }
    adopt(fd);
}

/// Takes a connected socket, or the number of standard input for both standard streams. Reading and writing
/// have a descriptor each.
void channel::adopt(int fd) {
    const int on = 1; // answers are small, and waited for
    if (m_where.is_port())
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int output = m_where.stdio ? STDOUT_FILENO : fd;
    file_descriptor input_copy(m_where.stdio ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : fd);
    file_descriptor output_copy(input_copy ? fcntl(output, F_DUPFD_CLOEXEC, 3) : -1);
    if (!output_copy)
        throw std::runtime_error(m_where.name() + ": " + std::strerror(errno));
    m_input.assign(input_copy.release());
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_output.emplace(m_thread.context(), output_copy.release());
    m_takes_output = true;
}

void channel::start(client& owner) {
    boost::asio::post(m_thread.context(), [this, &owner] {
        m_owner = &owner;
        if (m_input.is_open())
            owner.opened();
    });
    resume();
}

void channel::resume() {
    boost::asio::post(m_thread.context(), [this] {
        if (m_owner == nullptr || m_reading)
            return;
        m_reading = true;
        if (m_input.is_open())
            await_input();
        else
            await_client();
    });
}

void channel::await_client() {
    if (!m_listener.is_open())
        return;
    m_listener.async_wait(descriptor::wait_read, [this](const error_code& failure) {
        if (!failure)
            accept_client();
    });
}

void channel::accept_client() {
    const int fd = accept4(m_listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    try {
        if (fd < 0)
            throw std::runtime_error(std::strerror(errno));
        adopt(fd);
    } catch (const std::exception&) { // no descriptor is free, or the client has gone again
        m_retry.expires_after(std::chrono::milliseconds(100));
        m_retry.async_wait([this](const error_code& failure) {
            if (!failure)
                await_client();
        });
        return;
    }
    m_owner->opened();
    await_input();
}

void channel::await_input() {
    if (!m_input_polls) {
        boost::asio::post(m_thread.context(), [this] {
            if (m_owner != nullptr && m_input.is_open())
                read_piece();
        });
        return;
    }
    m_input.async_wait(descriptor::wait_read, [this](const error_code& failure) {
        if (failure == boost::asio::error::operation_not_supported) {
            m_input_polls = false;
            await_input();
        } else if (!failure) {
            read_piece();
        }
    });
}

void channel::read_piece() {
    std::vector<file_descriptor> descriptors;
    ssize_t count;
    if (m_where.stdio) {
        count = read(m_input.native_handle(), m_piece.data(), m_piece.size());
    } else {
        iovec place{m_piece.data(), m_piece.size()};
        alignas(cmsghdr) char control[CMSG_SPACE(max_descriptors * sizeof(int))];
        msghdr message{};
        message.msg_iov = &place;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        count = recvmsg(m_input.native_handle(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        for (cmsghdr* part = count < 0 ? nullptr : CMSG_FIRSTHDR(&message); part != nullptr;
             part = CMSG_NXTHDR(&message, part)) {
            if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
                continue;
            for (size_t at = CMSG_LEN(0); at + sizeof(int) <= part->cmsg_len; at += sizeof(int)) {
                int number;
                std::memcpy(&number, reinterpret_cast<char*>(part) + at, sizeof number);
                descriptors.emplace_back(number);
            }
        }
    }
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        await_input();
    } else if (count <= 0) {
        close();
    } else {
        m_reading = false;
        m_owner->received({m_piece.data(), static_cast<size_t>(count)}, std::move(descriptors));
    }
}

/// The client sends no more, while the owner is idle. It may still read what it was answered; then the next
/// client may come.
void channel::close() {
    error_code ignored;
    m_input.close(ignored);
    m_leaving = true;
    finish_leaving();
}

void channel::finish_leaving() {
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        if (!m_leaving || !m_queue.empty())
            return;
        m_leaving = false;
        if (!m_where.stdio) {
            give_up_output();
            m_output.reset();
        }
    }
    m_owner->closed();
    await_client();
}

/// The lock is held.
void channel::give_up_output() {
    m_takes_output = false;
    m_awaits_output = false;
    m_queue.clear();
    m_backlog = m_sent = 0;
}

void channel::send(std::string bytes) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (!m_takes_output || bytes.empty())
        return;
    m_backlog += bytes.size();
    m_queue.push_back(std::move(bytes));
    if (m_awaits_output && m_backlog <= max_backlog)
        return;
    if (m_backlog > max_backlog || !write_some()) {
        ::shutdown(m_output->native_handle(), SHUT_RDWR); // reading finds the end
        give_up_output();
    } else if (!m_queue.empty()) {
        m_awaits_output = true;
        boost::asio::post(m_thread.context(), [this] { await_output(); });
    }
}

/// What the client takes now; false when it takes nothing any more.
bool channel::write_some() {
    while (!m_queue.empty()) {
        const std::string& first = m_queue.front();
        const int fd = m_output->native_handle();
        ssize_t count;
        if (m_where.stdio) {
            pollfd place{fd, POLLOUT, 0};
            if (poll(&place, 1, 0) != 1)
                return true;
            // No more than a pipe is sure to take without waiting.
            count = write(fd, first.data() + m_sent, std::min<size_t>(first.size() - m_sent, 4096));
        } else {
            count = ::send(fd, first.data() + m_sent, first.size() - m_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        }
        if (count < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        m_sent += static_cast<size_t>(count);
        m_backlog -= static_cast<size_t>(count);
        if (m_sent == first.size()) {
            m_queue.pop_front();
            m_sent = 0;
        }
    }
    return true;
}

void channel::await_output() {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_awaits_output = false;
    if (m_queue.empty())
        return;
    m_awaits_output = true;
    m_output->async_wait(descriptor::wait_write, [this](const error_code& failure) {
        if (failure)
            return;
        {
            const std::lock_guard<std::mutex> guard(m_mutex);
            if (m_takes_output && !write_some())
                give_up_output();
        }
        await_output();
        if (m_owner != nullptr)
            finish_leaving();
    });
}

void channel::finish() {
    std::promise<void> gone;
    boost::asio::post(m_thread.context(), [this, &gone] {
        m_owner = nullptr;
        error_code ignored;
        m_listener.close(ignored);
        m_input.close(ignored);
        m_retry.cancel();
        const std::lock_guard<std::mutex> lock(m_mutex);
        const auto deadline = std::chrono::steady_clock::now() + farewell;
        while (!m_queue.empty() && std::chrono::steady_clock::now() < deadline) {
            pollfd place{m_output->native_handle(), POLLOUT, 0};
            if (poll(&place, 1, 100) == 1 && !write_some())
                give_up_output();
        }
        give_up_output();
        m_output.reset();
        gone.set_value();
    });
    gone.get_future().wait();
}

} // namespace vmcore::sim
