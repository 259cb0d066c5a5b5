#include "tests/models/riscv/machine.h"
#include "tests/models/riscv/sequences.h"

#include <map>

// The interpreter does sequences of instructions in one go. Here they are taken apart: by traps, by the end
// of a quantum, and by code that changes.

namespace vmcore::test {
namespace {

constexpr unsigned a7 = 17, s2 = 18, first_result = s2;

class sequences : public hart_bench {
protected:
    /// Instruction `part` has result register s2 + part, and as address a4 + part or the result before; a7,
    /// which is 0, is the other operand: results are a4 passed on.
    static std::vector<uint32_t> code_of(const sequence& which) {
        std::vector<uint32_t> program;
        for (unsigned part = 0; part < which.parts.size(); ++part) {
            const unsigned rs1 = which.chained && part > 0 ? first_result + part - 1 : a4 + part;
            const bool is_jump = which.parts[part] == opcode::jal || is_branch(which.parts[part]);
            program.push_back(encode(which.parts[part], first_result + part, rs1, a7, is_jump ? 4 : 0));
        }
        return program;
    }

    /// The sequence, whose memory access number `part` finds nothing at its address.
    void expect_trap_in(const sequence& which, unsigned part) {
        std::vector<uint64_t> addresses(3, data);
        addresses[which.chained ? 0 : part] = nowhere;
        if (which.chained && part > 0 && is_load(which.parts[part - 1])) { // a pointer to the bad pointer
            addresses[0] = data;
            board.put(data, {static_cast<uint32_t>(nowhere), 0});
        }
        for (unsigned result = 0; result < 3; ++result)
            cpu.set_x(first_result + result, 0);
        run_to_trap(code_of(which), addresses, is_load(which.parts[part]) ? 5 : 7, nowhere, part);
        EXPECT_EQ(cpu.instructions(), 2 + part + 5); // set-up, those before the trap, the handler
        for (unsigned later = part; later < which.parts.size(); ++later)
            EXPECT_EQ(cpu.x(first_result + later), 0);
        if (part > 0 && which.chained) {
            EXPECT_EQ(cpu.x(first_result + part - 1), nowhere);
        }
    }
};

SC_TEST(sequences, a_trap_in_any_part_is_precise) {
    unsigned traps = 0;
    for (const sequence& each : all_sequences())
        for (unsigned part = 0; part < each.parts.size(); ++part)
            if (is_load(each.parts[part]) || is_store(each.parts[part])) {
                SCOPED_TRACE(static_cast<int>(each.code));
                expect_trap_in(each, part);
                ++traps;
            }
    EXPECT_GT(traps, 50u);
}

/// A loop that adds 1 to a0 and to a1, and makes the latter add 100.
class changing_sequence : public hart_bench {
protected:
    void run_twice(uint32_t between) {
        load({addi(a0, a0, 1), addi(a1, a1, 1), sw(a5, a4, 4), between, addi(a6, a6, -1),
              branch(1, a6, zero, -20)},
             {ram_base, addi(a1, a1, 100), 2});
        run_to_wfi();
        EXPECT_EQ(cpu.x(a0), 2);
    }
};

SC_TEST(changing_sequence, its_second_instruction_changes_after_fence_i) {
    run_twice(fence_i);
    EXPECT_EQ(cpu.x(a1), 101);
}

SC_TEST(changing_sequence, its_second_instruction_changes_without_fence_i) {
    run_twice(nop);
    EXPECT_EQ(cpu.x(a1), 101);
}

/// The same program on harts with quanta of 1 to 9 instructions, and on one with a quantum of 1 that decodes
/// no blocks.
class cut_sequences : public bench {
protected:
    cut_sequences() {
        for (unsigned quantum = 0; quantum < 10; ++quantum) {
            hart::config settings;
            settings.block_cache = quantum != 0;
            settings.quantum = sc_core::sc_time(std::max(quantum, 1u), sc_core::SC_NS);
            boards.push_back(std::make_unique<machine>(*this, "board" + std::to_string(quantum), settings));
        }
    }

    /// All sequences, twice, with a jump from each to the next.
    static std::vector<uint32_t> program() {
        std::vector<uint32_t> whole{lui(8, 0x80002), slli(8, 8, 32), i_type(0x13, 5, 8, 8, 32),
                                    addi(5, 0, 2)};
        const size_t start = whole.size();
        for (const sequence& each : all_sequences()) {
            const auto length = static_cast<int>(each.parts.size());
            whole.push_back(auipc(9, 0));
            for (int part = 0; part < length; ++part) {
                const opcode code = each.parts[static_cast<unsigned>(part)];
                const bool in_memory = is_load(code) || is_store(code);
                const unsigned result = 10 + static_cast<unsigned>(part);
                const unsigned operand = code == opcode::jalr ? 9 : in_memory || part == 0 ? 8 : result - 1;
                const bool chained = each.chained && part > 0;
                const int imm = code == opcode::jalr                     ? 4 * (1 + length)
                                : code == opcode::jal || is_branch(code) ? 4
                                : in_memory || is_pointer(each, part)    ? 0
                                                                         : 7 + part;
                whole.push_back(
                    encode(code, result, chained ? result - 1 : operand, is_store(code) ? 8 : 0, imm));
            }
            whole.push_back(addi(20, 12, 3));
        }
        const auto back = -4 * static_cast<int>(whole.size() + 1 - start);
        whole.push_back(addi(5, 5, -1));
        whole.push_back(branch(0, 5, zero, 8));
        whole.push_back(jal(zero, back - 4));
        whole.push_back(wfi);
        return whole;
    }
    /// Whether the instruction's result is an address for one that follows.
    static bool is_pointer(const sequence& which, int part) {
        for (size_t later = static_cast<size_t>(part) + 1; which.chained && later < which.parts.size();
             ++later)
            if (is_load(which.parts[later]) || is_store(which.parts[later]))
                return true;
        return false;
    }

    std::vector<std::unique_ptr<machine>> boards;
};

SC_TEST(cut_sequences, every_instruction_is_as_by_itself) {
    for (const auto& each : boards) {
        each->put(ram_base, program());
        each->put(ram_base + 0x2000, {ram_base + 0x2000, 0}); // a pointer to itself
        each->cpu.reset();
    }
    // Registers and pc by the number of instructions done.
    std::vector<std::map<uint64_t, std::vector<uint64_t>>> seen(boards.size());
    wait(500, sc_core::SC_PS); // between the edges, where it is certain which of them have been
    while (!boards[0]->cpu.waiting() && seen[0].size() < 5000) {
        wait(1, sc_core::SC_NS);
        for (size_t number = 0; number < boards.size(); ++number)
            seen[number][boards[number]->cpu.instructions()] = boards[number]->cpu.general_registers();
    }
    const size_t all = seen[0].size();
    ASSERT_TRUE(boards[0]->cpu.waiting());
    ASSERT_GT(all, 2 * all_sequences().size() * 4);
    for (size_t quantum = 1; quantum < boards.size(); ++quantum) {
        EXPECT_GE(seen[quantum].size(), all / quantum);
        for (const auto& [instructions, registers] : seen[quantum])
            ASSERT_EQ(registers, seen[0][instructions])
                << instructions << " instructions, quantum " << quantum;
    }
}

} // namespace
} // namespace vmcore::test
