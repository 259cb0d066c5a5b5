#pragma once

#include "models/riscv/environment.h"
#include "models/tlm/debug_target.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace vmcore::riscv {

/// What a debugger wants of a core, and what it stopped for. With nothing wanted the core asks active() once
/// in each run, and is not slowed down otherwise.
///
/// * Breakpoints: no decoded block begins at one or goes on past one, so that chains of blocks end there.
/// * Watchpoints: no page that holds one is served by host pointers; the slow way gives up an instruction
/// that
///   would make such an access, before it has had any effect. That is where gdb expects a RISC-V CPU to stop.
/// * Steps: blocks are cut to one instruction, as at the end of a quantum.
class debug_unit {
public:
    void set_breakpoints(std::vector<uint64_t> addresses);
    void set_watchpoints(std::vector<watchpoint> watched) { m_watchpoints = std::move(watched); }
    void set_run(debug_run mode, bool masks_interrupts);

    bool active() const {
        return m_mode == debug_run::step || !m_breakpoints.empty() || !m_watchpoints.empty();
    }
    bool stays() const { return m_mode == debug_run::stay; }
    bool steps() const { return m_mode == debug_run::step; }
    bool masks_interrupts() const { return steps() && m_masks_interrupts; }

    bool has_breakpoint(uint64_t pc) const { return !m_breakpoints.empty() && finds_breakpoint(pc); }
    /// Whether an access may meet a watchpoint.
    bool watches(uint64_t address, uint64_t size) const {
        return !m_watchpoints.empty() && finds_watchpoint(address, size);
    }

    /// Whether an instruction must be given up in front of an access that its pages allow.
    /// @param rights those of a store also for the load of an instruction that stores, too
    bool stops_access(access kind, access rights, uint64_t address, unsigned size) {
        return !m_watchpoints.empty() && meets_watchpoint(kind, rights, address, size);
    }

    /// Whether the core is to stop in front of the instruction at pc: when there is a breakpoint, but for the
    /// one it stopped for already.
    bool stops_before(uint64_t pc);
    /// Before an instruction: whether it goes on from the watchpoint that it stopped at, and is to be
    /// executed alone, up to stops_behind().
    bool passes_watchpoint(uint64_t pc);
    /// Whether the core is to stop at pc after what it has done: an access met a watchpoint, or this was a
    /// step.
    bool stops_behind(uint64_t pc);
    /// Whether an instruction was given up for a watchpoint.
    bool gave_up() const { return m_hit.has_value(); }
    /// Whether the core has stopped, and nobody has been told.
    bool has_stopped() const { return m_stopped; }
    void told() { m_stopped = false; }
    std::optional<debug_stop> take_stop();

private:
    bool finds_breakpoint(uint64_t pc) const;
    bool finds_watchpoint(uint64_t address, uint64_t size) const;
    bool meets_watchpoint(access kind, access rights, uint64_t address, unsigned size);
    void stop(const debug_stop& why);

    std::vector<uint64_t> m_breakpoints; ///< in order
    std::vector<watchpoint> m_watchpoints;
    debug_run m_mode = debug_run::go;
    bool m_masks_interrupts = false;
    std::optional<uint64_t> m_passed; ///< the breakpoint that the core stopped for, and now goes on from
    std::optional<watchpoint> m_hit;  ///< by the instruction under way
    std::optional<uint64_t> m_passed_watch; ///< the instruction that the core stopped at for a watchpoint
    bool m_passes = false;                  ///< it is under way
    bool m_stopped = false;
    std::optional<debug_stop> m_stop;
};

} // namespace vmcore::riscv
