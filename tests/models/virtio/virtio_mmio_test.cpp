/// The registers of virtio-mmio, both versions, as QEMU 10.0.2 answers.

#include "tests/models/virtio/virtio_bench.h"

#include <gmock/gmock.h>

namespace vmcore::test {
namespace {

using testing::ElementsAre;

struct empty_slot : virtio_bench {
    empty_slot()
        : virtio_bench(nullptr) {}
};
struct legacy_virtio_mmio : echo_bench {};
struct modern_virtio_mmio : modern_echo_bench {};
using d = guest_driver;

SC_TEST(empty_slot, answers_as_virtio_without_a_device) {
    EXPECT_EQ(driver.get(d::magic), 0x74726976u);
    EXPECT_EQ(driver.get(d::version), 1u);
    EXPECT_EQ(driver.get(d::device_id), 0u);
    EXPECT_EQ(driver.get(d::vendor_id), 0x554d4551u);
    EXPECT_EQ(driver.get(d::magic, 1), 0x76u);
    EXPECT_EQ(driver.get(d::magic, 2), 0x6976u);
}

SC_TEST(empty_slot, everything_else_reads_as_zero_and_takes_writes) {
    for (uint64_t offset = 0x10; offset < 0x200; offset += 4) {
        const auto written = cpu.write_value(base + offset, 0xffffffff, 4);
        EXPECT_TRUE(written.ok());
        EXPECT_EQ(driver.get(offset), 0u) << offset;
    }
    settle();
    EXPECT_FALSE(irq.read());
    slot.reset();
}

SC_TEST(legacy_virtio_mmio, tells_what_it_is) {
    EXPECT_EQ(driver.get(d::version), 1u);
    EXPECT_EQ(driver.get(d::device_id), 42u);
    EXPECT_EQ(driver.get(0xb0), 0xffffffffu);
    EXPECT_EQ(driver.get(0xb4), 0xffffffffu);
}

SC_TEST(legacy_virtio_mmio, offers_legacy_features_in_its_low_word_only) {
    EXPECT_EQ(driver.offered_features(), 1u << 24 | 1u << 28 | 1u << 29 | 1u << 3 | 1u << 5);
}

SC_TEST(modern_virtio_mmio, offers_version_1_and_no_legacy_features) {
    EXPECT_EQ(driver.get(d::version), 2u);
    EXPECT_EQ(driver.offered_features(), uint64_t(0x101) << 32 | 1u << 28 | 1u << 29 | 1u << 3);
    driver.set(d::device_features_select, 77);
    EXPECT_EQ(driver.get(d::device_features), 0x101u);
}

SC_TEST(legacy_virtio_mmio, registers_answer_whole_words_only_and_refuse_nothing) {
    for (const unsigned size : {1u, 2u})
        for (uint64_t offset = 0; offset < 0x100; offset += size) {
            const auto answer = cpu.read(base + offset, size);
            EXPECT_TRUE(answer.ok());
            EXPECT_EQ(answer.value(), 0u) << offset;
        }
    EXPECT_EQ(cpu.read(base, 8).value(), 0x174726976u);
    EXPECT_EQ(cpu.read(base + 8, 8).value(), 0x554d45510000002au);
    driver.set(d::status, 1, 1);
    EXPECT_EQ(driver.get(d::status), 0u);
    EXPECT_FALSE(cpu.read(base + 0x200, 4).ok());
}

SC_TEST(legacy_virtio_mmio, config_space_takes_1_2_4_and_8_bytes_within_its_end) {
    EXPECT_EQ(driver.get(d::config, 1), 0xc0u);
    EXPECT_EQ(driver.get(d::config, 2), 0x00c0u);
    EXPECT_EQ(driver.get(d::config, 4), 0xc0u);
    EXPECT_EQ(cpu.read(base + d::config, 8).value(), 0xffffffff000000c0u);
    EXPECT_EQ(driver.get(d::config + 4, 2), 0u);
    EXPECT_EQ(driver.get(d::config + 4, 4), 0xffffffffu);
    EXPECT_EQ(driver.get(d::config + 6, 1), 0xffu);
    driver.set(d::config + 4, 0x1234, 2);
    EXPECT_EQ(device.config, (bytes{0xc0, 0, 0, 0, 0x34, 0x12}));
    driver.set(d::config + 5, 0x9999, 4);
    EXPECT_EQ(driver.get(d::config + 4, 2), 0x1234u);
    cpu.write_value(base + d::config, 0x1111111122222222, 8);
    EXPECT_EQ(driver.get(d::config + 2, 2), 0x2222u);
    EXPECT_EQ(driver.get(d::config + 4, 2), 0x1234u) << "the upper half passes the end";
}

SC_TEST(legacy_virtio_mmio, debug_reads_have_the_same_values) {
    EXPECT_EQ(cpu.debug_read(base, 4).value(), 0x74726976u);
    EXPECT_EQ(cpu.debug_read(base + d::config, 1).value(), 0xc0u);
}

SC_TEST(legacy_virtio_mmio, queues_that_are_not_there_have_size_0) {
    for (const auto& [number, size] : {std::pair(0, 1024u), std::pair(1, 1024u), std::pair(2, 0u)}) {
        driver.set(d::queue_select, static_cast<uint64_t>(number));
        EXPECT_EQ(driver.get(d::queue_size_max), size);
    }
    driver.set(d::queue_pfn, 5);
    EXPECT_EQ(driver.get(d::queue_pfn), 0u);
    driver.set(d::queue_select, 1);
    driver.set(d::queue_select, 1024);
    EXPECT_EQ(driver.get(d::queue_size_max), 1024u) << "a number that no queue can have is ignored";
    driver.set(d::queue_notify, 2);
    driver.set(d::queue_notify, 0xffffffff);
}

SC_TEST(legacy_virtio_mmio, page_frame_counts_in_the_guests_pages) {
    driver.start();
    driver.set(d::queue_select, 0);
    driver.set(d::guest_page_size, 0x3000);
    driver.set(d::queue_pfn, 0x80010);
    EXPECT_EQ(driver.get(d::queue_pfn), 0x80010u);
    driver.set(d::guest_page_size, 0);
    EXPECT_EQ(driver.get(d::queue_pfn), 0x80010000u);
    EXPECT_EQ(driver.get(d::queue_ready), 0u) << "a register of version 2";
}

SC_TEST(legacy_virtio_mmio, page_frame_0_resets_the_device) {
    start();
    EXPECT_EQ(driver.get(d::status), 7u);
    driver.set(d::queue_pfn, 0);
    EXPECT_EQ(driver.get(d::status), 0u);
    EXPECT_EQ(driver.get(d::queue_pfn), 0u);
    EXPECT_EQ(device.resets, 2u) << "the driver's own one was first";
}

SC_TEST(modern_virtio_mmio, ready_is_kept_by_queue_until_reset) {
    start();
    EXPECT_EQ(driver.get(d::queue_ready), 1u);
    EXPECT_EQ(driver.get(d::queue_pfn), 0u) << "a register of version 1";
    driver.set(d::queue_select, 1);
    EXPECT_EQ(driver.get(d::queue_ready), 0u);
    driver.set(d::queue_select, 0);
    driver.set(d::queue_ready, 0);
    EXPECT_EQ(driver.get(d::queue_ready), 0u);
    driver.set(d::queue_ready, 1);
    driver.set(d::status, 0);
    EXPECT_EQ(driver.get(d::queue_ready), 0u);
}

SC_TEST(legacy_virtio_mmio, status_is_what_was_written_and_0_resets) {
    driver.set(d::status, 0xfa5);
    EXPECT_EQ(driver.get(d::status), 0xa5u);
    driver.set(d::status, 0);
    EXPECT_EQ(driver.get(d::status), 0u);
    EXPECT_THAT(device.statuses, ElementsAre(0xa5, 0));
    EXPECT_EQ(device.resets, 1u);
}

SC_TEST(legacy_virtio_mmio, a_chain_goes_through_and_raises_the_interrupt_until_acknowledged) {
    start();
    poke(data, text("hello"));
    submit({{data, 5, false}, {data + 0x100, 3, true}, {data + 0x200, 10, true}});
    EXPECT_EQ(driver.take_used(queue), (std::vector<d::used_element>{{0, 5}}));
    EXPECT_EQ(peek(data + 0x100, 4), (bytes{0x68, 0x65, 0x6c, 0}));
    EXPECT_EQ(peek(data + 0x200, 2), text("lo"));
    EXPECT_TRUE(irq.read());
    EXPECT_EQ(driver.get(d::interrupt_status), 1u);
    driver.set(d::interrupt_acknowledge, 2);
    settle();
    EXPECT_TRUE(irq.read());
    driver.set(d::interrupt_acknowledge, 1);
    settle();
    EXPECT_FALSE(irq.read());
    EXPECT_EQ(driver.get(d::interrupt_status), 0u);
}

SC_TEST(modern_virtio_mmio, a_chain_goes_through) {
    start();
    poke(data, text("hello"));
    submit({{data, 5, false}, {data + 0x100, 5, true}});
    EXPECT_EQ(driver.take_used(queue), (std::vector<d::used_element>{{0, 5}}));
    EXPECT_EQ(peek(data + 0x100, 5), text("hello"));
    EXPECT_TRUE(irq.read());
}

SC_TEST(legacy_virtio_mmio, nothing_happens_before_a_queue_is_placed) {
    driver.start();
    driver.finish();
    driver.set(d::queue_notify, 0);
    settle();
    EXPECT_FALSE(irq.read());
    EXPECT_EQ(driver.get(d::status), 7u);
}

SC_TEST(legacy_virtio_mmio, a_reset_while_the_device_works_voids_the_chain) {
    start();
    device.latency = sc_core::sc_time(100, sc_core::SC_NS);
    poke(data, text("hello"));
    driver.submit(queue, {{data, 5, false}, {data + 0x100, 5, true}});
    settle(sc_core::sc_time(50, sc_core::SC_NS));
    driver.set(d::status, 0);
    settle();
    EXPECT_TRUE(driver.take_used(queue).empty());
    EXPECT_EQ(peek(data + 0x100, 5), bytes(5));
    EXPECT_FALSE(irq.read());
    device.latency = sc_core::SC_ZERO_TIME;
    start();
    submit({{data, 5, false}, {data + 0x100, 5, true}});
    EXPECT_EQ(peek(data + 0x100, 5), text("hello"));
}

SC_TEST(legacy_virtio_mmio, work_ends_at_the_time_that_it_takes) {
    start();
    device.latency = sc_core::sc_time(100, sc_core::SC_NS);
    driver.submit(queue, {{data, 5, false}});
    settle(sc_core::sc_time(99, sc_core::SC_NS));
    EXPECT_FALSE(irq.read());
    settle(sc_core::sc_time(2, sc_core::SC_NS));
    EXPECT_TRUE(irq.read());
}

SC_TEST(modern_virtio_mmio, reset_of_the_board_forgets_everything) {
    start();
    submit({{data, 1, false}});
    EXPECT_TRUE(irq.read());
    slot.reset();
    settle();
    EXPECT_FALSE(irq.read());
    EXPECT_EQ(driver.get(d::status), 0u);
    EXPECT_EQ(driver.get(d::queue_ready), 0u);
    driver.notify(queue);
    settle();
    EXPECT_FALSE(irq.read());
}

} // namespace
} // namespace vmcore::test
