#include "models/clint/clint.h"

#include "tests/harness/access_table.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <stdexcept>

using namespace vmcore;
using sc_core::sc_time;
using vmcore::test::access_row;

namespace {

constexpr uint64_t mtime_at = 0xbff8;
constexpr uint64_t far_future = ~uint64_t(0);

uint64_t msip_of(unsigned hart) {
    return 4 * hart;
}
uint64_t mtimecmp_of(unsigned hart) {
    return 0x4000 + 8 * hart;
}
sc_time ns(double number) {
    return {number, sc_core::SC_NS};
}

template <unsigned HARTS, uint64_t FREQUENCY>
struct clint_of : test::bench {
    static clint::config settings() {
        clint::config chosen;
        chosen.harts = HARTS;
        chosen.frequency_hz = FREQUENCY;
        return chosen;
    }

    clint device{"clint", settings()};
    test::test_initiator initiator{"initiator"};
    sc_core::sc_vector<sc_core::sc_signal<bool>> msip{"msip", HARTS};
    sc_core::sc_vector<sc_core::sc_signal<bool>> mtip{"mtip", HARTS};

    clint_of() {
        connect(initiator.socket, device.socket);
        device.msip.bind(msip);
        device.mtip.bind(mtip);
    }

    /// Lets the lines follow, without simulated time.
    void settle() {
        for (int i = 0; i < 3; ++i)
            wait(sc_core::SC_ZERO_TIME);
    }
    uint64_t read(uint64_t address, unsigned width = 8) { return initiator.read(address, width).value(); }
    void write(uint64_t address, uint64_t value, unsigned width = 8) {
        EXPECT_TRUE(initiator.write_value(address, value, width).ok());
        settle();
    }
    /// Writes at a local time ahead of the kernel.
    void write_ahead(uint64_t address, uint64_t value, const sc_time& ahead) {
        std::vector<uint8_t> data(8);
        for (unsigned i = 0; i < 8; ++i)
            data[i] = static_cast<uint8_t>(value >> (8 * i));
        test::request payload(tlm::TLM_WRITE_COMMAND, address, data);
        EXPECT_TRUE(initiator.send(payload, ahead).ok());
        settle();
    }
};

using clint_one = clint_of<1, 10000000>;
using clint_three = clint_of<3, 10000000>;
using clint_odd = clint_of<1, 32768>;
using clint_third = clint_of<1, 3000000000>; // a tick is a third of a nanosecond

} // namespace

SC_TEST(clint_one, after_power_on_time_is_zero_and_the_timer_interrupt_is_up) {
    settle();
    EXPECT_EQ(read(mtime_at), 0u);
    EXPECT_EQ(read(mtimecmp_of(0)), 0u);
    EXPECT_EQ(read(msip_of(0), 4), 0u);
    EXPECT_TRUE(mtip[0]);
    EXPECT_FALSE(msip[0]);
}

// Measured on QEMU 10.0.2 with a program that tries each access and notes whether it traps.
SC_TEST(clint_one, accepts_the_accesses_that_qemu_accepts) {
    std::vector<access_row> table;
    for (uint64_t offset = 0; offset < 9; ++offset)
        table.push_back({offset, offset % 4 ? 0u : 4u, offset % 4 ? 0u : 4u});
    table.insert(table.end(), {{0x3ff8, 4, 4},
                               {0x3ffc, 4, 4},
                               {0x4000, 12, 12},
                               {0x4001, 0, 0},
                               {0x4002, 0, 0},
                               {0x4004, 4, 4},
                               {0x4008, 12, 12},
                               {0x400c, 4, 4},
                               {0x8000, 12, 12},
                               {0xbff0, 12, 12},
                               {0xbff4, 4, 4},
                               {0xbff8, 12, 12},
                               {0xbffc, 4, 4},
                               {0xc000, 0, 0},
                               {0xfff8, 0, 0}});
    test::expect_accesses(initiator, table, 0);
}

