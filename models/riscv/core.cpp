#include "models/riscv/core.h"

#include "models/riscv/decode.h"
#include "models/riscv/fuse.h"

#include <algorithm>

namespace vmcore::riscv {

core::core(environment& world, const config& settings)
    : m_blocks(settings.implements, m_debug)
    , m_tlb(m_blocks.epoch())
    , m_memory(world, settings.direct)
    , m_world(world)
    , m_config(settings)
    , m_csr(*this, settings.hartid, settings.implements, m_float) {
    reset();
}

void core::reset() {
    m_x.fill(0);
    m_float = {};
    m_pc = m_config.reset_pc;
    m_mode = privilege::machine;
    m_waiting = false;
    m_retired = 0;
    m_reserved = no_reservation;
    m_trapped_retired = never;
    m_in_trap_loop = false;
    m_csr.reset();
    update_context();
    m_tlb.flush();
    invalidate(0, ~uint64_t(0));
}

void core::invalidate(uint64_t first, uint64_t last) {
    m_memory.invalidate(first, last);
    m_tlb.forget_hosts(first, last);
    m_flush = true;
}

uint64_t core::take_local_time() {
    const uint64_t time = local_time();
    set_local_time(0);
    return time;
}

void core::set_local_time(uint64_t time) {
    m_stall = time;
    m_spent = 0;
}

void core::commit(uint64_t instructions) {
    m_spent += instructions;
    m_retired += instructions;
}

void core::retire(uint64_t next_pc) {
    m_pc = next_pc;
    commit(1);
}

void core::go_on(const csr_file::transfer& where) {
    m_pc = where.pc;
    m_mode = where.mode;
    m_reserved = no_reservation; // QEMU gives up the reservation at every trap and return, too
    update_context();
}

void core::raise(cause why, uint64_t value) {
    ++m_spent;
    const uint64_t pc = m_pc;
    const privilege mode = m_mode;
    go_on(m_csr.enter_trap(mode, pc, false, static_cast<unsigned>(why), value));
    if (m_pc == pc && m_mode == mode)
        look_for_trap_loop();
}

/// An exception has led back to where it was raised, in the same mode. The first time it may have changed
/// what the instruction depends on: with mstatus.MPRV a load looks at mstatus.MPP. If the next one does the
/// same, it finds what it leaves behind, and goes on like this; only another mode's interrupt could end it.
void core::look_for_trap_loop() {
    const bool again = m_trapped_pc == m_pc && m_trapped_retired == m_retired;
    m_trapped_pc = m_pc;
    m_trapped_retired = m_retired;
    if (!again || m_in_trap_loop)
        return;
    m_in_trap_loop = true;
    m_world.trapped_in_loop();
}

void core::take_interrupt() {
    const int number = m_csr.interrupt(m_mode);
    if (number >= 0)
        go_on(m_csr.enter_trap(m_mode, m_pc, true, static_cast<unsigned>(number), 0));
}

void core::run(uint64_t quantum) {
    if (m_debug.active())
        return run_debugged(quantum);
    m_leave = false;
    if (asleep())
        return;
    m_waiting = false;
    for (;;) {
        const uint64_t now = local_time();
        if (m_leave || now >= quantum)
            return;
        if (m_csr.pending_and_enabled() != 0)
            take_interrupt();
        step((quantum - now + m_config.period - 1) / m_config.period);
    }
}

void core::step(uint64_t budget) {
    if (m_flush) {
        m_blocks.clear();
        m_flush = false;
    }
    block* next = m_config.blocks ? m_blocks.find(m_pc, m_tlb.fetch_space()) : nullptr;
    if (next == nullptr) {
        uint64_t physical = 0;
        if (!translate(as_fetch, m_pc, 2, physical))
            return;
        next = m_config.blocks ? fetch_cached(physical) : nullptr;
        if (next == nullptr)
            next = fetch_one(physical);
        if (next == nullptr)
            return;
    }
    execute(next->count > budget ? shorten(*next, budget) : next, budget);
}

/// The block at pc, where direct access serves its page; else nullptr.
block* core::fetch_cached(uint64_t physical) {
    const uint8_t* host = m_tlb.host(access::fetch, m_pc, 2);
    if (host == nullptr) {
        remember_host(access::fetch, m_pc, physical);
        host = m_tlb.host(access::fetch, m_pc, 2);
    }
    if (host == nullptr)
        return nullptr;
    block* const found = m_blocks.renew(m_pc, m_tlb.fetch_space(), host);
    if (const uint8_t* page = m_blocks.take_new_page())
        m_tlb.watch_stores(page);
    return found;
}

/// One parcel of the instruction at pc; takes the trap when it cannot be fetched.
bool core::fetch_parcel(uint64_t physical, uint16_t& parcel, uint64_t address) {
    uint64_t time = local_time();
    const outcome answer = m_memory.fetch(physical, parcel, time);
    set_local_time(time);
    if (answer == outcome::refused)
        raise(cause::fetch_access, address);
    return answer == outcome::done;
}

/// The single instruction at pc, parcel by parcel. nullptr when it cannot be fetched: the trap is taken.
block* core::fetch_one(uint64_t physical) {
    uint16_t parcel[2] = {};
    if (!fetch_parcel(physical, parcel[0], m_pc))
        return nullptr;
    const bool is_wide = is_long(parcel[0]);
    const uint64_t second = m_pc + 2;
    if (is_wide && !(translate(as_fetch, second, 2, physical) && fetch_parcel(physical, parcel[1], second)))
        return nullptr;
    const isa& has = m_config.implements;
    m_loose.ops[0] = is_wide ? decode(static_cast<uint32_t>(parcel[0] | parcel[1] << 16), m_pc, has)
                             : decode_compressed(parcel[0], m_pc, has);
    m_loose.ops[1] = op();
    m_loose.ops[1].code = opcode::end_of_block;
    block& head = m_loose.head;
    head = block();
    head.pc = m_pc;
    head.space = m_tlb.fetch_space();
    head.end = m_pc + m_loose.ops[0].length;
    head.count = 1;
    head.ops = m_loose.ops.data();
    head.taken = head.fallen = m_blocks.no_block();
    return &head;
}

/// The first instructions of a block, for the end of a quantum.
block* core::shorten(const block& whole, uint64_t count) {
    std::copy_n(whole.ops, count + 1, m_loose.ops.begin());
    m_loose.ops[count].code = opcode::end_of_block;
    cut(m_loose.ops.data(), static_cast<uint32_t>(count));
    block& head = m_loose.head;
    head = whole;
    head.ops = m_loose.ops.data();
    head.count = static_cast<uint32_t>(count);
    head.end = whole.pc + m_loose.ops[count].offset;
    head.taken = head.fallen = m_blocks.no_block();
    return &head;
}

} // namespace vmcore::riscv
