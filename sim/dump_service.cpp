#include "sim/dump_service.h"

#include "sim/messages.h"

#include <exception>
#include <stdexcept>
#include <vector>

namespace vmcore::sim {

dump_service::dump_service(run_control& control, const board& dumped, io_thread& thread)
    : m_control(control)
    , m_thread(thread)
    , m_dumper("dumper", dumped, dumped.vmcoreinfo(), dumped.cpus()) {}

dump_service::~dump_service() {
    m_observer = nullptr; // which may be gone
    cancel("");
}

dump_service::progress dump_service::last_progress() const {
    if (!m_process)
        return m_last_progress;
    const dump_progress now = m_process->progress();
    return {status::active, now.completed, now.total};
}

void dump_service::begin(dump_request request) {
    m_file = request.file;
    m_error.clear();
    m_makes_file = !request.opened;
    std::vector<int> kept;
    if (request.opened) { // its number, for the process must know it
        kept.push_back(request.opened->release());
        request.opened = std::make_shared<opened_file>(kept.back(), request.opened->name());
    }
    const auto write = [this, &request](dump_meter& meter) {
        request.meter = &meter;
        return m_dumper.write(request);
    };
    fail(); // unless it comes further
    m_thread.hold_during([&] { m_process = std::make_unique<dump_process>(m_file, write, kept); });
    const unsigned number = ++m_number;
    m_thread.when_readable(m_process->take_end_notice(), [this, number] {
        m_control.post([this, number] {
            if (m_process && number == m_number)
                end();
        });
    });
}

void dump_service::end() {
    try {
        m_last = m_process->finish();
        if (m_display && !m_last->warnings.empty())
            m_display(std::nullopt);
        for (const std::string& warning : m_last->warnings)
            print_warning(m_file + ": " + warning);
        close(status::completed, "");
    } catch (const std::exception& failure) {
        close(status::failed, failure.what());
    }
}

void dump_service::close(status state, const std::string& error) {
    m_last_progress = last_progress();
    m_last_progress.state = state;
    m_error = error;
    const pid_t writer = m_process->id();
    m_process.reset();
    if (state == status::failed && m_makes_file)
        output_file::remove_unfinished(m_file, writer);
    if (m_observer)
        m_observer(m_last_progress, error);
}

void dump_service::cancel(const std::string& reason) {
    if (m_process)
        close(status::failed, m_file + ": the dump was given up: " + reason);
}

void dump_service::await_end() {
    const auto idle = [this] { return !active(); };
    const auto show = [&] {
        if (active() && m_display)
            m_display(m_process->progress());
    };
    if (!m_control.serve_until(idle, show)) {
        cancel("the simulator was told to end");
        throw std::runtime_error(m_error);
    }
}

const dump_result& dump_service::write(dump_request request, const display& shown) {
    m_resumes = m_control.pause(true);
    m_holds = true;
    std::string error;
    try {
        await_end(); // of a dump that was begun before
        begin(std::move(request));
        m_display = shown;
        await_end();
        error = m_error;
    } catch (const std::exception& failure) {
        error = failure.what();
    }
    m_holds = false;
    m_display = nullptr;
    if (m_resumes)
        m_control.resume();
    if (!error.empty())
        throw std::runtime_error(error);
    return *m_last;
}

void dump_service::start(dump_request request) {
    const bool was_running = m_control.pause();
    try {
        begin(std::move(request));
    } catch (...) {
        if (was_running)
            m_control.resume();
        throw;
    }
    if (was_running)
        m_control.resume();
}

} // namespace vmcore::sim