SC_TEST(clint_three, registers_of_harts_that_are_not_there_read_zero_and_ignore_writes) {
    for (const uint64_t address : {msip_of(3), msip_of(4095), mtimecmp_of(3), mtimecmp_of(4094)}) {
        write(address, 1, 4);
        EXPECT_EQ(read(address, 4), 0u) << std::hex << address;
    }
    for (unsigned hart = 0; hart < 3; ++hart) {
        EXPECT_FALSE(msip[hart]);
        EXPECT_EQ(read(mtimecmp_of(hart)), 0u);
    }
}

SC_TEST(clint_three, msip_is_one_bit_and_drives_the_line_of_its_own_hart) {
    write(msip_of(1), 0xfffffffe, 4);
    EXPECT_EQ(read(msip_of(1), 4), 0u);
    EXPECT_FALSE(msip[1]);
    write(msip_of(1), 0xffffffff, 4);
    EXPECT_EQ(read(msip_of(1), 4), 1u);
    EXPECT_FALSE(msip[0]);
    EXPECT_TRUE(msip[1]);
    EXPECT_FALSE(msip[2]);
    write(msip_of(1), 0, 4);
    EXPECT_FALSE(msip[1]);
}

SC_TEST(clint_one, registers_of_64_bits_are_written_and_read_in_halves) {
    write(mtimecmp_of(0), 0x1122334455667788);
    EXPECT_EQ(read(mtimecmp_of(0), 4), 0x55667788u);
    EXPECT_EQ(read(mtimecmp_of(0) + 4, 4), 0x11223344u);
    write(mtimecmp_of(0), 0xdeadbeef, 4);
    EXPECT_EQ(read(mtimecmp_of(0)), 0x11223344deadbeefu);
    write(mtimecmp_of(0) + 4, 0xcafef00d, 4);
    EXPECT_EQ(read(mtimecmp_of(0)), 0xcafef00ddeadbeefu);

    write(mtime_at, 0x1122334455667788);
    write(mtime_at, 0xdeadbeef, 4);
    EXPECT_EQ(read(mtime_at), 0x11223344deadbeefu);
    write(mtime_at + 4, 0xcafef00d, 4);
    EXPECT_EQ(read(mtime_at), 0xcafef00ddeadbeefu);
    EXPECT_EQ(read(mtime_at + 4, 4), 0xcafef00du);
}

SC_TEST(clint_one, mtime_counts_simulated_time) {
    wait(ns(99.999));
    EXPECT_EQ(read(mtime_at), 0u);
    wait(ns(0.001));
    EXPECT_EQ(read(mtime_at), 1u);
    wait(sc_time(1, sc_core::SC_SEC) - ns(100));
    EXPECT_EQ(read(mtime_at), 10000000u);
    EXPECT_EQ(device.mtime(sc_core::sc_time_stamp() + ns(100)), 10000001u);
}

SC_TEST(clint_one, reads_happen_at_the_initiators_local_time) {
    std::vector<uint8_t> data(8);
    test::request payload(tlm::TLM_READ_COMMAND, mtime_at, data);
    EXPECT_EQ(initiator.send(payload, ns(700)).value(), 7u);
}

SC_TEST(clint_one, mtip_rises_at_the_tick_and_not_before) {
    write(mtimecmp_of(0), 5);
    EXPECT_FALSE(mtip[0]);
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(500));
    EXPECT_EQ(read(mtime_at), 5u);
}

SC_TEST(clint_odd, mtip_of_an_odd_frequency_never_drifts) {
    for (uint64_t tick = 1; tick < 4000; tick += 37) {
        write(mtimecmp_of(0), tick);
        wait(mtip[0].posedge_event());
        EXPECT_EQ(read(mtime_at), tick);
        EXPECT_EQ(device.mtime(sc_core::sc_time_stamp() - sc_core::sc_get_time_resolution()), tick - 1);
    }
    write(mtimecmp_of(0), 10 * 32768);
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), sc_time(10, sc_core::SC_SEC));
}

