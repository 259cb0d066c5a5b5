#pragma once

#include "sim/client_tasks.h"
#include "sim/io/channel.h"
#include "sim/qmp/commands.h"
#include "sim/qmp/json_reader.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace vmcore::sim::qmp {

/// A server of QEMU's machine protocol (QEMU, docs/interop/qmp-spec): one JSON object for each command and
/// answer, a greeting, and events. Commands are carried out on the kernel's thread, in order, whether the
/// guest runs or not.
class server : private channel::client {
public:
    /// @throws std::runtime_error when the endpoint cannot be opened
    server(io_thread& thread, const endpoint& where, const command_table& commands, run_control& control);
    ~server();

    void start() { m_channel.start(*this); }

    /// Sends an event to a client that has negotiated. To be called on the kernel's thread.
    void announce(const char* event, boost::json::object data);

private:
    void opened() override;
    void received(std::string_view bytes, std::vector<file_descriptor> came) override;
    void closed() override;

    void serve(const json_reader::item& item);
    boost::json::value execute(const boost::json::object& request);
    boost::json::value negotiate(const boost::json::object& given);
    void send(const boost::json::object& message);

    const command_table& m_commands;
    channel m_channel;
    json_reader m_reader; ///< of the I/O thread
    std::atomic<bool> m_client_left{false};
    bool m_negotiated = false; ///< of the kernel's thread, as what follows
    descriptors m_descriptors;
    client_tasks m_tasks;
};

/// An event of the run, or of a dump, to every server.
void announce(std::vector<std::unique_ptr<server>>& servers, const run_event& event);
void announce(std::vector<std::unique_ptr<server>>& servers, const dump_service::progress& end,
              const std::string& error);

} // namespace vmcore::sim::qmp
