#include "models/riscv/core.h"
#include "models/riscv/operation.h"

#include <algorithm>
#include <cstring>
#include <limits>

// The interpreter's loop: threaded code. Every operation has a handler, which ends with a jump to the handler
// of the next one. Where the compiler knows no addresses of labels, a switch does the jump.
//
// Blocks follow each other through their links, which are set when a way out of a block is taken for the
// first time, as long as the budget holds the next block whole. A link is good while the block it leads to is
// of the cache's epoch; the block that unset links lead to is of none. What the budget has left is the only
// count that is kept: instructions retired are what is missing from it.
//
// A handler of a sequence does its instructions one after the other on their own ops (fuse.h), so that at
// every moment `o` is the instruction that is being done, and those before it are done.
//
// Whatever may trap, take time or change how the hart goes on leaves the loop: the work done so far is
// committed, and perform() does the instruction. An instruction is therefore never half done here, and time
// is only counted at block ends.

#if defined(__GNUC__) && !defined(VMCORE_SWITCHED)
#define VMCORE_THREADED 1
#define VMCORE_INLINE __attribute__((always_inline)) inline
#else
#define VMCORE_THREADED 0
#define VMCORE_INLINE inline
#endif

namespace vmcore::riscv {

/// False when no host pointer serves the access; then nothing has happened.
template <typename T>
VMCORE_INLINE bool core::load(uint64_t address, T& value) {
    const uint8_t* host = m_tlb.load_host<T>(address);
    if (__builtin_expect(host == nullptr, 0)) {
        host = m_tlb.host(access::load, address, sizeof value); // misaligned
        if (host == nullptr)
            return false;
    }
    std::memcpy(&value, host, sizeof value);
    return true;
}

template <typename T>
VMCORE_INLINE bool core::store(uint64_t address, T value) {
    uint8_t* host = m_tlb.store_host<T>(address);
    if (__builtin_expect(host == nullptr, 0)) {
        host = slow_store_host(address, sizeof value);
        if (host == nullptr)
            return false;
    }
    std::memcpy(host, &value, sizeof value);
    return true;
}

VMCORE_INLINE bool core::load_single(uint64_t address, uint64_t& boxed) {
    uint32_t value;
    if (!load(address, value))
        return false;
    boxed = nan_box(value);
    return true;
}

/// Does one computation, load or store. False when it has to leave the loop, to be done there.
/// @param a what rs1 holds
/// @param result what rd gets
template <opcode CODE>
VMCORE_INLINE bool core::act(uint64_t* x, const op& what, uint64_t a, uint64_t& result) {
    using meaning = operation<CODE>;
    const auto i = static_cast<uint64_t>(what.imm);
    if constexpr (meaning::what == kind::computation) {
        result = meaning::value(a, x[what.rs2], i);
    } else if constexpr (meaning::what == kind::load) {
        typename meaning::type data;
        if (!load(a + i, data))
            return false;
        result = static_cast<uint64_t>(data);
    } else if constexpr (meaning::what == kind::store) {
        return store(a + i, static_cast<typename meaning::type>(x[what.rs2]));
    }
    x[what.rd] = result;
    return true;
}

#if VMCORE_THREADED
#define ENTRY(code, label) &&label,
#define DISPATCH goto* handlers[static_cast<unsigned>(o->code)]
#else
#define ENTRY(code, label)                                                                                   \
    case opcode::code:                                                                                       \
        goto label;
#define DISPATCH goto dispatch
#endif
#define LOOP_ENTRY(name, ...) ENTRY(name, do_##name)
#define LEFT_ENTRY(name) ENTRY(name, leave)
#define CHAINED_PAIR_ENTRY(first, second) LOOP_ENTRY(first##_to_##second)
#define PAIR_ENTRY(first, second) LOOP_ENTRY(first##_and_##second)
#define CHAINED_TRIPLE_ENTRY(first, second, third) LOOP_ENTRY(first##_to_##second##_to_##third)
#define TRIPLE_ENTRY(first, second, third) LOOP_ENTRY(first##_and_##second##_and_##third)
#define ALL_ENTRIES                                                                                          \
    VMCORE_RISCV_OPCODES(LOOP_ENTRY, LEFT_ENTRY, CHAINED_PAIR_ENTRY, PAIR_ENTRY, CHAINED_TRIPLE_ENTRY,       \
                         TRIPLE_ENTRY)

// The end of a handler that ends its block.
#define FOLLOW(link, otherwise)                                                                              \
    do {                                                                                                     \
        block* const to = current->link;                                                                     \
        if (__builtin_expect(to->epoch != epoch, 0))                                                         \
            goto otherwise;                                                                                  \
        current = to;                                                                                        \
        left -= to->count;                                                                                   \
        if (__builtin_expect(left < 0, 0))                                                                   \
            goto exhausted;                                                                                  \
        o = to->ops;                                                                                         \
        DISPATCH;                                                                                            \
    } while (false)

// The first and the last part of a handler. `a_value` is what rs1 holds.
#define FIRST(CODE, a_value, result)                                                                         \
    if (!act<opcode::CODE>(x, *o, a_value, result))                                                          \
        goto leave;                                                                                          \
    ++o;
#define LAST(CODE, a_value)                                                                                  \
    {                                                                                                        \
        [[maybe_unused]] uint64_t last;                                                                      \
        const uint64_t a = a_value;                                                                          \
        if constexpr (operation<opcode::CODE>::what == kind::branch) {                                       \
            if (decide<opcode::CODE>(a, x[o->rs2]))                                                          \
                FOLLOW(taken, unlinked_taken);                                                               \
            FOLLOW(fallen, unlinked_fallen);                                                                 \
        } else if constexpr (opcode::CODE == opcode::jal) {                                                  \
            x[o->rd] = current->end;                                                                         \
            FOLLOW(taken, unlinked_taken);                                                                   \
        } else if constexpr (opcode::CODE == opcode::jalr) {                                                 \
            next = (a + static_cast<uint64_t>(o->imm)) & ~uint64_t(1);                                       \
            x[o->rd] = current->end;                                                                         \
            goto indirect;                                                                                   \
        } else {                                                                                             \
            FIRST(CODE, a, last)                                                                             \
            DISPATCH;                                                                                        \
        }                                                                                                    \
    }

// A handler by the number of its instructions.
#define HANDLER(name, ...) do_##name : LAST(name, x[o->rs1])
#define CHAINED_PAIR(first, second)                                                                          \
    do_##first##_to_##second : {                                                                             \
        uint64_t one;                                                                                        \
        FIRST(first, x[o->rs1], one)                                                                         \
        LAST(second, one)                                                                                    \
    }
