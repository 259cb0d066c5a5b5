#include "sim/summary.h"

#include <iomanip>
#include <ostream>
#include <sstream>

namespace vmcore::sim {

static std::string hex(uint64_t number) {
    std::ostringstream text;
    text << "0x" << std::hex << number;
    return text.str();
}

static std::string published_text(const std::optional<vmcoreinfo_record>& record) {
    if (!record)
        return "nothing: the board has no vmcoreinfo device";
    if (!record->present)
        return "nothing: etc/vmcoreinfo holds no record";
    const bool elf = record->guest_format == vmcoreinfo_format_elf;
    return "format " + std::to_string(record->guest_format) + (elf ? " (ELF)" : "") + ", " +
           std::to_string(record->size) + " bytes at " + hex(record->paddr);
}

static std::string host_text(const run_summary& summary) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(3) << summary.host_seconds << " s for " << summary.instructions
         << " instructions";
    if (summary.host_seconds > 0)
        text << ", " << std::setprecision(1)
             << static_cast<double>(summary.instructions) / summary.host_seconds / 1e6 << " million a second";
    return text.str();
}

void print_summary(std::ostream& out, const run_summary& summary) {
    const auto line = [&out](const std::string& what, const std::string& value) {
        out << "  " << std::left << std::setw(16) << what << value << '\n';
    };
    out << '\n';
    line("guest published", published_text(summary.published));
    line("simulated time", summary.simulated.to_string());
    line("host time", host_text(summary));
    if (!summary.dump)
        return;
    line("core", summary.dump_file + ", " + std::to_string(summary.dump->bytes) + " bytes");
    for (const dump_result::note& note : summary.dump->notes)
        line("  note", note.owner + ", type " + std::to_string(note.type) + ", " + std::to_string(note.size) +
                           " bytes");
    for (const dump_result::segment& segment : summary.dump->segments)
        line("  segment", hex(segment.paddr) + ".." + hex(segment.paddr + segment.size - 1) + " at offset " +
                              hex(segment.offset));
    if (summary.core_file)
        line("open it with", "gdb-multiarch " + summary.symbols + (summary.symbols.empty() ? "-c " : " ") +
                                 summary.dump_file);
}

} // namespace vmcore::sim
