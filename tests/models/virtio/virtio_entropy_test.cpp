#include "models/virtio/virtio_entropy.h"

#include "tests/models/virtio/virtio_bench.h"

#include <set>

namespace vmcore::test {
namespace {

struct entropy_owner {
    virtio_entropy device{[] {
        virtio_entropy::config settings;
        settings.seed = 5;
        return settings;
    }()};
};

struct virtio_rng : entropy_owner, virtio_bench {
    virtio_rng()
        : virtio_bench(&device) {}
};

SC_TEST(virtio_rng, fills_what_it_may_write_with_the_bytes_of_its_seed) {
    EXPECT_EQ(driver.get(guest_driver::device_id), 4u);
    EXPECT_EQ(driver.offered_features(), 0x39000000u);
    driver.start();
    guest_driver::rings queue = driver.add_queue(0, ring);
    driver.finish();
    driver.submit(queue, {{data, 10000, true}});
    settle();
    EXPECT_EQ(driver.take_used(queue), (std::vector<guest_driver::used_element>{{0, 10000}}));
    const bytes random = peek(data, 10000);
    EXPECT_EQ(std::set<uint8_t>(random.begin(), random.end()).size(), 256u);
    EXPECT_EQ(peek(data + 10000, 1), bytes{0});
    // SplitMix64 of seed 5, first number.
    uint64_t mixed = 5 + 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    EXPECT_EQ(load_bytes(random.data(), 8, byte_order::little), mixed ^ mixed >> 31);
    driver.submit(queue, {{data, 64, true}});
    settle();
    EXPECT_NE(peek(data, 64), bytes(random.begin(), random.begin() + 64));
}

} // namespace
} // namespace vmcore::test
