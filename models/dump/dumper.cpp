#include "models/dump/dumper.h"

#include "models/dump/core_writer.h"
#include "models/dump/hex_text.h"
#include "models/dump/kdump.h"
#include "models/dump/rescue.h"
#include "models/dump/virtual_layout.h"

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

template <class Element>
void append(std::vector<Element>& to, const std::vector<Element>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

/// Which of the notes found in memory was taken, and why.
std::string describe(const std::vector<rescue_candidate>& candidates) {
    const rescue_candidate& best = candidates.front();
    std::string text = "VMCOREINFO was found in memory, at " + hex_text(best.paddr) + ":";
    for (const std::string& reason : best.reasons)
        text += (&reason == &best.reasons.front() ? " " : ", ") + reason;
    if (candidates.size() > 1)
        text += "; passed over: " + std::to_string(candidates.size() - 1) + " more, the next best at " +
                hex_text(candidates[1].paddr);
    return text;
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

/// What goes into a file of any format.
struct dumper::contents {
    dump_target target;
    std::vector<memory_range> ranges;
    std::vector<uint8_t> notes;
    guest_note guest;   ///< the one the notes end with, if there is one
    core_layout layout; ///< of an ELF file
};

guest_note dumper::find_guest_note(const dump_request& request, const dump_target& target,
                                   dump_result& result) const {
    guest_note found;
    if (m_vmcoreinfo)
        found = read_guest_note(m_vmcoreinfo->record(), m_memory, target, request.layout);
    append(result.warnings, found.warnings);
    const auto finds_its_kernel = [&](const std::string& text) {
        return map_kernel(target, vmcoreinfo_text(text), m_memory, m_memory.ranges()).warnings.empty();
    };
    // A note of anybody's is taken as it is. A VMCOREINFO is rubbish that says nothing, or names a Linux
    // kernel that is not there.
    const bool is_linux = names_linux_kernel(vmcoreinfo_text(found.text));
    const bool is_empty = found.is_vmcoreinfo && found.text.find('=') == std::string::npos;
    if (!request.rescue || (found.note && !is_empty && (!is_linux || finds_its_kernel(found.text))))
        return found;

    const std::vector<rescue_candidate> candidates = find_vmcoreinfo(target, m_memory);
    if (candidates.empty() || (is_linux && !finds_its_kernel(candidates.front().text))) {
        result.warnings.push_back("memory was searched for a better VMCOREINFO note, and none was found");
        return found;
    }
    result.warnings.push_back(describe(candidates));
    return build_vmcoreinfo_note(candidates.front().text, target, request.layout);
}

dumper::contents dumper::collect(const dump_request& request, dump_result& result) const {
    const std::vector<memory_range> blocks = m_memory.ranges();
    // The target is that of all memory, whatever the filter leaves of it.
    contents dumped{target_for(find_dump_target(request.target), blocks),
                    select_ranges(blocks, request.filter),
                    {},
                    {},
                    {}};
    std::vector<elf_note> notes = build_cpu_notes(dumped.target, m_cpus, request.layout);
    dumped.guest = find_guest_note(request, dumped.target, result);
    result.phys_base = dumped.guest.phys_base;
    if (dumped.guest.note)
        notes.push_back(*dumped.guest.note);
    for (const elf_note& note : notes) {
        result.notes.push_back({note.owner, note.type, note.size});
        append(dumped.notes, note.bytes);
    }
    for (const memory_range& range : dumped.ranges) {
        result.segments.push_back({range.base, range.size, 0});
        result.memory_bytes += range.size;
    }
    return dumped;
}

std::vector<core_mapping> dumper::plan_mappings(const dump_request& request, const contents& dumped,
                                                dump_result& result) const {
    const vmcoreinfo_text text(dumped.guest.text);
    const bool as_qemu = request.layout == dump_layout::qemu;
    mapping_plan plan;
    if (request.paging)
        plan = (as_qemu ? map_cpus_as_qemu : map_cpus)(dumped.target, m_cpus, m_memory, dumped.ranges);
    else if (!as_qemu && names_linux_kernel(text))
        plan = map_kernel(dumped.target, text, m_memory, dumped.ranges);
    append(result.warnings, plan.warnings);
    return plan.mappings;
}

core_layout dumper::lay_out(const dump_request& request, const contents& dumped, dump_result& result) const {
    const core_layout layout = lay_out_core(dumped.target, dumped.notes.size(), dumped.ranges,
                                            plan_mappings(request, dumped, result), request.layout);
    for (size_t i = 0; i < layout.segments.size(); ++i)
        result.segments[i].offset = layout.segments[i].offset;
    result.bytes = layout.file_size;
    return layout;
}

void dumper::write_core_file(output_file& file, const dump_request& request, const contents& dumped,
                             dump_meter& meter, dump_result& result) const {
    core_options options;
    options.threads = request.threads;
    options.sparse = request.sparse;
    options.on_progress = [&meter](uint64_t bytes) { meter.completed += bytes; };
    append(result.warnings, write_core(file, dumped.target, dumped.layout, dumped.notes, m_memory, options));
}

void dumper::write_kdump_file(output_file& file, const kdump_format& format, const dump_request& request,
                              const contents& dumped, dump_meter& meter, dump_result& result) const {
    kdump_job job;
    job.format = format;
    job.target = &dumped.target;
    job.ranges = dumped.ranges;
    job.notes = dumped.notes;
    job.cpus = m_cpus.size();
    job.phys_base = result.phys_base;
    job.layout = request.layout;
    job.threads = request.threads;
    job.on_progress = [&meter](uint64_t bytes) { meter.completed += bytes; };
    const kdump_outcome outcome = write_kdump(file, job, m_memory);
    result.bytes = outcome.bytes;
    append(result.warnings, outcome.warnings);
}

dump_result dumper::write_counted(const dump_request& request, dump_meter& meter) const {
    meter.completed = meter.total = 0;
    check_format(request.format);
    const std::optional<kdump_format> kdump = find_kdump_format(request.format);
    if (kdump && (request.filter || request.paging))
        throw std::runtime_error("kdump-compressed format doesn't support paging or filter");

    dump_result result;
    contents dumped = collect(request, result);
    if (!kdump)
        dumped.layout = lay_out(request, dumped, result);
    meter.total = result.memory_bytes;

    std::optional<output_file> file;
    if (request.opened)
        file.emplace(*request.opened, m_files);
    else
        file.emplace(request.file, m_files);
    if (kdump)
        write_kdump_file(*file, *kdump, request, dumped, meter, result);
    else
        write_core_file(*file, request, dumped, meter, result);
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
