// Ranking what the scan found.
//
// Points are such that one kind of evidence cannot be outweighed by all the weaker ones: a text that is
// incomplete is of no use to any reader; next, a kernel that answers to the name in the text is alive; then
// its page tables, and how many of its symbols they map, which tells a kernel from the remains of an earlier
// one that memory was taken from; then a banner anywhere; then the form. With equal points the lower address
// is better, so that the order is always the same.

#include "models/dump/rescue.h"

#include "models/dump/hex_text.h"
#include "models/dump/memory_view.h"
#include "models/dump/page_table_root.h"
#include "models/dump/rescue_scan.h"
#include "models/dump/vmcoreinfo_text.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace vmcore {

namespace {

constexpr int points_complete = 1000;
constexpr int points_named = 400;
constexpr int points_tables = 200;
constexpr int points_symbols = 100; // when all are mapped
constexpr int points_banner = 50;
constexpr int points_note = 10;
constexpr size_t most_symbols = 64; // looked at

void count(rescue_candidate& candidate, int points, std::string reason) {
    candidate.score += points;
    candidate.reasons.push_back(std::move(reason));
}

void judge_form(rescue_candidate& candidate) {
    count(candidate, candidate.is_note ? points_note : 0,
          candidate.is_note ? "a note" : "a text without a note's header");
}

void judge_keys(rescue_candidate& candidate, const vmcoreinfo_text& text) {
    const uint64_t page_size = text.number("PAGESIZE").value_or(0);
    const char* lacking = !text.value("OSRELEASE") || text.value("OSRELEASE")->empty() ? "OSRELEASE"
                          : page_size == 0 || (page_size & (page_size - 1)) != 0       ? "PAGESIZE"
                          : !text.symbol("swapper_pg_dir") ? "SYMBOL(swapper_pg_dir)"
                                                           : nullptr;
    if (lacking)
        count(candidate, 0, std::string("has no good ") + lacking + ", without which no reader opens a dump");
    else
        count(candidate, points_complete, "has OSRELEASE, PAGESIZE and SYMBOL(swapper_pg_dir)");
}

std::vector<uint64_t> symbols_of(const vmcoreinfo_text& text) {
    std::vector<uint64_t> addresses;
    std::string_view rest = text.text();
    while (!rest.empty() && addresses.size() < most_symbols) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        constexpr std::string_view start = "SYMBOL(";
        const size_t end = line.find(")=");
        if (line.substr(0, start.size()) != start || end == std::string_view::npos)
            continue;
        const vmcoreinfo_text alone(line); // quicker than to look for the line again
        if (const auto address = alone.symbol(line.substr(start.size(), end - start.size())))
            addresses.push_back(*address);
    }
    return addresses;
}

void judge_symbols(rescue_candidate& candidate, const vmcoreinfo_text& text, const page_table& table,
                   const memory_view& memory) {
    const std::vector<uint64_t> symbols = symbols_of(text);
    const auto mapped = std::count_if(symbols.begin(), symbols.end(), [&](uint64_t address) {
        return translate(table, memory, address).has_value();
    });
    count(candidate, static_cast<int>(points_symbols * mapped / static_cast<std::ptrdiff_t>(symbols.size())),
          std::to_string(mapped) + " of its " + std::to_string(symbols.size()) + " symbols are mapped");
}

// struct new_utsname has fields of 65 bytes: sysname, nodename, release, ...
std::optional<std::string> release_of(const vmcoreinfo_text& text, const page_table& table,
                                      const memory_view& memory) {
    constexpr size_t field = 65;
    const std::optional<uint64_t> names = text.symbol("init_uts_ns");
    if (!names)
        return std::nullopt;
    const uint64_t release = *names + text.number("OFFSET(uts_namespace.name)").value_or(0) + 2 * field;
    const std::optional<uint64_t> paddr = translate(table, memory, release);
    std::vector<uint8_t> buffer;
    // Neighbours in the kernel's image are neighbours in memory.
    const uint8_t* name = paddr ? memory.bytes(*paddr, field, buffer) : nullptr;
    if (!name)
        return std::nullopt;
    return std::string(name, std::find(name, name + field, uint8_t{0}));
}

void judge_kernel(rescue_candidate& candidate, const vmcoreinfo_text& text, const dump_target& target,
                  const memory_view& view, const guest_memory& memory) {
    const kernel_page_table kernel = find_kernel_page_table(target, text, memory);
    if (!kernel.table) {
        if (!kernel.reason.empty())
            candidate.reasons.push_back(kernel.reason);
        return;
    }
    count(candidate, points_tables, "the kernel's page tables are at " + hex_text(kernel.table->root));
    judge_symbols(candidate, text, *kernel.table, view);
    const std::optional<std::string> release = release_of(text, *kernel.table, view);
    if (release && text.value("OSRELEASE") == std::string_view(*release))
        count(candidate, points_named, "the kernel there calls itself " + *release);
    else
        count(candidate, 0, "no kernel of this release is where its init_uts_ns should be");
}

void judge_banner(rescue_candidate& candidate, const vmcoreinfo_text& text, const rescue_scan& scan) {
    const std::string release(text.value("OSRELEASE").value_or(""));
    const auto banner = scan.banners.find(release);
    if (banner == scan.banners.end())
        count(candidate, 0, "no \"Linux version " + release + "\" was found in memory");
    else
        count(candidate, points_banner,
              "\"Linux version " + release + "\" is at " + hex_text(banner->second));
}

rescue_candidate judge(const vmcoreinfo_trace& trace, const rescue_scan& scan, const dump_target& target,
                       const memory_view& view, const guest_memory& memory) {
    rescue_candidate candidate;
    candidate.is_note = trace.is_note();
    candidate.paddr = trace.text_paddr - (trace.is_note() ? vmcoreinfo_header_size : 0);
    candidate.size =
        trace.is_note() ? vmcoreinfo_header_size + (trace.descriptor_size + 3) / 4 * 4 : trace.text_size;
    std::vector<uint8_t> buffer;
    const uint8_t* bytes = view.bytes(trace.text_paddr, trace.text_size, buffer);
    candidate.text.assign(bytes, bytes + trace.text_size);
    const vmcoreinfo_text text(candidate.text);
    judge_keys(candidate, text);
    judge_kernel(candidate, text, target, view, memory);
    judge_banner(candidate, text, scan);
    judge_form(candidate);
    return candidate;
}

} // namespace

std::vector<rescue_candidate> find_vmcoreinfo(const dump_target& target, const guest_memory& memory) {
    const rescue_scan scan = scan_for_vmcoreinfo(memory, target.order);
    const memory_view view(memory);
    std::vector<rescue_candidate> best;
    const auto is_better = [](const rescue_candidate& a, const rescue_candidate& b) {
        return a.score != b.score ? a.score > b.score : a.paddr < b.paddr;
    };
    for (const vmcoreinfo_trace& trace : scan.traces) {
        rescue_candidate candidate = judge(trace, scan, target, view, memory);
        best.insert(std::upper_bound(best.begin(), best.end(), candidate, is_better), std::move(candidate));
        if (best.size() > most_rescue_candidates)
            best.pop_back();
    }
    return best;
}

} // namespace vmcore