#define PAIR(first, second)                                                                                  \
    do_##first##_and_##second : {                                                                            \
        [[maybe_unused]] uint64_t one;                                                                       \
        FIRST(first, x[o->rs1], one)                                                                         \
        LAST(second, x[o->rs1])                                                                              \
    }
#define CHAINED_TRIPLE(first, second, third)                                                                 \
    do_##first##_to_##second##_to_##third : {                                                                \
        uint64_t one, two;                                                                                   \
        FIRST(first, x[o->rs1], one)                                                                         \
        FIRST(second, one, two)                                                                              \
        LAST(third, two)                                                                                     \
    }
#define TRIPLE(first, second, third)                                                                         \
    do_##first##_and_##second##_and_##third : {                                                              \
        [[maybe_unused]] uint64_t one, two;                                                                  \
        FIRST(first, x[o->rs1], one)                                                                         \
        FIRST(second, x[o->rs1], two)                                                                        \
        LAST(third, x[o->rs1])                                                                               \
    }

void core::execute(block* current, uint64_t budget) {
#if VMCORE_THREADED
    static const void* const handlers[] = {ALL_ENTRIES};
#endif
    uint64_t* const x = m_x.data();
    const uint64_t epoch = m_blocks.epoch();
    budget = std::min<uint64_t>(budget, std::numeric_limits<int64_t>::max());
    int64_t left = static_cast<int64_t>(budget) - current->count; // when the current block is done
    const op* o = current->ops;
    uint64_t next = 0;
    block** link = nullptr;
    DISPATCH;

#if !VMCORE_THREADED
dispatch:
    switch (o->code) { ALL_ENTRIES }
#endif
    VMCORE_RISCV_COMPUTATIONS(HANDLER)
    VMCORE_RISCV_LOADS(HANDLER)
    VMCORE_RISCV_STORES(HANDLER)
    VMCORE_RISCV_BRANCHES(HANDLER)
    HANDLER(jal)
    HANDLER(jalr)
    VMCORE_RISCV_CHAINED_PAIRS(CHAINED_PAIR)
    VMCORE_RISCV_PAIRS(PAIR)
    VMCORE_RISCV_CHAINED_TRIPLES(CHAINED_TRIPLE)
    VMCORE_RISCV_TRIPLES(TRIPLE)

#define FLOAT(name, ready, action)                                                                           \
    do_##name : {                                                                                            \
        [[maybe_unused]] const uint64_t address =                                                            \
            x[o->rs1] + float_access::offset(static_cast<uint64_t>(o->imm));                                 \
        if (!ready() || !(action))                                                                           \
            goto leave;                                                                                      \
        ++o;                                                                                                 \
        DISPATCH;                                                                                            \
    }
    FLOAT(flw, float_writable, load_single(address, m_float.f[o->rd]))
    FLOAT(fld, float_writable, load(address, m_float.f[o->rd]))
    FLOAT(fsw, float_readable, store(address, static_cast<uint32_t>(m_float.f[o->rs2])))
    FLOAT(fsd, float_readable, store(address, m_float.f[o->rs2]))
    FLOAT(float_op, float_writable, perform_float(static_cast<uint32_t>(o->imm), m_float, x))

do_end_of_block:
    FOLLOW(fallen, unlinked_fallen);

indirect: // the links are a memory of the last two targets
    if (current->taken->pc == next)
        FOLLOW(taken, unlinked_indirect);
    if (current->fallen->pc == next)
        FOLLOW(fallen, unlinked_indirect);
unlinked_indirect:
    current->fallen = current->taken;
    link = &current->taken;
    goto look_up;

unlinked_taken:
    next = static_cast<uint64_t>(o->imm);
    link = &current->taken;
    goto look_up;

unlinked_fallen:
    next = current->end;
    link = &current->fallen;

look_up:
    if (block* const found = m_blocks.find(next, current->space)) {
        *link = found;
        current = found;
        left -= found->count;
        if (left < 0)
            goto exhausted;
        o = found->ops;
        DISPATCH;
    }
    commit(budget - static_cast<uint64_t>(left));
    m_pc = next;
    return;

exhausted:
    commit(budget - static_cast<uint64_t>(left + current->count));
    m_pc = current->pc;
    return;

leave:
    commit(budget - static_cast<uint64_t>(left + current->count) + static_cast<uint64_t>(o - current->ops));
    m_pc = current->pc + o->offset;
    perform(*o);
}

} // namespace vmcore::riscv
