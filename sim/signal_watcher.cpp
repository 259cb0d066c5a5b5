#include "sim/signal_watcher.h"

#include "models/uart16550/backend.h"

#include <csignal>
#include <future>
#include <unistd.h>

namespace vmcore::sim {

/// Ends the watching thread; never used for anything else here.
static constexpr int wake_signal = SIGUSR2;

static sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, wake_signal})
        sigaddset(&set, signal);
    return set;
}

signal_watcher::signal_watcher(std::function<void()> on_signal, std::function<void()> last_rites) {
    const sigset_t set = watched_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::promise<void> begun;
    const std::future<void> has_begun = begun.get_future();
    m_thread = std::thread([this, set, begun = std::move(begun), on_signal = std::move(on_signal),
                            last_rites = std::move(last_rites)]() mutable {
        begun.set_value();
        for (;;) {
            int signal = 0;
            if (sigwait(&set, &signal) != 0)
                continue;
            if (signal == wake_signal)
                return;
            if (m_waits.exchange(true)) {
                last_rites();
                _exit(128 + signal);
            }
            on_signal();
        }
    });
    // A fork() that finds a thread half started leaves the child what that thread has locked: under the
    // address sanitizer, its allocator.
    has_begun.wait();
}

signal_watcher::~signal_watcher() {
    pthread_kill(m_thread.native_handle(), wake_signal);
    m_thread.join();
}

static void die_of(int signal) {
    restore_terminal();
    if (signal == SIGTERM)
        _exit(0);
    std::signal(signal, SIG_DFL);
    raise(signal); // takes effect when the handler returns
}

void take_signals_before_the_run() {
    for (const int deadly : {SIGHUP, SIGINT, SIGQUIT, SIGTERM})
        if (std::signal(deadly, die_of) == SIG_IGN)
            std::signal(deadly, SIG_IGN);
}

} // namespace vmcore::sim
