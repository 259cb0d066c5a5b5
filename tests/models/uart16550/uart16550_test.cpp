// The registers and the transmitter. Values are QEMU 10.0.2's, measured through qtest.

#include "tests/harness/access_table.h"
#include "tests/models/uart16550/uart_bench.h"

#include <stdexcept>

using namespace vmcore;
using uart = vmcore::test::uart_bench;

SC_TEST(uart, has_the_reset_values_of_qemu) {
    const unsigned expected[] = {0x00, 0x00, 0x01, 0x00, 0x08, 0x60, 0xb0, 0x00};
    for (unsigned offset = 0; offset < 8; ++offset)
        EXPECT_EQ(read(offset), expected[offset]) << offset;
    write(lcr, 0x80);
    EXPECT_EQ(read(0), 0x0cu);
    EXPECT_EQ(read(1), 0x00u);
    EXPECT_FALSE(irq);
}

// Measured with a program that tries each access and notes whether it traps.
SC_TEST(uart, accepts_the_accesses_that_qemu_accepts) {
    const std::vector<test::access_row> table = {{0, 15, 15}, {1, 1, 1}, {2, 3, 3}, {3, 1, 1},
                                                 {4, 7, 7},   {5, 1, 1}, {6, 3, 3}, {7, 1, 1},
                                                 {8, 0, 0},   {9, 0, 0}, {16, 0, 0}};
    test::expect_accesses(initiator, table, 0);
}

SC_TEST(uart, wide_accesses_reach_one_register_and_read_as_one_byte) {
    EXPECT_TRUE(initiator.write_value(scr, 0x5a, 1).ok());
    EXPECT_TRUE(initiator.write_value(4, 0x11223303, 4).ok());
    EXPECT_EQ(read(mcr), 0x03u);
    EXPECT_EQ(read(scr), 0x5au);
    EXPECT_EQ(initiator.read(4, 4).data, (std::vector<uint8_t>{0x03, 0, 0, 0}));
    EXPECT_EQ(initiator.read(6, 2).data, (std::vector<uint8_t>{0xb0, 0}));
    EXPECT_TRUE(initiator.write_value(thr, 0x4847464544434241, 8).ok());
    EXPECT_EQ(line.sent, "A");
}

SC_TEST(uart, keeps_only_the_bits_that_exist) {
    const unsigned kept[] = {0, 0x0f, 0, 0xff, 0x1f, 0x60, 0xb0, 0xff};
    for (const unsigned offset : {1u, 4u, 5u, 7u, 3u}) {
        write(offset, 0xff);
        EXPECT_EQ(read(offset), kept[offset]) << offset;
    }
    write(lcr, 0);
    write(mcr, 0);
    write(msr, 0xff);
    EXPECT_EQ(read(msr), 0xb0u);
}

SC_TEST(uart, divisor_lies_behind_dlab_and_hides_no_other_register) {
    write(lcr, 0x83);
    write(0, 0x34);
    write(1, 0x12);
    EXPECT_EQ(read(0), 0x34u);
    EXPECT_EQ(read(1), 0x12u);
    EXPECT_EQ(read(iir), 0x01u);
    write(fcr, 0x01);
    EXPECT_EQ(read(iir), 0xc1u);
    EXPECT_EQ(line.sent, "");
    write(lcr, 0x03);
    EXPECT_EQ(read(0), 0u);
    EXPECT_EQ(read(ier), 0u);
}

SC_TEST(uart, fcr_shows_in_iir_only_as_fifos_enabled) {
    for (const unsigned value : {0x00u, 0x02u, 0x04u, 0x06u, 0x08u, 0xf0u, 0x00u}) {
        write(fcr, value);
        EXPECT_EQ(read(iir), 0x01u) << value;
    }
    for (const unsigned value : {0x01u, 0x07u, 0x09u, 0x31u, 0xc1u, 0xffu}) {
        write(fcr, value);
        EXPECT_EQ(read(iir), 0xc1u) << value;
    }
}

SC_TEST(uart, a_byte_is_sent_at_once) {
    for (const char byte : std::string("hello\r\n")) {
        write(thr, static_cast<uint8_t>(byte));
        EXPECT_EQ(read(lsr), 0x60u);
    }
    EXPECT_EQ(line.sent, "hello\r\n");
}

SC_TEST(uart, thr_empty_interrupt_comes_with_its_enable_and_goes_with_reading_iir) {
    write(ier, 2);
    EXPECT_TRUE(irq);
    EXPECT_EQ(read(iir), 0x02u);
    EXPECT_FALSE(irq);
    EXPECT_EQ(read(iir), 0x01u);
    write(ier, 2); // no change, no interrupt
    EXPECT_FALSE(irq);
    write(thr, 'x');
    EXPECT_TRUE(irq);
    write(ier, 0);
    EXPECT_FALSE(irq);
    EXPECT_EQ(read(iir), 0x01u);
    write(ier, 2);
    EXPECT_TRUE(irq);
}

SC_TEST(uart, clearing_the_transmitter_makes_its_interrupt_pending) {
    write(ier, 2);
    read(iir);
    write(fcr, 0x07);
    EXPECT_TRUE(irq);
    EXPECT_EQ(read(iir), 0xc2u);
    write(fcr, 0x05);
    EXPECT_EQ(read(iir), 0xc2u);
    write(fcr, 0x00); // turning the FIFOs off clears them, too
    EXPECT_EQ(read(iir), 0x02u);
    EXPECT_EQ(read(iir), 0x01u);
}

