#include "tests/models/riscv/supervisor.h"

#include <optional>
#include <set>

// A program in S and U mode with all kinds of instructions, interrupted once at every moment of its run, ends
// as it does without: nothing is half done, done twice or left out.

namespace vmcore::test {
namespace {

constexpr uint64_t user_alias = uint64_t(3) << 30; // RAM as U mode's pages
constexpr uint64_t cell = ram_base + 0x3000;
constexpr unsigned mcontext = 0x7a8; // kept by the handler: whether it ran

class every_instruction : public supervisor_bench {
protected:
    explicit every_instruction(const hart::config& settings = with_quantum(1))
        : supervisor_bench(settings) {}

    static hart::config with_quantum(unsigned ns) {
        hart::config settings = without_protection();
        settings.quantum = sc_core::sc_time(ns, sc_core::SC_NS);
        return settings;
    }

    /// x20: the cell, x21: the same for U mode, x22: pc of U mode's part, x23: not 0 when U mode is done.
    std::vector<uint32_t> program() const {
        return {// S mode
                ld(a0, 20, 0), addi(a0, a0, 3), sd(a0, 20, 8), amo(0, 3, a1, 20, a0), csrrw(a2, sscratch, a0),
                csrrw(a2, sscratch, a2), sd(a2, 20, 16), addi(t0, 0, 5),
                // a loop with a misaligned store, and a page fault that is its own S mode's
                store(3, t0, 20, 33), lw(t1, 20, 35), add(a0, a0, t1), addi(t0, t0, -1),
                branch(1, t0, zero, -16), ld(a3, zero, 64), csrrw(0, sepc, 22), csrrw(0, sstatus, 0), sret,
                // U mode, from here on by its own address
                amo(2, 3, t1, 21, 0), addi(t1, t1, 1), amo(3, 3, t2, 21, t1), branch(1, t2, zero, -12),
                sd(t1, 21, 24), ecall, ld(a3, 21, 0), jal(ra, 8), 0xffffffff, addi(a3, a3, 1),
                csrrs(a2, 0xc80, 0), r_type(0x33, 0, 1, a0, a3, a0), sd(a0, 21, 40), addi(23, 0, 1), ecall};
    }
    static constexpr unsigned user_part = 17;

    void begin() {
        std::memset(board.ram.data(), 0, ram_size);
        sv39_tables::identity(board, pte_rwx);
        sv39_tables::put(board, sv39_tables::place_of_gigabyte(user_alias),
                         sv39_tables::entry(ram_base, pte_rwx | pte_u));
        load_in_mode({to_supervisor,
                      1 << 2 | 1 << 8 | 1 << 13,
                      0,
                      sv39_tables::satp_value,
                      0,
                      {cell, cell - ram_base + user_alias, start + 4 * user_part - ram_base + user_alias, 0},
                      1 << 7},
                     program());
        // S mode's traps: counted, and what trapped is left out, until U mode is done.
        board.put(supervisor_handler,
                  {csrrs(24, scause, 0), csrrs(25, sepc, 0), addi(25, 25, 4), csrrw(0, sepc, 25),
                   addi(26, 26, 1), branch(1, 23, zero, 8), sret, wfi, jal(zero, -4)});
        // M mode's: the timer's interrupt, once.
        board.put(handler, {csrrw(27, mscratch, 27), addi(27, 0, 0x80), i_type(0x73, 3, 0, 27, mie),
                            csrrsi(0, mcontext, 1), csrrw(27, mscratch, 27), mret});
    }

    struct final_state {
        std::vector<uint64_t> registers, memory;
        uint64_t traps;
    };

    /// With an interrupt so many nanoseconds after the start, or without.
    final_state finish(std::optional<unsigned> delay) {
        begin();
        if (delay) {
            wait(*delay, sc_core::SC_NS);
            board.mtip.write(true);
        }
        run_to_wfi();
        final_state result{cpu.general_registers(), {}, cpu.x(26)};
        result.registers[0] = 0; // in the loop around wfi
        for (uint64_t at = cell; at < cell + 64; at += 8)
            result.memory.push_back(board.word(at));
        m_interrupted = csr(mcontext) != 0;
        board.mtip.write(false);
        wait(1, sc_core::SC_US);
        return result;
    }

    void check_all(unsigned moments) {
        load({});
        wait(20, sc_core::SC_US);
        const final_state calm = finish(std::nullopt);
        EXPECT_FALSE(m_interrupted);
        EXPECT_EQ(calm.traps, 4u) << "a page fault, two calls and an illegal instruction";
        std::set<uint64_t> places;
        unsigned taken = 0;
        for (unsigned delay = 0; delay < moments; ++delay) {
            const final_state disturbed = finish(delay);
            ASSERT_EQ(disturbed.registers, calm.registers) << delay;
            ASSERT_EQ(disturbed.memory, calm.memory) << delay;
            places.insert(csr(mepc));
            taken += m_interrupted;
        }
        m_places = places.size();
        EXPECT_GT(taken, 0u);
    }

    size_t m_places = 0;
    bool m_interrupted = false;
};

SC_TEST(every_instruction, may_be_interrupted_and_the_program_ends_as_without) {
    check_all(150);
    EXPECT_GT(m_places, program().size()) << "at each instruction, and at those of S mode's handler";
}

class every_instruction_without_caches : public every_instruction {
protected:
    every_instruction_without_caches()
        : every_instruction(slow()) {}

private:
    static hart::config slow() {
        hart::config settings = with_quantum(1);
        settings.dmi = settings.block_cache = false;
        return settings;
    }
};

SC_TEST(every_instruction_without_caches, may_be_interrupted_and_the_program_ends_as_without) {
    check_all(150);
    EXPECT_GT(m_places, program().size());
}

class every_instruction_in_quanta : public every_instruction {
protected:
    every_instruction_in_quanta()
        : every_instruction(with_quantum(7)) {}
};

SC_TEST(every_instruction_in_quanta, that_ends_a_quantum_may_be_interrupted) {
    check_all(150);
    EXPECT_GT(m_places, 10u);
}

} // namespace
} // namespace vmcore::test
