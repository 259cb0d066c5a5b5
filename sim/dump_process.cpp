// The process is a fork: it has the guest's memory as it was at that instant, for the cost of the page
// tables, and both may write to theirs. What it has to tell travels in two pieces of shared memory: how far
// it has come in a dump_meter, and at its end the result as JSON in a memory file, which, unlike a pipe,
// nobody has to empty meanwhile. It never returns from the constructor and never runs a destructor or an exit
// handler, because everything that those would end or flush belongs to the process that goes on.

#include "sim/dump_process.h"

#include "sim/dump_report.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace vmcore::sim {

[[noreturn]] static void refuse(const std::string& file, const char* what) {
    throw std::system_error(errno, std::generic_category(), file + ": the dump's process: cannot " + what);
}

void dump_process::refuse(const char* what) const {
    sim::refuse(m_file, what);
}

dump_process::shared_meter::shared_meter(const std::string& file) {
    void* const page =
        mmap(nullptr, sizeof(dump_meter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        sim::refuse(file, "share memory");
    m_meter = new (page) dump_meter;
}

dump_process::shared_meter::~shared_meter() {
    munmap(m_meter, sizeof(dump_meter));
}

static void leave_signals_to(pid_t parent) {
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM})
        std::signal(number, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE); // it died before it could be told of
}

/// fork() with no signal in between: one that comes at once must not find this process's handlers in the
/// other. There the signals by which a user ends the simulator are ignored: at a terminal they come to both
/// processes, and the end of the one that goes on ends the other too.
static pid_t split_off() {
    const pid_t parent = getpid();
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t process = fork();
    const int error = errno;
    if (process == 0)
        leave_signals_to(parent);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return process;
}

/// A client must see at once that the simulator closes its connection or a pipe of its, however long the dump
/// takes. The standard descriptors stay.
static void close_all_except(std::vector<int> kept) {
    std::sort(kept.begin(), kept.end());
    unsigned first = STDERR_FILENO + 1;
    for (const int number : kept) {
        if (number < static_cast<int>(first))
            continue;
        const auto next = static_cast<unsigned>(number);
        if (next > first)
            close_range(first, next - 1, 0);
        first = next + 1;
    }
    close_range(first, ~0U, 0);
}

static bool write_all(int file, const std::string& text) {
    size_t written = 0;
    while (written < text.size()) {
        const ssize_t count = write(file, text.data() + written, text.size() - written);
        if (count < 0 && errno != EINTR)
            return false;
        written += count < 0 ? 0 : static_cast<size_t>(count);
    }
    return true;
}

static std::string outcome_of(const dump_process::work& write, dump_meter& meter) {
    try {
        return report_result(write(meter));
    } catch (const std::exception& failure) {
        return report_error(failure.what());
    }
}

/// By its number: the C library of Debian 12 declares pidfd_open() for C only.
static file_descriptor open_notice(pid_t process) {
    return file_descriptor(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
}

void dump_process::work_alone(const work& write, const std::vector<int>& kept) {
    std::vector<int> all = kept;
    all.push_back(m_report.get());
    close_all_except(std::move(all));
    _exit(write_all(m_report.get(), outcome_of(write, *m_meter)) ? EXIT_SUCCESS : EXIT_FAILURE);
}

dump_process::dump_process(std::string file, const work& write, const std::vector<int>& kept)
    : m_file(std::move(file))
    , m_meter(m_file)
    , m_report(memfd_create("dump report", MFD_CLOEXEC)) {
    if (!m_report)
        refuse("make its report");
    m_process = split_off();
    if (m_process < 0)
        refuse("start");
    if (m_process == 0)
        work_alone(write, kept);
    m_end_notice = open_notice(m_process);
    if (!m_end_notice) {
        const int error = errno;
        kill(m_process, SIGKILL);
        reap();
        errno = error;
        refuse("be watched");
    }
}

dump_process::~dump_process() {
    if (m_reaped)
        return;
    kill(m_process, SIGKILL);
    reap();
}

int dump_process::reap() {
    int status = 0;
    while (waitpid(m_process, &status, 0) < 0 && errno == EINTR) {
    }
    m_reaped = true;
    return status;
}

dump_progress dump_process::progress() const {
    const dump_meter& meter = *m_meter;
    const uint64_t total = meter.total;
    return {std::min<uint64_t>(meter.completed, total), total};
}

static std::string content(int file) {
    std::string text;
    char piece[4096];
    for (;;) {
        const ssize_t count = pread(file, piece, sizeof piece, static_cast<off_t>(text.size()));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return text;
        text.append(piece, static_cast<size_t>(count));
    }
}

dump_result dump_process::finish() {
    const int status = reap();
    if (WIFSIGNALED(status))
        throw std::runtime_error(m_file + ": the process that wrote the dump was ended by signal " +
                                 std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")");
    if (WEXITSTATUS(status) != EXIT_SUCCESS)
        throw std::runtime_error(m_file + ": the process that wrote the dump could not say how it went");
    return read_report(m_file, content(m_report.get()));
}

} // namespace vmcore::sim
