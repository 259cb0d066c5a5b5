#include "models/riscv/fuse.h"

#include "models/riscv/arithmetic.h"

#include <iterator>
#include <utility>

// The sequences of a block are those that leave the fewest handlers to run, found from the block's end back:
// the best way on from an instruction is its sequence, or itself, and the best way on from what follows that.
// Among equals, a chained sequence is better, for it does not wait for a register to come back from memory.

namespace vmcore::riscv {

namespace {

constexpr unsigned max_length = 3;

struct sequence {
    opcode code;
    bool chained; ///< each instruction has the result of the one before as rs1
    unsigned length;
    opcode parts[max_length];
};

/// In the order of their codes.
constexpr sequence sequences[] = {
#define VMCORE_PAIR(first, second) {opcode::first##_to_##second, true, 2, {opcode::first, opcode::second}},
    VMCORE_RISCV_CHAINED_PAIRS(VMCORE_PAIR)
#undef VMCORE_PAIR
#define VMCORE_PAIR(first, second) {opcode::first##_and_##second, false, 2, {opcode::first, opcode::second}},
        VMCORE_RISCV_PAIRS(VMCORE_PAIR)
#undef VMCORE_PAIR
#define VMCORE_TRIPLE(first, second, third)                                                                  \
    {opcode::first##_to_##second##_to_##third, true, 3, {opcode::first, opcode::second, opcode::third}},
            VMCORE_RISCV_CHAINED_TRIPLES(VMCORE_TRIPLE)
#undef VMCORE_TRIPLE
#define VMCORE_TRIPLE(first, second, third)                                                                  \
    {opcode::first##_and_##second##_and_##third, false, 3, {opcode::first, opcode::second, opcode::third}},
                VMCORE_RISCV_TRIPLES(VMCORE_TRIPLE)
#undef VMCORE_TRIPLE
};

constexpr auto first_sequence = static_cast<unsigned>(sequences[0].code);

const sequence* sequence_of(opcode code) {
    const auto number = static_cast<unsigned>(code);
    return number < first_sequence ? nullptr : &sequences[number - first_sequence];
}

/// The sequences that begin with the same operation, as lists: they follow each other from `head` on. A
/// number is one more than that of a sequence; 0 ends a list.
struct lists {
    uint8_t head[first_sequence] = {};
    uint8_t next[std::size(sequences) + 1] = {};
};
static_assert(std::size(sequences) < 256);

constexpr lists make_lists() {
    lists result;
    for (unsigned number = 1; number <= std::size(sequences); ++number) {
        uint8_t& head = result.head[static_cast<unsigned>(sequences[number - 1].parts[0])];
        result.next[number] = head;
        head = static_cast<uint8_t>(number);
    }
    return result;
}

constexpr lists by_first = make_lists();

bool commutes(opcode code) {
    switch (code) {
    case opcode::add:
    case opcode::addw:
    case opcode::and_:
    case opcode::or_:
    case opcode::xor_:
    case opcode::mul:
    case opcode::mulw:
    case opcode::beq:
    case opcode::bne: return true;
    default: return false;
    }
}

bool takes_result(const op& first, const op& second) {
    return second.rs1 == first.rd || (second.rs2 == first.rd && commutes(second.code));
}

bool matches(const sequence& which, const op* ops) {
    for (unsigned n = 0; n < which.length; ++n)
        if (ops[n].code != which.parts[n] || (which.chained && n > 0 && !takes_result(ops[n - 1], ops[n])))
            return false;
    return true;
}

/// Gives operations the code with the fastest handler, and folds constants. The results are the same.
void simplify(op& what, const op* before) {
    if (what.code == opcode::add && (what.rs1 == 0 || what.rs2 == 0)) { // c.mv
        what.code = opcode::addi;
        what.rs1 = static_cast<uint8_t>(what.rs1 | what.rs2);
    }
    if (what.code == opcode::addi && what.rs1 == 0)
        what.code = opcode::load_constant;
    if (before == nullptr || before->code != opcode::load_constant || what.rs1 != before->rd)
        return;
    const uint64_t sum = static_cast<uint64_t>(before->imm) + static_cast<uint64_t>(what.imm);
    if (what.code == opcode::addi || what.code == opcode::addiw) {
        what.imm = static_cast<int64_t>(what.code == opcode::addi ? sum : word(sum));
        what.code = opcode::load_constant;
    } else if (what.code == opcode::jalr) {
        what.imm = static_cast<int64_t>(sum & ~uint64_t(1));
        what.code = opcode::jal;
    }
}

} // namespace

void fuse(op* ops, uint32_t count) {
    for (uint32_t n = 0; n < count; ++n)
        simplify(ops[n], n > 0 ? &ops[n - 1] : nullptr);

    constexpr unsigned max_count = 64;
    unsigned cost[max_count + 1] = {};
    const sequence* best[max_count] = {};
    for (uint32_t n = count; n-- > 0;) {
        cost[n] = cost[n + 1] + 4;
        for (unsigned number = by_first.head[static_cast<unsigned>(ops[n].code)]; number != 0;
             number = by_first.next[number]) {
            const sequence& each = sequences[number - 1];
            if (each.length > count - n || !matches(each, ops + n))
                continue;
            const unsigned with = cost[n + each.length] + (each.chained ? 4 : 5);
            if (with < cost[n]) {
                cost[n] = with;
                best[n] = &each;
            }
        }
    }
    for (uint32_t n = 0; n < count; n += length_of(ops[n].code)) {
        if (best[n] == nullptr)
            continue;
        for (unsigned part = 1; best[n]->chained && part < best[n]->length; ++part)
            if (ops[n + part].rs1 != ops[n + part - 1].rd)
                std::swap(ops[n + part].rs1, ops[n + part].rs2);
        ops[n].code = best[n]->code;
    }
}

opcode single(opcode code) {
    const sequence* const which = sequence_of(code);
    return which == nullptr ? code : which->parts[0];
}

unsigned length_of(opcode code) {
    const sequence* const which = sequence_of(code);
    return which == nullptr ? 1 : which->length;
}

void cut(op* ops, uint32_t count) {
    for (uint32_t left = 1; left < max_length && left <= count; ++left) {
        op& last = ops[count - left];
        if (length_of(last.code) > left)
            last.code = single(last.code);
    }
}

} // namespace vmcore::riscv
