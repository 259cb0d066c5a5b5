#pragma once

#include "sim/io/file_descriptor.h"
#include "sim/messages.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace vmcore::sim {

/// The thread on which all input and output of the protocol servers happens. Signals are not for it.
class io_thread {
public:
    /// @throws std::runtime_error when the host has no descriptors or thread for it
    io_thread() try {
        // Asio makes what it waits with when the first descriptor wants it: later, in front of nobody who
        // could be told that the host has none.
        const boost::asio::posix::stream_descriptor first_user(m_context);
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before); // the thread inherits it
        m_thread = std::thread([this] { run(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    } catch (const boost::system::system_error& failure) {
        throw std::runtime_error("cannot serve clients and dumps: " + failure.code().message());
    } catch (const std::system_error& failure) {
        throw std::runtime_error("cannot serve clients and dumps: " + failure.code().message());
    }
    ~io_thread() {
        m_context.stop();
        m_thread.join();
    }
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;

    boost::asio::io_context& context() { return m_context; }

    /// Calls, on this thread, when poll() finds something to read; at once where the host cannot wait for it.
    void when_readable(file_descriptor watched, std::function<void()> call) {
        using descriptor = boost::asio::posix::stream_descriptor;
        const auto waiting = std::make_shared<file_descriptor>(std::move(watched));
        boost::asio::post(m_context, [this, waiting, call = std::move(call)] {
            const auto stream = std::make_shared<descriptor>(m_context);
            boost::system::error_code refused;
            stream->assign(waiting->get(), refused);
            if (refused)
                return call();
            waiting->release();
            stream->async_wait(descriptor::wait_read,
                               [stream, call](const boost::system::error_code& failure) {
                                   if (!failure)
                                       call();
                               });
        });
    }

    /// Does something while this thread stands still and holds no lock; a fork() has to.
    void hold_during(const std::function<void()>& action) {
        struct meeting {
            std::promise<void> held;
            std::promise<void> done;
        };
        const auto both = std::make_shared<meeting>();
        boost::asio::post(m_context, [both] {
            both->held.set_value();
            both->done.get_future().wait();
        });
        both->held.get_future().wait();
        try {
            action();
        } catch (...) {
            both->done.set_value();
            throw;
        }
        both->done.set_value();
    }

private:
    /// What fails for one client ends neither the simulator nor the others.
    void run() {
        for (;;) {
            try {
                m_context.run();
                return;
            } catch (const std::exception& failure) {
                print_warning(std::string("input and output of clients: ") + failure.what());
            }
        }
    }

    boost::asio::io_context m_context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> m_work{m_context.get_executor()};
    std::thread m_thread;
};

} // namespace vmcore::sim
