#pragma once

#include "models/riscv/block_cache.h"
#include "models/riscv/csr.h"
#include "models/riscv/debug_unit.h"
#include "models/riscv/environment.h"
#include "models/riscv/isa.h"
#include "models/riscv/memory_port.h"
#include "models/riscv/page_walk.h"
#include "models/riscv/tlb.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace vmcore::riscv {

/// An RV64 hart without SystemC: registers, CSRs, traps, address translation, and an interpreter that runs
/// basic blocks of decoded instructions.
///
/// Time: a retired instruction takes one clock period, and so does an exception; transactions and direct
/// accesses add what the environment says. Where a run ends depends on these alone, never on which blocks
/// happen to be decoded, so caches do not change what a guest sees.
///
/// Interrupt lines may change while the core is not running or is inside environment::transport. They are
/// looked at before every block; nothing inside a block can change them.
class core : private csr_sources, private page_table_memory {
public:
    struct config {
        unsigned hartid = 0;
        uint64_t reset_pc = 0x1000;
        uint64_t period = 1; ///< time units per clock
        bool direct = true;  ///< use direct memory access
        bool blocks = true;  ///< keep decoded blocks
        /// QEMU reports a misaligned AMO as load-address-misaligned when the machine has one hart, and as
        /// store/AMO-address-misaligned, which the ISA asks for, when it has several.
        bool sole_hart = true;
        isa implements;
    };

    core(environment& world, const config& settings);

    void reset();

    /// Runs until the local time reaches the quantum, or until there is a reason to let others run: WFI,
    /// leave(), an access to a device that may have changed an interrupt line.
    void run(uint64_t quantum);
    /// Ends the run after the current instruction.
    void leave() { m_leave = true; }
    /// Whether the last run ended for such a reason.
    bool left() const { return m_leave; }

    /// How far the core has run ahead of the kernel.
    uint64_t local_time() const { return m_stall + m_spent * m_config.period; }
    /// The same, which from now on counts as waited for.
    uint64_t take_local_time();

    void set_lines(uint64_t mip_bits) { m_csr.set_lines(mip_bits); }
    /// `time` has reached what environment::await_time() was told, or has jumped.
    void supervisor_timer_due() { m_csr.supervisor_timer_due(); }
    /// Whether the core sleeps in WFI and no enabled interrupt is pending.
    bool asleep() const { return m_waiting && m_csr.pending_and_enabled() == 0; }
    bool waiting() const { return m_waiting; }

    /// Direct access to [first, last] is no longer as it was.
    void invalidate(uint64_t first, uint64_t last);
    /// Code may have been stored to.
    void fence_code() { m_blocks.fence(); }
    /// A target hints that it would grant direct access to this address.
    void reconsider(access kind, uint64_t address) { m_memory.reconsider(kind, address); }

    /// Inside environment::transport, the address of the very instruction that makes the access.
    uint64_t pc() const { return m_pc; }
    void set_pc(uint64_t value) { m_pc = value; }
    uint64_t x(unsigned number) const { return m_x[number]; }
    void set_x(unsigned number, uint64_t value) {
        if (number != 0)
            m_x[number] = value;
    }
    /// Floating-point registers, as they are kept: 32-bit values are NaN-boxed.
    uint64_t f(unsigned number) const { return m_float.f[number]; }
    void set_f(unsigned number, uint64_t value) { m_float.f[number] = value; }
    bool has_f() const { return m_config.implements.f; }
    privilege mode() const { return m_mode; }
    uint64_t instructions() const { return m_retired; }
    /// Where pc() and x(0) to x(31) are kept, for a debugger that cannot call functions.
    const uint64_t* pc_location() const { return &m_pc; }
    const uint64_t* x_location() const { return m_x.data(); }
    csr_file& csrs() { return m_csr; }
    const csr_file& csrs() const { return m_csr; }

    // What a debugger asks for, see debug_unit. A run ends where the core stops for it.
    debug_unit& debug() { return m_debug; }
    const debug_unit& debug() const { return m_debug; }
    void set_breakpoints(std::vector<uint64_t> addresses);
    void set_watchpoints(std::vector<watchpoint> watched);
    void set_mode(privilege mode);
    void write_csr(unsigned number, uint64_t value);
    /// Where a load would find this address now. Nothing changes, permissions do not count.
    /// @param tables reads page table entries; it is not asked to write any
    std::optional<uint64_t> look_up(uint64_t address, page_table_memory& tables) const;
    /// Memory that may hold code was changed without a store of the hart's own.
    void forget_code() { m_flush = true; }

private:
    static constexpr uint64_t no_reservation = ~uint64_t(0);
    static constexpr uint64_t never = ~uint64_t(0);

    /// A block outside the cache: part of a cached one, or a single instruction.
    struct loose_block {
        block head;
        std::array<op, block_cache::max_ops + 1> ops;
    };

    uint64_t retired() const override { return m_retired; }
    uint64_t cycles() const override { return m_world.cycle_counter(local_time()); }
    uint64_t time() const override { return m_world.time_counter(local_time()); }
    void await_time(uint64_t value) override { m_world.await_time(value); }

