#pragma once

#include "models/dump/arch.h"
#include "models/dump/codec.h"
#include "models/dump/dump_layout.h"
#include "models/dump/guest_state.h"
#include "models/dump/output_file.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore {

/// What "kdump-CODEC" and "kdump-raw-CODEC" stand for.
struct kdump_format {
    page_codec codec = page_codec::zlib;
    bool flattened = true; ///< for any output; else the file as readers want it, for one that can seek
};

/// None: the name is not one of kdump_formats().
std::optional<kdump_format> find_kdump_format(std::string_view name);

/// The names of all kdump formats.
std::vector<std::string> kdump_formats();

/// All that goes into a kdump file.
struct kdump_job {
    kdump_format format;
    const dump_target* target = nullptr;
    std::vector<memory_range> ranges; ///< as select_ranges() gives them
    std::vector<uint8_t> notes;       ///< ELF notes in file order, each padded
    size_t cpus = 0;
    std::optional<uint64_t> phys_base; ///< as the guest's VMCOREINFO tells it
    dump_layout layout = dump_layout::portable;
    unsigned threads = 0;                      ///< that compress; see thread_count()
    std::function<void(uint64_t)> on_progress; ///< gets the bytes of guest memory done since the last call
};

struct kdump_outcome {
    uint64_t bytes = 0; ///< of the file
    std::vector<std::string> warnings;
};

/// Writes a kdump-compressed file (diskdump, header version 6). Throws what output_file throws, also for a
/// thread that does not start, std::bad_alloc, and std::runtime_error for a raw format into an output that
/// cannot seek and for memory at addresses too high for its bitmaps, see
/// lay_out_kdump(). An output that still takes bytes
/// then is left marked as incomplete.
kdump_outcome write_kdump(output_file& file, const kdump_job& job, const guest_memory& memory);

} // namespace vmcore
