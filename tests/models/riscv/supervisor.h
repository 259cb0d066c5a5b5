#pragma once

#include "tests/models/riscv/paging.h"

namespace vmcore::test {

/// A machine whose program runs in a lower mode. Delegated traps end in a handler in S mode, which keeps them
/// in x24 (scause), x25 (stval) and x26 (sepc); the others end in hart_bench's.
class supervisor_bench : public hart_bench {
protected:
    using hart_bench::hart_bench;

    static constexpr uint64_t supervisor_handler = ram_base + 0x1800;
    static constexpr uint64_t to_user = 0, to_supervisor = uint64_t(1) << 11, to_machine = uint64_t(3) << 11;
    static constexpr uint64_t interrupt = uint64_t(1) << 63;
    static constexpr unsigned set_up_length = 12;
    static constexpr uint64_t start = after_set_up + 4 * set_up_length; ///< of the program

    struct set_up {
        uint64_t mode = to_supervisor; ///< of mstatus; other bits of it may be added
        uint64_t medeleg = 0;
        uint64_t mideleg = 0;
        uint64_t satp = 0;
        uint64_t menvcfg = 0;
        std::vector<uint64_t> registers; ///< x20 and up
        uint64_t mie = 0;
    };

    void load_in_mode(const set_up& how, const std::vector<uint32_t>& program) {
        std::vector<uint32_t> whole{csrrw(0, stvec, 14), csrrw(0, medeleg, 15), csrrw(0, mideleg, 16),
                                    csrrw(0, satp, 17),  csrrw(0, menvcfg, 18), csrrsi(0, mcounteren, 7),
                                    csrrw(0, mie, 31),   csrrw(0, mstatus, 19), auipc(t1, 0),
                                    addi(t1, t1, 16),    csrrw(0, mepc, t1),    mret};
        whole.insert(whole.end(), program.begin(), program.end());
        std::vector<uint64_t> registers{supervisor_handler, how.medeleg, how.mideleg,
                                        how.satp,           how.menvcfg, how.mode};
        registers.insert(registers.end(), how.registers.begin(), how.registers.end());
        load(with_handler(whole), registers);
        cpu.set_x(31, how.mie);
        board.put(supervisor_handler, {csrrs(24, scause, 0), csrrs(25, stval, 0), csrrs(26, sepc, 0),
                                       csrrw(0, sie, 0), wfi, jal(zero, -4)});
    }
    void run_in_mode(const set_up& how, const std::vector<uint32_t>& program) {
        load_in_mode(how, program);
        run_to_wfi();
    }
    void expect_supervisor_trap(uint64_t cause, uint64_t value, uint64_t pc) {
        EXPECT_EQ(cpu.x(24), cause);
        EXPECT_EQ(cpu.x(25), value);
        EXPECT_EQ(cpu.x(26), pc);
        EXPECT_EQ(cpu.mode(), riscv::privilege::supervisor);
    }
    uint64_t csr(unsigned number) const { return cpu.csr(number).value_or(~uint64_t(0)); }
};

} // namespace vmcore::test