SC_TEST(uart, a_slow_peer_fills_the_transmitter) {
    line.room = 1;
    write(thr, 'a');
    EXPECT_EQ(read(lsr), 0x60u);
    write(thr, 'b'); // moves on to the shift register
    EXPECT_EQ(read(lsr), 0x20u);
    write(thr, 'c');
    EXPECT_EQ(read(lsr), 0x00u);
    write(ier, 2);
    EXPECT_FALSE(irq);
    write(thr, 'd'); // overwrites c
    line.room = SIZE_MAX;
    device.poll();
    settle();
    EXPECT_EQ(line.sent, "abd");
    EXPECT_EQ(read(lsr), 0x60u);
    EXPECT_TRUE(irq);
}

SC_TEST(uart, a_slow_peer_fills_the_transmit_fifo_which_drops_its_oldest_byte) {
    write(fcr, 0x01);
    line.room = 0;
    for (char byte = 'a'; byte < 'a' + 18; ++byte) // one in the shift register, 16 in the FIFO, one too many
        write(thr, static_cast<uint8_t>(byte));
    EXPECT_EQ(read(lsr), 0x00u);
    line.room = SIZE_MAX;
    device.poll();
    EXPECT_EQ(line.sent, "acdefghijklmnopqr");
    EXPECT_EQ(read(lsr), 0x60u);
}

SC_TEST(uart, clearing_the_transmitter_keeps_the_byte_that_is_on_its_way) {
    write(fcr, 0x01);
    line.room = 0;
    for (const char byte : std::string("abc"))
        write(thr, static_cast<uint8_t>(byte));
    write(fcr, 0x05);
    EXPECT_EQ(read(lsr), 0x20u);
    line.room = SIZE_MAX;
    device.poll();
    EXPECT_EQ(line.sent, "a");
}

SC_TEST(uart, modem_lines_come_back_in_loopback) {
    for (unsigned bits = 0; bits < 16; ++bits) {
        write(mcr, 0x10 | bits);
        EXPECT_EQ(read(msr), (bits & 0xc) << 4 | (bits & 2) << 3 | (bits & 1) << 5);
    }
    write(mcr, 0x0f);
    EXPECT_EQ(read(msr), 0xb0u);
}

SC_TEST(uart, modem_status_and_break_control_never_interrupt) {
    write(ier, 0x08);
    write(mcr, 0x1f);
    write(mcr, 0x00);
    write(lcr, 0x40);
    EXPECT_FALSE(irq);
    EXPECT_EQ(read(lsr), 0x60u);
    EXPECT_EQ(read(iir), 0x01u);
}

SC_TEST(uart, debug_reads_have_no_side_effects) {
    write(fcr, 0x01);
    write(ier, 0x07);
    feed("ab");
    device.receive_break();
    settle();
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(initiator.debug_read(rbr, 1).value(), uint64_t('a'));
        EXPECT_EQ(initiator.debug_read(iir, 1).value(), 0xc6u);
        EXPECT_EQ(initiator.debug_read(lsr, 1).value(), 0x71u);
    }
    EXPECT_EQ(read(lsr), 0x71u);
    EXPECT_EQ(read(iir), 0xc4u);
    EXPECT_EQ(receive_all(), std::string("ab\0", 3));
    EXPECT_EQ(read(iir), 0xc2u);
    write(thr, 'x');
    EXPECT_EQ(initiator.debug_read(iir, 1).value(), 0xc2u);
    EXPECT_EQ(read(iir), 0xc2u);
    EXPECT_EQ(initiator.debug_write(thr, {'y'}), 0u);
    EXPECT_EQ(line.sent, "x");
    write(lcr, 0x80);
    EXPECT_EQ(initiator.debug_read(0, 1).value(), 0x0cu);
}

SC_TEST(uart, reset_brings_the_values_of_power_on_back) {
    set_divisor(0x1234, 0x1b);
    write(fcr, 0xc1);
    write(ier, 0x0f);
    write(mcr, 0x13);
    write(scr, 0x77);
    feed("abc");
    line.room = 0;
    write(thr, 'x');
    device.reset();
    settle();
    EXPECT_FALSE(irq);
    const unsigned expected[] = {0x00, 0x00, 0x01, 0x00, 0x08, 0x60, 0xb0, 0x00};
    for (unsigned offset = 0; offset < 8; ++offset)
        EXPECT_EQ(read(offset), expected[offset]) << offset;
    write(lcr, 0x80);
    EXPECT_EQ(read(0) | read(1) << 8, 12u);
}

namespace {

int g_warnings = 0;
void count_warnings(const sc_core::sc_report& report, const sc_core::sc_actions&) {
    g_warnings += std::string(report.get_msg_type()) == "/vmcore/uart16550/output_lost";
}

} // namespace

SC_TEST(uart, output_that_the_host_lost_is_reported_once) {
    sc_core::sc_report_handler::set_handler(count_warnings);
    device.poll();
    EXPECT_EQ(g_warnings, 0);
    line.failure = "-serial file:x: cannot write: No space left on device";
    device.poll();
    device.poll();
    EXPECT_EQ(g_warnings, 1);
    EXPECT_EQ(read(lsr), 0x60u);
}

TEST(uart_config, a_baud_base_of_zero_is_refused) {
    test::scripted_backend line;
    uart16550::config settings;
    settings.baud_base = 0;
    EXPECT_THROW(uart16550("uart", settings, line), std::invalid_argument);
}
