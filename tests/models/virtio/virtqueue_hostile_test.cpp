/// What a driver must not do, and what QEMU 10.0.2 makes of it: a device of version 2 needs a reset and says
/// so, one of version 1 falls silent, and both work again after the reset.

#include "tests/models/virtio/virtio_bench.h"

#include <functional>

namespace vmcore::test {
namespace {

struct hostile_driver : modern_echo_bench {
    /// Starts afresh, lets the driver do it, and expects a broken device that a reset repairs.
    void expect_broken(const char* what, const std::function<void()>& mistake) {
        start(1u << 28);
        const unsigned generation = driver.get(guest_driver::config_generation);
        mistake();
        driver.notify(queue);
        settle();
        EXPECT_EQ(driver.get(guest_driver::status), 0x4fu) << what;
        EXPECT_EQ(driver.get(guest_driver::interrupt_status), 3u) << what;
        EXPECT_EQ(driver.get(guest_driver::config_generation), generation + 1) << what;
        EXPECT_TRUE(irq.read()) << what;
        EXPECT_TRUE(driver.take_used(queue).empty()) << what;
        submit({{data, 4, false}});
        EXPECT_TRUE(driver.take_used(queue).empty()) << what << ": works although it is broken";
        expect_sound(what);
    }
    void expect_sound(const char* what) {
        start();
        submit({{data, 4, false}, {data + 8, 4, true}});
        EXPECT_EQ(driver.take_used(queue).size(), 1u) << what << ": not repaired by a reset";
    }
    void descriptor(unsigned index, uint64_t address, uint32_t length, uint16_t flags, uint16_t next = 0) {
        driver.put_descriptor(queue.descriptors, index, address, length, flags, next);
    }
    void offer(uint16_t head = 0) { driver.offer(queue, head); }
};
struct silent_hostile_driver : echo_bench {};

SC_TEST(hostile_driver, heads_and_links_must_lie_in_the_table) {
    expect_broken("head", [&] { offer(8); });
    expect_broken("far head", [&] { offer(0xffff); });
    expect_broken("link", [&] {
        descriptor(0, data, 4, 1, 8);
        offer();
    });
}

SC_TEST(hostile_driver, loops_end) {
    expect_broken("loop of one", [&] {
        descriptor(0, data, 4, 1, 0);
        offer();
    });
    expect_broken("loop of two", [&] {
        descriptor(0, data, 4, 1, 1);
        descriptor(1, data, 4, 1, 0);
        offer();
    });
    expect_broken("loop in an indirect table", [&] {
        driver.put_descriptor(table, 0, data, 4, 1, 1);
        driver.put_descriptor(table, 1, data, 4, 1, 0);
        descriptor(0, table, 32, 4);
        offer();
    });
}

SC_TEST(hostile_driver, readable_descriptors_come_first_and_all_have_bytes) {
    expect_broken("order", [&] {
        descriptor(0, data, 4, 3, 1);
        descriptor(1, data, 4, 0);
        offer();
    });
    expect_broken("no bytes", [&] {
        descriptor(0, data, 0, 0);
        offer();
    });
}

SC_TEST(hostile_driver, indirect_tables_are_whole_and_in_memory) {
    expect_broken("15 bytes", [&] {
        descriptor(0, table, 15, 4);
        offer();
    });
    expect_broken("0 bytes", [&] {
        descriptor(0, table, 0, 4);
        offer();
    });
    expect_broken("across the end of RAM", [&] {
        descriptor(0, ram_end - 16, 32, 4);
        offer();
    });
    expect_broken("nowhere", [&] {
        descriptor(0, hole, 32, 4);
        offer();
    });
    expect_broken("4 GiB", [&] {
        descriptor(0, table, 0xfffffff0, 4);
        offer();
    });
    expect_broken("a table in a table", [&] {
        driver.put_descriptor(table, 0, hole, 0x2000, 4, 0);
        descriptor(0, table, 16, 4);
        offer();
    });
}

SC_TEST(hostile_driver, descriptors_name_memory) {
    for (const bool writable : {false, true}) {
        const uint16_t flags = writable ? 2 : 0;
        expect_broken("4 GiB over the end of RAM", [&] {
            descriptor(0, ram_base, 0xffffffff, flags);
            offer();
        });
        expect_broken("nowhere, and much of it", [&] {
            descriptor(0, hole, 4097, flags);
            offer();
        });
        expect_broken("around the address space", [&] {
            descriptor(0, ~uint64_t(0) - 10, 0x10000, flags);
            offer();
        });
    }
    expect_broken("ROM to be written", [&] {
        descriptor(0, rom_base, 0x1000, 3, 1);
        descriptor(1, rom_base, 1, 2);
        offer();
    });
}

SC_TEST(hostile_driver, a_little_outside_memory_reads_as_zeros_and_is_written_nowhere) {
    start();
    poke(data, bytes(16, 0xff));
    submit({{hole, 8, false}, {data, 8, true}});
    EXPECT_EQ(driver.take_used(queue).size(), 1u);
    EXPECT_EQ(peek(data, 16), [] {
        bytes expected(16, 0xff);
        std::fill_n(expected.begin(), 8, 0);
        return expected;
    }());
    submit({{data, 8, false}, {hole, 4096, true}});
    EXPECT_EQ(driver.take_used(queue).size(), 1u);
    submit({{data, 8, false}, {rom_base, 8, true}});
    EXPECT_EQ(driver.take_used(queue).size(), 1u);
    EXPECT_EQ(rom.data()[0], 0u);
}

SC_TEST(hostile_driver, a_chain_has_at_most_1024_pieces) {
    expect_broken("1025 pieces", [&] {
        std::vector<guest_driver::piece> many(1025, {data, 1, false});
        driver.put_chain(data + 0x1000, 0, many);
        descriptor(0, data + 0x1000, 16 * 1025, 4);
        offer();
    });
    start();
    std::vector<guest_driver::piece> most(1024, {data, 1, false});
    driver.put_chain(data + 0x1000, 0, most);
    descriptor(0, data + 0x1000, 16 * 1024, 4);
    offer();
    driver.notify(queue);
    settle();
    EXPECT_EQ(driver.take_used(queue).size(), 1u);
}

SC_TEST(hostile_driver, rings_across_the_end_of_ram_break_the_device_where_they_are_placed) {
    start();
    driver.set(guest_driver::queue_descriptors, ram_end - 16);
    driver.set(guest_driver::queue_ready, 1);
    EXPECT_EQ(driver.get(guest_driver::status), 0x4fu);
    expect_sound("descriptors");
    driver.set(guest_driver::queue_device, ram_end - 4);
    driver.set(guest_driver::queue_ready, 1);
    EXPECT_EQ(driver.get(guest_driver::status), 0x4fu);
    expect_sound("used ring");
}

SC_TEST(hostile_driver, rings_that_are_nowhere_hold_nothing) {
    start();
    for (const uint64_t ring_register :
         {guest_driver::queue_descriptors, guest_driver::queue_driver, guest_driver::queue_device})
        driver.set(ring_register, hole);
    driver.set(guest_driver::queue_ready, 1);
    driver.notify(queue);
    settle();
    EXPECT_EQ(driver.get(guest_driver::status), 0xfu);
}

SC_TEST(hostile_driver, rings_in_the_devices_own_registers_do_no_harm) {
    for (const uint64_t ring_register :
         {guest_driver::queue_descriptors, guest_driver::queue_driver, guest_driver::queue_device}) {
        start();
        driver.set(ring_register, base);
        driver.set(guest_driver::queue_ready, 1);
        for (unsigned i = 0; i < 3; ++i)
            submit({{data, 4, false}});
    }
    slot.reset();
    expect_sound("registers");
}

SC_TEST(hostile_driver, buffers_in_the_devices_own_registers_do_no_harm) {
    start();
    poke(data, bytes(0x200, 0));
    submit({{data, 0x200, false}, {base, 0x200, true}});
    slot.reset();
    expect_sound("registers as a buffer");
}

SC_TEST(hostile_driver, an_index_far_ahead_ends) {
    start();
    driver.put_chain(queue.descriptors, 0, {{data, 4, false}});
    driver.store(queue.available + 2, 0xffff, 2);
    driver.notify(queue);
    settle(sc_core::sc_time(10, sc_core::SC_US));
    EXPECT_EQ(cpu.read(queue.used + 2, 2).value(), 0xffffu);
}

SC_TEST(hostile_driver, a_driver_that_hides_the_mistake_gets_no_further) {
    start();
    offer(99);
    driver.notify(queue);
    settle();
    driver.set(guest_driver::status, 0xf);
    EXPECT_EQ(driver.get(guest_driver::status), 0xfu);
    submit({{data, 4, false}});
    EXPECT_TRUE(driver.take_used(queue).empty());
}

SC_TEST(silent_hostile_driver, a_legacy_device_falls_silent_until_reset) {
    start();
    driver.offer(queue, 99);
    driver.notify(queue);
    settle();
    EXPECT_EQ(driver.get(guest_driver::status), 7u);
    EXPECT_FALSE(irq.read());
    submit({{data, 4, false}});
    EXPECT_TRUE(driver.take_used(queue).empty());
    start();
    submit({{data, 4, false}});
    EXPECT_EQ(driver.take_used(queue).size(), 1u);
}

} // namespace
} // namespace vmcore::test
