#pragma once

#include "lint/readers.h"

#include <optional>
#include <string>
#include <vector>

namespace vmcore::lint {

/// What a finding means to one reader.
struct effect {
    reader which;
    verdict result;                                   ///< partly or no
    const char* consequence;                          ///< what the reader does, or says
    std::optional<dump_format> format = std::nullopt; ///< in this format only
};

/// One thing that may be wrong with a dump.
struct rule {
    const char* id;
    /// What is wrong in this dump, with its numbers; none: nothing is.
    std::optional<std::string> (*find)(const dump_facts& facts);
    const char* remedy;          ///< what to do about it; may be empty
    std::vector<effect> effects; ///< none: no reader minds, but it is worth a remark
};

/// All rules, about the file first, then about notes and VMCOREINFO.
const std::vector<rule>& rules();

/// A line of VMCOREINFO that a reader cannot do without.
struct key_rule {
    const char* key;         ///< for example "NUMBER(VA_BITS)"
    const char* alternative; ///< a key that will do as well; may be null
    architecture arch;       ///< `unknown`: all
    unsigned since; ///< kernel version times 1000 plus patch level: only kernels from that one on write it
    std::vector<effect> effects;
};

const std::vector<key_rule>& key_rules();

} // namespace vmcore::lint
