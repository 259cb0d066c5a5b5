#pragma once

#include <cerrno>
#include <csignal>
#include <ctime>

namespace vmcore {

/// Keeps the SIGPIPE of a write from this thread, where it would end the process.
class broken_pipe_guard {
public:
    broken_pipe_guard() {
        sigemptyset(&m_pipe);
        sigaddset(&m_pipe, SIGPIPE);
        sigset_t pending;
        sigpending(&pending);
        m_was_pending = sigismember(&pending, SIGPIPE) == 1;
        pthread_sigmask(SIG_BLOCK, &m_pipe, &m_before);
    }
    ~broken_pipe_guard() {
        const timespec at_once = {};
        const int error = errno;
        while (!m_was_pending && sigtimedwait(&m_pipe, nullptr, &at_once) == -1 && errno == EINTR) {
        }
        pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
        errno = error;
    }
    broken_pipe_guard(const broken_pipe_guard&) = delete;
    broken_pipe_guard& operator=(const broken_pipe_guard&) = delete;

private:
    sigset_t m_pipe, m_before;
    bool m_was_pending;
};

} // namespace vmcore
