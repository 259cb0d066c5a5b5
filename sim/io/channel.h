#pragma once

#include "sim/io/endpoint.h"
#include "sim/io/file_descriptor.h"
#include "sim/io/io_thread.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore::sim {

/// A byte stream to one client at a time, over an endpoint. A client that leaves is no error: a server takes
/// the next one, any other channel stays closed.
///
/// Input comes in pieces, and the next piece only after resume(), so that a client can never make the
/// simulator store more than it works on. Output is queued and never waits; a client that does not take it
/// is cut off when more than `max_backlog` bytes wait for it.
class channel {
public:
    static constexpr size_t max_piece = 64 << 10;
    static constexpr size_t max_backlog = size_t(256) << 20;

    /// What the owner of a channel does. Calls come on the I/O thread.
    class client {
    public:
        virtual ~client() = default;
        virtual void opened() {}
        /// At most max_piece bytes, and the descriptors that came with them.
        virtual void received(std::string_view bytes, std::vector<file_descriptor> descriptors) = 0;
        virtual void closed() {}
    };

    /// Connects or listens, and waits for the first client if the endpoint says so. Nothing is read before
    /// start().
    /// @throws std::runtime_error naming option, path and cause
    channel(io_thread& thread, endpoint where);
    ~channel();
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    void start(client& owner);
    /// Lets go of the owner, and gives the last output a moment to leave. No call comes afterwards.
    void finish();

    // From any thread.
    void send(std::string bytes);
    void resume();

private:
    using descriptor = boost::asio::posix::stream_descriptor;

    void listen_at_path();
    void listen_at_port();
    void connect_to_path();
    void accept_first();
    void adopt(int fd);
    void await_client();
    void await_input();
    void read_piece();
    void await_output();
    bool write_some();
    void close();
    void finish_leaving();
    void accept_client();
    void give_up_output();

    io_thread& m_thread;
    endpoint m_where;
    client* m_owner = nullptr;
    descriptor m_listener;
    descriptor m_input;
    boost::asio::steady_timer m_retry; ///< to accept a client, after a failure
    std::vector<char> m_piece;
    bool m_input_polls = true; ///< false: a regular file, which is always ready
    bool m_reading = false;
    bool m_leaving = false; ///< the client sends no more; output that it may still take is left

    std::mutex m_mutex;                 ///< guards what follows
    std::optional<descriptor> m_output; ///< made, waited on and destroyed on the I/O thread only
    bool m_takes_output = false;
    std::deque<std::string> m_queue;
    size_t m_sent = 0; ///< bytes of the first string in the queue
    size_t m_backlog = 0;
    bool m_awaits_output = false;
};

} // namespace vmcore::sim
