// Replays 6000 random register accesses that record_qemu_trace.py recorded from QEMU 10.0.2: every value read
// and the level of the interrupt line after every access must be the same.

#include "tests/models/uart16550/uart_bench.h"

#include <fstream>

using namespace vmcore;
using uart = vmcore::test::uart_bench;

SC_TEST(uart, answers_random_accesses_as_qemu_did) {
    std::ifstream trace(QEMU_TRACE);
    ASSERT_TRUE(trace) << QEMU_TRACE;
    trace >> std::hex;
    std::string kind;
    uint64_t offset = 0;
    uint64_t value = 0;
    unsigned width = 0;
    unsigned level = 0;
    unsigned accesses = 0;
    while (trace >> kind >> offset >> width >> value >> level) {
        ++accesses;
        if (kind == "w")
            ASSERT_TRUE(initiator.write_value(offset, value, width).ok()) << "line " << accesses;
        else
            ASSERT_EQ(initiator.read(offset, width).value(), value) << "line " << accesses;
        settle();
        ASSERT_EQ(irq, level != 0) << "line " << accesses;
    }
    EXPECT_EQ(accesses, 6000u);
}
