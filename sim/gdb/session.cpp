// From a packet to a command. Commands are methods; those that make the guest run and stop are in
// session_run.cpp, those of registers, memory and breakpoints in session_memory.cpp, the rest in
// session_query.cpp.

#include "sim/gdb/session.h"

#include "sim/gdb/target_description.h"

namespace vmcore::sim::gdb {

/// The longer of two names that begin alike comes first.
const std::vector<session::command> session::commands = {
    {"?", &session::halt_reason},
    {"c", &session::go_on},
    {"C", &session::go_on_with_signal},
    {"s", &session::single_step},
    {"S", &session::single_step_with_signal},
    {"vCont?", &session::continue_actions},
    {"vCont", &session::continue_threads},
    {"vKill", &session::kill},
    {"vMustReplyEmpty", &session::must_be_empty},
    {"k", &session::kill},
    {"D", &session::detach},
    {"g", &session::read_all_registers},
    {"G", &session::write_all_registers},
    {"p", &session::read_register},
    {"P", &session::write_register},
    {"m", &session::read_memory},
    {"M", &session::write_memory},
    {"X", &session::write_binary},
    {"Z", &session::insert_point},
    {"z", &session::remove_point},
    {"H", &session::select_thread},
    {"T", &session::is_alive},
    {"qSupported", &session::supported},
    {"QStartNoAckMode", &session::no_acknowledgements},
    {"qXfer:features:read:", &session::description},
    {"qAttached", &session::attached},
    {"qfThreadInfo", &session::first_threads},
    {"qsThreadInfo", &session::more_threads},
    {"qThreadExtraInfo,", &session::thread_information},
    {"qRcmd,", &session::monitor},
    {"qCRC:", &session::checksum},
    {"qC", &session::current_thread},
    {"qqemu.sstepbits", &session::step_bits},
    {"qqemu.sstep", &session::step_setting},
    {"Qqemu.sstep=", &session::set_step},
};

session::session(std::vector<debug_target*> cpus, host& simulator)
    : m_cpus(std::move(cpus))
    , m_host(simulator)
    , m_description(target_description(*m_cpus.front())) {
    client_left();
}

void session::client_came() {
    client_left();
    m_host.pause();
}

/// The guest goes on as it does, running or not; nothing is left that could stop it later.
void session::client_left() {
    remove_all_points();
    m_waits = m_multiprocess = m_tells_break = m_tells_hardware = false;
    m_selected = m_runs = 0;
    m_step_flags = 7;
    let_all_go();
}

void session::packet(const std::string& text) {
    if (const reply given = answer(text))
        m_host.send(*given);
}

/// What begins with no command that is known is answered with nothing: gdb then knows, too.
session::reply session::answer(const std::string& text) {
    for (const command& each : commands) {
        text_reader given(text);
        if (!given.take(each.name))
            continue;
        try {
            return (this->*each.carry_out)(given);
        } catch (const malformed&) {
            return error_malformed;
        }
    }
    return "";
}

} // namespace vmcore::sim::gdb
