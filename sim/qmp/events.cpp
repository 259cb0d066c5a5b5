#include "sim/qmp/server.h"

namespace vmcore::sim::qmp {

namespace json = boost::json;

static const char* reason(run_cause cause) {
    switch (cause) {
    case run_cause::guest_shutdown: return "guest-shutdown";
    case run_cause::guest_panic: return "guest-panic";
    case run_cause::guest_reset: return "guest-reset";
    case run_cause::host_signal: return "host-signal";
    case run_cause::host_quit: return "host-qmp-quit";
    case run_cause::host_reset: return "host-qmp-system-reset";
    }
    return "";
}

static const char* name_of(run_event::kind kind) {
    switch (kind) {
    case run_event::kind::stop: return "STOP";
    case run_event::kind::resume: return "RESUME";
    case run_event::kind::reset: return "RESET";
    case run_event::kind::shutdown: return "SHUTDOWN";
    case run_event::kind::powerdown: return "POWERDOWN";
    case run_event::kind::guest_panicked: return "GUEST_PANICKED";
    case run_event::kind::guest_crash_loaded: return "GUEST_CRASHLOADED";
    case run_event::kind::guest_shutting_down: return "GUEST_PVSHUTDOWN";
    }
    return "";
}

static const char* name_of(run_event::aftermath follows) {
    switch (follows) {
    case run_event::aftermath::run_ends: return "poweroff";
    case run_event::aftermath::guest_is_held: return "pause";
    case run_event::aftermath::guest_goes_on: return "run";
    }
    return "";
}

void announce(std::vector<std::unique_ptr<server>>& servers, const run_event& event) {
    json::object data;
    if (event.what == run_event::kind::reset || event.what == run_event::kind::shutdown)
        data = {{"guest", by_guest(event.cause)}, {"reason", reason(event.cause)}};
    else if (event.what == run_event::kind::guest_panicked)
        data = {{"action", name_of(event.follows)}};
    else if (event.what == run_event::kind::guest_crash_loaded)
        data = {{"action", name_of(run_event::aftermath::guest_goes_on)}};
    for (const auto& each : servers)
        each->announce(name_of(event.what), data);
}

void announce(std::vector<std::unique_ptr<server>>& servers, const dump_service::progress& end,
              const std::string& error) {
    json::object data{{"result", describe(end)}};
    if (!error.empty())
        data["error"] = error;
    for (const auto& each : servers)
        each->announce("DUMP_COMPLETED", data);
}

} // namespace vmcore::sim::qmp
