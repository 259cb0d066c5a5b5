#include "models/test_finisher/test_finisher.h"

#include "tests/harness/access_table.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <gmock/gmock.h>

using namespace vmcore;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

struct recorder : power_control {
    std::vector<std::string> requests;
    void request_shutdown(shutdown_cause cause, int exit_code) override {
        requests.push_back((cause == shutdown_cause::guest_panic ? "panic " : "shutdown ") +
                           std::to_string(exit_code));
    }
    void request_reset() override { requests.push_back("reset"); }
};

struct finisher : test::bench {
    recorder power;
    test_finisher device{"test", {sc_core::sc_time(30, sc_core::SC_NS)}, power};
    test::test_initiator initiator{"initiator"};
    finisher() { connect(initiator.socket, device.socket); }
};

int g_warnings = 0;
void count_warnings(const sc_core::sc_report& report, const sc_core::sc_actions&) {
    g_warnings += report.get_severity() == sc_core::SC_WARNING;
}

} // namespace

// Measured on QEMU 10.0.2 with a program that tries each access and notes whether it traps.
SC_TEST(finisher, accepts_the_accesses_that_qemu_accepts) {
    sc_core::sc_report_handler::set_handler(count_warnings);
    std::vector<test::access_row> table;
    for (const uint64_t base : {uint64_t(0), uint64_t(4), uint64_t(0xff8), uint64_t(0xffc)})
        for (uint64_t byte = 0; byte < 4; ++byte) {
            const unsigned sizes = byte == 0 ? 6 : byte == 2 ? 2 : 0;
            table.push_back({base + byte, sizes, sizes});
        }
    table.push_back({0x1000, 0, 0});
    test::expect_accesses(initiator, table, 0);
    EXPECT_THAT(power.requests, IsEmpty());
}

SC_TEST(finisher, pass_asks_for_shutdown_with_the_code_in_the_high_half) {
    initiator.write_value(0, 0x5555, 4);
    initiator.write_value(0, 0xffff5555, 4);
    initiator.write_value(0, 0x00075555, 4);
    EXPECT_THAT(power.requests, ElementsAre("shutdown 0", "shutdown 65535", "shutdown 7"));
}

SC_TEST(finisher, fail_asks_for_shutdown_by_panic) {
    initiator.write_value(0, 0x00033333, 4);
    EXPECT_THAT(power.requests, ElementsAre("panic 3"));
}

SC_TEST(finisher, restart_asks_for_reset_whatever_the_high_half_says) {
    initiator.write_value(0, 0x7777, 4);
    initiator.write_value(0, 0x12347777, 4);
    EXPECT_THAT(power.requests, ElementsAre("reset", "reset"));
}

SC_TEST(finisher, a_halfword_carries_the_command_and_no_code) {
    initiator.write_value(0, 0x5555, 2);
    initiator.write_value(0, 0x3333, 2);
    initiator.write_value(0, 0x7777, 2);
    EXPECT_THAT(power.requests, ElementsAre("shutdown 0", "panic 0", "reset"));
}

SC_TEST(finisher, other_values_and_offsets_are_reported_once_and_change_nothing) {
    sc_core::sc_report_handler::set_handler(count_warnings);
    for (const uint64_t value : {0x0u, 0x1u, 0x55550000u, 0xffffffffu})
        EXPECT_TRUE(initiator.write_value(0, value, 4).ok());
    EXPECT_TRUE(initiator.write_value(2, 0x5555, 2).ok());
    EXPECT_TRUE(initiator.write_value(4, 0x5555, 4).ok());
    EXPECT_TRUE(initiator.write_value(0xffc, 0x7777, 2).ok());
    EXPECT_THAT(power.requests, IsEmpty());
    EXPECT_EQ(g_warnings, 1);
}

SC_TEST(finisher, reads_zero_everywhere_even_after_a_write) {
    initiator.write_value(0, 0x5555, 4);
    for (const uint64_t offset : {0x0u, 0x4u, 0x800u, 0xffcu}) {
        EXPECT_EQ(initiator.read(offset, 4).data, std::vector<uint8_t>(4, 0));
        EXPECT_EQ(initiator.read(offset + 2, 2).data, std::vector<uint8_t>(2, 0));
        EXPECT_EQ(initiator.debug_read(offset, 4).data, std::vector<uint8_t>(4, 0));
    }
    EXPECT_EQ(initiator.debug_write(0, {0x77, 0x77, 0, 0}), 0u);
    EXPECT_THAT(power.requests, ElementsAre("shutdown 0"));
}

SC_TEST(finisher, adds_its_latency_to_the_delay) {
    std::vector<uint8_t> data(4);
    test::request payload(tlm::TLM_READ_COMMAND, 0, data);
    EXPECT_EQ(initiator.send(payload, sc_core::sc_time(5, sc_core::SC_NS)).delay,
              sc_core::sc_time(35, sc_core::SC_NS));
}
