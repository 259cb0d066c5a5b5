#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <thread>

namespace vmcore::sim {

/// The thread on which all input and output of the protocol servers happens. Signals are not for it.
class io_thread {
public:
    io_thread() {
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before); // the thread inherits it
        m_thread = std::thread([this] { m_context.run(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    ~io_thread() {
        m_context.stop();
        m_thread.join();
    }
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;

    boost::asio::io_context& context() { return m_context; }

private:
    boost::asio::io_context m_context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> m_work{m_context.get_executor()};
    std::thread m_thread;
};

} // namespace vmcore::sim
