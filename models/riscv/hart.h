#pragma once

#include "models/riscv/core.h"
#include "models/tlm/time_source.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

namespace vmcore {

/// An RV64 hart with M, S and U mode, loosely timed: see README.md for its instruction set, timing rules,
/// traps and CSRs, which are QEMU's.
///
/// One retired instruction takes one clock period, to which transactions and direct accesses add. The hart
/// runs ahead of the kernel by at most the quantum; each transaction carries the time it is ahead in its
/// delay. Given the same inputs a run is deterministic, and `dmi` and `block_cache` change its speed only -
/// but for code that others wrote, which is certain to be seen after fence.i and may be seen before.
class hart : public sc_core::sc_module, private riscv::environment {
public:
    struct config {
        unsigned hartid = 0;
        uint64_t reset_pc = 0x1000;
        sc_core::sc_time clock_period{1, sc_core::SC_NS};
        sc_core::sc_time quantum{10, sc_core::SC_US}; ///< at least one instruction runs in each
        bool dmi = true;         ///< use direct memory access; without it every access is a transaction
        bool block_cache = true; ///< keep decoded instructions; takes effect where DMI is granted
        bool sole_hart = true;   ///< the only hart of its machine: see riscv::core::config
        riscv::isa isa;
    };

    /// Fetch, load, store and AMO: natural alignment, 1, 2, 4 or 8 bytes, blocking transport.
    tlm_utils::simple_initiator_socket<hart, 64> socket{"socket"};
    sc_core::sc_in<bool> msip{"msip"}; ///< level of the machine software interrupt
    sc_core::sc_in<bool> mtip{"mtip"}; ///< level of the machine timer interrupt
    sc_core::sc_in<bool> meip{"meip"}; ///< level of the machine external interrupt
    sc_core::sc_in<bool> seip{"seip"}; ///< level of the supervisor external interrupt

    SC_HAS_PROCESS(hart);

    /// @param time the counter behind the `time` CSR; must outlive the hart
    /// @throws std::invalid_argument when the clock period is zero
    hart(const sc_core::sc_module_name& name, const config& settings, const time_source& time);

    const char* kind() const override { return "hart"; }

    /// To the state after power-on: pc at the reset vector, M mode, registers 0, caches empty. May be called
    /// while the simulation is paused and from any process; an access that is under way then is abandoned.
    void reset();

    /// Makes the hart leave its quantum after the current instruction and wait, so that a pause or stop takes
    /// effect at that very edge. May be called by a target during one of the hart's transactions, or from
    /// anywhere else: the hart then lets a delta cycle pass before it goes on.
    void yield();

    /// From hold() to release() the hart executes nothing; an instruction under way, and the access that it
    /// makes, still come to their end. May be called by a target during one of the hart's transactions, or
    /// from anywhere else.
    void hold();
    void release();
    bool held() const { return m_held; }

    /// Called once until the next reset, from within the simulation, when no instruction can retire any more
    /// because the trap handler itself traps at its first instruction: see README.md, traps. The hart goes on
    /// trapping; pc() is that instruction's.
    void on_trap_loop(std::function<void()> callback) { m_trap_loop = std::move(callback); }

    uint64_t pc() const { return m_core.pc(); }
    void set_pc(uint64_t value) { m_core.set_pc(value); }
    /// @param number 0 to 31
    uint64_t x(unsigned number) const { return m_core.x(number); }
    void set_x(unsigned number, uint64_t value) { m_core.set_x(number, value); }
    /// Floating-point registers by number, 0 to 31; 32-bit values are NaN-boxed. fcsr is csr(3).
    uint64_t f(unsigned number) const { return m_core.f(number); }
    void set_f(unsigned number, uint64_t value) { m_core.set_f(number, value); }
    bool has_f() const { return m_config.isa.f; }
    riscv::privilege mode() const { return m_core.mode(); }
    /// A control and status register, read without any effect; none when the hart does not have it.
    std::optional<uint64_t> csr(unsigned number) const;
    /// Instructions retired since the last reset.
    uint64_t instructions() const { return m_core.instructions(); }
    /// Whether the hart is in WFI.
    bool waiting() const { return m_core.waiting(); }
    /// pc and x1 to x31: a debugger's view, and a core dump's.
    std::vector<uint64_t> general_registers() const;
    /// Where pc() and x(0) to x(31) are kept, for a debugger that cannot call functions. While the hart
    /// executes, the pc there may be that of the last access or jump.
    const uint64_t* pc_location() const { return m_core.pc_location(); }
    const uint64_t* x_location() const { return m_core.x_location(); }
    /// Whether it is this hart whose access the calling process carries out; pc() is then the instruction's.
    bool is_current() const;
    unsigned hartid() const { return m_config.hartid; }

    // A debugger's, see models/tlm/debug_target.h. A stop keeps the rest of the quantum for when the hart
    // goes on, so that the hart's times do not depend on stops.
    riscv::debug_unit& debug() { return m_core.debug(); }
    const riscv::debug_unit& debug() const { return m_core.debug(); }
    void set_breakpoints(std::vector<uint64_t> addresses) { m_core.set_breakpoints(std::move(addresses)); }
    void set_watchpoints(std::vector<watchpoint> watched) { m_core.set_watchpoints(std::move(watched)); }
    /// A CSR even where its state, mstatus.FS for example, keeps the guest from it.
    std::optional<uint64_t> any_csr(unsigned number) const;
    /// Writes it; what it keeps is its own affair.
    /// @returns whether the hart has it, and it is not read-only
    bool set_csr(unsigned number, uint64_t value);
    /// @returns whether the hart has the mode
    bool set_mode_number(uint64_t mode);
    void on_debug_stop(std::function<void()> callback) { m_debug_stopped = std::move(callback); }
    /// What was written to memory by others than harts is code from now on.
    void forget_code() { m_core.forget_code(); }
    /// Where a load would find a virtual address now, whatever it may; none when nowhere.
    std::optional<uint64_t> look_up(uint64_t address);
    /// Moves bytes at a physical address by debug transport.
    /// @returns how many there are
    unsigned debug_transport(tlm::tlm_command command, uint64_t address, uint8_t* data, unsigned size);

private:
    static riscv::core::config core_config(const config& settings);

    void run();
    void look_for_stores_of_others();
    void await_release();
    void stop_for_debugger();
    void follow_lines();
    void follow_time();
    void wake_if_due();
    void invalidate(sc_dt::uint64 first, sc_dt::uint64 last);

    riscv::outcome transport(riscv::access kind, uint64_t address, uint8_t* data, unsigned size,
                             uint64_t& local_time) override;
    riscv::region direct(riscv::access kind, uint64_t address) override;
    uint64_t time_counter(uint64_t local_time) override;
    uint64_t cycle_counter(uint64_t local_time) override;
    void trapped_in_loop() override;
    void await_time(uint64_t value) override;

    config m_config;
    const time_source& m_time;
    tlm::tlm_generic_payload m_payload;
    sc_core::sc_event m_wake{"wake"}; ///< an interrupt may end WFI
    sc_core::sc_event m_released{"released"};
    sc_core::sc_event m_time_due{"time_due"}; ///< stimecmp is reached
    bool m_yield = false;
    bool m_held = false;
    bool m_stopped = false; ///< for the debugger
    std::function<void()> m_debug_stopped;
    unsigned m_resets = 0;
    uint64_t m_seen_stores = 0; ///< memory_stores::count() when memory was last known
    std::function<void()> m_trap_loop;
    riscv::core m_core;
};

} // namespace vmcore
