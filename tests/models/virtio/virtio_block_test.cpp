/// The disk, as a driver sees it; the answers are those of QEMU 10.0.2.

#include "tests/models/virtio/disk_bench.h"

#include <csignal>
#include <sys/resource.h>

namespace vmcore::test {
namespace {

using d = guest_driver;
using used = std::vector<d::used_element>;

struct virtio_disk : disk_bench {};
struct modern_virtio_disk : disk_bench {
    modern_virtio_disk()
        : disk_bench(version(2)) {}
};

disk_image::config stored(bool read_only, bool snapshot) {
    disk_image::config settings;
    settings.read_only = read_only;
    settings.snapshot = snapshot;
    return settings;
}
virtio_block::config slow() {
    virtio_block::config settings;
    settings.serial = "a serial number of more than 20 bytes";
    settings.request_latency = sc_core::sc_time(10, sc_core::SC_US);
    settings.byte_latency = sc_core::sc_time(1, sc_core::SC_NS);
    return settings;
}
struct read_only_virtio_disk : disk_bench {
    read_only_virtio_disk()
        : disk_bench(version(1), stored(true, false)) {}
};
struct snapshot_virtio_disk : disk_bench {
    snapshot_virtio_disk()
        : disk_bench(version(1), stored(false, true)) {}
};
struct slow_virtio_disk : disk_bench {
    slow_virtio_disk()
        : disk_bench(version(1), {}, slow()) {}
};

SC_TEST(virtio_disk, offers_what_qemu_offers) {
    EXPECT_EQ(driver.get(d::device_id), 2u);
    EXPECT_EQ(driver.offered_features(), 0x31006ed4u);
    EXPECT_EQ(driver.get(d::config), sectors);
    EXPECT_EQ(driver.get(d::config + 12), 254u) << "seg_max";
    EXPECT_EQ(driver.get(d::config + 16), 0x3f100002u) << "geometry";
    EXPECT_EQ(driver.get(d::config + 20), 512u) << "blk_size";
    EXPECT_EQ(driver.get(d::config + 32, 1), 1u) << "writeback";
    EXPECT_EQ(driver.get(d::config + 36), 0x3fffffu) << "max_discard_sectors";
    EXPECT_EQ(driver.get(d::config + 56, 1), 1u) << "write_zeroes_may_unmap";
    EXPECT_EQ(driver.get(d::config + 57, 1), 0xffu);
    driver.set(d::config, 5);
    EXPECT_EQ(driver.get(d::config), sectors);
}

SC_TEST(modern_virtio_disk, offers_what_qemu_offers) {
    EXPECT_EQ(driver.offered_features(), uint64_t(0x101) << 32 | 0x30006e54u);
}

SC_TEST(virtio_disk, reads_sectors) {
    start();
    EXPECT_EQ(request(read, 3, 1024, true), 0u);
    EXPECT_EQ(peek(payload, 1024), sector(pattern(), 3, 2));
    EXPECT_EQ(driver.take_used(queue), (used{{0, 1025}}));
}

SC_TEST(modern_virtio_disk, writes_sectors) {
    start();
    poke(payload, bytes(512, 'x'));
    EXPECT_EQ(request(write, 63, 512, false), 0u);
    EXPECT_EQ(driver.take_used(queue), (used{{0, 1}}));
    bytes expected = pattern();
    std::fill(expected.end() - 512, expected.end(), 'x');
    EXPECT_EQ(on_host(), expected);
}

SC_TEST(virtio_disk, data_may_lie_in_pieces_of_any_length) {
    start();
    submit(read, 1, {{payload, 1, true}, {payload + 0x401, 300, true}, {payload + 0x800, 211, true}});
    settle();
    EXPECT_EQ(peek(status, 1)[0], 0u);
    const bytes expected = sector(pattern(), 1);
    EXPECT_EQ(peek(payload, 1), bytes(expected.begin(), expected.begin() + 1));
    EXPECT_EQ(peek(payload + 0x401, 300), bytes(expected.begin() + 1, expected.begin() + 301));
    EXPECT_EQ(peek(payload + 0x800, 211), bytes(expected.begin() + 301, expected.end()));
}

SC_TEST(virtio_disk, header_and_status_may_share_descriptors_with_data) {
    start();
    bytes both = header_bytes(write, 2);
    both.resize(16 + 512, 'y');
    poke(payload, both);
    driver.submit(queue, {{payload, 528, false}, {status, 1, true}});
    settle();
    EXPECT_EQ(sector(on_host(), 2), bytes(512, 'y'));
    poke(payload, header_bytes(read, 2));
    driver.submit(queue, {{payload, 7, false}, {payload + 7, 9, false}, {payload + 0x100, 513, true}});
    settle();
    EXPECT_EQ(peek(payload + 0x100, 513), [] {
        bytes expected(513, 'y');
        expected.back() = 0;
        return expected;
    }());
}

SC_TEST(virtio_disk, requests_beyond_the_end_or_of_parts_of_sectors_are_errors) {
    start();
    EXPECT_EQ(request(read, 63, 512, true), 0u);
    EXPECT_EQ(request(read, 63, 1024, true), 1u);
    EXPECT_EQ(request(read, 64, 0, true), 0u);
    EXPECT_EQ(request(read, 65, 0, true), 1u);
    EXPECT_EQ(request(read, ~uint64_t(0), 512, true), 1u);
    for (const uint32_t length : {1u, 511u, 513u})
        EXPECT_EQ(request(read, 0, length, true), 1u);
    EXPECT_EQ(request(write, 63, 1024, false), 1u);
    EXPECT_EQ(on_host(), pattern());
}

SC_TEST(virtio_disk, unknown_types_are_unsupported_and_two_bits_mean_nothing) {
    start();
    for (const uint32_t type : {6u, 7u, 10u, 12u, 14u, 15u, 100u})
        EXPECT_EQ(request(type, 0, 512, type % 2 == 0), 2u) << type;
    EXPECT_EQ(request(0x80000000, 0, 512, true), 0u);
    EXPECT_EQ(request(5, 0, 0, false), 0u) << "flush";
    EXPECT_EQ(request(9, 0, 20, true), 0u) << "identification";
}

SC_TEST(virtio_disk, scsi_commands_are_refused) {
    start();
    EXPECT_EQ(request(scsi, 0, 512, true), 1u) << "too few pieces";
    poke(payload, bytes(0x400, 0x11));
    submit(scsi, 0, {{payload, 6, false}, {payload + 0x100, 96, true}, {payload + 0x200, 16, true}});
    settle();
    EXPECT_EQ(peek(status, 1)[0], 2u);
    EXPECT_EQ(peek(payload + 0x200, 5), (bytes{255, 0, 0, 0, 0x11}));
}

SC_TEST(virtio_disk, identification_without_a_serial_number_is_empty) {
    start();
    poke(payload, bytes(20, 'A'));
    EXPECT_EQ(request(get_id, 0, 20, true), 0u);
    EXPECT_EQ(driver.take_used(queue), (used{{0, 21}}));
    bytes expected(20, 'A');
    expected[0] = 0;
    EXPECT_EQ(peek(payload, 20), expected);
}

SC_TEST(slow_virtio_disk, identification_is_cut_at_20_bytes_and_at_the_room) {
    start();
    poke(payload, bytes(64, '.'));
    EXPECT_EQ(request(get_id, 0, 40, true), 0u);
    EXPECT_EQ(peek(payload, 21), text("a serial number of m."));
    poke(payload, bytes(64, '.'));
    EXPECT_EQ(request(get_id, 0, 3, true), 0u);
    EXPECT_EQ(peek(payload, 4), text("a s."));
}

SC_TEST(virtio_disk, zeroing_writes_zeros) {
    start();
    EXPECT_EQ(range_request(write_zeros, 3, 2, 0), 0u);
    EXPECT_EQ(range_request(write_zeros, 6, 1, 1), 0u) << "may unmap";
    bytes expected = pattern();
    std::fill_n(expected.begin() + 3 * 512, 1024, 0);
    std::fill_n(expected.begin() + 6 * 512, 512, 0);
    EXPECT_EQ(on_host(), expected);
    EXPECT_EQ(range_request(write_zeros, 6, 1, 2), 2u);
    EXPECT_EQ(range_request(write_zeros, 64, 0, 0), 0u);
    EXPECT_EQ(range_request(write_zeros, 64, 1, 0), 1u);
    EXPECT_EQ(range_request(write_zeros, 0, 0x400000, 0), 1u);
}

SC_TEST(virtio_disk, discards_are_checked_and_keep_the_data) {
    start();
    EXPECT_EQ(range_request(discard, 3, 1, 0), 0u);
    EXPECT_EQ(range_request(discard, 3, 1, 1), 2u);
    EXPECT_EQ(range_request(discard, 63, 2, 0), 1u);
    EXPECT_EQ(range_request(discard, 0, 0xffffffff, 0), 1u);
    EXPECT_EQ(request(discard, 0, 32, false), 2u) << "two ranges";
    EXPECT_EQ(on_host(), pattern());
}

SC_TEST(modern_virtio_disk, malformed_requests_break_the_device) {
    const std::vector<std::vector<d::piece>> malformed{
        {{header, 16, false}},                    // no status
        {{status, 1, true}},                      // no header
        {{header, 15, false}, {status, 1, true}}, // half a header
        {{header, 24, false}, {status, 1, true}}, // half a range
    };
    for (const auto& pieces : malformed) {
        start();
        poke(header, header_bytes(write_zeros, 0) + bytes(8));
        driver.submit(queue, pieces);
        settle();
        EXPECT_EQ(driver.get(d::status), 0x4fu);
        start();
        EXPECT_EQ(request(read, 0, 512, true), 0u);
    }
}

SC_TEST(modern_virtio_disk, an_index_too_far_ahead_breaks_the_device) {
    start();
    driver.put_chain(queue.descriptors, 0, {{header, 16, false}, {status, 1, true}});
    driver.store(queue.available + 2, 9, 2);
    driver.notify(queue);
    settle();
    EXPECT_EQ(driver.get(d::status), 0x4fu);
}

SC_TEST(virtio_disk, the_write_cache_follows_what_was_negotiated) {
    const auto cache = [&] { return driver.get(d::config + 32, 1); };
    start();
    EXPECT_EQ(cache(), 0u) << "no way to flush";
    start(1u << 9);
    EXPECT_EQ(cache(), 1u);
    start(1u << 11);
    EXPECT_EQ(cache(), 1u);
    driver.set(d::config + 32, 0, 1);
    EXPECT_EQ(cache(), 0u);
    poke(payload, bytes(512, 'z'));
    EXPECT_EQ(request(write, 0, 512, false), 0u);
    driver.set(d::status, 0);
    EXPECT_EQ(cache(), 1u);
}

SC_TEST(read_only_virtio_disk, says_so_and_refuses_to_change) {
    EXPECT_EQ(driver.offered_features(), 0x31006ef4u);
    start();
    EXPECT_EQ(request(read, 0, 512, true), 0u);
    EXPECT_EQ(request(write, 0, 512, false), 1u);
    EXPECT_EQ(range_request(write_zeros, 0, 1, 0), 1u);
    EXPECT_EQ(range_request(discard, 0, 1, 0), 0u);
    EXPECT_EQ(request(flush, 0, 0, false), 0u);
    EXPECT_EQ(on_host(), pattern());
}

SC_TEST(snapshot_virtio_disk, writes_are_read_back_and_leave_the_file_alone) {
    start();
    poke(payload, bytes(1024, 'w'));
    EXPECT_EQ(request(write, 7, 1024, false), 0u);
    EXPECT_EQ(request(flush, 0, 0, false), 0u);
    EXPECT_EQ(request(read, 6, 2048, true), 0u);
    EXPECT_EQ(peek(payload, 2048), sector(pattern(), 6) + bytes(1024, 'w') + sector(pattern(), 9));
    EXPECT_EQ(on_host(), pattern());
}

SC_TEST(virtio_disk, errors_of_the_host_are_errors_of_the_request) {
    start();
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit none{0, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &none);
    poke(payload, bytes(512, 'x'));
    EXPECT_EQ(request(read, 64, 512, true), 1u) << "behind the end: the guest's error";
    EXPECT_EQ(image.error(), "");
    sc_core::sc_report_handler::set_actions("/vmcore/virtio/disk_error", sc_core::SC_DO_NOTHING);
    EXPECT_EQ(request(write, 5, 512, false), 1u);
    EXPECT_EQ(request(write, 5, 512, false), 1u);
    EXPECT_EQ(sc_core::sc_report_handler::get_count("/vmcore/virtio/disk_error"), 1) << "warned of once";
    EXPECT_EQ(image.error(), "-drive: '" + file.path() + "': cannot write the disk image: File too large");
    EXPECT_EQ(range_request(write_zeros, 5, 1, 0), 1u);
    EXPECT_EQ(request(read, 5, 512, true), 0u);
    EXPECT_EQ(driver.get(d::status), 7u);
    EXPECT_EQ(on_host(), pattern());
}

SC_TEST(slow_virtio_disk, requests_are_done_when_their_time_has_passed) {
    start();
    submit(read, 0, {{payload, 1024, true}});
    settle(sc_core::sc_time(11023, sc_core::SC_NS));
    EXPECT_EQ(peek(status, 1)[0], untouched);
    EXPECT_TRUE(driver.take_used(queue).empty());
    settle(sc_core::sc_time(2, sc_core::SC_NS));
    EXPECT_EQ(peek(status, 1)[0], 0u);
    EXPECT_EQ(driver.take_used(queue).size(), 1u);
    EXPECT_TRUE(irq.read());
}

SC_TEST(slow_virtio_disk, a_reset_gives_up_the_request_under_way) {
    start();
    poke(payload, bytes(512, 'x'));
    submit(write, 0, {{payload, 512, false}});
    settle();
    driver.set(d::status, 0);
    settle(sc_core::sc_time(1, sc_core::SC_MS));
    EXPECT_EQ(peek(status, 1)[0], untouched);
    EXPECT_EQ(on_host(), pattern());
    start();
    EXPECT_EQ(request(read, 0, 512, true), 0u);
}

} // namespace
} // namespace vmcore::test
