#include "tests/models/riscv/machine.h"
#include "tests/models/riscv/sequences.h"

#include <rapidcheck.h>

// Random programs end in the same state at the same time, whatever the hart is allowed to cache and however
// far it runs ahead.

namespace vmcore::test {
namespace {

constexpr uint64_t program_start = 16; ///< from the start of the code
constexpr uint64_t fs_bits = 0x6000;

unsigned random_register() {
    const unsigned number = *rc::gen::inRange(0u, 26u);
    return number < 5 ? number : number == 5 ? 6u : number + 4;
}

/// x5 counts the loop's turns down, x7 is for the trap handler, x8 points into the data, x9 at the device;
/// x30 has mstatus.FS, x31 is for jumps; the rest is free.
uint32_t random_instruction(unsigned distance_to_end) {
    const unsigned rd = random_register(), a = random_register(), b = random_register();
    switch (*rc::gen::inRange(0, 14)) {
    case 0: return r_type(0x33, *rc::gen::inRange(0u, 8u), 1, rd, a, b);
    case 1: return r_type(0x3b, 0, *rc::gen::element(0u, 1u, 0x20u), rd, a, b);
    case 2: return load(*rc::gen::inRange(0u, 7u), rd, 8, *rc::gen::inRange(-1024, 1024));
    case 3: return store(*rc::gen::inRange(0u, 4u), b, 8, *rc::gen::inRange(-1024, 1024));
    case 4: return amo(*rc::gen::element(0u, 1u, 4u, 8u, 12u, 16u, 20u, 24u, 28u, 2u, 3u), 3, rd, 8, 0);
    case 5:
        return branch(*rc::gen::element(0u, 1u, 4u, 5u, 6u, 7u), a, b,
                      4 * static_cast<int>(*rc::gen::inRange(1u, std::min(distance_to_end, 12u) + 1)));
    case 6:
        return *rc::gen::element(fence_i, csrrs(rd, minstret, 0), csrrs(rd, mcycle, 0),
                                 csrrs(rd, time_csr, 0));
    case 7: return sw(b, 9, 4 * *rc::gen::inRange(0, 16));
    case 8: return lw(rd, 9, *rc::gen::inRange(0, 60));
    case 9: return *rc::gen::element(ecall, ebreak, 0xffffffffu, lw(rd, 0, 0), sd(b, 0, 8));
    case 10: { // OP-FP of both formats, and now and then what is reserved
        const unsigned function =
            *rc::gen::element(0u, 1u, 2u, 3u, 4u, 5u, 0x14u, 0x18u, 0x1au, 0x1cu, 0x1eu);
        const unsigned rm = *rc::gen::element(0u, 1u, 2u, 7u, 7u);
        return r_type(0x53, rm, function << 2 | rd % 2, rd, a, *rc::gen::element(0u, 1u, b));
    }
    case 11:
        return *rc::gen::element(load(3, rd, 8, a * 8) | 4, store(2, b, 8, a * 4) | 4, csrrs(rd, 3, a),
                                 i_type(0x73, 3, 0, 30, mstatus), csrrs(0, mstatus, 30));
    default:
        return i_type(0x13, *rc::gen::element(0u, 2u, 3u, 4u, 6u, 7u), rd, a, *rc::gen::inRange(-2048, 2048));
    }
}

/// An offset from the data: around them, or where they go on in the next page.
int random_offset() {
    return *rc::gen::weightedOneOf<int>(
        {{3, rc::gen::inRange(-1024, 1024)}, {1, rc::gen::inRange(1785, 1793)}});
}

/// One of the sequences that are done in one go. Mostly with the data as its addresses; others fault, in
/// whichever part. Jumps lead to what follows.
std::vector<uint32_t> random_sequence(size_t position) {
    const sequence which = *rc::gen::elementOf(all_sequences());
    const auto length = static_cast<unsigned>(which.parts.size());
    std::vector<uint32_t> result;
    unsigned before = 0;
    for (unsigned part = 0; part < length; ++part) {
        const opcode code = which.parts[part];
        const bool chained = part > 0 && *rc::gen::inRange(0, 10) < (which.chained ? 9 : 2);
        const bool at_data = *rc::gen::inRange(0, 10) < 8;
        unsigned a = chained ? before : at_data ? 8 : random_register();
        unsigned b = random_register();
        int imm = random_offset();
        if (code == opcode::jalr) {
            a = 31;
            imm = static_cast<int>(program_start + 4 * (position + part + 1));
        } else if (code == opcode::jal || is_branch(code)) {
            imm = 4;
            if (!chained)
                a = random_register();
        } else if (which.chained && (code == opcode::slli || code == opcode::slliw) && at_data) {
            imm = 0; // of which an address can be made
        } else if (chained && (is_load(code) || is_store(code)) && at_data) {
            imm = *rc::gen::inRange(-8, 8);
        }
        if (chained && code != opcode::jalr && *rc::gen::inRange(0, 4) == 0)
            std::swap(a, b);
        if (is_store(code)) { // never to an address that is code's
            a = at_data ? 8 : 0;
            b = chained ? before : b;
        }
        const unsigned rd = random_register();
        result.push_back(encode(code, rd, a, b, imm));
        before = rd;
    }
    return result;
}

/// Two compressed computations: c.addi or c.mv, c.slli or c.add.
uint32_t random_parcels() {
    const auto free_register = [] { return 10 + *rc::gen::inRange(0u, 20u); };
    const unsigned rd = free_register(), source = free_register(), amount = *rc::gen::inRange(1u, 32u);
    const unsigned first = *rc::gen::element(0x0001u | amount << 2, 0x8002u | source << 2) | rd << 7;
    const unsigned second = *rc::gen::element(0x0002u | amount << 2, 0x9002u | source << 2) |
                            *rc::gen::element(rd, free_register()) << 7;
    return second << 16 | first;
}

std::vector<uint32_t> random_program() {
    const auto length = *rc::gen::inRange(1u, 80u);
    std::vector<uint32_t> program;
    while (program.size() < length) {
        const auto left = static_cast<unsigned>(length - program.size());
        const int what = *rc::gen::inRange(0, 8);
        if (what < 4)
            program.push_back(random_instruction(left));
        else if (what == 4)
            program.push_back(random_parcels());
        else
            for (const uint32_t word : random_sequence(program.size()))
                program.push_back(word);
    }
    return program;
}

class equivalence : public bench {
protected:
    explicit equivalence(sc_core::sc_time latency = {}) {
        add("plain", true, true, 10000, latency);
        add("no_blocks", true, false, 10000, latency);
        add("no_dmi", false, true, 10000, latency);
        add("short_quantum", true, true, 7, latency);
        add("tiny_quantum", true, true, 1, latency);
        add("small_quantum", true, true, 3, latency);
        add("odd_quantum", true, true, 333, latency);
    }

