#include "sim/qmp/memory_tree.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace vmcore::sim::qmp {

namespace {

constexpr uint64_t last_port = 0xffff;

const char* name_of(bus_viewer::kind kind) {
    switch (kind) {
    case bus_viewer::kind::ram: return "ram";
    case bus_viewer::kind::rom: return "rom";
    case bus_viewer::kind::device: return "i/o";
    }
    return "";
}

std::string line(const std::string& indent, uint64_t first, uint64_t last, const char* kind,
                 const std::string& name, uint64_t offset = 0) {
    const auto hex = [](uint64_t number) {
        char text[17];
        std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
        return std::string(text);
    };
    return indent + hex(first) + "-" + hex(last) + " (prio 0, " + kind + "): " + name +
           (offset != 0 ? " @" + hex(offset) : "") + "\n";
}

std::string memory_lines(board& shown, bus_viewer& viewer, const std::string& indent) {
    std::string text;
    for (const bus::mapping& each : shown.memory_bus().mappings())
        text += line(indent, each.base, each.base + (each.size - 1), name_of(viewer.kind_of(each.base)),
                     each.name, each.offset);
    return text;
}

/// Ports that no device has belong to the space itself.
std::string port_lines(bus& ports, const std::string& indent, bool with_gaps) {
    std::string text;
    uint64_t next = 0;
    const auto fill_until = [&](uint64_t end) {
        if (with_gaps && next < end)
            text += line(indent, next, end - 1, "i/o", "io", next);
        next = end;
    };
    for (const bus::mapping& each : ports.mappings()) {
        fill_until(each.base);
        text += line(indent, each.base, each.base + (each.size - 1), "i/o", each.name, each.offset);
        next = each.base + each.size;
    }
    fill_until(last_port + 1);
    return text;
}

} // namespace

std::string flat_view(board& shown, bus_viewer& viewer) {
    std::string text;
    unsigned number = 0;
    const auto begin = [&] { text += "FlatView #" + std::to_string(number++) + "\n"; };
    if (bus* ports = shown.port_bus()) {
        begin();
        text += " AS \"I/O\", root: io\n Root memory region: io\n" + port_lines(*ports, "  ", true) + "\n";
    }
    begin();
    text += " AS \"memory\", root: system\n";
    for (size_t cpu = 0; cpu < shown.cpus().size(); ++cpu)
        text += " AS \"cpu-memory-" + std::to_string(cpu) + "\", root: system\n";
    return text + " Root memory region: system\n" + memory_lines(shown, viewer, "  ") + "\n";
}

std::string memory_tree(board& shown, bus_viewer& viewer) {
    std::string text;
    if (bus* ports = shown.port_bus())
        text += "address-space: I/O\n" + line("  ", 0, last_port, "i/o", "io") +
                port_lines(*ports, "    ", false) + "\n";
    for (size_t cpu = 0; cpu < shown.cpus().size(); ++cpu)
        text += "address-space: cpu-memory-" + std::to_string(cpu) + "\n";
    return text + "address-space: memory\n" + line("  ", 0, ~uint64_t(0), "i/o", "system") +
           memory_lines(shown, viewer, "    ") + "\n";
}

} // namespace vmcore::sim::qmp
