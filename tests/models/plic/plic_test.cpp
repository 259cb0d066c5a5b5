// Rules measured on the PLIC of qemu-system-riscv64 10.0.2 -M virt; tests/conformance/qtest/suite_plic.py
// asks both for them.

#include "models/plic/plic.h"

#include "tests/harness/access_table.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <stdexcept>

using namespace vmcore;
using vmcore::test::access_row;

namespace {

constexpr uint64_t pending_at = 0x1000;

uint64_t priority_of(unsigned source) {
    return 4 * source;
}
uint64_t enable_of(unsigned context, unsigned word = 0) {
    return 0x2000 + 0x80 * context + 4 * word;
}
uint64_t threshold_of(unsigned context) {
    return 0x200000 + 0x1000 * context;
}
uint64_t claim_of(unsigned context) {
    return threshold_of(context) + 4;
}

template <typename LINE, unsigned PRIORITIES>
struct plic_with : test::bench {
    static plic::config settings() {
        plic::config chosen;
        chosen.contexts = 4;
        chosen.priorities = PRIORITIES;
        return chosen;
    }

    plic device{"plic", settings()};
    test::test_initiator initiator{"initiator"};
    sc_core::sc_vector<LINE> source{"source", 96};
    sc_core::sc_vector<sc_core::sc_signal<bool>> external{"external", 4};

    plic_with() {
        connect(initiator.socket, device.socket);
        device.source.bind(source);
        device.external.bind(external);
    }

    void settle() {
        for (int i = 0; i < 4; ++i)
            wait(sc_core::SC_ZERO_TIME);
    }
    uint64_t read(uint64_t address) {
        const uint64_t value = initiator.read(address, 4).value();
        settle();
        return value;
    }
    void write(uint64_t address, uint64_t value) {
        EXPECT_TRUE(initiator.write_value(address, value, 4).ok());
        settle();
    }
    void drive(unsigned number, bool level) {
        source[number].write(level);
        settle();
    }
    /// Enables the sources 1 to 5 for a context and gives them that priority.
    void enable_five(unsigned context, unsigned priority) {
        write(enable_of(context), 0x3e);
        for (unsigned number = 1; number <= 5; ++number)
            write(priority_of(number), priority);
    }
};

using plic_on_wires = plic_with<interrupt_wire, 7>;
using plic_on_signals = plic_with<sc_core::sc_signal<bool>, 7>;
using plic_of_five = plic_with<interrupt_wire, 5>;

struct plic_alone : test::bench { // its sources are not bound
    plic device{"plic", plic::config()};
    test::test_initiator initiator{"initiator"};
    sc_core::sc_vector<sc_core::sc_signal<bool>> external{"external", 2};
    plic_alone() {
        connect(initiator.socket, device.socket);
        device.external.bind(external);
    }
};

} // namespace

SC_TEST(plic_on_wires, takes_aligned_words_everywhere_and_nothing_else) {
    std::vector<access_row> table;
    for (const uint64_t offset :
         {0x0, 0x4, 0x17c, 0x180, 0xffc, 0x1000, 0x1008, 0x100c, 0x1ffc, 0x2000, 0x200c, 0x2200, 0x1ffffc,
          0x200000, 0x200004, 0x200008, 0x203ffc, 0x204000, 0x5ffffc})
        table.push_back({offset, 4, 4});
    for (const uint64_t offset : {0x1, 0x2, 0x3, 0x1006, 0x2002, 0x200002, 0x200005})
        table.push_back({offset, 0, 0});
    test::expect_accesses(initiator, table, 0);
}

SC_TEST(plic_on_wires, priorities_and_thresholds_keep_three_bits) {
    for (const uint64_t address : {priority_of(1), priority_of(95), threshold_of(0), threshold_of(3)})
        for (const uint64_t value : {1u, 7u, 8u, 9u, 0xffffffffu}) {
            write(address, value);
            EXPECT_EQ(read(address), value & 7) << std::hex << address;
        }
}

SC_TEST(plic_of_five, values_that_are_no_priority_are_ignored) {
    for (const uint64_t address : {priority_of(1), threshold_of(0)}) {
        write(address, 5);
        write(address, 6);
        EXPECT_EQ(read(address), 5u);
    }
}