    static constexpr uint64_t handler = ram_base + 0x1000, data = ram_base + 0x2900;

    void start(machine& board, const std::vector<uint32_t>& program) {
        std::memset(board.ram.data(), 0, ram_size);
        board.put(ram_base, {auipc(6, 1), csrrw(0, mtvec, 6), addi(5, 0, 5), csrrs(0, mstatus, 30)});
        board.put(ram_base + program_start, program);
        const auto back = -4 * static_cast<int>(program.size() + 1);
        board.put(ram_base + program_start + 4 * program.size(),
                  {addi(5, 5, -1), branch(1, 5, zero, back), sw(5, 9, 0x40), wfi, jal(zero, -4)});
        // Skips the instruction that trapped.
        board.put(handler, {csrrw(6, mepc, 0), addi(6, 6, 4), csrrw(0, mepc, 6), csrrw(6, mcause, 0),
                            csrrs(0, mstatus, 7), mret});
        board.device.accesses.clear();
        board.device.value = 0x5a;
        board.cpu.reset();
        board.cpu.set_x(7, 0x1800);
        board.cpu.set_x(8, data);
        board.cpu.set_x(9, device_base);
        board.cpu.set_x(30, fs_bits);
        board.cpu.set_x(31, ram_base);
    }

    struct summary {
        std::vector<uint64_t> registers;
        std::vector<uint64_t> memory;
        uint64_t instructions;
        std::vector<uint64_t> device; ///< addresses, values and times
    };

