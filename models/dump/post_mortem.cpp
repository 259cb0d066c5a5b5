#include "models/dump/post_mortem.h"

#include <algorithm>

static_assert(sizeof(bool) == 1, "record_present points at a bool");

extern "C" {
// Initialised, and so in .data with its magic, even before there is a board.
vmcore_post_mortem_block vmcore_post_mortem = {
    "vmcore-vp board", 1, sizeof(vmcore_post_mortem_block), "", 0, nullptr, 0, 0, nullptr, nullptr, nullptr};
}

namespace vmcore {

post_mortem_registration::post_mortem_registration(const std::string& target,
                                                   const std::vector<memory_range>& ranges,
                                                   const post_mortem_view& view) {
    for (const memory_range& each : ranges)
        if (each.host != nullptr)
            m_ranges.push_back({each.base, each.size, each.host});
    for (const auto& cpu : view.cpus)
        m_runs.insert(m_runs.end(), cpu.begin(), cpu.end());

    vmcore_post_mortem_block& block = vmcore_post_mortem;
    std::fill(std::begin(block.target), std::end(block.target), '\0');
    target.copy(block.target, sizeof block.target - 1);
    block.range = m_ranges.data();
    block.cpus = view.cpus.size();
    block.runs_per_cpu = view.cpus.empty() ? 0 : view.cpus.front().size();
    block.run = m_runs.data();
    block.record = view.record;
    block.record_present = reinterpret_cast<const uint8_t*>(view.record_present);
    block.ranges = m_ranges.size();
}

post_mortem_registration::~post_mortem_registration() {
    if (vmcore_post_mortem.range == m_ranges.data())
        vmcore_post_mortem.ranges = 0;
}

} // namespace vmcore
