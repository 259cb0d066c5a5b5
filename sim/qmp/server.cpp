#include "sim/qmp/server.h"

#include <boost/json/serialize.hpp>
#include <chrono>
#include <memory>
#include <utility>

namespace vmcore::sim::qmp {

namespace json = boost::json;

server::server(io_thread& thread, const endpoint& where, const command_table& commands, run_control& control)
    : m_commands(commands)
    , m_channel(thread, where)
    , m_tasks(control) {}

server::~server() {
    m_channel.finish();
}

void server::send(const json::object& message) {
    m_channel.send(json::serialize(message) + "\r\n");
}

void server::opened() {
    m_tasks.post([this] { // behind what the client before has left to do
        m_negotiated = false;
        m_client_left = false;
        send({{"QMP", {{"version", version()}, {"capabilities", json::array()}}}});
    });
}

void server::closed() {
    m_client_left = true;
    m_reader.reset();
    m_tasks.post([this] { m_descriptors = descriptors(); });
}

void server::received(std::string_view bytes, std::vector<file_descriptor> came) {
    std::vector<json_reader::item> items = m_reader.feed(bytes);
    // A command that is complete does not wait for those behind it: one post for each.
    m_tasks.post([this, came = std::make_shared<std::vector<file_descriptor>>(std::move(came))] {
        m_descriptors.arrive(std::move(*came));
    });
    for (json_reader::item& item : items)
        m_tasks.post([this, item = std::make_shared<json_reader::item>(std::move(item))] { serve(*item); });
    m_tasks.post([this] { m_channel.resume(); });
}

void server::serve(const json_reader::item& item) {
    json::object answer;
    const json::object* request = item.value.if_object();
    try {
        if (!item.error.empty())
            throw error(item.error);
        if (request == nullptr)
            throw error("QMP input must be a JSON object");
        answer["return"] = execute(*request);
    } catch (const error& refused) {
        answer["error"] = {{"class", refused.error_class()}, {"desc", refused.what()}};
    } catch (const std::exception& failure) {
        answer["error"] = {{"class", "GenericError"}, {"desc", failure.what()}};
    }
    if (request != nullptr && request->contains("id"))
        answer["id"] = request->at("id");
    send(answer);
}

json::value server::execute(const json::object& request) {
    for (const auto& member : request)
        if (member.key() != "execute" && member.key() != "arguments" && member.key() != "id")
            throw error("QMP input member '" + std::string(member.key()) + "' is unexpected");
    const json::value* name = request.if_contains("execute");
    if (name == nullptr)
        throw error("QMP input lacks member 'execute'");
    if (!name->is_string())
        throw error("QMP input member 'execute' must be a string");
    const json::value* given = request.if_contains("arguments");
    if (given != nullptr && !given->is_object())
        throw error("QMP input member 'arguments' must be an object");
    static const json::object none;
    const json::object& members = given == nullptr ? none : given->get_object();
    const std::string command(name->get_string());
    if (command == "qmp_capabilities")
        return negotiate(members);
    if (!m_negotiated)
        throw error("Expecting capabilities negotiation with 'qmp_capabilities'", "CommandNotFound");
    return m_commands.execute(command, members, m_descriptors);
}

json::value server::negotiate(const json::object& given) {
    if (m_negotiated)
        throw error("Capabilities negotiation is already complete, command ignored", "CommandNotFound");
    arguments taken(given);
    for (const std::string& capability : taken.list("enable"))
        throw error("Capability " + capability + " not available");
    taken.expect_no_more();
    m_negotiated = true;
    return json::object();
}

void server::announce(const char* event, json::object data) {
    if (!m_negotiated || m_client_left)
        return;
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    json::object message{{"timestamp", {{"seconds", now / 1000000}, {"microseconds", now % 1000000}}},
                         {"event", event}};
    if (!data.empty())
        message["data"] = std::move(data);
    send(message);
}

} // namespace vmcore::sim::qmp
