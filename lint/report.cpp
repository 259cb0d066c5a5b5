#include "lint/report.h"

#include "lint/shown.h"
#include "models/dump/vmcoreinfo_text.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

namespace vmcore::lint {

namespace {

std::string printable(std::string text) {
    for (char& c : text)
        if (c < ' ' || c > '~')
            c = '?';
    return text;
}

std::string counted(uint64_t number, const char* what) {
    return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

/// 6.12.3 is 6012; what is no kernel's release counts as the newest, which writes all keys.
unsigned kernel_version(const vmcoreinfo_text& text) {
    unsigned version = 0, patch_level = 0;
    const std::string release(text.value("OSRELEASE").value_or(""));
    if (std::sscanf(release.c_str(), "%4u.%4u", &version, &patch_level) != 2)
        return ~0u;
    return version * 1000 + std::min(patch_level, 999u);
}

std::string summary_of(const dump_facts& facts) {
    std::string line = facts.format == dump_format::elf ? "ELF core" : "kdump file";
    if (facts.flattened)
        line += ", flattened";
    line += ", " + std::to_string(8 * facts.word) + "-bit " +
            (facts.order == byte_order::little ? "little" : "big") + "-endian " + name_of(facts.arch);
    if (facts.format == dump_format::elf)
        line += ", " + counted(facts.elf.loads, "segment");
    else
        line += ", " + counted(facts.kdump.pages, "page");
    line += ", registers of " + counted(facts.notes.prstatus, "CPU");
    const auto release = vmcoreinfo_text(facts.vmcoreinfo()).value("OSRELEASE");
    line += facts.vmcoreinfo().empty()
                ? ", no VMCOREINFO"
                : ", VMCOREINFO of " + std::string(release.value_or("something unnamed"));
    return printable(line);
}

/// In the VMCOREINFO that this reader looks at. That it finds none at all is a finding of its own.
bool is_missing(const key_rule& rule, const dump_facts& facts, reader which) {
    const vmcoreinfo_text text(vmcoreinfo_for(which, facts));
    return !vmcoreinfo_for(which, facts).empty() &&
           (rule.arch == architecture::unknown || rule.arch == facts.arch) &&
           rule.since <= kernel_version(text) && !text.value(rule.key) &&
           (rule.alternative == nullptr || !text.value(rule.alternative));
}

/// One finding for each reader and consequence, which lists all keys whose lack has it.
std::vector<finding_report> missing_keys(const dump_facts& facts) {
    std::vector<finding_report> found;
    for (const key_rule& rule : key_rules()) {
        for (const effect& each : rule.effects) {
            if (!is_missing(rule, facts, each.which))
                continue;
            const auto same = std::find_if(found.begin(), found.end(), [&](const finding_report& other) {
                return other.effects[0].which == each.which &&
                       std::string_view(other.effects[0].consequence) == each.consequence;
            });
            if (same != found.end())
                same->what += ", " + std::string(rule.key);
            else
                found.push_back({"missing-keys", "VMCOREINFO has no " + std::string(rule.key), "", {each}});
        }
    }
    return found;
}

bool reaches(const std::vector<reader_report>& readers, const effect& each, dump_format format) {
    return each.format.value_or(format) == format &&
           std::any_of(readers.begin(), readers.end(), [&](const reader_report& one) {
               return one.which == each.which && one.able.version != nullptr;
           });
}

/// Takes a finding up unless it concerns only readers that nobody asked for, or that take no such dump.
void add(lint_report& report, finding_report found, dump_format format) {
    const bool is_remark = found.effects.empty();
    std::vector<effect>& effects = found.effects;
    effects.erase(std::remove_if(effects.begin(), effects.end(),
                                 [&](const effect& each) { return !reaches(report.readers, each, format); }),
                  effects.end());
    if (effects.empty() && !is_remark)
        return;
    for (const effect& each : effects)
        for (reader_report& one : report.readers)
            if (one.which == each.which)
                one.result = std::max(one.result, each.result);
    found.what = printable(found.what);
    report.findings.push_back(std::move(found));
}

} // namespace

lint_report judge(const dump_facts& facts, const std::vector<reader>& asked) {
    lint_report report;
    report.summary = summary_of(facts);
    for (const reader_info& each : readers()) {
        if (std::find(asked.begin(), asked.end(), each.which) == asked.end())
            continue;
        const capability able = capability_of(each.which, facts);
        report.readers.push_back(
            {each.which, each.name, able, able.version == nullptr ? verdict::unsupported : verdict::yes});
    }
    for (const rule& each : rules())
        if (std::optional<std::string> what = each.find(facts))
            add(report, {each.id, *what, each.remedy, each.effects}, facts.format);
    for (finding_report& each : missing_keys(facts))
        add(report, std::move(each), facts.format);
    return report;
}

std::string to_text(const lint_report& report, const std::string& file) {
    std::string text = shown(file) + ": " + report.summary + "\n\n";
    for (const reader_report& one : report.readers) {
        char line[64];
        std::snprintf(line, sizeof line, "  %-13s %-8s %-12s", one.name,
                      one.able.version ? one.able.version : "", name_of(one.result));
        text += line;
        text += one.able.remark;
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }
    for (const finding_report& each : report.findings) {
        text += "\n" + each.id + ": " + each.what + '\n';
        for (const effect& one : each.effects)
            for (const reader_report& reader : report.readers)
                if (reader.which == one.which)
                    text += std::string("  ") + reader.name + " (" + name_of(one.result) + ") " +
                            one.consequence + '\n';
        if (!each.remedy.empty())
            text += "  -> " + each.remedy + '\n';
    }
    return text;
}

std::string to_json(const lint_report& report, const std::string& file) {
    boost::json::array readers, findings;
    for (const reader_report& one : report.readers)
        readers.push_back({{"name", one.name},
                           {"version", one.able.version ? boost::json::value(one.able.version) : nullptr},
                           {"verdict", name_of(one.result)},
                           {"remark", one.able.remark}});
    for (const finding_report& each : report.findings) {
        boost::json::array effects;
        for (const effect& one : each.effects)
            for (const reader_report& reader : report.readers)
                if (reader.which == one.which)
                    effects.push_back({{"reader", reader.name},
                                       {"verdict", name_of(one.result)},
                                       {"consequence", one.consequence}});
        findings.push_back(
            {{"id", each.id}, {"what", each.what}, {"remedy", each.remedy}, {"effects", effects}});
    }
    return boost::json::serialize(boost::json::value{{"file", as_utf8(file)},
                                                     {"summary", report.summary},
                                                     {"readers", readers},
                                                     {"findings", findings}}) +
           '\n';
}

int exit_status(const lint_report& report, bool readers_were_named) {
    return std::any_of(report.readers.begin(), report.readers.end(), [&](const reader_report& one) {
        return one.result == verdict::no || (readers_were_named && one.result == verdict::unsupported);
    });
}

} // namespace vmcore::lint