SC_TEST(clint_third, mtip_rises_with_the_first_instant_whose_mtime_reaches_the_compare_value) {
    for (uint64_t tick : {1u, 2u, 3u, 4u, 100u, 3001u}) {
        write(mtimecmp_of(0), tick);
        wait(mtip[0].posedge_event());
        EXPECT_EQ(read(mtime_at), tick);
        EXPECT_EQ(device.mtime(sc_core::sc_time_stamp() - sc_core::sc_get_time_resolution()), tick - 1);
    }
}

SC_TEST(clint_one, writing_mtimecmp_moves_a_pending_deadline) {
    write(mtimecmp_of(0), 5);
    write(mtimecmp_of(0), 9);
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(900));
    write(mtimecmp_of(0), 20);
    EXPECT_FALSE(mtip[0]);
    write(mtimecmp_of(0), 12);
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(1200));
}

SC_TEST(clint_three, each_hart_has_its_own_deadline) {
    write(mtimecmp_of(0), 30);
    write(mtimecmp_of(1), 10);
    write(mtimecmp_of(2), 20);
    wait(mtip[1].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(1000));
    EXPECT_FALSE(mtip[2]);
    wait(mtip[2].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(2000));
    EXPECT_FALSE(mtip[0]);
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(3000));
    EXPECT_TRUE(mtip[1]);
}

SC_TEST(clint_one, a_far_future_compare_value_never_fires) {
    for (const uint64_t compare : {far_future, far_future - 1, uint64_t(1) << 63, uint64_t(1) << 62}) {
        write(mtimecmp_of(0), compare);
        EXPECT_FALSE(mtip[0]);
    }
    wait(sc_time(1000000, sc_core::SC_SEC));
    EXPECT_FALSE(mtip[0]);
    write(mtimecmp_of(0), read(mtime_at) + 3);
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), sc_time(1000000, sc_core::SC_SEC) + ns(300));
}

SC_TEST(clint_one, deadlines_beyond_the_end_of_simulated_time_do_not_wrap) {
    // 2^64 ps are 184467440737095.51 ticks: the last tick that can come, and the first that cannot.
    write(mtimecmp_of(0), 184467440737096);
    wait(sc_time(100, sc_core::SC_SEC));
    EXPECT_FALSE(mtip[0]);
    write(mtimecmp_of(0), 184467440737095);
    wait(sc_time(100, sc_core::SC_SEC));
    EXPECT_FALSE(mtip[0]);
}

SC_TEST(clint_one, near_the_top_mtip_rises_and_stays_up_over_the_wrap) {
    write(mtimecmp_of(0), far_future);
    write(mtime_at, far_future - 3);
    EXPECT_FALSE(mtip[0]);
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(300));
    EXPECT_EQ(read(mtime_at), far_future);
    wait(ns(500));
    EXPECT_EQ(read(mtime_at), 4u);
    EXPECT_TRUE(mtip[0]); // QEMU compares again only when a register is written
    write(mtimecmp_of(0), far_future);
    EXPECT_FALSE(mtip[0]);
    write(mtimecmp_of(0), 10);
    wait(mtip[0].posedge_event());
    EXPECT_EQ(read(mtime_at), 10u);
}

SC_TEST(clint_one, writing_mtime_compares_again) {
    write(mtimecmp_of(0), 1000000);
    write(mtime_at, 999999);
    EXPECT_FALSE(mtip[0]);
    write(mtime_at, 1000000);
    EXPECT_TRUE(mtip[0]);
    write(mtime_at, 999990);
    EXPECT_FALSE(mtip[0]);
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(1000));
}

SC_TEST(clint_one, writing_mtime_keeps_the_phase_of_the_ticks) {
    write(mtimecmp_of(0), far_future);
    wait(ns(130));
    write(mtime_at, 50);
    wait(ns(69.999));
    EXPECT_EQ(read(mtime_at), 50u);
    wait(ns(0.001));
    EXPECT_EQ(read(mtime_at), 51u);
}