SC_TEST(plic_on_wires, what_is_not_there_reads_zero_and_ignores_writes) {
    for (const uint64_t address : {priority_of(0), priority_of(96), uint64_t(0x100c), enable_of(0, 3),
                                   enable_of(4), threshold_of(0) + 8, threshold_of(4), claim_of(4)}) {
        write(address, 3);
        EXPECT_EQ(read(address), 0u) << std::hex << address;
    }
    drive(5, true);
    write(pending_at, 0xffffffff);
    EXPECT_EQ(read(pending_at), 0x20u) << "pending is read-only";
    write(enable_of(3, 2), 0xffffffff);
    EXPECT_EQ(read(enable_of(3, 2)), 0xffffffffu);
}

SC_TEST(plic_on_wires, a_source_is_claimed_once_and_comes_again_after_completion) {
    enable_five(2, 1);
    drive(5, true);
    EXPECT_TRUE(external[2]);
    EXPECT_EQ(read(pending_at), 0x20u);
    EXPECT_EQ(read(claim_of(2)), 5u);
    EXPECT_FALSE(external[2]);
    EXPECT_EQ(read(pending_at), 0u);
    EXPECT_EQ(read(claim_of(2)), 0u);

    drive(5, true);
    EXPECT_EQ(read(pending_at), 0x20u) << "asserted again while high and claimed";
    EXPECT_FALSE(external[2]);
    write(claim_of(2), 5);
    EXPECT_TRUE(external[2]);
}

SC_TEST(plic_on_wires, a_level_that_stays_high_is_silent_after_completion) {
    enable_five(0, 1);
    drive(5, true);
    EXPECT_EQ(read(claim_of(0)), 5u);
    write(claim_of(0), 5);
    EXPECT_EQ(read(pending_at), 0u);
    EXPECT_FALSE(external[0]);
}

SC_TEST(plic_on_wires, a_source_that_is_lowered_stays_pending) {
    enable_five(0, 1);
    drive(5, true);
    drive(5, false);
    EXPECT_TRUE(external[0]);
    EXPECT_EQ(read(claim_of(0)), 5u);
}

SC_TEST(plic_on_wires, an_assertion_taken_back_at_once_counts) {
    source[5].write(true);
    source[5].write(false);
    settle();
    EXPECT_FALSE(source[5].read());
    EXPECT_EQ(read(pending_at), 0x20u);
}

SC_TEST(plic_on_signals, rising_edges_count) {
    enable_five(1, 1);
    drive(5, true);
    EXPECT_TRUE(external[1]);
    EXPECT_EQ(read(claim_of(1)), 5u);
    drive(5, true);
    EXPECT_EQ(read(pending_at), 0u) << "a signal does not tell of it";
    drive(5, false);
    drive(5, true);
    write(claim_of(1), 5);
    EXPECT_TRUE(external[1]);
}

SC_TEST(plic_on_wires, the_highest_priority_wins_then_the_lowest_number) {
    enable_five(0, 3);
    write(priority_of(1), 1);
    write(priority_of(4), 2);
    write(priority_of(5), 7);
    for (unsigned number = 1; number <= 5; ++number)
        drive(number, true);
    for (const unsigned expected : {5u, 2u, 3u, 4u, 1u, 0u})
        EXPECT_EQ(read(claim_of(0)), expected);
}

SC_TEST(plic_on_wires, only_priorities_above_the_threshold_interrupt) {
    enable_five(0, 3);
    drive(5, true);
    write(threshold_of(0), 3);
    EXPECT_FALSE(external[0]);
    EXPECT_EQ(read(claim_of(0)), 0u);
    write(threshold_of(0), 2);
    EXPECT_TRUE(external[0]);
    write(priority_of(5), 0);
    EXPECT_FALSE(external[0]);
    write(threshold_of(0), 0);
    EXPECT_FALSE(external[0]) << "priority 0 never interrupts";
}

