#include "models/dump/dumper.h"

#include <algorithm>
#include <stdexcept>

namespace vmcore {

namespace {

// Formats that have a name already, here and in QEMU, but no writer.
const char* const unbuilt_formats[] = {"kdump-zlib",       "kdump-lzo",      "kdump-snappy",
                                       "kdump-zstd",       "kdump-raw-zlib", "kdump-raw-lzo",
                                       "kdump-raw-snappy", "kdump-raw-zstd"};

void check_format(const std::string& format) {
    std::string built;
    for (const std::string& name : dump_formats()) {
        if (format == name)
            return;
        built += (built.empty() ? "" : ", ") + name;
    }
    const bool is_known = std::find(std::begin(unbuilt_formats), std::end(unbuilt_formats), format) !=
                          std::end(unbuilt_formats);
    throw std::runtime_error((is_known ? "dump format '" + format + "' is not built yet"
                                       : "unknown dump format '" + format + "'") +
                             ": expected one of " + built);
}

} // namespace

std::vector<std::string> dump_formats() {
    return {"elf"};
}

dumper::dumper(const sc_core::sc_module_name& name, const guest_memory& memory,
               const vmcoreinfo_source* vmcoreinfo, std::vector<const cpu_context*> cpus,
               file_operations& files)
    : sc_core::sc_module(name)
    , m_memory(memory)
    , m_vmcoreinfo(vmcoreinfo)
    , m_cpus(std::move(cpus))
    , m_files(files) {}

std::vector<elf_note> dumper::collect_notes(const dump_target& target, dump_layout layout,
                                            dump_result& result) const {
    std::vector<elf_note> notes = build_cpu_notes(target, m_cpus, layout);
    if (m_vmcoreinfo) {
        guest_note guest = read_guest_note(m_vmcoreinfo->record(), m_memory, target, layout);
        result.warnings.insert(result.warnings.end(), guest.warnings.begin(), guest.warnings.end());
        result.phys_base = guest.phys_base;
        if (guest.note)
            notes.push_back(std::move(*guest.note));
    }
    return notes;
}

void dumper::write_file(output_file& file, const dump_target& target, const core_layout& layout,
                        const std::vector<uint8_t>& notes, dump_result& result) const {
    const auto count = [this](uint64_t bytes) { m_completed += bytes; };
    const std::vector<std::string> warnings = write_core(file, target, layout, notes, m_memory, count);
    result.warnings.insert(result.warnings.end(), warnings.begin(), warnings.end());
}

dump_result dumper::write(const dump_request& request) const {
    m_completed = m_total = 0;
    check_format(request.format);
    const dump_target& asked = find_dump_target(request.target);
    const std::vector<memory_range> blocks = m_memory.ranges();
    const dump_target target = target_for(asked, blocks); // of all memory, whatever the filter leaves of it
    const std::vector<memory_range> ranges = select_ranges(blocks, request.filter);

    dump_result result;
    std::vector<uint8_t> note_bytes;
    for (const elf_note& note : collect_notes(target, request.layout, result)) {
        result.notes.push_back({note.owner, note.type, note.size});
        note_bytes.insert(note_bytes.end(), note.bytes.begin(), note.bytes.end());
    }
    const core_layout layout = lay_out_core(target, note_bytes.size(), ranges);
    for (const core_segment& segment : layout.segments) {
        result.segments.push_back({segment.memory.base, segment.memory.size, segment.offset});
        result.memory_bytes += segment.memory.size;
    }
    result.bytes = layout.file_size;
    m_total = result.memory_bytes;

    std::optional<output_file> file;
    if (request.opened)
        file.emplace(*request.opened, m_files);
    else
        file.emplace(request.file, m_files);
    write_file(*file, target, layout, note_bytes, result);
    file->commit(request.fsync);
    return result;
}

dump_progress dumper::progress() const {
    const uint64_t total = m_total;
    return {std::min<uint64_t>(m_completed, total), total}; // the two may be of different dumps
}

} // namespace vmcore
