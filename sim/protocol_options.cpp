#include "sim/protocol_options.h"

#include "sim/key_values.h"

#include <algorithm>

namespace vmcore::sim {

void protocol_options::set_qtest(const std::string& option, const std::string& value) {
    if (qtest)
        throw usage_error(option + ": given twice, expected once");
    qtest = parse_endpoint(option, value);
}

void protocol_options::set_gdb(const std::string& option, const std::string& value) {
    gdb.reset();
    if (value != "none")
        gdb = parse_debug_endpoint(option, value);
}

void protocol_options::add_qmp(const std::string& option, const std::string& value) {
    qmp.push_back(parse_endpoint(option, value));
}

void protocol_options::add_chardev(const std::string& option, const std::string& value) {
    const size_t comma = value.find(',');
    const std::string kind = value.substr(0, comma);
    key_values given(option, comma == std::string::npos ? "" : value.substr(comma + 1), "id");
    const std::string id = given.take("id");
    if (id.empty())
        throw usage_error(option + ": the id is missing, expected " + kind + ",id=X");
    chardev added{kind, {}, ""};
    added.where.option = option;
    if (kind == "socket") {
        added.where = take_socket(option, given);
    } else if (kind == "file") {
        added.file = given.take("path");
        if (added.file.empty())
            throw usage_error(option + ": the path is missing, expected file,path=P,id=X");
    } else if (kind == "stdio") {
        added.where.stdio = true;
    } else if (kind != "null") {
        throw usage_error(option + ": '" + kind + "', expected socket, stdio, file or null");
    }
    given.expect_empty();
    if (!m_chardevs.emplace(id, added).second)
        throw usage_error(option + ": the id '" + id + "' is there twice");
}

void protocol_options::add_monitor(const std::string& option, const std::string& value) {
    key_values given(option, value, "chardev");
    const std::string id = given.take("chardev");
    const std::string mode = given.take("mode", "readline");
    if (id.empty())
        throw usage_error(option + ": the chardev is missing, expected chardev=ID,mode=control");
    if (mode != "control")
        throw usage_error(option + ": mode " + mode + ", expected control: there is no monitor for people");
    if (given.take_switch("pretty", false))
        throw usage_error(option + ": pretty=on, expected off: answers are one line each");
    given.expect_empty();
    m_monitors.push_back({option, id});
}

protocol_options::chardev protocol_options::take_chardev(const std::string& option, const std::string& id) {
    const auto found = m_chardevs.find(id);
    if (found == m_chardevs.end())
        throw usage_error(option + ": chardev " + id + " is not there, expected -chardev with this id");
    const chardev taken = found->second;
    m_chardevs.erase(found);
    return taken;
}

std::string protocol_options::take_line(const std::string& option, const std::string& id) {
    const chardev taken = take_chardev(option, id);
    if (taken.kind == "file")
        return "file:" + taken.file;
    if (taken.kind != "socket")
        return taken.kind;
    std::string line = "unix:";
    for (const char each : taken.where.path)
        line += each == ',' ? std::string(",,") : std::string(1, each);
    return line + (taken.where.server ? ",server=on" : "") + (taken.where.wait ? "" : ",wait=off");
}

void protocol_options::resolve() {
    for (const monitor& each : m_monitors) {
        const chardev taken = take_chardev(each.option, each.chardev);
        if (taken.kind != "socket" && taken.kind != "stdio")
            throw usage_error(each.option + ": chardev " + each.chardev + " is " + taken.kind +
                              ", expected socket or stdio");
        qmp.push_back(taken.where);
    }
    const auto on_stdio = [](const endpoint& each) { return each.stdio; };
    if (std::count_if(qmp.begin(), qmp.end(), on_stdio) + (qtest && qtest->stdio) + (gdb && gdb->stdio) > 1)
        throw usage_error("stdio: two servers are to use it, expected one");
}

bool protocol_options::uses_stdio() const {
    return (qtest && qtest->stdio) || (gdb && gdb->stdio) ||
           std::any_of(qmp.begin(), qmp.end(), [](const endpoint& each) { return each.stdio; });
}

void parse_action(const std::string& option, const std::string& value, run_policy& policy) {
    using action = run_policy::panic_action;
    static const std::map<std::string, action> panic_actions{{"shutdown", action::shutdown},
                                                             {"exit-failure", action::exit_failure},
                                                             {"pause", action::pause},
                                                             {"none", action::none}};
    key_values given(option, value, "panic");
    bool found = false;
    const std::string panic = given.take("panic", found);
    if (found) {
        const auto known = panic_actions.find(panic);
        if (known == panic_actions.end())
            given.fail("panic=" + panic + ", expected pause, exit-failure, shutdown or none");
        policy.on_panic = known->second;
    }
    const std::string reboot = given.take("reboot", found);
    if (found) {
        if (reboot != "reset" && reboot != "shutdown")
            given.fail("reboot=" + reboot + ", expected reset or shutdown");
        policy.reboot = reboot == "reset";
    }
    const std::string shutdown = given.take("shutdown", found);
    if (found) {
        if (shutdown != "poweroff" && shutdown != "pause")
            given.fail("shutdown=" + shutdown + ", expected poweroff or pause");
        policy.shutdown_pauses = shutdown == "pause";
    }
    given.expect_empty();
}

void parse_accelerator(const std::string& option, const std::string& value, run_policy& policy) {
    if (value != "tcg" && value != "qtest")
        throw usage_error(option + ": '" + value + "', expected tcg or qtest");
    policy.executes = value == "tcg";
}

} // namespace vmcore::sim
