#include "sim/qmp/commands.h"

#include "models/dump/output_file.h"
#include "sim/qmp/save_memory.h"
#include "sim/version.h"

#include <boost/json/array.hpp>
#include <unistd.h>

namespace vmcore::sim::qmp {

namespace json = boost::json;

static const char* name_of(run_state state) {
    switch (state) {
    case run_state::prelaunch: return "prelaunch";
    case run_state::running: return "running";
    case run_state::paused: return "paused";
    case run_state::debug: return "debug";
    case run_state::shutdown: return "shutdown";
    case run_state::guest_panicked: return "guest-panicked";
    }
    return "";
}

static const char* name_of(dump_service::status status) {
    switch (status) {
    case dump_service::status::none: return "none";
    case dump_service::status::active: return "active";
    case dump_service::status::completed: return "completed";
    case dump_service::status::failed: return "failed";
    }
    return "";
}

json::object describe(const dump_service::progress& progress) {
    return {
        {"status", name_of(progress.state)}, {"completed", progress.completed}, {"total", progress.total}};
}

json::object version() {
    return {{"qemu", {{"major", 10}, {"minor", 0}, {"micro", 2}}},
            {"package", std::string("vmcore-vp ") + sim::version}};
}

static std::string uuid_text(const std::array<uint8_t, 16>& uuid) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (size_t i = 0; i < uuid.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text += '-';
        text += digits[uuid[i] / 16];
        text += digits[uuid[i] % 16];
    }
    return text;
}

command_table::command_table(machine acted_on)
    : m_machine(std::move(acted_on))
    , m_monitor(m_machine.controlled, m_machine.viewer, [this](const auto& name, const auto& given) {
        descriptors none;
        return execute(name, given, none);
    }) {
    add_run_commands();
    add_queries();
    add_memory_commands();
}

json::value command_table::execute(const std::string& name, const json::object& given,
                                   descriptors& passed) const {
    const auto known = m_handlers.find(name);
    if (known == m_handlers.end())
        throw error("The command " + name + " has not been found", "CommandNotFound");
    arguments taken(given);
    return known->second(taken, passed);
}

/// Refuses what only a run could do, while the dump of its end is written.
void command_table::expect_run() const {
    if (m_machine.control.has_ended())
        throw error("The run has ended, and its dump is being written");
}

void command_table::add_run_commands() {
    run_control& control = m_machine.control;
    const auto add = [this](const char* name, std::function<void()> action) {
        m_handlers[name] = [action = std::move(action)](arguments& given, descriptors&) {
            given.expect_no_more();
            action();
            return json::object();
        };
    };
    add("stop", [this] {
        m_machine.control.pause();
        m_machine.dumps.keep_held();
    });
    add("cont", [this] {
        expect_run();
        if (m_machine.dumps.holds_guest())
            throw error("There is a dump in process, please wait.");
        if (!m_machine.control.resume())
            throw error("Resetting the Virtual Machine is required");
    });
    add("system_reset", [this] {
        expect_run();
        m_machine.control.reset(run_cause::host_reset);
    });
    add("system_powerdown", [&control] { control.power_down(); });
    add("quit", [&control] { control.end(run_cause::host_quit); });
}

json::value command_table::query_cpus() const {
    json::array all;
    const size_t count = m_machine.controlled.cpus().size();
    for (unsigned index = 0; index < count; ++index)
        all.push_back(json::object{{"cpu-index", index},
                                   {"qom-path", m_machine.controlled.cpu_path(index)},
                                   {"thread-id", getpid()},
                                   {"props", {{"core-id", index}}},
                                   {"target", m_machine.controlled.target()}});
    return all;
}

void command_table::add_queries() {
    const auto add = [this](const char* name, std::function<json::value()> answer) {
        m_handlers[name] = [answer = std::move(answer)](arguments& given, descriptors&) {
            given.expect_no_more();
            return answer();
        };
    };
    add("query-status", [this] {
        const run_state state = m_machine.control.state();
        return json::object{{"status", name_of(state)}, {"running", state == run_state::running}};
    });
    add("query-version", [] { return version(); });
    add("query-commands", [this] {
        json::array names;
        names.push_back(json::object{{"name", "qmp_capabilities"}});
        for (const auto& each : m_handlers)
            names.push_back(json::object{{"name", each.first}});
        return names;
    });
    add("query-name", [this] {
        return m_machine.name.empty() ? json::object() : json::object{{"name", m_machine.name}};
    });
    add("query-uuid", [this] { return json::object{{"UUID", uuid_text(m_machine.uuid)}}; });
    add("query-target", [this] { return json::object{{"arch", m_machine.controlled.target()}}; });
    add("query-kvm", [] { return json::object{{"enabled", false}, {"present", false}}; });
    add("query-cpus-fast", [this] { return query_cpus(); });
    add("query-dump", [this] { return describe(m_machine.dumps.last_progress()); });
    add("query-dump-guest-memory-capability", [] {
        json::array formats;
        for (const std::string& format : dump_formats())
            formats.emplace_back(format);
        return json::object{{"formats", formats}};
    });
}

json::value command_table::human_command(arguments& given) {
    const std::string line = given.text("command-line");
    const std::optional<int64_t> cpu = given.optional_number("cpu-index");
    given.expect_no_more();
    const size_t cpus = m_machine.controlled.cpus().size();
    if (cpu && (*cpu < 0 || static_cast<uint64_t>(*cpu) >= cpus))
        throw error("Parameter 'cpu-index' expects a CPU number");
    const std::string answer = m_monitor.execute(line, static_cast<unsigned>(cpu.value_or(0)));
    return json::string(answer);
}

void command_table::add_memory_commands() {
    m_handlers["human-monitor-command"] = [this](arguments& given, descriptors&) {
        return human_command(given);
    };
    m_handlers["getfd"] = [](arguments& given, descriptors& passed) {
        const std::string name = given.text("fdname");
        given.expect_no_more();
        passed.keep(name);
        return json::object();
    };
    m_handlers["closefd"] = [](arguments& given, descriptors& passed) {
        const std::string name = given.text("fdname");
        given.expect_no_more();
        passed.close(name);
        return json::object();
    };
    m_handlers["pmemsave"] = [this](arguments& given, descriptors&) {
        const uint64_t address = given.size("val");
        const uint64_t size = given.size("size");
        const std::string file = given.text("filename");
        given.expect_no_more();
        save_physical_memory(m_machine.controlled, address, size, file);
        return json::object();
    };
    m_handlers["memsave"] = [this](arguments& given, descriptors&) {
        const uint64_t address = given.size("val");
        const uint64_t size = given.size("size");
        const std::string file = given.text("filename");
        const int64_t cpu = given.optional_number("cpu-index").value_or(0);
        given.expect_no_more();
        save_virtual_memory(m_machine.controlled, cpu, address, size, file);
        return json::object();
    };
    m_handlers["dump-guest-memory"] = [this](arguments& given, descriptors& passed) {
        return dump(given, passed);
    };
}

} // namespace vmcore::sim::qmp
