#include "models/riscv/debug_unit.h"

#include <algorithm>
#include <utility>

namespace vmcore::riscv {

static bool overlap(const watchpoint& watched, uint64_t address, uint64_t size) {
    return watched.first <= address + (size - 1) && watched.last >= address;
}

void debug_unit::set_breakpoints(std::vector<uint64_t> addresses) {
    std::sort(addresses.begin(), addresses.end());
    m_breakpoints = std::move(addresses);
}

void debug_unit::set_run(debug_run mode, bool masks_interrupts) {
    m_mode = mode;
    m_masks_interrupts = masks_interrupts;
}

bool debug_unit::finds_breakpoint(uint64_t pc) const {
    return std::binary_search(m_breakpoints.begin(), m_breakpoints.end(), pc);
}

bool debug_unit::finds_watchpoint(uint64_t address, uint64_t size) const {
    return std::any_of(m_watchpoints.begin(), m_watchpoints.end(),
                       [=](const watchpoint& each) { return overlap(each, address, size); });
}

bool debug_unit::meets_watchpoint(access kind, access rights, uint64_t address, unsigned size) {
    if (m_passes)
        return false;
    for (const watchpoint& each : m_watchpoints) {
        const bool counts =
            (kind == access::load && each.on_load) || (rights == access::store && each.on_store);
        if (counts && overlap(each, address, size)) {
            m_hit = each;
            return true;
        }
    }
    return false;
}

bool debug_unit::passes_watchpoint(uint64_t pc) {
    m_passes = m_passed_watch == pc;
    m_passed_watch.reset();
    return m_passes;
}

bool debug_unit::stops_before(uint64_t pc) {
    const bool passes = m_passed == pc;
    m_passed.reset();
    if (passes || !has_breakpoint(pc))
        return false;
    m_passed = pc;
    stop({debug_stop::reason::breakpoint, {}});
    return true;
}

bool debug_unit::stops_behind(uint64_t pc) {
    m_passes = false;
    if (const std::optional<watchpoint> hit = std::exchange(m_hit, std::nullopt)) {
        m_passed_watch = pc;
        stop({debug_stop::reason::watchpoint, *hit});
    } else if (steps()) {
        stop({debug_stop::reason::step, {}});
    }
    if (m_stopped)
        m_passed.reset();
    return m_stopped;
}

void debug_unit::stop(const debug_stop& why) {
    m_stop = why;
    m_stopped = true;
}

std::optional<debug_stop> debug_unit::take_stop() {
    return std::exchange(m_stop, std::nullopt);
}

} // namespace vmcore::riscv
