#pragma once

#include "lint/rules.h"

#include <string>
#include <vector>

namespace vmcore::lint {

/// A rule that found something.
struct finding_report {
    std::string id;
    std::string what; ///< with the dump's numbers, printable
    std::string remedy;
    std::vector<effect> effects; ///< on the readers that were asked for and take such a dump at all
};

struct reader_report {
    reader which;
    const char* name;
    capability able;
    verdict result;
};

struct lint_report {
    std::string summary; ///< what kind of dump it is, in one line
    std::vector<finding_report> findings;
    std::vector<reader_report> readers;
};

/// Applies all rules. A reader's verdict is the worst of what the findings do to it; one that takes no such
/// dump is `unsupported`, whatever else is wrong.
lint_report judge(const dump_facts& facts, const std::vector<reader>& asked);

/// For people; lines end with a newline. Nothing in it controls a terminal, whatever the file's name.
std::string to_text(const lint_report& report, const std::string& file);
/// One JSON object on one line; docs/vmcore-lint.md describes it. The file's name is in it as it is, except
/// for bytes that are no UTF-8, which JSON cannot tell: see as_utf8().
std::string to_json(const lint_report& report, const std::string& file);

/// 0: every reader that takes such dumps opens it; 1: one does not. Where the readers were named, one that
/// takes no such dump does not open it either.
int exit_status(const lint_report& report, bool readers_were_named);

} // namespace vmcore::lint
