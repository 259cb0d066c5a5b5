/// The console: control messages, both directions of data, and what a slow or absent host makes of it.

#include "models/virtio/virtio_console.h"
#include "tests/models/uart16550/uart_bench.h"
#include "tests/models/virtio/virtio_bench.h"

namespace vmcore::test {
namespace {

using d = guest_driver;
using used = std::vector<d::used_element>;

virtio_console::config polling() {
    virtio_console::config settings;
    settings.poll_interval = sc_core::sc_time(1, sc_core::SC_MS);
    settings.byte_latency = sc_core::sc_time(1, sc_core::SC_NS);
    return settings;
}

struct console_owner {
    scripted_backend line;
    virtio_console device;

    explicit console_owner(bool present)
        : device(polling(), present ? &line : nullptr) {}
};

struct console_bench : console_owner, virtio_bench {
    static constexpr uint64_t multiport = 1u << 1;
    static constexpr uint64_t control_ring = ram_base + 0x14000, control_out_ring = ram_base + 0x18000,
                              transmit_ring = ram_base + 0x30000;

    explicit console_bench(unsigned number, bool present = true)
        : console_owner(present)
        , virtio_bench(&device, version(number)) {}

    void start(uint64_t features) {
        driver.start(features);
        receive = driver.add_queue(0, ring);
        transmit = driver.add_queue(1, transmit_ring);
        control_in = driver.add_queue(2, control_ring);
        control_out = driver.add_queue(3, control_out_ring);
        driver.finish();
    }
    /// Room for so many control messages.
    void make_control_room(unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            driver.put_chain(control_in.descriptors, i, {{table + 16 * i, 16, true}});
            driver.offer(control_in, static_cast<uint16_t>(i));
        }
    }
    void tell(uint32_t port, uint16_t event, uint16_t value) {
        bytes message(8);
        store_bytes(message.data(), port, 4, byte_order::little);
        store_bytes(message.data() + 4, event, 2, byte_order::little);
        store_bytes(message.data() + 6, value, 2, byte_order::little);
        poke(data, message);
        driver.submit(control_out, {{data, 8, false}});
        settle();
        EXPECT_EQ(driver.take_used(control_out), (used{{0, 0}}));
    }
    /// Events and values that the device has told, all of port 0.
    std::vector<std::pair<unsigned, unsigned>> told() {
        std::vector<std::pair<unsigned, unsigned>> events;
        for (const d::used_element& each : driver.take_used(control_in)) {
            const bytes message = peek(table + 16 * each.id, 8);
            EXPECT_EQ(each.length, 8u);
            EXPECT_EQ(load_bytes(message.data(), 4, byte_order::little), 0u);
            events.emplace_back(message[4] | message[5] << 8, message[6] | message[7] << 8);
        }
        return events;
    }
    void send(const std::string& characters) {
        poke(data, text(characters));
        driver.submit(transmit, {{data, static_cast<uint32_t>(characters.size()), false}});
        settle();
    }
    void make_room(uint32_t length) { driver.submit(receive, {{data + 0x1000, length, true}}); }

