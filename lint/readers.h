#pragma once

#include "lint/dump_file.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore::lint {

enum class reader { gdb, crash, drgn, makedumpfile, libkdumpfile, eu_readelf, readelf, volatility3 };

/// What a reader does with a dump. `unsupported` is no fault of the dump: the reader takes no dump of that
/// format or architecture.
enum class verdict { yes, partly, no, unsupported };

const char* name_of(verdict what);

/// One program that reads dumps.
struct reader_info {
    reader which;
    const char* name;
};

/// In the order of reports.
const std::vector<reader_info>& readers();

/// The reader of that name. Throws std::runtime_error that lists the names when there is none.
reader find_reader(std::string_view name);

/// The text that a reader takes for VMCOREINFO; empty: it finds none. A kdump file has two places for it, a
/// note and where the sub-header's offset_vmcoreinfo says: crash and makedumpfile look at the latter,
/// libkdumpfile and drgn at the note (of which the format knows from header_version 4 on).
const std::string& vmcoreinfo_for(reader which, const dump_facts& facts);

/// Which version of a reader a verdict is about: Debian 12's where it takes such a dump, else the first known
/// one that does.
struct capability {
    const char* version; ///< null: no version takes such a dump
    const char* remark;  ///< what to know about the version, or why there is none; may be empty
};

capability capability_of(reader which, const dump_facts& facts);

} // namespace vmcore::lint
