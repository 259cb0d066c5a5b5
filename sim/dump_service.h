#pragma once

#include "models/dump/dumper.h"
#include "sim/dump_process.h"
#include "sim/io/io_thread.h"
#include "sim/run_control.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace vmcore::sim {

/// Writes the dumps of a run, whoever asks for them, one at a time, and remembers how the last one went.
///
/// A dump is written by a dump_process, so it is of the instant at which it was asked for, whatever happens
/// while it is written; commands from outside are answered meanwhile. Warnings go to the standard error
/// output, with the file's name as the request has it. All functions are for the kernel's thread, between two
/// slices.
class dump_service {
public:
    enum class status { none, active, completed, failed };
    struct progress {
        status state = status::none;
        uint64_t completed = 0; ///< bytes of guest memory
        uint64_t total = 0;     ///< 0: not known (yet)
    };
    /// The last dump has come to its end; `error` is empty when it is good.
    using observer = std::function<void(const progress& end, const std::string& error)>;
    /// Is shown how far a dump is, every now and then; nothing, when other output follows.
    using display = std::function<void(const std::optional<dump_progress>& now)>;

    /// `thread` is what else runs in this process besides the kernel's thread and those that do nothing but
    /// wait for a signal.
    dump_service(run_control& control, const board& dumped, io_thread& thread);
    /// As cancel(), without a word.
    ~dump_service();

    void observe(observer added) { m_observer = std::move(added); }

    /// Waits for the dump under way, if there is one; holds a running guest until the dump is complete. An
    /// end of the run from outside meanwhile cancels it.
    /// @throws std::runtime_error as dumper::write, and when no process can be had or it dies
    const dump_result& write(dump_request request, const display& shown = nullptr);

    /// Begins with a dump and returns; a running guest is held for that moment only. Observers are told of
    /// the end.
    /// @throws std::system_error when no process can be had
    void start(dump_request request);

    /// Ends the dump under way, which leaves nothing behind; if there is one, it has failed for this reason.
    void cancel(const std::string& reason);

    /// A dump was asked for that could not even begin.
    void fail() { m_last_progress = {status::failed, 0, 0}; }

    bool active() const { return m_process != nullptr; }
    /// Whether the guest waits for the end of a dump.
    bool holds_guest() const { return active() && m_holds; }
    /// A guest that waits for the end of a dump does not go on then.
    void keep_held() { m_resumes = false; }

    progress last_progress() const;

private:
    void begin(dump_request request);
    void await_end();
    void end();
    void close(status state, const std::string& error);

    run_control& m_control;
    io_thread& m_thread;
    dumper m_dumper;
    std::unique_ptr<dump_process> m_process; ///< null: no dump is under way
    unsigned m_number = 0;                   ///< of the dump under way: late news of others are none of its
    std::string m_file;                      ///< that it is written to
    bool m_makes_file = false;               ///< and does not write into one that is open
    bool m_holds = false;
    bool m_resumes = false;
    display m_display;        ///< of the dump under way, if somebody looks at it
    std::string m_error;      ///< of the last dump
    progress m_last_progress; ///< at its end
    std::optional<dump_result> m_last;
    observer m_observer;
};

} // namespace vmcore::sim
