#include "models/riscv/core.h"

#include "models/riscv/decode.h"

#include <algorithm>

namespace vmcore::riscv {

core::core(environment& world, const config& settings)
    : m_memory(world, settings.direct, m_debug)
    , m_blocks(m_debug)
    , m_world(world)
    , m_config(settings)
    , m_csr(*this, settings.hartid) {
    reset();
}

void core::reset() {
    m_x.fill(0);
    m_pc = m_config.reset_pc;
    m_mode = privilege::machine;
    m_waiting = false;
    m_retired = 0;
    m_reserved = no_reservation;
    m_csr.reset();
    invalidate(0, ~uint64_t(0));
}

void core::invalidate(uint64_t first, uint64_t last) {
    m_memory.invalidate(first, last);
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

void core::set_mode(privilege mode) {
    m_mode = mode;
    m_reserved = no_reservation; // QEMU gives up the reservation at every trap and return, too
}

void core::raise(cause why, uint64_t value) {
    ++m_spent;
    m_pc = m_csr.enter_trap(m_mode, m_pc, false, static_cast<unsigned>(why), value);
    set_mode(privilege::machine);
}

void core::take_interrupt() {
    const int number = m_csr.interrupt(m_mode);
    if (number < 0)
        return;
    m_pc = m_csr.enter_trap(m_mode, m_pc, true, static_cast<unsigned>(number), 0);
    set_mode(privilege::machine);
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
    block* next = nullptr;
    if (m_config.blocks) {
        next = m_blocks.find(m_pc);
        if (next == nullptr)
            if (const region* from = m_memory.fetch_region(m_pc))
                next = m_blocks.build(m_pc, *from);
    }
    if (next == nullptr)
        next = fetch_one();
    if (next == nullptr)
        return;
    execute(next->count > budget ? shorten(*next, budget) : next, budget);
}

/// The single instruction at pc, parcel by parcel. nullptr when it cannot be fetched: the trap is taken.
block* core::fetch_one() {
    uint64_t time = local_time();
    uint16_t parcel[2] = {};
    uint64_t at = m_pc;
    outcome answer = m_memory.fetch(at, parcel[0], time);
    const bool is_wide = is_long(parcel[0]);
    if (answer == outcome::done && is_wide) {
        at += 2;
        answer = m_memory.fetch(at, parcel[1], time);
    }
    set_local_time(time);
    if (answer != outcome::done) {
        if (answer != outcome::abandoned)
            raise(cause::fetch_access, at);
        return nullptr;
    }
    m_loose.ops[0] = is_wide ? decode(static_cast<uint32_t>(parcel[0] | parcel[1] << 16), m_pc)
                             : decode_compressed(parcel[0], m_pc);
    block single;
    single.pc = m_pc;
    single.end = m_pc + m_loose.ops[0].length;
    single.count = 1;
    single.ops = m_loose.ops.data();
    m_loose.ops[1] = op();
    m_loose.ops[1].code = opcode::end_of_block;
    m_loose.head = single;
    return &m_loose.head;
}

/// The first instructions of a block, for the end of a quantum.
block* core::shorten(const block& whole, uint64_t count) {
    std::copy_n(whole.ops, count + 1, m_loose.ops.begin());
    m_loose.head = whole;
    m_loose.head.successor[0] = m_loose.head.successor[1] = nullptr;
    m_loose.head.ops = m_loose.ops.data();
    m_loose.head.count = static_cast<uint32_t>(count);
    m_loose.head.end = whole.pc + m_loose.ops[count].offset;
    m_loose.ops[count].code = opcode::end_of_block;
    return &m_loose.head;
}

} // namespace vmcore::riscv
