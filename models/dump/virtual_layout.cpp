// Which addresses the memory of a core gets.
//
// crash and makedumpfile look for physical addresses and translate themselves; gdb, and drgn where it knows
// no tables of the target, look for virtual ones. Both are content with a core in which each block of memory
// comes first, as a whole, at its address in the kernel's linear map, followed by aliases for the rest of the
// kernel's address space. The last mapping has to be of the linear map again: makedumpfile takes PAGE_OFFSET
// of x86_64 from the last PT_LOAD below the kernel's image.
//
// Where the linear map is, the keys of VMCOREINFO tell on some architectures, and on x86_64 with KASLR none
// does. The tables themselves always do: it is the offset between virtual and physical addresses under which
// they show the most memory. So it is a vote, weighted by bytes, and no key is needed. The kernel's image and
// the linear map cannot tie unless memory ends with the image; then the lower one is taken, which is the
// linear map.

#include "models/dump/virtual_layout.h"

#include "models/dump/page_table_root.h"

#include <algorithm>
#include <map>
#include <optional>

namespace vmcore {

namespace {

constexpr uint64_t kernel_half = uint64_t{1} << 63;
constexpr uint16_t em_386 = 3, em_x86_64 = 62;

uint64_t last_of(const memory_range& range) {
    return range.base + (range.size - 1);
}

// The offset is vaddr - paddr.
std::optional<uint64_t> linear_map_offset(const std::vector<core_mapping>& runs) {
    struct tally {
        uint64_t bytes = 0;
        uint64_t lowest = 0;
    };
    std::map<uint64_t, tally> votes;
    for (const core_mapping& run : runs) {
        tally& vote = votes[run.vaddr - run.paddr];
        vote.lowest = vote.bytes == 0 ? run.vaddr : std::min(vote.lowest, run.vaddr);
        vote.bytes += run.size;
    }
    const auto winner = std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) {
        return a.second.bytes != b.second.bytes ? a.second.bytes < b.second.bytes
                                                : a.second.lowest > b.second.lowest;
    });
    return winner == votes.end() ? std::nullopt : std::optional(winner->first);
}

// The first range that does not end before `paddr`.
size_t range_of(uint64_t paddr, const std::vector<memory_range>& ranges) {
    const auto range = std::partition_point(ranges.begin(), ranges.end(),
                                            [&](const memory_range& each) { return last_of(each) < paddr; });
    return static_cast<size_t>(range - ranges.begin());
}

// Without the parts that none of the ranges holds, and in the runs' order.
std::vector<core_mapping> clip(const std::vector<core_mapping>& runs,
                               const std::vector<memory_range>& ranges) {
    std::vector<core_mapping> parts;
    for (const core_mapping& run : runs) {
        const uint64_t last = run.paddr + (run.size - 1);
        for (size_t i = range_of(run.paddr, ranges); i < ranges.size() && ranges[i].base <= last; ++i) {
            const uint64_t from = std::max(run.paddr, ranges[i].base);
            const uint64_t to = std::min(last, last_of(ranges[i]));
            parts.push_back({run.vaddr + (from - run.paddr), from, to - from + 1});
        }
    }
    return parts;
}

void warn(const page_walk& walk, const std::string& whose, std::vector<std::string>& warnings) {
    if (walk.runs_left_out != 0)
        warnings.push_back(whose + " page tables map memory in too many pieces: the smallest " +
                           std::to_string(walk.runs_left_out) + " have no virtual address in the dump");
    if (walk.tables_shared != 0)
        warnings.push_back(whose + " page tables are used in several places, some more than " +
                           std::to_string(walk_limits{}.visits) +
                           " times: the rest have no virtual address in the dump");
    if (walk.out_of_work)
        warnings.push_back(whose + " page tables have no end: what lies behind the first " +
                           std::to_string(walk_limits{}.work) +
                           " entries has no virtual address in the dump");
}

// Ranges are sorted and apart; so are the runs, by physical address.
std::vector<core_mapping> not_covered(const std::vector<memory_range>& ranges,
                                      const std::vector<core_mapping>& runs) {
    std::vector<core_mapping> rest;
    auto run = runs.begin();
    for (const memory_range& range : ranges) {
        uint64_t next = range.base;
        bool done = false;
        for (; run != runs.end() && run->paddr <= last_of(range); ++run) {
            if (run->paddr > next && !done)
                rest.push_back({next, next, run->paddr - next});
            const uint64_t last = run->paddr + (run->size - 1);
            done = done || last >= last_of(range);
            next = std::max(next, last + 1);
        }
        if (!done)
            rest.push_back({next, next, last_of(range) - next + 1});
    }
    return rest;
}

// The largest mapping of the linear map once more, if another one is the last.
void end_with_linear_map(std::vector<core_mapping>& mappings, uint64_t offset) {
    const core_mapping* largest = nullptr;
    for (const core_mapping& mapping : mappings)
        if (mapping.vaddr - mapping.paddr == offset && (!largest || mapping.size > largest->size))
            largest = &mapping;
    if (largest && mappings.back().vaddr - mappings.back().paddr != offset)
        mappings.push_back(core_mapping(*largest));
}

bool same_tables(const page_table& a, const page_table& b) {
    return a.root == b.root && a.format.half == b.format.half &&
           a.format.address_size() == b.format.address_size();
}

std::vector<page_table> distinct_tables(const dump_target& target,
                                        const std::vector<const cpu_context*>& cpus) {
    std::vector<page_table> tables;
    for (const cpu_context* cpu : cpus)
        for (page_table& table : cpu_page_tables(target, *cpu))
            if (std::none_of(tables.begin(), tables.end(),
                             [&](const page_table& known) { return same_tables(known, table); }))
                tables.push_back(std::move(table));
    return tables;
}

