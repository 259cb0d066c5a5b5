#pragma once

#include "platform/board.h"
#include "sim/client_tasks.h"
#include "sim/gdb/packet.h"
#include "sim/gdb/session.h"
#include "sim/io/channel.h"
#include "sim/qmp/commands.h"
#include "sim/run_control.h"

#include <string>
#include <vector>

namespace vmcore::sim::gdb {

/// A server of gdb's remote serial protocol for one client at a time, which may come and go while the guest
/// runs. Packets are carried out on the kernel's thread, in order, whether the guest runs or not.
class server : private channel::client, private session::host {
public:
    /// @param debugged must have a CPU that can be debugged
    /// @throws std::runtime_error when the endpoint cannot be opened
    server(io_thread& thread, const endpoint& where, board& debugged, const qmp::command_table& commands,
           run_control& control);
    ~server();

    void start() { m_channel.start(*this); }

    /// Something has happened to the run. On the kernel's thread, as what follows.
    void observe(const run_event& event);
    void run_ended(const run_end& end) { m_session.ended(end.exit_code); }

private:
    void opened() override;
    void received(std::string_view bytes, std::vector<file_descriptor> descriptors) override;
    void closed() override;

    bool running() const override { return m_control.state() == run_state::running; }
    void pause() override;
    bool resume() override;
    std::string monitor(const std::string& line, unsigned cpu) override;
    void kill() override { m_control.end(run_cause::host_quit); }
    void send(const std::string& packet) override;
    void stop_acknowledging() override { m_acknowledges_next = false; }

    void serve(const packet_reader::item& item);

    run_control& m_control;
    const qmp::command_table& m_commands;
    session m_session;
    channel m_channel;
    packet_reader m_reader; ///< of the I/O thread
    client_tasks m_tasks;
    bool m_acknowledges = true;      ///< of the kernel's thread, as what follows
    bool m_acknowledges_next = true; ///< from the packet behind this one on
    std::string m_last;              ///< the last packet sent, framed
};

} // namespace vmcore::sim::gdb
