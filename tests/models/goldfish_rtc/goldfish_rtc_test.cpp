// Rules measured on the clock of qemu-system-riscv64 10.0.2 -M virt -rtc clock=vm; tests/conformance/qtest/
// suite_rtc.py asks both for them.

#include "models/goldfish_rtc/goldfish_rtc.h"

#include "models/tlm/interrupt_wire.h"
#include "tests/harness/access_table.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

using namespace vmcore;
using sc_core::SC_NS;
using sc_core::sc_time;
using vmcore::test::access_row;

namespace {

constexpr uint64_t time_low = 0x00;
constexpr uint64_t time_high = 0x04;
constexpr uint64_t alarm_low = 0x08;
constexpr uint64_t alarm_high = 0x0c;
constexpr uint64_t irq_enabled = 0x10;
constexpr uint64_t clear_alarm = 0x14;
constexpr uint64_t alarm_status = 0x18;
constexpr uint64_t clear_interrupt = 0x1c;
constexpr uint64_t start = 1704067200000000000; ///< 2024-01-01T00:00:00

struct rtc : test::bench {
    goldfish_rtc device{"rtc", goldfish_rtc::config()};
    test::test_initiator initiator{"initiator"};
    interrupt_wire irq{"irq"};
    unsigned assertions = 0;

    SC_HAS_PROCESS(rtc);
    rtc() {
        connect(initiator.socket, device.socket);
        device.irq(irq);
        SC_METHOD(count_assertion);
        dont_initialize();
        sensitive << irq.asserted_event();
    }
    void count_assertion() { ++assertions; }

    void settle() {
        for (int i = 0; i < 4; ++i)
            wait(sc_core::SC_ZERO_TIME);
    }
    uint64_t read(uint64_t address) { return initiator.read(address, 4).value(); }
    void write(uint64_t address, uint64_t value) {
        EXPECT_TRUE(initiator.write_value(address, value & 0xffffffff, 4).ok());
        settle();
    }
    uint64_t now() {
        const uint64_t low = read(time_low);
        return low | read(time_high) << 32;
    }
    void set_now(uint64_t value) {
        write(time_low, value);
        write(time_high, value >> 32);
    }
    void set_alarm(uint64_t value) {
        write(alarm_high, value >> 32);
        write(alarm_low, value);
    }
    void pass(uint64_t nanoseconds) {
        wait(sc_time(static_cast<double>(nanoseconds), SC_NS));
        settle();
    }
    /// Whether the line was asserted since the last call.
    bool asserted() { return std::exchange(assertions, 0) != 0; }
};

} // namespace

SC_TEST(rtc, takes_aligned_words_and_pairs_of_them_and_nothing_else) {
    std::vector<access_row> table;
    for (uint64_t offset = 0; offset < goldfish_rtc::size; offset += 4) {
        const unsigned sizes = offset % 8 == 0 && offset + 8 <= goldfish_rtc::size ? 4 | 8 : 4;
        table.push_back({offset, sizes, sizes});
    }
    for (const uint64_t offset : {0x1, 0x2, 0x6, 0x24, 0x28, 0xffc})
        table.push_back({offset, 0, 0});
    test::expect_accesses(initiator, table, 0);
}

SC_TEST(rtc, counts_nanoseconds_of_simulated_time_from_its_start) {
    EXPECT_EQ(now(), start);
    wait(sc_time(1234567890, SC_NS) + sc_time(999, sc_core::SC_PS));
    EXPECT_EQ(now(), start + 1234567890);
}

SC_TEST(rtc, is_seen_at_the_local_time_of_whoever_reads) {
    std::vector<uint8_t> bytes(4);
    test::request payload(tlm::TLM_READ_COMMAND, time_low, bytes);
    EXPECT_EQ(initiator.send(payload, sc_time(500, SC_NS)).value(), (start + 500) & 0xffffffff);
}