SC_TEST(clint_one, a_write_ahead_of_the_kernel_raises_the_line_at_its_tick) {
    write(mtimecmp_of(0), far_future);
    write_ahead(mtimecmp_of(0), 4, ns(600));
    EXPECT_FALSE(mtip[0]); // the kernel is at 0, where mtime is still below
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(400));
}

SC_TEST(clint_one, time_written_ahead_of_the_kernel_stands_still_for_those_behind) {
    write(mtimecmp_of(0), 103);
    write_ahead(mtime_at, 100, ns(600));
    EXPECT_EQ(read(mtime_at), 100u);
    EXPECT_EQ(device.mtime(ns(600)), 100u);
    EXPECT_EQ(device.mtime(ns(700)), 101u);
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(900));
}

SC_TEST(clint_three, reset_restarts_time_clears_msip_and_keeps_mtimecmp) {
    write(msip_of(2), 1, 4);
    write(mtimecmp_of(0), 7);
    write(mtimecmp_of(1), far_future);
    wait(ns(1050));
    EXPECT_TRUE(mtip[0]);
    device.reset();
    settle();
    EXPECT_EQ(read(mtime_at), 0u);
    EXPECT_EQ(read(mtimecmp_of(0)), 7u);
    EXPECT_FALSE(mtip[0]);
    EXPECT_FALSE(msip[2]);
    EXPECT_TRUE(mtip[2]); // its mtimecmp is still 0
    wait(mtip[0].posedge_event());
    EXPECT_EQ(sc_core::sc_time_stamp(), ns(1700));
}

SC_TEST(clint_one, debug_reads_show_the_registers_and_debug_writes_do_nothing) {
    write(mtimecmp_of(0), 0x1234);
    wait(ns(300));
    EXPECT_EQ(initiator.debug_read(mtimecmp_of(0), 8).value(), 0x1234u);
    EXPECT_EQ(initiator.debug_read(mtime_at, 8).value(), 3u);
    EXPECT_EQ(initiator.debug_read(msip_of(0), 4).value(), 0u);
    EXPECT_EQ(initiator.debug_write(msip_of(0), {1, 0, 0, 0}), 0u);
    EXPECT_EQ(read(msip_of(0), 4), 0u);
}

struct clint_slow : test::bench {
    static clint::config settings() {
        clint::config chosen;
        chosen.access_latency = ns(250);
        return chosen;
    }
    clint device{"clint", settings()};
    test::test_initiator initiator{"initiator"};
    sc_core::sc_signal<bool> msip, mtip;
    clint_slow() {
        connect(initiator.socket, device.socket);
        device.msip[0].bind(msip);
        device.mtip[0].bind(mtip);
    }
};

SC_TEST(clint_slow, the_access_latency_is_added_to_the_delay_and_counts_for_the_read) {
    std::vector<uint8_t> data(8);
    test::request payload(tlm::TLM_READ_COMMAND, mtime_at, data);
    const auto answer = initiator.send(payload, ns(100));
    EXPECT_EQ(answer.delay, ns(350));
    EXPECT_EQ(answer.value(), 3u);
}

TEST(clint_config, values_out_of_range_are_refused_with_their_name) {
    const auto message_of = [](unsigned harts, uint64_t frequency) -> std::string {
        clint::config settings;
        settings.harts = harts;
        settings.frequency_hz = frequency;
        try {
            clint device("clint", settings);
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(message_of(0, 1), "clint: harts is 0, expected 1 to 4095");
    EXPECT_EQ(message_of(4096, 1), "clint: harts is 4096, expected 1 to 4095");
    EXPECT_EQ(message_of(1, 0), "clint: frequency_hz is 0, expected at least 1");
    EXPECT_EQ(message_of(4095, 1), "");
}
