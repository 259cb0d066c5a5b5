#pragma once

#include "models/dump/dumper.h"
#include "models/vmcoreinfo/record.h"

#include <iosfwd>
#include <optional>
#include <string>
#include <systemc>

namespace vmcore::sim {

/// What a run amounted to, for a person to read.
struct run_summary {
    std::optional<vmcoreinfo_record> published; ///< empty: the board has no vmcoreinfo device
    sc_core::sc_time simulated;
    double host_seconds = 0;
    uint64_t instructions = 0;
    std::optional<dump_result> dump;
    std::string dump_file;
    bool core_file = false; ///< and it is one that gdb opens
    std::string symbols;    ///< ELF file with the guest's symbols; empty when there is none
};

void print_summary(std::ostream& out, const run_summary& summary);

} // namespace vmcore::sim
