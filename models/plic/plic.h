#pragma once

#include "models/tlm/interrupt_wire.h"
#include "models/tlm/peripheral.h"

#include <vector>

namespace vmcore {

/// SiFive platform-level interrupt controller 1.0.0 as QEMU's riscv `virt` has it (RISC-V Platform-Level
/// Interrupt Controller Specification 1.0.0, chapters 3 to 9): sources with a priority, and contexts - a hart
/// in a mode - with a threshold, a bit that enables each source, and one line.
///
/// An assertion of a source makes it pending until it is claimed, even if the source is lowered meanwhile.
/// While it is claimed a further assertion makes it pending again, but no context sees that before
/// completion. As in QEMU, the level alone never makes a source pending: a source that stays high is silent
/// after completion until its device asserts it once more. An interrupt_wire tells of each assertion, any
/// other signal of its rising edges.
///
/// As in QEMU, too, lines are decided on assertions, claims, completions and writes to priorities and
/// thresholds. A write to an enable register moves no line before the next of these.
class plic : public peripheral {
public:
    static constexpr unsigned max_sources = 1023;
    static constexpr unsigned max_contexts = 15872;

    struct config {
        unsigned sources = 95;   ///< the highest source; 1 to max_sources
        unsigned priorities = 7; ///< the highest priority, at least 1
        unsigned contexts = 2;   ///< 1 to max_contexts
        sc_core::sc_time access_latency;
    };

    using input = sc_core::sc_port<sc_core::sc_signal_in_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;

    /// source[n] is source n, which may be left unbound. Source 0 is reserved: it can be pending, but never
    /// interrupts.
    sc_core::sc_vector<input> source{"source"};
    /// One for each context: whether a source is there for it to claim.
    sc_core::sc_vector<sc_core::sc_out<bool>> external{"external"};

    /// @throws std::invalid_argument when a field of settings is out of its range
    plic(const sc_core::sc_module_name& name, const config& settings);

    const char* kind() const override { return "plic"; }

    /// Nothing is pending, claimed or enabled; priorities and thresholds are 0. A source that is high does
    /// not become pending by it.
    void reset() override;

private:
    struct context {
        uint32_t threshold = 0;
        std::vector<uint32_t> enabled;
    };
    struct watched {
        unsigned source;
        const sc_core::sc_event* asserted;
    };

    void end_of_elaboration() override;
    void take_assertions();
    void drive_lines();
    /// Decides which contexts have something to claim.
    void update();
    /// The source that the context would claim; 0 for none.
    unsigned best(const context& claimant) const;
    bool accept_priority(uint32_t& field, uint64_t value) const;

    uint64_t read_priority(const register_access& access) const;
    void write_priority(const register_access& access, uint64_t value);
    uint64_t read_pending(const register_access& access) const;
    uint64_t read_enable(const register_access& access) const;
    void write_enable(const register_access& access, uint64_t value);
    uint64_t read_context(const register_access& access);
    uint64_t peek_context(const register_access& access) const;
    void write_context(const register_access& access, uint64_t value);
    void ignore_write(const register_access&, uint64_t) {}
    uint64_t read_zero(const register_access&) const { return 0; }

    config m_config;
    std::vector<uint32_t> m_priorities; ///< of each source
    std::vector<uint32_t> m_pending;    ///< a bit for each source, as in the registers
    std::vector<uint32_t> m_claimed;    ///< likewise
    std::vector<context> m_contexts;
    std::vector<bool> m_lines; ///< level of each context's line
    std::vector<watched> m_watched;
    sc_core::sc_event m_changed{"changed"};

    // Those of sources and contexts that are not there read 0 and ignore writes.
    reg m_reg_priority; ///< 0x000000 + 4 * source
    reg m_reg_pending;  ///< 0x001000 + 4 * (source / 32)
    reg m_reg_enable;   ///< 0x002000 + 0x80 * context + 4 * (source / 32)
    reg m_reg_reserved; ///< 0x1f2000
    reg m_reg_context;  ///< 0x200000 + 0x1000 * context: +0 threshold, +4 claim and completion
};

} // namespace vmcore
