#pragma once

#include "models/dump/dump_layout.h"
#include "models/dump/elf_core.h"
#include "models/dump/filter.h"
#include "models/dump/note.h"
#include "models/dump/output_file.h"
#include "models/vmcoreinfo/record.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

namespace vmcore {

struct kdump_format;

/// How far a dump has come. It may lie in memory that processes share.
struct dump_meter {
    std::atomic<uint64_t> completed{0}; ///< bytes of guest memory
    std::atomic<uint64_t> total{0};     ///< 0: not known yet
};

struct dump_request {
    std::string file;
    std::shared_ptr<opened_file> opened; ///< written to instead of `file`; good for one write()
    std::string format = "elf";          ///< one of dump_formats()
    std::string target = "riscv64";      ///< one of dump_targets()
    std::optional<dump_filter> filter;   ///< none: all memory
    bool fsync = false; ///< the file must survive a crash of the host, not only of the simulator
    dump_layout layout = dump_layout::portable;
    bool sparse = true;          ///< ELF: zero pages become holes where the output can have them
    bool paging = false;         ///< ELF: map memory as each CPU's own page tables do
    bool rescue = false;         ///< search memory for a VMCOREINFO note when the guest published no good one
    unsigned threads = 0;        ///< that write and compress; 0: one for each host CPU
    dump_meter* meter = nullptr; ///< counts instead of the dumper's own, which progress() tells
};

/// What is in a dump, for a summary.
struct dump_result {
    struct note {
        std::string owner; ///< printable
        uint32_t type = 0;
        uint32_t size = 0; ///< bytes of the descriptor
    };
    /// A range of guest memory, which is in the file once.
    struct segment {
        uint64_t paddr = 0;
        uint64_t size = 0;
        uint64_t offset = 0; ///< in the file; 0 in kdump files, where pages are compressed one by one
    };

    std::vector<std::string>
        warnings;            ///< what is missing in the dump, and why; a dump with warnings is still good
    std::vector<note> notes; ///< in file order
    std::vector<segment> segments;     ///< in file order
    uint64_t memory_bytes = 0;         ///< of guest memory, the sum of the segments' sizes
    uint64_t bytes = 0;                ///< length of the file; holes make it smaller on disk
    std::optional<uint64_t> phys_base; ///< what the guest's VMCOREINFO tells as the target's phys_base_key
};

/// How far a dump has come, in bytes of guest memory.
struct dump_progress {
    uint64_t completed = 0;
    uint64_t total = 0;
};

/// The formats that write() knows to make.
std::vector<std::string> dump_formats();

/// Writes a guest's memory and CPU state into a file.
///
/// The module has no sockets and no processes: it reads the guest through the interfaces it is given, which
/// take no simulated time and leave no trace in the guest. Call write() while no model runs, from an SC
/// process or from outside.
class dumper : public sc_core::sc_module {
public:
    /// `vmcoreinfo` may be null: the platform has no such device. `files` makes the system calls. All of them
    /// outlive the dumper.
    dumper(const sc_core::sc_module_name& name, const guest_memory& memory,
           const vmcoreinfo_source* vmcoreinfo, std::vector<const cpu_context*> cpus,
           file_operations& files = file_operations::system());

    /// Throws std::runtime_error (std::system_error when the operating system refused something, memory or a
    /// thread among it) that names the wrong field or the file; the file is then as it was before, unless it
    /// is an opened one or a stream, of which see output_file. A guest cannot cause one.
    dump_result write(const dump_request& request) const;

    /// Of the write() under way, else of the last one, which may have failed halfway; one whose request
    /// brought a meter does not count. Any thread may call it.
    dump_progress progress() const;

private:
    struct contents;

    dump_result write_counted(const dump_request& request, dump_meter& meter) const;
    contents collect(const dump_request& request, dump_result& result) const;
    guest_note find_guest_note(const dump_request& request, const dump_target& target,
                               dump_result& result) const;
    std::vector<core_mapping> plan_mappings(const dump_request& request, const contents& dumped,
                                            dump_result& result) const;
    core_layout lay_out(const dump_request& request, const contents& dumped, dump_result& result) const;
    void write_core_file(output_file& file, const dump_request& request, const contents& dumped,
                         dump_meter& meter, dump_result& result) const;
    void write_kdump_file(output_file& file, const kdump_format& format, const dump_request& request,
                          const contents& dumped, dump_meter& meter, dump_result& result) const;

    const guest_memory& m_memory;
    const vmcoreinfo_source* m_vmcoreinfo;
    std::vector<const cpu_context*> m_cpus;
    file_operations& m_files;
    mutable dump_meter m_meter;
};

} // namespace vmcore
