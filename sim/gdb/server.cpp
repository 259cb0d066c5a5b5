#include "sim/gdb/server.h"

#include <memory>
#include <utility>

namespace vmcore::sim::gdb {

static std::vector<debug_target*> targets_of(board& debugged) {
    std::vector<debug_target*> all;
    while (debug_target* next = debugged.debugged(static_cast<unsigned>(all.size())))
        all.push_back(next);
    return all;
}

server::server(io_thread& thread, const endpoint& where, board& debugged, const qmp::command_table& commands,
               run_control& control)
    : m_control(control)
    , m_commands(commands)
    , m_session(targets_of(debugged), *this)
    , m_channel(thread, where)
    , m_tasks(control) {
    for (debug_target* each : targets_of(debugged))
        each->on_stop([&control] { control.stop_for_debugger(); });
}

server::~server() {
    m_channel.finish();
}

void server::opened() {
    m_tasks.post([this] {
        m_acknowledges = m_acknowledges_next = true;
        m_last.clear();
        m_session.client_came();
    });
}

void server::closed() {
    m_reader.reset();
    m_tasks.post([this] { m_session.client_left(); });
}

void server::received(std::string_view bytes, std::vector<file_descriptor>) {
    for (packet_reader::item& item : m_reader.feed(bytes))
        m_tasks.post([this, item = std::make_shared<packet_reader::item>(std::move(item))] { serve(*item); });
    m_tasks.post([this] { m_channel.resume(); });
}

void server::serve(const packet_reader::item& item) {
    using kind = packet_reader::item::kind;
    switch (item.what) {
    case kind::accepted: break;
    case kind::refused: m_channel.send(m_last); break;
    case kind::interrupt: m_session.interrupt(); break;
    case kind::damaged:
        if (m_acknowledges)
            m_channel.send("-");
        break;
    case kind::packet:
        if (m_acknowledges)
            m_channel.send("+");
        m_session.packet(item.text);
        m_acknowledges = m_acknowledges_next;
        break;
    }
}

void server::send(const std::string& packet) {
    m_last = frame(packet);
    m_channel.send(m_last);
}

/// As QMP's client would, which minds dumps that are under way.
void server::pause() {
    qmp::descriptors none;
    m_commands.execute("stop", {}, none);
}

bool server::resume() {
    qmp::descriptors none;
    try {
        m_commands.execute("cont", {}, none);
        return true;
    } catch (const qmp::error&) {
        return false;
    }
}

std::string server::monitor(const std::string& line, unsigned cpu) {
    qmp::descriptors none;
    try {
        const boost::json::value answer =
            m_commands.execute("human-monitor-command", {{"command-line", line}, {"cpu-index", cpu}}, none);
        return std::string(answer.as_string());
    } catch (const std::exception& failure) {
        return std::string("Error: ") + failure.what() + "\n";
    }
}

void server::observe(const run_event& event) {
    if (event.what != run_event::kind::stop || event.brief)
        return;
    switch (m_control.state()) {
    case run_state::debug: return m_session.stopped(halt::debug);
    case run_state::shutdown: return m_session.stopped(halt::shutdown);
    case run_state::guest_panicked: return m_session.stopped(halt::panicked);
    default: return m_session.stopped(halt::paused);
    }
}

} // namespace vmcore::sim::gdb
