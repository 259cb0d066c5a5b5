// Code that others store to while a hart keeps it decoded: seen as soon as they have had their turn.

#include "tests/harness/test_initiator.h"
#include "tests/models/riscv/machine.h"

#include "models/tlm/dma_port.h"
#include "models/tlm/endian.h"

namespace vmcore::test {
namespace {

/// Two more initiators on the hart's bus.
struct shared_code : hart_bench {
    dma_port engine{"engine", dma_port::config()};
    test_initiator loader{"loader"};

    shared_code() {
        connect(engine.socket, board.interconnect.target_socket);
        connect(loader.socket, board.interconnect.target_socket);
    }

    /// The hart runs a loop that never ends unless its first instruction becomes a WFI.
    void start_loop() {
        load({addi(a0, a0, 1), jal(zero, -4)});
        wait(25, sc_core::SC_US); // the loop is decoded and linked
        EXPECT_FALSE(cpu.waiting());
        EXPECT_GT(cpu.x(a0), 100u);
    }
    static std::vector<uint8_t> bytes_of(uint32_t word) {
        std::vector<uint8_t> bytes(4);
        store_bytes(bytes.data(), word, 4, byte_order::little);
        return bytes;
    }
};

SC_TEST(shared_code, a_transaction_of_another_initiator_is_seen) {
    start_loop();
    EXPECT_TRUE(loader.write(ram_base, bytes_of(wfi)).ok());
    run_to_wfi();
}

SC_TEST(shared_code, a_store_of_a_debugger_is_seen) {
    start_loop();
    EXPECT_EQ(loader.debug_write(ram_base, bytes_of(wfi)), 4u);
    run_to_wfi();
}

SC_TEST(shared_code, dma_is_seen_from_the_first_transfer_on) {
    start_loop();
    sc_core::sc_time delay;
    for (const uint32_t word : {addi(a0, a0, 2), wfi}) { // the second one goes by direct memory access
        std::vector<uint8_t> bytes = bytes_of(word);
        EXPECT_TRUE(engine.write(ram_base, bytes.data(), bytes.size(), delay));
        wait(25, sc_core::SC_US);
    }
    run_to_wfi();
}

SC_TEST(shared_code, a_store_during_the_harts_own_access_is_seen_by_the_next_instruction) {
    load({sw(zero, a4, 0), addi(a0, a0, 1), sw(zero, a4, 0), addi(a0, a0, 1), addi(a5, a5, -1),
          branch(1, a5, zero, -20)},
         {device_base, 3});
    // The second store of each round replaces the instruction behind it.
    board.device.on_access = [this](const probe_target::access&) {
        const uint64_t place = ram_base + 12;
        if (cpu.pc() == ram_base + 8)
            loader.debug_write(place, bytes_of(addi(a0, a0, 100 + static_cast<int>(cpu.x(a5)))));
    };
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 3u + 103 + 102 + 101);
}

} // namespace
} // namespace vmcore::test
