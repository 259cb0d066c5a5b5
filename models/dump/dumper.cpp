#include "models/dump/dumper.h"

#include "models/dump/core_writer.h"
#include "models/dump/kdump.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>

namespace vmcore {

namespace {

void check_format(const std::string& format) {
    std::string built;
    for (const std::string& name : dump_formats()) {
        if (format == name)
            return;
        built += (built.empty() ? "" : ", ") + name;
    }
    throw std::runtime_error("unknown dump format '" + format + "': expected one of " + built);
}

} // namespace

std::vector<std::string> dump_formats() {
    std::vector<std::string> formats = kdump_formats();
    formats.insert(formats.begin(), "elf");
    return formats;
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

void dumper::write_file(output_file& file, const dump_request& request, const core_layout& layout,
                        const std::vector<uint8_t>& notes, dump_meter& meter, dump_result& result) const {
    core_options options;
    options.threads = request.threads;
    options.sparse = request.sparse;
    options.on_progress = [&meter](uint64_t bytes) { meter.completed += bytes; };
    const std::vector<std::string> warnings =
        write_core(file, find_dump_target(request.target), layout, notes, m_memory, options);
    result.warnings.insert(result.warnings.end(), warnings.begin(), warnings.end());
}

void dumper::write_kdump_file(output_file& file, const kdump_format& format, const dump_request& request,
                              std::vector<memory_range> ranges, std::vector<uint8_t> notes, dump_meter& meter,
                              dump_result& result) const {
    kdump_job job;
    job.format = format;
    job.target = &find_dump_target(request.target);
    job.ranges = std::move(ranges);
    job.notes = std::move(notes);
    job.cpus = m_cpus.size();
    job.phys_base = result.phys_base;
    job.layout = request.layout;
    job.threads = request.threads;
    job.on_progress = [&meter](uint64_t bytes) { meter.completed += bytes; };
    const kdump_outcome outcome = write_kdump(file, job, m_memory);
    result.bytes = outcome.bytes;
    result.warnings.insert(result.warnings.end(), outcome.warnings.begin(), outcome.warnings.end());
}

dump_result dumper::write_counted(const dump_request& request, dump_meter& meter) const {
    meter.completed = meter.total = 0;
    check_format(request.format);
    const std::optional<kdump_format> kdump = find_kdump_format(request.format);
    if (kdump && (request.filter || request.paging))
        throw std::runtime_error("kdump-compressed format doesn't support paging or filter");
    const dump_target& target = find_dump_target(request.target);
    const std::vector<memory_range> ranges = select_ranges(m_memory.ranges(), request.filter);
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
    const std::vector<core_mapping> mappings; // none: every range at its physical address
    const core_layout layout =
        kdump ? core_layout() : lay_out_core(target, note_bytes.size(), ranges, mappings, request.layout);
    for (size_t i = 0; i < ranges.size(); ++i) {
        result.segments.push_back({ranges[i].base, ranges[i].size, kdump ? 0 : layout.segments[i].offset});
        result.memory_bytes += ranges[i].size;
    }
    result.bytes = layout.file_size;
    meter.total = result.memory_bytes;

    std::optional<output_file> file;
    if (request.opened)
        file.emplace(*request.opened, m_files);
    else
        file.emplace(request.file, m_files);
    if (kdump)
        write_kdump_file(*file, *kdump, request, ranges, std::move(note_bytes), meter, result);
    else
        write_file(*file, request, layout, note_bytes, meter, result);
    file->commit(request.fsync);
    return result;
}

dump_result dumper::write(const dump_request& request) const {
    try {
        return write_counted(request, request.meter != nullptr ? *request.meter : m_meter);
    } catch (const std::bad_alloc&) {
        const std::string& name = request.opened ? request.opened->name() : request.file;
        throw std::system_error(ENOMEM, std::generic_category(), "cannot write '" + name + "'");
    }
}

dump_progress dumper::progress() const {
    const uint64_t total = m_meter.total;
    return {std::min<uint64_t>(m_meter.completed, total), total}; // the two may be of different dumps
}

} // namespace vmcore