    summary summarise(machine& board, sc_core::sc_time began) {
        summary result{board.cpu.general_registers(), {}, board.cpu.instructions(), {}};
        for (unsigned i = 0; i < 32; ++i)
            result.registers.push_back(board.cpu.f(i));
        result.registers.push_back(board.cpu.csr(3).value());
        result.registers.push_back(board.cpu.csr(mstatus).value());
        for (uint64_t at = data - 0x400; at < data + 0x1000; at += 8)
            result.memory.push_back(board.word(at));
        for (const probe_target::access& each : board.device.accesses)
            for (const uint64_t part :
                 std::vector<uint64_t>{each.address, each.value, (each.when - began).value()})
                result.device.push_back(part);
        return result;
    }

    /// Starts at a full multiple of the time CSR's tick, so that all runs see the same times.
    sc_core::sc_time align() {
        const uint64_t tick = sc_core::sc_time(100, sc_core::SC_NS).value();
        const uint64_t now = sc_core::sc_time_stamp().value();
        wait(sc_core::sc_time::from_value(tick - now % tick));
        return sc_core::sc_time_stamp();
    }

    std::vector<std::unique_ptr<machine>> boards;

    void add(const std::string& name, bool dmi, bool blocks, unsigned quantum_ns, sc_core::sc_time latency) {
        hart::config settings;
        settings.dmi = dmi;
        settings.block_cache = blocks;
        settings.quantum = sc_core::sc_time(quantum_ns, sc_core::SC_NS);
        boards.push_back(std::make_unique<machine>(*this, name, settings, latency));
    }

    void compare(const std::vector<uint32_t>& program) {
        const sc_core::sc_time began = align();
        for (const auto& each : boards)
            start(*each, program);
        const sc_core::sc_time limit = began + sc_core::sc_time(500, sc_core::SC_US);
        const auto all_done = [this] {
            return std::all_of(boards.begin(), boards.end(),
                               [](const auto& each) { return each->cpu.waiting(); });
        };
        while (!all_done() && sc_core::sc_time_stamp() < limit)
            wait(1, sc_core::SC_US);
        RC_ASSERT(all_done());
        wait(20, sc_core::SC_US);
        const summary first = summarise(*boards[0], began);
        for (const auto& each : boards) {
            const summary other = summarise(*each, began);
            RC_ASSERT(other.registers == first.registers);
            RC_ASSERT(other.memory == first.memory);
            RC_ASSERT(other.instructions == first.instructions);
            RC_ASSERT(other.device == first.device);
        }
    }

    void check_random_programs() {
        for (const auto& each : boards)
            start(*each, {}); // before they run at all; from then on they sleep between programs
        wait(100, sc_core::SC_US);
        const bool passed = rc::check("all harts agree", [this] { compare(random_program()); });
        EXPECT_TRUE(passed);
    }
};

SC_TEST(equivalence, caches_and_quantum_do_not_change_what_a_program_does_or_when) {
    check_random_programs();
}

class equivalence_with_latency : public equivalence {
protected:
    equivalence_with_latency()
        : equivalence(sc_core::sc_time(3, sc_core::SC_NS)) {}
};

SC_TEST(equivalence_with_latency, direct_access_and_transactions_take_the_same_time) {
    check_random_programs();
}

} // namespace
} // namespace vmcore::test
