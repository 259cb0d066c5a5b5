#include "models/riscv/core.h"
#include "tests/models/riscv/encode.h"

#include <cstring>
#include <gtest/gtest.h>
#include <vector>

namespace vmcore::test {
namespace {

using riscv::core;
using riscv::outcome;
using riscv::region;

constexpr uint64_t code = 0x1000, page = riscv::tlb::page_size, first_data = 0x2000, second_data = 0x3000;

/// Grants direct access page by page. Asking for the last page ends all grants and moves the code, changed,
/// elsewhere.
class moving_world final : public riscv::environment {
public:
    core* hart = nullptr;

    moving_world() {
        put(m_old_code, 1);
        put(m_new_code, 100);
    }

    outcome transport(riscv::access, uint64_t, uint8_t*, unsigned, uint64_t&) override {
        return outcome::refused;
    }
    void await_time(uint64_t) override {}
    uint64_t time_counter(uint64_t) override { return 0; }
    uint64_t cycle_counter(uint64_t) override { return 0; }

    region direct(riscv::access kind, uint64_t address) override {
        if (kind == riscv::access::load && address >= second_data && !m_moved) {
            m_moved = true;
            m_old_code.assign(page, 0); // illegal instructions
            hart->invalidate(0, ~uint64_t(0));
        }
        region result;
        result.first = address & ~(page - 1);
        result.last = result.first + page - 1;
        result.host = kind != riscv::access::fetch ? m_data.data()
                      : m_moved                    ? m_new_code.data()
                                                   : m_old_code.data();
        return result;
    }

private:
    /// Two turns, which load from the two pages of data and add `step` to a2, in two blocks.
    static void put(std::vector<uint8_t>& where, int step) {
        const uint32_t program[] = {ld(a0, a1, 0),
                                    jal(zero, 8),
                                    wfi,
                                    addi(a2, a2, step),
                                    add(a1, a1, a3),
                                    addi(14, 14, -1),
                                    branch(1, 14, zero, -24),
                                    wfi};
        std::memcpy(where.data(), program, sizeof program);
    }

    std::vector<uint8_t> m_old_code = std::vector<uint8_t>(page), m_new_code = m_old_code,
                         m_data = m_old_code;
    bool m_moved = false;
};

TEST(grants, a_block_does_not_run_when_a_load_before_it_ended_its_grant) {
    moving_world world;
    core::config settings;
    settings.reset_pc = code;
    core hart(world, settings);
    world.hart = &hart;
    hart.set_x(a1, first_data);
    hart.set_x(a3, second_data - first_data);
    hart.set_x(14, 2);
    hart.run(1000);
    EXPECT_TRUE(hart.waiting());
    EXPECT_EQ(hart.x(a2), 101);
    EXPECT_EQ(hart.instructions(), 2 * 6 + 1);
}

} // namespace
} // namespace vmcore::test