    // core.cpp: which block runs next, traps
    void step(uint64_t budget);
    block* fetch_cached(uint64_t physical);
    block* fetch_one(uint64_t physical);
    bool fetch_parcel(uint64_t physical, uint16_t& parcel, uint64_t address);
    block* shorten(const block& whole, uint64_t count);
    void raise(cause why, uint64_t value);
    void look_for_trap_loop();
    void take_interrupt();
    void go_on(const csr_file::transfer& where);
    void commit(uint64_t instructions);
    void retire(uint64_t next_pc);
    void set_local_time(uint64_t time);

    // translate.cpp: from virtual addresses to memory
    void update_context();
    /// What a page must permit, and the kind of access that is blamed when it does not.
    struct access_rule {
        access rights;
        access blame;
    };
    static constexpr access_rule as_fetch{access::fetch, access::fetch};
    static constexpr access_rule as_load{access::load, access::load};
    static constexpr access_rule as_store{access::store, access::store};
    static constexpr access_rule as_atomic_load{access::load, access::store};
    /// The same byte by its two addresses.
    struct place {
        uint64_t address;
        uint64_t physical;
    };
    enum class fault { none, page, access, abandoned };
    fault find_physical(access kind, uint64_t address, unsigned size, uint64_t& physical);
    bool translate(access_rule rule, uint64_t address, unsigned size, uint64_t& physical);
    fault walk(access kind, uint64_t address);
    void raise_fault(access kind, bool by_page_table, uint64_t address);
    privilege mode_of(access kind) const { return kind == access::fetch ? m_mode : m_data_mode; }
    void remember_host(access kind, uint64_t address, uint64_t physical);
    uint8_t* slow_store_host(uint64_t address, unsigned size) const;
    void follow_store(uint64_t physical, unsigned size);
    bool move(access kind, access_rule rule, uint64_t address, uint8_t* data, unsigned size);
    bool transfer(access kind, access_rule rule, place at, uint8_t* data, unsigned size);
    bool read_memory(access_rule rule, uint64_t address, unsigned size, uint64_t& value);
    bool write_memory(uint64_t address, unsigned size, uint64_t value);
    outcome read_entry(uint64_t physical, uint64_t& entry) override;
    outcome write_entry(uint64_t physical, uint64_t entry) override;
    bool entry_permitted(uint64_t physical) override;

    // core_debug.cpp
    void run_debugged(uint64_t quantum);

    // execute.cpp: the interpreter's loop
    void execute(block* current, uint64_t budget);
    template <typename T>
    bool load(uint64_t address, T& value);
    template <typename T>
    bool store(uint64_t address, T value);
    bool load_single(uint64_t address, uint64_t& boxed);
    template <opcode CODE>
    bool act(uint64_t* x, const op& what, uint64_t a, uint64_t& result);

    // execute_special.cpp: what leaves the loop
    void perform(const op& what);
    void perform_load(const op& what, unsigned size, bool is_signed);
    void perform_store(const op& what, unsigned size);
    void perform_float_load(const op& what, unsigned size);
    void perform_float_store(const op& what, unsigned size);
    void perform_float_operation(const op& what);
    void perform_csr(const op& what);
    void load_reserved(const op& what, unsigned size);
    void store_conditional(const op& what, unsigned size);
    void atomic(const op& what, unsigned size);
    void cache_block_operation(const op& what);
    void zero_cache_block(const op& what);
    void call_environment();
    void return_from_machine_trap(const op& what);
    void return_from_supervisor_trap(const op& what);
    void wait_for_interrupt(const op& what);
    void fence_translations(const op& what);
    cause misaligned_atomic() const {
        return m_config.sole_hart ? cause::load_misaligned : cause::amo_misaligned;
    }

    /// Whether the loop may write f registers: the unit is on, and its state known as changed.
    bool float_writable() const { return m_csr.float_dirty(); }
    bool float_readable() const { return m_csr.float_enabled(); }

    // The hot state first.
    std::array<uint64_t, 33> m_x{}; ///< and the sink of writes to x0
    uint64_t m_pc = 0;
    float_registers m_float;
    block_cache m_blocks;
    tlb m_tlb;
    memory_port m_memory;
    privilege m_mode = privilege::machine;
    privilege m_data_mode =
        privilege::machine; ///< of loads and stores: another than m_mode with mstatus.MPRV
    bool m_mxr = false;     ///< mstatus.MXR, under which the TLB was filled
    bool m_leave = false;
    bool m_waiting = false;
    bool m_flush = false;                 ///< blocks are to be forgotten before the next one runs
    uint64_t m_spent = 0;                 ///< clocks since the local time was last set
    uint64_t m_stall = 0;                 ///< the local time as it was then
    uint64_t m_retired = 0;               ///< instructions since construction or reset
    uint64_t m_reserved = no_reservation; ///< address of LR's reservation
    uint64_t m_reserved_value = 0;
    uint64_t m_trapped_pc = 0; ///< of the last exception whose handler is the very place that raised it ...
    uint64_t m_trapped_retired = never; ///< ... and m_retired then
    bool m_in_trap_loop = false;        ///< which the world was told

    environment& m_world;
    debug_unit m_debug;
    config m_config;
    csr_file m_csr;
    loose_block m_loose;
};

} // namespace vmcore::riscv
