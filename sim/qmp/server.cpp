#include "sim/qmp/server.h"

#include <boost/json/serialize.hpp>
#include <chrono>
#include <memory>
#include <utility>

namespace vmcore::sim::qmp {

namespace json = boost::json;

server::server(io_thread& thread, const endpoint& where, const command_table& commands, run_control& control)
    : m_commands(commands)
    , m_control(control)
    , m_channel(thread, where) {}

server::~server() {
    m_channel.finish();
}

void server::send(const json::object& message) {
    m_channel.send(json::serialize(message) + "\r\n");
}

/// Has something done on the kernel's thread when all that the client asked for before is done.
void server::post(std::function<void()> task) {
    m_control.post([this, task = std::move(task)]() mutable {
        m_tasks.push_back(std::move(task));
        carry_out_next();
    });
}

/// One at a time, so that the run can do what a command asks of it before the next.
void server::carry_out_next() {
    if (m_at_work || m_tasks.empty())
        return;
    const std::function<void()> task = std::move(m_tasks.front());
    m_tasks.pop_front();
    m_at_work = true;
    task();
    m_at_work = false;
    if (!m_tasks.empty())
        m_control.post([this] { carry_out_next(); });
}

void server::opened() {
    post([this] { // behind what the client before has left to do
        m_negotiated = false;
        m_client_left = false;
        send({{"QMP", {{"version", version()}, {"capabilities", json::array()}}}});
    });
}

void server::closed() {
    m_client_left = true;
    m_reader.reset();
    post([this] { m_descriptors = descriptors(); });
}

void server::received(std::string_view bytes, std::vector<file_descriptor> came) {
    std::vector<json_reader::item> items = m_reader.feed(bytes);
    // A command that is complete does not wait for those behind it: one post for each.
    post([this, came = std::make_shared<std::vector<file_descriptor>>(std::move(came))] {
        m_descriptors.arrive(std::move(*came));
    });
    for (json_reader::item& item : items)
        post([this, item = std::make_shared<json_reader::item>(std::move(item))] { serve(*item); });
    post([this] { m_channel.resume(); });
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