SC_TEST(plic_on_wires, sources_0_and_95_are_the_ends) {
    for (unsigned word = 0; word < 3; ++word)
        write(enable_of(0, word), 0xffffffff);
    write(priority_of(0), 7);
    drive(0, true);
    EXPECT_EQ(read(pending_at), 1u);
    EXPECT_EQ(read(claim_of(0)), 0u);
    drive(95, true);
    EXPECT_EQ(read(pending_at + 8), 0x80000000u);
    write(priority_of(95), 1);
    EXPECT_EQ(read(claim_of(0)), 95u);
}

SC_TEST(plic_on_wires, every_context_sees_a_source_until_one_claims_it) {
    for (const unsigned context : {0u, 1u, 3u})
        enable_five(context, 1);
    drive(5, true);
    EXPECT_TRUE(external[0] && external[1] && external[3]);
    EXPECT_FALSE(external[2]);
    EXPECT_EQ(read(claim_of(1)), 5u);
    EXPECT_FALSE(external[0] || external[1] || external[3]);
    EXPECT_EQ(read(claim_of(0)), 0u);
}

SC_TEST(plic_on_wires, a_completion_of_no_source_is_ignored) {
    enable_five(0, 1);
    drive(5, true);
    EXPECT_EQ(read(claim_of(0)), 5u);
    drive(5, true);
    for (const uint64_t none : {0u, 4u, 96u, 0x80000005u})
        write(claim_of(0), none);
    EXPECT_FALSE(external[0]);
    write(claim_of(0), 5);
    EXPECT_TRUE(external[0]);
}

SC_TEST(plic_on_wires, a_context_without_the_source_completes_it) {
    enable_five(0, 1);
    drive(5, true);
    EXPECT_EQ(read(claim_of(0)), 5u);
    drive(5, true);
    write(claim_of(3), 5);
    EXPECT_TRUE(external[0]);
}

SC_TEST(plic_on_wires, enabling_moves_no_line_before_the_next_event) {
    write(priority_of(5), 1);
    drive(5, true);
    write(enable_of(0), 0x20);
    EXPECT_FALSE(external[0]);
    EXPECT_EQ(read(claim_of(1)), 0u); // of another context
    EXPECT_TRUE(external[0]);
    write(enable_of(0), 0);
    EXPECT_TRUE(external[0]);
    write(claim_of(0), 96);
    EXPECT_TRUE(external[0]) << "what is no completion decides nothing";
    write(threshold_of(1), 1);
    EXPECT_FALSE(external[0]);
}

SC_TEST(plic_on_wires, a_debugger_claims_nothing) {
    enable_five(0, 1);
    drive(5, true);
    EXPECT_EQ(initiator.debug_read(claim_of(0), 4).value(), 5u);
    EXPECT_EQ(initiator.debug_read(pending_at, 4).value(), 0x20u);
    settle();
    EXPECT_TRUE(external[0]);
    EXPECT_EQ(read(claim_of(0)), 5u);
}

SC_TEST(plic_on_wires, reset_forgets_everything_but_levels) {
    enable_five(0, 1);
    write(threshold_of(1), 3);
    drive(4, true);
    drive(5, true);
    EXPECT_EQ(read(claim_of(0)), 4u);
    device.reset();
    settle();
    EXPECT_FALSE(external[0]);
    for (const uint64_t address : {priority_of(5), pending_at, enable_of(0), threshold_of(1)})
        EXPECT_EQ(read(address), 0u) << std::hex << address;
    enable_five(0, 1);
    EXPECT_FALSE(external[0]) << "a high source is not pending by that";
    drive(4, true);
    EXPECT_TRUE(external[0]) << "not claimed any more";
}

SC_TEST(plic_alone, sources_may_be_unbound) {
    EXPECT_TRUE(initiator.write_value(priority_of(5), 1, 4).ok());
    EXPECT_EQ(initiator.read(claim_of(0), 4).value(), 0u);
}

TEST(plic_config, refuses_what_it_cannot_be) {
    for (unsigned plic::config::*field :
         {&plic::config::sources, &plic::config::priorities, &plic::config::contexts}) {
        plic::config settings;
        settings.*field = 0;
        EXPECT_THROW(plic("plic", settings), std::invalid_argument);
    }
    plic::config settings;
    settings.sources = 1024;
    EXPECT_THROW(plic("plic", settings), std::invalid_argument);
}
