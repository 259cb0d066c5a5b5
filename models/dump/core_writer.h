#pragma once

#include "models/dump/elf_core.h"
#include "models/dump/guest_state.h"
#include "models/dump/output_file.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace vmcore {

struct core_options {
    unsigned threads = 1; ///< as thread_count() takes it; a stream and a small dump have only one
    bool sparse = true;   ///< pages of zeros become holes; else every byte is written
    /// Called, from any thread, with the bytes of guest memory that are done since the last call.
    std::function<void(uint64_t)> on_progress;
};

/// Writes a core as it was laid out: headers, notes and memory. A seekable file gets its headers last: before
/// it is complete, it is no ELF file. Returns a warning for each range that could not be read as a whole.
///
/// Memory that the ranges have host pointers for is read by several threads and never copied; for the rest
/// `memory` is asked, by this thread. Takes about 1 MiB, and as much a thread, of memory.
std::vector<std::string> write_core(output_file& file, const dump_target& target, const core_layout& layout,
                                    const std::vector<uint8_t>& notes, const guest_memory& memory,
                                    const core_options& options = {});

} // namespace vmcore
