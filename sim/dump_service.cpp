#include "sim/dump_service.h"

#include "sim/messages.h"

#include <stdexcept>

namespace vmcore::sim {

dump_service::dump_service(run_control& control, const board& dumped)
    : m_control(control)
    , m_dumper("dumper", dumped, dumped.vmcoreinfo(), dumped.cpus()) {}

const dump_result& dump_service::write(const dump_request& request) {
    const bool was_running = m_control.pause();
    announce();
    std::string error;
    try {
        m_last = m_dumper.write(request);
        uint64_t total = 0;
        for (const dump_result::segment& segment : m_last->segments)
            total += segment.size;
        m_progress = {status::completed, total, total};
        for (const std::string& warning : m_last->warnings)
            print_warning(request.file + ": " + warning);
    } catch (const std::exception& failure) {
        m_progress.state = status::failed;
        error = failure.what();
    }
    if (m_observer)
        m_observer(m_progress, error);
    if (was_running)
        m_control.resume();
    if (!error.empty())
        throw std::runtime_error(error);
    return *m_last;
}

} // namespace vmcore::sim
