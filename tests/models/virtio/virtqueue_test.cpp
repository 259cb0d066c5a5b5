/// Split queues between an honest driver and a device.

#include "tests/models/virtio/virtio_bench.h"

namespace vmcore::test {
namespace {

struct virtqueue_of_version_1 : echo_bench {};
struct virtqueue_of_version_2 : modern_echo_bench {};
struct virtqueue_without_dmi : echo_bench {
    static virtio_mmio::config by_bursts() {
        virtio_mmio::config settings = version(2);
        settings.dma.dmi = false;
        settings.queue.bounce_bytes = ~uint64_t(0);
        return settings;
    }
    virtqueue_without_dmi()
        : echo_bench(by_bursts()) {}
};
using d = guest_driver;

SC_TEST(virtqueue_of_version_1, chains_come_back_in_order_beyond_the_size_of_the_ring) {
    start();
    for (unsigned round = 0; round < 20; ++round) {
        poke(data, {uint8_t(round)});
        submit({{data, 1, false}, {data + 1 + round, 1, true}});
        EXPECT_EQ(driver.take_used(queue), (std::vector<d::used_element>{{0, 1}}));
        EXPECT_EQ(peek(data + 1 + round, 1), bytes{uint8_t(round)});
    }
}

SC_TEST(virtqueue_of_version_1, several_chains_are_served_for_one_notification) {
    start();
    driver.put_chain(queue.descriptors, 0, {{data, 4, false}, {data + 8, 4, true}});
    driver.put_chain(queue.descriptors, 2, {{data, 2, false}});
    driver.put_chain(queue.descriptors, 3, {{data + 16, 7, true}});
    for (const uint16_t head : {3, 0, 2})
        driver.offer(queue, head);
    driver.notify(queue);
    settle();
    EXPECT_EQ(driver.take_used(queue), (std::vector<d::used_element>{{3, 0}, {0, 4}, {2, 0}}));
}

SC_TEST(virtqueue_of_version_1, sizes_need_not_be_powers_of_two) {
    driver.start();
    queue = driver.add_queue(0, ring, 6);
    driver.finish();
    for (unsigned round = 0; round < 15; ++round) {
        submit({{data, 4, false}, {data + 8, 4, true}});
        EXPECT_EQ(driver.take_used(queue).size(), 1u) << round;
    }
}

SC_TEST(virtqueue_of_version_1, a_size_that_cannot_be_is_ignored) {
    driver.start();
    queue = driver.add_queue(0, ring, 16);
    for (const uint32_t size : {0u, 1025u, 0xffffffffu})
        driver.set(d::queue_size, size);
    driver.finish();
    submit({{data, 4, false}, {data + 8, 4, true}});
    EXPECT_EQ(driver.take_used(queue).size(), 1u);
}

SC_TEST(virtqueue_of_version_1, the_driver_can_ask_for_no_interrupt) {
    start();
    driver.store(queue.available, 1, 2);
    submit({{data, 4, false}});
    EXPECT_EQ(driver.take_used(queue).size(), 1u);
    EXPECT_FALSE(irq.read());
}

SC_TEST(virtqueue_of_version_1, an_empty_queue_interrupts_all_the_same_when_that_was_negotiated) {
    start(1u << 24);
    driver.store(queue.available, 1, 2);
    submit({{data, 4, false}});
    EXPECT_TRUE(irq.read());
}

SC_TEST(virtqueue_of_version_2, event_indices_hold_back_interrupts_until_the_event) {
    start(event_index);
    const uint64_t used_event = queue.available + 4 + 2 * 8;
    const uint64_t available_event = queue.used + 4 + 8 * 8;
    const auto interrupts = [&](uint16_t event) {
        driver.set(d::interrupt_acknowledge, 3);
        driver.store(used_event, event, 2);
        submit({{data, 4, false}});
        return irq.read();
    };
    EXPECT_TRUE(interrupts(9)) << "the first time nothing is known of the driver";
    EXPECT_EQ(cpu.read(available_event, 2).value(), 1u);
    EXPECT_FALSE(interrupts(9));
    EXPECT_TRUE(interrupts(2)) << "the third element has index 2";
    EXPECT_FALSE(interrupts(2));
    EXPECT_FALSE(interrupts(5));
    EXPECT_TRUE(interrupts(5));
    EXPECT_EQ(cpu.read(available_event, 2).value(), 6u);
}

SC_TEST(virtqueue_of_version_2, indirect_tables_stand_for_chains) {
    start(1u << 28);
    poke(data, text("abcdef"));
    driver.put_chain(table, 0, {{data, 2, false}, {data + 4, 2, false}, {data + 0x100, 4, true}});
    driver.put_descriptor(queue.descriptors, 5, table, 48, 4, 0);
    driver.offer(queue, 5);
    driver.notify(queue);
    settle();
    EXPECT_EQ(driver.take_used(queue), (std::vector<d::used_element>{{5, 4}}));
    EXPECT_EQ(peek(data + 0x100, 4), text("abef"));
}

SC_TEST(virtqueue_of_version_2, ready_taken_back_lets_the_queue_work_on_as_qemu_does) {
    start();
    driver.set(d::queue_ready, 0);
    submit({{data, 4, false}});
    EXPECT_EQ(driver.take_used(queue).size(), 1u);
}

SC_TEST(virtqueue_of_version_1, align_places_the_used_ring) {
    driver.start();
    queue = driver.add_queue(0, ring);
    driver.set(d::queue_align, 64);
    queue.used = (queue.available + 4 + 2 * 8 + 63) / 64 * 64;
    driver.finish();
    submit({{data, 4, false}, {data + 8, 4, true}});
    EXPECT_EQ(driver.take_used(queue), (std::vector<d::used_element>{{0, 4}}));
}

SC_TEST(virtqueue_without_dmi, works_by_bursts_and_takes_any_address) {
    start(1u << 28);
    poke(data, bytes(10000, 'e'));
    submit({{data, 10000, false}, {data + 0x4000, 10000, true}});
    EXPECT_EQ(driver.take_used(queue), (std::vector<d::used_element>{{0, 10000}}));
    EXPECT_EQ(peek(data + 0x4000, 10000), bytes(10000, 'e'));
    submit({{hole, 9000, false}, {data + 0x4000, 9000, true}});
    EXPECT_EQ(driver.take_used(queue), (std::vector<d::used_element>{{0, 9000}}));
    EXPECT_EQ(peek(data + 0x4000, 9000), bytes(9000));
    driver.put_chain(table, 0, {{data, 2, false}});
    driver.put_descriptor(queue.descriptors, 0, table, 16, 4, 0);
    driver.offer(queue, 0);
    driver.notify(queue);
    settle();
    EXPECT_EQ(driver.take_used(queue).size(), 1u);
}

SC_TEST(virtqueue_of_version_1, rom_can_be_read_by_a_device) {
    rom.data()[0x10] = 0x77;
    start();
    submit({{rom_base + 0x10, 1, false}, {data, 1, true}});
    EXPECT_EQ(peek(data, 1), bytes{0x77});
}

} // namespace
} // namespace vmcore::test