    d::rings receive, transmit, control_in, control_out;
};

struct virtio_serial : console_bench {
    virtio_serial()
        : console_bench(2) {}
};
struct legacy_virtio_serial : console_bench {
    legacy_virtio_serial()
        : console_bench(1) {}
};
struct virtio_serial_without_ports : console_bench {
    virtio_serial_without_ports()
        : console_bench(2, false) {}
};
using events = std::vector<std::pair<unsigned, unsigned>>;

SC_TEST(virtio_serial, offers_what_qemu_offers) {
    EXPECT_EQ(driver.get(d::device_id), 3u);
    EXPECT_EQ(driver.offered_features(), uint64_t(0x101) << 32 | 0x30000006u);
    EXPECT_EQ(driver.get(d::config + 4), 31u);
    driver.set(d::queue_select, 63);
    EXPECT_EQ(driver.get(d::queue_size_max), 1024u);
    driver.set(d::queue_select, 64);
    EXPECT_EQ(driver.get(d::queue_size_max), 0u);
}

SC_TEST(legacy_virtio_serial, offers_what_qemu_offers) {
    EXPECT_EQ(driver.offered_features(), 0x39000006u);
}

SC_TEST(virtio_serial, tells_of_its_port_as_the_driver_gets_ready) {
    start(multiport);
    make_control_room(4);
    tell(0xffffffff, 0, 1);
    EXPECT_EQ(told(), (events{{1, 1}})) << "there is port 0";
    tell(0, 3, 1);
    EXPECT_EQ(told(), (events{{4, 1}, {6, 1}})) << "it is a console, and open";
    EXPECT_TRUE(irq.read());
}

SC_TEST(virtio_serial, messages_about_nothing_are_ignored) {
    start(multiport);
    make_control_room(4);
    tell(0, 0, 0);
    tell(5, 3, 1);
    tell(0, 3, 0);
    tell(0, 77, 1);
    poke(data, bytes(8));
    driver.submit(control_out, {{data, 7, false}});
    settle();
    EXPECT_EQ(driver.take_used(control_out), (used{{0, 0}}));
    EXPECT_EQ(told(), events{});
}

SC_TEST(virtio_serial, messages_without_room_are_lost) {
    start(multiport);
    tell(0, 0, 1);
    make_control_room(1);
    tell(0, 3, 1);
    EXPECT_EQ(told(), (events{{4, 1}}));
}

SC_TEST(virtio_serial, output_reaches_the_line) {
    start(multiport);
    send("hello\n");
    EXPECT_EQ(line.sent, "hello\n");
    EXPECT_EQ(driver.take_used(transmit), (used{{0, 0}}));
    EXPECT_GT(line.flushes, 0u);
}

SC_TEST(virtio_serial, what_a_slow_peer_does_not_take_waits_and_nothing_is_lost) {
    start(multiport);
    line.room = 3;
    send("abcdefgh");
    EXPECT_EQ(line.sent, "abc");
    EXPECT_TRUE(driver.take_used(transmit).empty());
    make_control_room(1);
    tell(0, 0, 1);
    EXPECT_EQ(told().size(), 1u) << "other queues are served meanwhile";
    poke(data, text("abcdefgh"));
    line.room = SIZE_MAX;
    settle(sc_core::sc_time(2, sc_core::SC_MS));
    EXPECT_EQ(line.sent, "abcdefgh");
    EXPECT_EQ(driver.take_used(transmit).size(), 1u);
}

SC_TEST(virtio_serial, a_reset_drops_output_that_waits) {
    start(multiport);
    line.room = 3;
    send("abcdefgh");
    driver.set(d::status, 0);
    line.room = SIZE_MAX;
    settle(sc_core::sc_time(2, sc_core::SC_MS));
    EXPECT_EQ(line.sent, "abc");
    start(multiport);
    send("next");
    EXPECT_EQ(line.sent, "abcnext");
}

SC_TEST(virtio_serial, input_waits_until_the_port_is_open_and_has_room) {
    start(multiport);
    line.input = {"typed"};
    settle(sc_core::sc_time(3, sc_core::SC_MS));
    EXPECT_EQ(line.reads, 0u);
    tell(0, 6, 1);
    settle(sc_core::sc_time(3, sc_core::SC_MS));
    EXPECT_EQ(line.reads, 0u);
    make_room(3);
    settle();
    EXPECT_EQ(driver.take_used(receive), (used{{0, 3}}));
    EXPECT_EQ(peek(data + 0x1000, 3), text("typ"));
    make_room(100);
    settle();
    EXPECT_EQ(driver.take_used(receive), (used{{0, 2}}));
    EXPECT_EQ(peek(data + 0x1000, 2), text("ed"));
    make_room(100);
    settle(sc_core::sc_time(3, sc_core::SC_MS));
    EXPECT_TRUE(driver.take_used(receive).empty());
    line.input = {"more"};
    settle(sc_core::sc_time(2, sc_core::SC_MS));
    EXPECT_EQ(driver.take_used(receive), (used{{0, 4}}));
}

SC_TEST(virtio_serial, a_port_that_the_driver_closes_takes_no_input) {
    start(multiport);
    tell(0, 6, 1);
    tell(0, 6, 0);
    line.input = {"typed"};
    make_room(100);
    settle(sc_core::sc_time(3, sc_core::SC_MS));
    EXPECT_EQ(line.reads, 0u);
}

SC_TEST(legacy_virtio_serial, a_driver_without_control_queues_just_uses_port_0) {
    start(0);
    make_room(10);
    line.input = {"in"};
    settle(sc_core::sc_time(2, sc_core::SC_MS));
    EXPECT_EQ(peek(data + 0x1000, 2), text("in"));
    send("out");
    EXPECT_EQ(line.sent, "out");
}

SC_TEST(legacy_virtio_serial, input_that_waited_over_a_reset_arrives_when_the_driver_is_ready_again) {
    start(0);
    make_room(2);
    line.input = {"abcd"};
    settle(sc_core::sc_time(2, sc_core::SC_MS));
    line.open = false;
    driver.start();
    receive = driver.add_queue(0, ring);
    driver.put_chain(receive.descriptors, 0, {{data + 0x1000, 100, true}});
    driver.offer(receive, 0);
    settle(sc_core::sc_time(2, sc_core::SC_MS));
    driver.finish();
    settle();
    EXPECT_EQ(driver.take_used(receive), (used{{0, 2}}));
    EXPECT_EQ(peek(data + 0x1000, 2), text("cd"));
}

SC_TEST(virtio_serial, output_of_ports_that_are_not_there_vanishes) {
    driver.start(multiport);
    d::rings other = driver.add_queue(5, ring);
    driver.finish();
    driver.submit(other, {{data, 100, false}});
    settle();
    EXPECT_EQ(driver.take_used(other), (used{{0, 0}}));
    EXPECT_EQ(line.sent, "");
}

SC_TEST(virtio_serial, emergency_writes_need_no_driver) {
    driver.set(d::config + 8, 'p');
    driver.set(d::config + 8, 0);
    EXPECT_EQ(line.sent, "p");
    EXPECT_EQ(driver.get(d::config + 8), 0u);
}

SC_TEST(virtio_serial, output_that_the_host_lost_is_reported_once) {
    unsigned warnings = 0;
    sc_core::sc_report_handler::set_actions("/vmcore/virtio/output_lost", sc_core::SC_CACHE_REPORT);
    line.failure = "no more room";
    for (unsigned i = 0; i < 2; ++i) {
        device.flush_output();
        warnings += sc_core::sc_report_handler::get_cached_report() != nullptr ? 1 : 0;
        sc_core::sc_report_handler::clear_cached_report();
    }
    EXPECT_EQ(warnings, 1u);
}

SC_TEST(virtio_serial_without_ports, says_nothing_and_swallows_output) {
    start(multiport);
    make_control_room(2);
    tell(0, 0, 1);
    tell(0, 3, 1);
    tell(0, 6, 1);
    EXPECT_EQ(told(), events{});
    send("lost");
    EXPECT_EQ(driver.take_used(transmit), (used{{0, 0}}));
    driver.set(d::config + 8, 'p');
    make_room(10);
    settle(sc_core::sc_time(3, sc_core::SC_MS));
    device.flush_output();
}

} // namespace
} // namespace vmcore::test