// Joins runs of several address spaces that show the same memory at the same addresses.
std::vector<core_mapping> merge(std::vector<core_mapping> runs) {
    std::sort(runs.begin(), runs.end(), [](const core_mapping& a, const core_mapping& b) {
        const uint64_t offset_a = a.vaddr - a.paddr, offset_b = b.vaddr - b.paddr;
        return offset_a != offset_b ? offset_a < offset_b : a.paddr < b.paddr;
    });
    std::vector<core_mapping> merged;
    for (const core_mapping& run : runs) {
        core_mapping* last = merged.empty() ? nullptr : &merged.back();
        if (last && last->vaddr - last->paddr == run.vaddr - run.paddr &&
            run.paddr - last->paddr <= last->size)
            last->size = std::max(last->size, run.paddr - last->paddr + run.size);
        else
            merged.push_back(run);
    }
    return merged;
}

// What the tables show, all address spaces in one. In no order.
std::vector<core_mapping> walk_all(const std::vector<page_table>& tables, const guest_memory& memory,
                                   std::vector<std::string>& warnings) {
    std::vector<core_mapping> runs;
    walk_limits limits;
    for (const page_table& table : tables) {
        const page_walk walk = walk_page_table(table, memory, limits);
        warn(walk, "a CPU's", warnings);
        limits.work -= walk.work;
        runs.insert(runs.end(), walk.runs.begin(), walk.runs.end());
        runs = merge(std::move(runs));
        if (runs.size() > limits.runs) {
            warnings.push_back("the CPUs' page tables map memory in too many pieces: " +
                               std::to_string(runs.size() - limits.runs) +
                               " have no virtual address in the dump");
            runs.resize(limits.runs);
            break;
        }
    }
    return runs;
}

std::vector<core_mapping> by_paddr(std::vector<core_mapping> mappings) {
    std::sort(mappings.begin(), mappings.end(), [](const core_mapping& a, const core_mapping& b) {
        return a.paddr != b.paddr ? a.paddr < b.paddr : a.vaddr < b.vaddr;
    });
    return mappings;
}

} // namespace

std::vector<core_mapping> map_physical(const std::vector<memory_range>& ranges) {
    std::vector<core_mapping> mappings;
    for (const memory_range& range : ranges)
        mappings.push_back({range.base, range.base, range.size});
    return mappings;
}

bool names_linux_kernel(const vmcoreinfo_text& text) {
    return text.value("OSRELEASE") && text.symbol("swapper_pg_dir");
}

mapping_plan map_kernel(const dump_target& target, const vmcoreinfo_text& text, const guest_memory& memory,
                        const std::vector<memory_range>& ranges) {
    mapping_plan plan{map_physical(ranges), {}};
    const kernel_page_table kernel = find_kernel_page_table(target, text, memory);
    if (!kernel.table) {
        if (!kernel.reason.empty())
            plan.warnings.push_back("no virtual addresses in the dump: " + kernel.reason);
        return plan;
    }
    walk_limits limits;
    limits.first_vaddr = kernel_half;
    page_walk walk = walk_page_table(*kernel.table, memory, limits);
    warn(walk, "the kernel's", plan.warnings);
    const std::optional<uint64_t> offset = linear_map_offset(walk.runs);
    std::vector<core_mapping> runs = clip(walk.runs, ranges);
    const auto is_linear = [&](const core_mapping& run) { return run.vaddr - run.paddr == offset; };
    for (const core_mapping& run : runs) {
        if (!is_linear(run)) {
            plan.mappings.push_back(run);
            continue;
        }
        // The whole range takes the place of what the tables show of it, unless addresses end there.
        core_mapping& whole = plan.mappings[range_of(run.paddr, ranges)];
        if (whole.paddr + *offset <= whole.paddr + (whole.size - 1) + *offset)
            whole.vaddr = whole.paddr + *offset;
    }
    if (offset)
        end_with_linear_map(plan.mappings, *offset);
    return plan;
}

mapping_plan map_cpus(const dump_target& target, const std::vector<const cpu_context*>& cpus,
                      const guest_memory& memory, const std::vector<memory_range>& ranges) {
    mapping_plan plan;
    const std::vector<core_mapping> runs = walk_all(distinct_tables(target, cpus), memory, plan.warnings);
    plan.mappings = by_paddr(clip(runs, ranges));
    const std::vector<core_mapping> rest = not_covered(ranges, plan.mappings);
    plan.mappings.insert(plan.mappings.end(), rest.begin(), rest.end());
    if (const std::optional<uint64_t> offset = linear_map_offset(runs))
        end_with_linear_map(plan.mappings, *offset);
    return plan;
}

mapping_plan map_cpus_as_qemu(const dump_target& target, const std::vector<const cpu_context*>& cpus,
                              const guest_memory& memory, const std::vector<memory_range>& ranges) {
    mapping_plan plan;
    std::vector<page_table> tables;
    if (target.machine == em_x86_64 || target.machine == em_386)
        tables = distinct_tables(target, cpus);
    for (page_table& table : tables)
        if (table.format.half == address_half::sign_extended)
            table.format.half = address_half::upper;
    plan.mappings = tables.empty() ? map_physical(ranges)
                                   : by_paddr(clip(walk_all(tables, memory, plan.warnings), ranges));
    return plan;
}

} // namespace vmcore
