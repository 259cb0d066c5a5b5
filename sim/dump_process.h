#pragma once

#include "models/dump/dumper.h"
#include "sim/io/file_descriptor.h"

#include <functional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace vmcore::sim {

/// A process that writes a dump of the instant at which it was split off, while this one goes on. It ends
/// with this process, whatever ends that.
class dump_process {
public:
    using work = std::function<dump_result(dump_meter& meter)>;

    /// Splits the process off, which does the work. While it is made no other thread may hold a lock that the
    /// work needs.
    /// @param file of the dump, for messages
    /// @param kept descriptors that the work needs; of others the process has the standard ones only, so
    ///             that whoever is at the other end of one that this process closes sees an end there
    /// @throws std::system_error when the host has no process to give
    dump_process(std::string file, const work& write, const std::vector<int>& kept);
    /// Ends the process if it has not ended yet.
    ~dump_process();
    dump_process(const dump_process&) = delete;
    dump_process& operator=(const dump_process&) = delete;

    /// Also after its end.
    pid_t id() const { return m_process; }
    /// A descriptor on which poll() finds something to read when the process has ended. There is one.
    file_descriptor take_end_notice() { return std::move(m_end_notice); }
    dump_progress progress() const;

    /// What the work returned; waits for the end. To be called once.
    /// @throws std::runtime_error with what the work threw, or how the process died
    dump_result finish();

private:
    /// Memory that both processes have.
    class shared_meter {
    public:
        explicit shared_meter(const std::string& file);
        ~shared_meter();
        shared_meter(const shared_meter&) = delete;
        shared_meter& operator=(const shared_meter&) = delete;
        dump_meter& operator*() const { return *m_meter; }

    private:
        dump_meter* m_meter;
    };

    int reap();
    [[noreturn]] void refuse(const char* what) const;
    [[noreturn]] void work_alone(const work& write, const std::vector<int>& kept);

    std::string m_file;
    shared_meter m_meter;
    file_descriptor m_report; ///< file in memory that the result comes in
    file_descriptor m_end_notice;
    pid_t m_process = -1;
    bool m_reaped = false;
};

} // namespace vmcore::sim