SC_TEST(rtc, the_high_half_is_latched_by_a_read_of_the_low_half) {
    set_now(0x1'fffffff0);
    EXPECT_EQ(now(), 0x1'fffffff0u);
    pass(0x20);
    EXPECT_EQ(read(time_high), 1u);
    EXPECT_EQ(initiator.debug_read(time_low, 4).value(), 0x10u);
    EXPECT_EQ(read(time_high), 1u); // a debugger latches nothing
    EXPECT_EQ(now(), 0x2'00000010u);
    write(time_high, 7);
    EXPECT_EQ(read(time_high), 2u);
    EXPECT_EQ(now(), 0x7'00000010u);
}

SC_TEST(rtc, both_halves_are_there_in_one_access) {
    EXPECT_TRUE(initiator.write_value(time_low, 0x3'fffffff0, 8).ok());
    pass(0x20);
    EXPECT_EQ(initiator.read(time_low, 8).value(), 0x4'00000010u);
}

SC_TEST(rtc, an_alarm_rings_when_its_time_has_come) {
    write(irq_enabled, 0xffffffff);
    EXPECT_EQ(read(irq_enabled), 1u);
    set_alarm(start + 1000);
    EXPECT_EQ(read(alarm_low) | read(alarm_high) << 32, start + 1000);
    EXPECT_EQ(read(alarm_status), 1u);
    pass(999);
    EXPECT_EQ(read(alarm_status), 1u);
    EXPECT_FALSE(irq.read());
    pass(1);
    EXPECT_EQ(read(alarm_status), 0u);
    EXPECT_TRUE(irq.read());
    EXPECT_EQ(now(), start + 1000);
    write(clear_interrupt, 0);
    EXPECT_FALSE(irq.read());
}

SC_TEST(rtc, an_alarm_set_from_ahead_of_the_kernel_rings_at_its_time) {
    write(irq_enabled, 1);
    write(alarm_high, start >> 32);
    std::vector<uint8_t> bytes(4);
    store_bytes(bytes.data(), (start + 1000) & 0xffffffff, 4, byte_order::little);
    test::request early(tlm::TLM_WRITE_COMMAND, alarm_low, bytes);
    EXPECT_TRUE(initiator.send(early, sc_time(400, SC_NS)).ok());
    pass(999);
    EXPECT_FALSE(irq.read());
    pass(1);
    EXPECT_TRUE(irq.read());
}

SC_TEST(rtc, an_alarm_for_a_time_that_has_come_rings_at_once) {
    write(irq_enabled, 1);
    pass(10);
    for (const uint64_t when : {start + 10, start, uint64_t(0)}) {
        set_alarm(when);
        EXPECT_EQ(read(alarm_status), 0u);
        EXPECT_TRUE(asserted());
        write(clear_interrupt, 0);
    }
}

SC_TEST(rtc, the_high_half_of_an_alarm_starts_nothing) {
    write(irq_enabled, 1);
    write(alarm_high, 0xffffffff);
    EXPECT_EQ(read(alarm_status), 0u);
    write(alarm_high, start >> 32);
    write(alarm_low, (start + 1000) & 0xffffffff);
    write(alarm_high, 0);
    EXPECT_EQ(read(alarm_status), 1u);
    pass(1000);
    EXPECT_TRUE(irq.read());
}

SC_TEST(rtc, a_new_alarm_replaces_one_that_runs) {
    write(irq_enabled, 1);
    set_alarm(start + 1000);
    set_alarm(start + 2000);
    pass(1000);
    EXPECT_FALSE(irq.read());
    set_alarm(start);
    write(clear_interrupt, 0);
    pass(2000);
    EXPECT_FALSE(irq.read());
}

SC_TEST(rtc, an_alarm_can_be_stopped_and_an_interrupt_can_not) {
    write(irq_enabled, 1);
    set_alarm(start + 1000);
    write(clear_alarm, 0);
    EXPECT_EQ(read(alarm_status), 0u);
    EXPECT_EQ(read(alarm_low), (start + 1000) & 0xffffffff);
    pass(2000);
    EXPECT_FALSE(irq.read());
    set_alarm(start);
    write(clear_alarm, 0);
    EXPECT_TRUE(irq.read());
}

SC_TEST(rtc, setting_the_time_moves_no_alarm_that_runs) {
    write(irq_enabled, 1);
    set_alarm(start + 1000);
    set_now(start + 5000);
    EXPECT_EQ(read(alarm_status), 1u);
    pass(999);
    EXPECT_FALSE(irq.read());
    pass(1);
    EXPECT_TRUE(irq.read());
}

SC_TEST(rtc, an_interrupt_waits_until_it_is_enabled_and_each_write_asserts_it_anew) {
    set_alarm(start);
    EXPECT_FALSE(irq.read());
    EXPECT_FALSE(asserted());
    for (int times = 0; times < 2; ++times) {
        write(irq_enabled, 1);
        EXPECT_TRUE(irq.read());
        EXPECT_TRUE(asserted());
    }
    write(irq_enabled, 0xfffffffe);
    EXPECT_FALSE(irq.read());
    EXPECT_FALSE(asserted());
}

SC_TEST(rtc, alarms_half_of_all_times_away_ring_as_soon_as_time_moves) {
    write(irq_enabled, 1);
    set_alarm((uint64_t(1) << 63) + start);
    EXPECT_EQ(read(alarm_status), 1u);
    pass(1);
    EXPECT_TRUE(irq.read());
    write(clear_interrupt, 0);
    set_alarm((uint64_t(1) << 63) + start - 1); // behind the end of simulated time
    pass(1000);
    EXPECT_EQ(read(alarm_status), 1u);
    EXPECT_FALSE(irq.read());
}

SC_TEST(rtc, time_wraps_at_64_bits) {
    set_now(~uint64_t(0));
    EXPECT_EQ(now(), ~uint64_t(0));
    pass(2);
    EXPECT_EQ(now(), 1u);
}

SC_TEST(rtc, reset_forgets_the_alarm_and_keeps_the_time) {
    set_now(0x7'00000005);
    EXPECT_EQ(now(), 0x7'00000005u);
    write(irq_enabled, 1);
    set_alarm(0);
    EXPECT_TRUE(irq.read());
    device.reset();
    settle();
    EXPECT_FALSE(irq.read());
    EXPECT_EQ(read(irq_enabled), 0u);
    EXPECT_EQ(read(time_high), 7u);
    EXPECT_EQ(now(), 0x7'00000005u);
    set_alarm(0x7'00000005 + 1000);
    device.reset();
    EXPECT_EQ(read(alarm_status), 0u);
    EXPECT_EQ(read(alarm_low), 0u);
    EXPECT_EQ(read(alarm_high), 0u);
    write(irq_enabled, 1);
    pass(2000);
    EXPECT_FALSE(irq.read());
}

SC_TEST(rtc, reset_takes_back_an_assertion_that_was_not_seen_yet) {
    write(irq_enabled, 1);
    write(alarm_high, 0);
    assertions = 0;
    EXPECT_TRUE(initiator.write_value(alarm_low, 0, 4).ok()); // rings
    device.reset();
    settle();
    EXPECT_FALSE(asserted());
}

struct rtc_of_1970 : test::bench {
    static goldfish_rtc::config settings() {
        goldfish_rtc::config chosen;
        chosen.start = 1;
        chosen.access_latency = sc_time(20, SC_NS);
        return chosen;
    }
    goldfish_rtc device{"rtc", settings()};
    test::test_initiator initiator{"initiator"};
    sc_core::sc_signal<bool> irq{"irq"};
    rtc_of_1970() {
        connect(initiator.socket, device.socket);
        device.irq(irq);
    }
};

SC_TEST(rtc_of_1970, begins_where_it_is_told_and_takes_its_latency) {
    const auto answer = initiator.read(time_low, 4);
    EXPECT_EQ(answer.value(), 1000000000u + 20);
    EXPECT_EQ(answer.delay, sc_time(20, SC_NS));
}
