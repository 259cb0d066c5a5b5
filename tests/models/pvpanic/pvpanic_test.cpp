// Rules measured on the PCI form of the device of qemu-system-riscv64 10.0.2; tests/conformance/qtest/
// suite_pvpanic.py asks both for them.

#include "models/pvpanic/pvpanic.h"

#include "tests/harness/access_table.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <gmock/gmock.h>

using namespace vmcore;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

struct panic_device : test::bench {
    static pvpanic::config settings() {
        pvpanic::config chosen;
        chosen.access_latency = sc_core::sc_time(30, sc_core::SC_NS);
        return chosen;
    }

    pvpanic device{"pvpanic", settings()};
    test::test_initiator initiator{"initiator"};
    std::vector<unsigned> events;

    panic_device() {
        connect(initiator.socket, device.socket);
        device.on_event([this](pvpanic::event told) { events.push_back(told); });
    }
    void write(uint64_t value, unsigned length = 1) {
        EXPECT_TRUE(initiator.write_value(0, value, length).ok());
    }
};

int g_warnings = 0;
void count_warnings(const sc_core::sc_report& report, const sc_core::sc_actions&) {
    g_warnings += report.get_severity() == sc_core::SC_WARNING;
}

} // namespace

SC_TEST(panic_device, is_one_register_of_a_byte_seen_twice) {
    test::expect_accesses(initiator, {{0, 3, 3}, {1, 1, 1}, {2, 0, 0}}, 0);
    EXPECT_EQ(initiator.read(0, 1).value(), 0x3u);
    EXPECT_EQ(initiator.read(1, 1).value(), 0x3u);
    EXPECT_EQ(initiator.read(0, 2).value(), 0x303u);
    EXPECT_EQ(initiator.debug_read(0, 2).value(), 0x303u);
    EXPECT_THAT(events, IsEmpty());
}

SC_TEST(panic_device, takes_its_access_latency) {
    EXPECT_EQ(initiator.read(0, 1).delay, sc_core::sc_time(30, sc_core::SC_NS));
}

SC_TEST(panic_device, tells_of_the_lowest_event_alone) {
    for (unsigned value = 1; value < 8; ++value)
        write(value);
    write(0xfc);
    EXPECT_THAT(events, ElementsAre(1, 2, 1, 4, 1, 2, 1, 4));
}

SC_TEST(panic_device, a_write_of_both_bytes_is_two_writes) {
    write(0x0102, 2);
    write(0x0400, 2);
    EXPECT_THAT(events, ElementsAre(2, 1, 4));
}

SC_TEST(panic_device, reports_the_first_unknown_event_once) {
    sc_core::sc_report_handler::set_handler(count_warnings);
    write(0);
    EXPECT_EQ(g_warnings, 0);
    write(8);
    write(0xf0);
    EXPECT_EQ(g_warnings, 1);
    EXPECT_THAT(events, IsEmpty());
}

struct told_events : test::bench {
    static pvpanic::config settings() {
        pvpanic::config chosen;
        chosen.events = pvpanic::shutdown;
        return chosen;
    }
    pvpanic device{"pvpanic", settings()};
    test::test_initiator initiator{"initiator"};
    told_events() { connect(initiator.socket, device.socket); }
};

SC_TEST(told_events, are_what_the_guest_reads_and_without_a_listener_nothing_happens) {
    EXPECT_EQ(initiator.read(0, 1).value(), 4u);
    EXPECT_TRUE(initiator.write_value(0, 1, 1).ok());
}
