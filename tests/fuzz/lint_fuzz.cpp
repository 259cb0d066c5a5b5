// vmcore-lint on a file of any contents: the first byte tells in how large records the same file is
// flattened, which must make no difference besides being told; the rest is the file.

#include "tests/fuzz/byte_reader.h"
#include "tests/fuzz/require.h"
#include "tests/lint/dump_bytes.h"

#include <algorithm>
#include <boost/json.hpp>

using namespace vmcore::lint;
using vmcore::fuzz::require;

namespace {

bool is_printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

struct outcome {
    std::optional<lint_report> report;
    std::string refusal;
};

outcome lint(const std::vector<uint8_t>& file) {
    try {
        return {testing::judge_bytes(file), ""};
    } catch (const not_a_dump& error) {
        return {std::nullopt, error.what()};
    }
}

void check(const lint_report& report) {
    bool refused = false;
    for (const reader_report& each : report.readers) {
        refused = refused || each.result == verdict::no;
        require((each.result == verdict::unsupported) == (each.able.version == nullptr),
                "a version is named unless there is none");
        verdict worst = each.able.version == nullptr ? verdict::unsupported : verdict::yes;
        for (const finding_report& finding : report.findings)
            for (const effect& one : finding.effects)
                if (one.which == each.which)
                    worst = std::max(worst, one.result);
        require(worst == each.result, "a verdict is that of the worst finding");
    }
    require(exit_status(report, false) == (refused ? 1 : 0), "the exit status tells of a refusal");
    require(is_printable(report.summary), "the summary is one printable line");
    for (const finding_report& finding : report.findings)
        require(is_printable(finding.what), "a finding is one printable line");
    for (const char c : to_text(report, "file"))
        require(c == '\n' || (c >= ' ' && c <= '~'), "the text is printable");
    const boost::json::value json = boost::json::parse(to_json(report, "file"));
    require(json.at("findings").as_array().size() == report.findings.size(), "JSON has all findings");
}

void check_flattened(const lint_report& plain, const std::vector<uint8_t>& file, size_t piece) {
    const outcome flat = lint(testing::flatten(file, piece));
    require(flat.report.has_value(), "a dump stays one when flattened");
    std::string summary = flat.report->summary;
    const std::string mark = ", flattened";
    summary.erase(summary.find(mark), mark.size());
    require(summary == plain.summary, "a flattened dump has the same contents");
    std::vector<std::string> all = testing::finding_ids(*flat.report), own = testing::finding_ids(plain);
    const auto found = std::find(all.begin(), all.end(), "flattened");
    // For an ELF file a reader may stop at the format; nobody minds it who takes no such dump anyway.
    if (found != all.end())
        all.erase(found);
    require(all == own, "a flattened dump has the same faults");
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    vmcore::fuzz::byte_reader input(data, size);
    const size_t piece = 16 * (size_t{input.byte()} + 1);
    const std::vector<uint8_t> file = input.rest();
    const outcome plain = lint(file);
    if (!plain.report)
        require(!plain.refusal.empty() && is_printable(plain.refusal), "a refusal is one printable line");
    else
        check(*plain.report);
    if (plain.report && plain.report->summary.find(", flattened") == std::string::npos)
        check_flattened(*plain.report, file, piece);
    return 0;
}
