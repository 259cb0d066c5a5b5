#include "models/dump/filter.h"

#include "models/dump/hex_text.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace vmcore {

namespace {

std::string describe(const memory_range& range) {
    return hex_text(range.base) + " (" + hex_text(range.size) + " bytes)";
}

// Ends are inclusive, so that a range may end with the last address.
uint64_t last(const memory_range& range) {
    return range.base + (range.size - 1);
}

void check(const dump_filter& filter) {
    if (filter.begin < 0)
        throw std::runtime_error("parameter 'begin' expects a non-negative address, not " +
                                 std::to_string(filter.begin));
    if (filter.length == 0)
        throw std::runtime_error("parameter 'length' expects a non-zero size");
    if (filter.length < 0)
        throw std::runtime_error("parameter 'length' expects a positive size, not " +
                                 std::to_string(filter.length));
}

// Empty ranges stay empty.
memory_range clip(const memory_range& range, const dump_filter& filter) {
    const uint64_t begin = static_cast<uint64_t>(filter.begin);
    const uint64_t end = begin + (static_cast<uint64_t>(filter.length) - 1);
    const uint64_t from = std::max(range.base, begin);
    const uint64_t to = std::min(last(range), end);
    if (from > to)
        return {};
    return {from, to - from + 1, range.host ? range.host + (from - range.base) : nullptr};
}

} // namespace

std::vector<memory_range> select_ranges(std::vector<memory_range> ranges,
                                        const std::optional<dump_filter>& filter) {
    if (filter)
        check(*filter);
    const auto is_empty = [](const memory_range& range) { return range.size == 0; };
    ranges.erase(std::remove_if(ranges.begin(), ranges.end(), is_empty), ranges.end());
    std::sort(ranges.begin(), ranges.end(),
              [](const memory_range& a, const memory_range& b) { return a.base < b.base; });
    for (size_t i = 0; i < ranges.size(); ++i) {
        if (last(ranges[i]) < ranges[i].base)
            throw std::runtime_error("guest memory at " + describe(ranges[i]) +
                                     " passes the end of the address space");
        if (i > 0 && last(ranges[i - 1]) >= ranges[i].base)
            throw std::runtime_error("guest memory at " + describe(ranges[i - 1]) + " overlaps that at " +
                                     describe(ranges[i]));
    }
    if (filter) {
        for (memory_range& range : ranges)
            range = clip(range, *filter);
        ranges.erase(std::remove_if(ranges.begin(), ranges.end(), is_empty), ranges.end());
    }
    if (ranges.empty())
        throw std::runtime_error("dump: no guest memory to dump");
    return ranges;
}

} // namespace vmcore
