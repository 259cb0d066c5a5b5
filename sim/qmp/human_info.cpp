#include "sim/qmp/human_monitor.h"
#include "sim/qmp/memory_tree.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cstdio>

namespace vmcore::sim::qmp {

namespace json = boost::json;

static std::string text_of(const json::object& object, const char* name) {
    const json::value* found = object.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

std::string human_monitor::info_cpus(human_arguments& given) {
    given.expect_no_more();
    const json::value answer = m_qmp("query-cpus-fast", {});
    std::string text;
    for (const json::value& cpu : answer.as_array()) {
        const auto index = cpu.at("cpu-index").to_number<unsigned>();
        text += (index == m_cpu ? "* CPU #" : "  CPU #") + std::to_string(index) +
                ": thread_id=" + std::to_string(cpu.at("thread-id").to_number<int64_t>()) + "\n";
    }
    return text;
}

std::string human_monitor::info_dump(human_arguments& given) {
    given.expect_no_more();
    const json::value answer = m_qmp("query-dump", {});
    const std::string status = text_of(answer.as_object(), "status");
    std::string text = "Status: " + status + "\n";
    if (status == "active") {
        const auto total = std::max(answer.at("total").to_number<double>(), 1.0);
        char percent[32];
        std::snprintf(percent, sizeof percent, "%.2f",
                      100 * answer.at("completed").to_number<double>() / total);
        text += std::string("Finished: ") + percent + " %\n";
    }
    return text;
}

std::string human_monitor::info_mtree(human_arguments& given) {
    const std::string options = given.options("f");
    given.expect_no_more();
    return options.empty() ? memory_tree(m_board, m_viewer) : flat_view(m_board, m_viewer);
}

std::string human_monitor::info_name(human_arguments& given) {
    given.expect_no_more();
    const json::value answer = m_qmp("query-name", {});
    const std::string name = text_of(answer.as_object(), "name");
    return name.empty() ? "" : name + "\n";
}

std::string human_monitor::registers_of(size_t cpu) const {
    return "\nCPU#" + std::to_string(cpu) + "\n" + m_board.registers_text(static_cast<unsigned>(cpu));
}

std::string human_monitor::info_registers(human_arguments& given) {
    const bool all = !given.options("a").empty();
    const std::optional<uint32_t> wanted = given.optional_short_number();
    given.expect_no_more();
    const size_t count = m_board.cpus().size();
    if (all) {
        std::string text;
        for (size_t cpu = 0; cpu < count; ++cpu)
            text += registers_of(cpu);
        return text;
    }
    if (wanted && *wanted >= count)
        return "CPU#" + std::to_string(*wanted) + " not available\n";
    if (!wanted && !has_cpu())
        return "No CPU available\n";
    return registers_of(wanted.value_or(m_cpu));
}

std::string human_monitor::info_status(human_arguments& given) {
    given.expect_no_more();
    const json::value answer = m_qmp("query-status", {});
    const std::string status = text_of(answer.as_object(), "status");
    const bool running = answer.at("running").as_bool();
    const bool is_more = status != "running" && status != "paused";
    return std::string("VM status: ") + (running ? "running" : "paused") +
           (is_more ? " (" + status + ")" : "") + "\n";
}

std::string human_monitor::info_version(human_arguments& given) {
    given.expect_no_more();
    const json::value answer = m_qmp("query-version", {});
    const json::object& qemu = answer.at("qemu").as_object();
    std::string text;
    for (const char* part : {"major", "minor", "micro"})
        text += (text.empty() ? "" : ".") + std::to_string(qemu.at(part).to_number<int64_t>());
    return text + text_of(answer.as_object(), "package") + "\n";
}

} // namespace vmcore::sim::qmp
