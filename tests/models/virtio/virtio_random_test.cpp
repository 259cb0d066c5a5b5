/// Random requests to a disk, in chains of any shape, against a plain copy of its contents; and random
/// garbage in the rings, which must leave a device that works after a reset.

#include "tests/models/virtio/disk_bench.h"

#include <rapidcheck.h>

namespace vmcore::test {
namespace {

struct random_virtio_disk : disk_bench {
    random_virtio_disk()
        : disk_bench(version(2)) {}
};

/// Cuts a length into pieces, each somewhere of its own in memory.
std::vector<guest_driver::piece> any_pieces(uint64_t at, uint32_t length, bool device_writes) {
    std::vector<guest_driver::piece> pieces;
    while (length > 0) {
        const uint32_t piece = *rc::gen::inRange<uint32_t>(1, std::min<uint32_t>(length, 700) + 1);
        pieces.push_back({at, piece, device_writes});
        at += piece + *rc::gen::inRange<uint32_t>(0, 9);
        length -= piece;
    }
    return pieces;
}

struct random_request {
    bool writes;
    uint64_t first;
    uint32_t count;
    bool indirect;
    uint16_t head;
};

random_request any_request() {
    random_request made{};
    made.writes = *rc::gen::arbitrary<bool>();
    made.first = *rc::gen::inRange<uint64_t>(0, disk_owner::sectors + 2);
    made.count = *rc::gen::inRange<uint32_t>(0, 6);
    made.indirect = *rc::gen::arbitrary<bool>();
    made.head = *rc::gen::inRange<uint16_t>(0, 8);
    return made;
}

SC_TEST(random_virtio_disk, has_the_contents_that_were_written) {
    bytes contents = pattern();
    uint8_t fill = 1;
    const bool held = rc::check([&] {
        driver.start(1u << 28 | event_index);
        const auto entries = *rc::gen::inRange<uint16_t>(64, 200);
        queue = driver.add_queue(0, ring, entries);
        driver.finish();
        for (unsigned i = 0; i < 5; ++i) {
            const random_request wanted = any_request();
            const uint32_t length = wanted.count * 512;
            std::vector<guest_driver::piece> pieces = any_pieces(header, 16, false);
            const auto middle = any_pieces(payload, length, !wanted.writes);
            pieces.insert(pieces.end(), middle.begin(), middle.end());
            pieces.push_back({status, 1, true});

            bytes request_header = header_bytes(wanted.writes ? write : read, wanted.first);
            size_t done = 0;
            for (const guest_driver::piece& each : pieces)
                if (each.address < status && done < 16) {
                    poke(each.address,
                         bytes(request_header.begin() + done, request_header.begin() + done + each.length));
                    done += each.length;
                }
            for (const guest_driver::piece& each : middle)
                poke(each.address, bytes(each.length, ++fill));

            const bool fits = pieces.size() <= 40;
            const bool indirect = wanted.indirect || !fits;
            driver.put_chain(indirect ? data + 0x8000 : queue.descriptors, indirect ? 0 : wanted.head,
                             pieces);
            if (indirect)
                driver.put_descriptor(queue.descriptors, wanted.head, data + 0x8000,
                                      static_cast<uint32_t>(16 * pieces.size()), 4, 0);
            driver.offer(queue, wanted.head);
            driver.notify(queue);
            settle();

            const bool possible =
                wanted.first <= sectors && wanted.count <= sectors - std::min(sectors, wanted.first);
            RC_ASSERT(peek(status, 1)[0] == (possible ? 0 : 1));
            const auto finished = driver.take_used(queue);
            RC_ASSERT(finished.size() == 1u);
            RC_ASSERT(finished[0].id == wanted.head);
            RC_ASSERT(finished[0].length == (wanted.writes ? 1 : length + 1));
            if (!possible)
                continue;
            uint64_t at = wanted.first * 512;
            for (const guest_driver::piece& each : middle) {
                const bytes moved = peek(each.address, each.length);
                if (wanted.writes)
                    std::copy(moved.begin(), moved.end(), contents.begin() + static_cast<ptrdiff_t>(at));
                RC_ASSERT(
                    std::equal(moved.begin(), moved.end(), contents.begin() + static_cast<ptrdiff_t>(at)));
                at += each.length;
            }
        }
        RC_ASSERT(on_host() == contents);
    });
    EXPECT_TRUE(held);
}

/// Mostly something that looks right.
rc::Gen<uint64_t> any_buffer() {
    using fixture = virtio_bench;
    return rc::gen::weightedOneOf<uint64_t>(
        {{6, rc::gen::inRange<uint64_t>(fixture::data, fixture::data + 0x400)},
         {2, rc::gen::inRange<uint64_t>(fixture::ring, fixture::ring + 0x1200)},
         {1, rc::gen::inRange<uint64_t>(fixture::ram_end - 40, fixture::ram_end + 40)},
         {1, rc::gen::inRange<uint64_t>(fixture::base, fixture::base + 0x210)},
         {1, rc::gen::arbitrary<uint64_t>()}});
}

SC_TEST(random_virtio_disk, survives_any_contents_of_its_rings) {
    const bool held = rc::check([&] {
        start(1u << 28 | event_index);
        for (unsigned i = 0; i < 8; ++i)
            driver.put_descriptor(
                queue.descriptors, i, *any_buffer(),
                *rc::gen::weightedOneOf<uint32_t>({{4, rc::gen::inRange<uint32_t>(0, 600)},
                                                   {2, rc::gen::element<uint32_t>(16, 32, 64)},
                                                   {1, rc::gen::arbitrary<uint32_t>()}}),
                *rc::gen::inRange<uint16_t>(0, 8), *rc::gen::inRange<uint16_t>(0, 9));
        poke(header, header_bytes(*rc::gen::inRange<uint32_t>(0, 14), *rc::gen::inRange<uint64_t>(0, 66)));
        for (unsigned i = 0; i < 6; ++i)
            driver.offer(queue, *rc::gen::inRange<uint16_t>(0, 9));
        driver.notify(queue);
        settle(sc_core::sc_time(100, sc_core::SC_US));
        slot.reset();
        start();
        RC_ASSERT(request(read, 0, 512, true) == 0u);
    });
    EXPECT_TRUE(held);
}

} // namespace
} // namespace vmcore::test
