#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace vmcore::sim {

/// Turns SIGINT and SIGTERM into a call, made on a thread of its own, so that the simulation can end cleanly.
/// A second signal of them, while the first has not been obeyed, ends the process at once.
class signal_watcher {
public:
    /// Construct it before any other thread, for they must inherit the signal mask.
    /// @param on_signal   called for a signal that is the first, or the first since obeyed()
    /// @param last_rites  called before a second signal ends the process
    signal_watcher(std::function<void()> on_signal, std::function<void()> last_rites);
    ~signal_watcher();
    /// What a signal asked for has been done: the next one may ask for something.
    void obeyed() { m_waits = false; }
    signal_watcher(const signal_watcher&) = delete;
    signal_watcher& operator=(const signal_watcher&) = delete;

private:
    std::atomic<bool> m_waits{false}; ///< a signal has come and was not obeyed
    std::thread m_thread;
};

/// From now on a signal that a user may end the process with leaves the terminal as it was found. SIGTERM
/// ends the process with status 0, as it does once a signal_watcher takes it, so that nobody who ends a
/// simulator has to know how far its start has come. Signals that are ignored, and those that a
/// signal_watcher takes, are left alone.
void take_signals_before_the_run();

} // namespace vmcore::sim
