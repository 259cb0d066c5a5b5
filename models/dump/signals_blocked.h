#pragma once

#include <csignal>

namespace vmcore {

/// As long as it lives, no signal is delivered to this thread, nor ever to the threads that it starts
/// meanwhile.
class signals_blocked {
public:
    signals_blocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &m_before);
    }
    ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &m_before, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

private:
    sigset_t m_before;
};

} // namespace vmcore
