#include "sim/simulation.h"

#include "models/dump/post_mortem.h"
#include "models/uart16550/backend.h"
#include "platform/elf_image.h"
#include "platform/files.h"
#include "sim/board_factory.h"
#include "sim/bus_viewer.h"
#include "sim/dump_output.h"
#include "sim/dump_service.h"
#include "sim/gdb/server.h"
#include "sim/io/io_thread.h"
#include "sim/messages.h"
#include "sim/progress_line.h"
#include "sim/qmp/server.h"
#include "sim/qtest/server.h"
#include "sim/run_control.h"
#include "sim/signal_watcher.h"
#include "sim/summary.h"

#include <csignal>
#include <filesystem>
#include <iostream>
#include <sys/prctl.h>
#include <system_error>

namespace vmcore::sim {

namespace {

/// Quanta in a slice: enough that the kernel's start and stop do not count, few enough to answer at once.
constexpr unsigned quanta_per_slice = 50;

/// Writes what --dump asks for.
class requested_dumps {
public:
    requested_dumps(const options& wanted, const board& dumped, dump_service& dumps)
        : m_request(wanted.dump)
        , m_output(wanted.dump_file, wanted.dump.format)
        , m_dumps(dumps) {
        m_request.target = dumped.target();
    }

    void write() {
        dump_request request = m_request;
        if (!m_output.provide(request)) {
            print_warning(request.file + ": a dump was written there already, and it takes only one");
            return;
        }
        progress_line line;
        m_result = m_dumps.write(std::move(request), [&line](const std::optional<dump_progress>& now) {
            if (now)
                line.show(*now);
            else
                line.clear();
        });
    }

    /// The last one.
    const std::optional<dump_result>& result() const { return m_result; }

private:
    dump_request m_request;
    dump_output m_output;
    dump_service& m_dumps;
    std::optional<dump_result> m_result;
};

/// The protocol servers of a run, and the thread that does their input and output.
class servers {
public:
    servers(const options& wanted, board& served, run_control& control, dump_service& dumps,
            io_thread& thread)
        : m_master("outside", served, control)
        , m_viewer("viewer", served)
        , m_commands({control, served, dumps, wanted.dump, m_viewer, wanted.name, wanted.board.uuid}) {
        const protocol_options& protocols = wanted.protocols;
        if (protocols.qtest)
            m_qtest.emplace(thread, *protocols.qtest, protocols.qtest_log, served, m_master, control);
        for (const endpoint& where : protocols.qmp)
            m_qmp.push_back(std::make_unique<qmp::server>(thread, where, m_commands, control));
        control.observe([this](const run_event& event) { qmp::announce(m_qmp, event); });
        if (protocols.gdb)
            serve_gdb(thread, *protocols.gdb, served, control);
        dumps.observe([this](const dump_service::progress& end, const std::string& error) {
            qmp::announce(m_qmp, end, error);
        });
    }

    void start() {
        if (m_qtest)
            m_qtest->start();
        for (const auto& each : m_qmp)
            each->start();
        if (m_gdb)
            m_gdb->start();
    }

    /// To be told before the last dump, for which nobody should wait.
    void run_ended(const run_end& end) {
        if (m_gdb)
            m_gdb->run_ended(end);
    }

private:
    void serve_gdb(io_thread& thread, const endpoint& where, board& served, run_control& control) {
        if (served.debugged(0) == nullptr)
            throw std::runtime_error(where.option + ": the board has no CPU that runs, expected -M virt");
        m_gdb.emplace(thread, where, served, m_commands, control);
        control.observe([this](const run_event& event) { m_gdb->observe(event); });
    }

    bus_master m_master;
    bus_viewer m_viewer;
    qmp::command_table m_commands;
    std::optional<qtest::server> m_qtest;
    std::vector<std::unique_ptr<qmp::server>> m_qmp;
    std::optional<gdb::server> m_gdb;
};

bool dump_is_due(const options& wanted, const run_end& end) {
    if (wanted.dump_file.empty())
        return false;
    return wanted.dump_on == dump_trigger::exit ||
           (wanted.dump_on == dump_trigger::panic && end.why == run_cause::guest_panic);
}

/// Whether a dump is there for other programs: what went through a descriptor or a pipe is not.
bool can_be_opened(const std::string& file) {
    std::error_code none;
    return !file.empty() && !descriptor_named("--dump", file) && std::filesystem::is_regular_file(file, none);
}

/// Refuses a dump that cannot be made before the guest runs, perhaps for hours.
void check_dump(const options& wanted, const board& dumped) {
    if (!wanted.dump_file.empty() && dumped.cpus().empty())
        throw std::runtime_error("--dump: the board has no CPU whose registers a dump could hold; "
                                 "--cpu-state gives the pc board some");
}

std::string symbol_file(const options& wanted) {
    for (const std::string& file : {wanted.board.kernel, wanted.board.bios})
        if (!file.empty() && file != "none" && is_elf(read_file("-bios", file)))
            return file;
    return "";
}

} // namespace

int simulate(const options& wanted) {
    const std::string symbols = wanted.summary ? symbol_file(wanted) : "";
    if (wanted.exit_with_parent)
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    run_control control(wanted.board.quantum * quanta_per_slice, wanted.policy);
    const std::unique_ptr<board> built = make_board(wanted, control);
    board& board = *built;
    const post_mortem_registration findable(board.target(), board.ranges(), board.post_mortem());
    check_dump(wanted, board);
    io_thread thread;
    dump_service dumps(control, board, thread);
    std::optional<requested_dumps> requested;
    if (!wanted.dump_file.empty())
        requested.emplace(wanted, board, dumps);
    board.on_publish([&control] { control.guest_published(); });
    if (requested && wanted.dump_on == dump_trigger::publish)
        control.on_guest_publish([&requested] { requested->write(); });
    if (requested && wanted.dump_on == dump_trigger::panic)
        control.on_guest_panic([&requested] { requested->write(); });

    servers protocols(wanted, board, control, dumps, thread);

    // From here on a signal is a command; before, while files are read and peers waited for, it simply ends.
    signal_watcher signals([&control] { control.post([&control] { control.end(run_cause::host_signal); }); },
                           restore_terminal);
    board.reset();
    protocols.start();
    const run_end end = control.run(board);
    protocols.run_ended(end);
    signals.obeyed(); // another one ends the dump that now is due
    board.flush_console();
    dumps.cancel("the run has ended");
    if (dump_is_due(wanted, end))
        requested->write();
    else if (requested && !requested->result())
        print_warning(wanted.dump_file + ": not written: the event of --dump-on did not happen");

    if (wanted.summary) {
        run_summary summary;
        if (board.vmcoreinfo() != nullptr)
            summary.published = board.vmcoreinfo()->record();
        summary.simulated = sc_core::sc_time_stamp();
        summary.host_seconds = std::chrono::duration<double>(control.host_time()).count();
        summary.instructions = board.instructions();
        if (requested)
            summary.dump = requested->result();
        summary.dump_file = wanted.dump_file;
        summary.core_file = wanted.dump.format == "elf" && can_be_opened(wanted.dump_file);
        summary.symbols = symbols;
        print_summary(std::cerr, summary);
    }
    return end.exit_code;
}

} // namespace vmcore::sim
