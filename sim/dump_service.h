#pragma once

#include "models/dump/dumper.h"
#include "sim/run_control.h"

#include <functional>
#include <optional>
#include <string>

namespace vmcore::sim {

/// Writes the dumps of a run, whoever asks for them, and remembers how the last one went.
class dump_service {
public:
    enum class status { none, active, completed, failed };
    struct progress {
        status state = status::none;
        uint64_t completed = 0; ///< bytes of guest memory
        uint64_t total = 0;
    };
    /// The last dump has come to its end; `error` is empty when it is good.
    using observer = std::function<void(const progress& end, const std::string& error)>;

    dump_service(run_control& control, const board& dumped);

    void observe(observer added) { m_observer = std::move(added); }

    /// Holds a running guest meanwhile. Warnings go to the standard error output.
    /// @throws std::runtime_error as dumper::write
    const dump_result& write(const dump_request& request);
    /// To be called before a write() that is announced to take place later.
    void announce() { m_progress = {status::active, 0, 0}; }
    /// A dump was asked for that could not even begin.
    void fail() { m_progress = {status::failed, 0, 0}; }

    const progress& last_progress() const { return m_progress; }
    const std::optional<dump_result>& last() const { return m_last; }

private:
    run_control& m_control;
    dumper m_dumper;
    progress m_progress;
    std::optional<dump_result> m_last;
    observer m_observer;
};

} // namespace vmcore::sim
