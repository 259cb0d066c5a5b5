#include "models/riscv/pmp.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

// Regions against a reference that asks for each byte which region it belongs to.

namespace vmcore::test {
namespace {

using riscv::access;
using riscv::pmp;
using riscv::privilege;

constexpr unsigned off = 0, tor = 1, na4 = 2, napot = 3;
constexpr uint8_t locked = 0x80;

/// What software wrote, for the reference.
struct region {
    uint8_t config = 0;
    uint64_t address = 0;
};
using region_list = std::array<region, pmp::regions>;

bool byte_matches(const region_list& all, unsigned number, uint64_t byte) {
    const uint64_t value = all[number].address;
    switch (all[number].config >> 3 & 3) {
    case tor: return byte < value << 2 && byte >= (number == 0 ? 0 : all[number - 1].address << 2);
    case na4: return byte >> 2 == value;
    case napot: {
        unsigned ones = 0;
        while (ones < 61 && (value >> ones & 1) != 0)
            ++ones;
        return byte >> (3 + ones) == value << 2 >> (3 + ones);
    }
    default: return false;
    }
}

/// The region with the lowest number that has the byte; -1 without one.
int region_of(const region_list& all, uint64_t byte) {
    for (unsigned number = 0; number < pmp::regions; ++number)
        if (byte_matches(all, number, byte))
            return static_cast<int>(number);
    return -1;
}

bool byte_permitted(const region_list& all, access kind, uint64_t byte, privilege mode) {
    const int number = region_of(all, byte);
    if (number < 0)
        return mode == privilege::machine;
    const uint8_t config = all[static_cast<unsigned>(number)].config;
    if (mode == privilege::machine && (config & locked) == 0)
        return true;
    switch (kind) {
    case access::load: return (config & 1) != 0;
    case access::store: return (config & 2) != 0;
    default: return (config & 4) != 0;
    }
}

constexpr uint64_t area = 0x80001000, area_size = 256;

uint64_t random_region_address(unsigned matching) {
    const uint64_t word = (area >> 2) + *rc::gen::inRange<uint64_t>(0, area_size / 4 + 1);
    if (matching != napot)
        return word;
    const unsigned ones = *rc::gen::inRange(0u, 6u);
    return (word & ~((uint64_t(2) << ones) - 1)) | ((uint64_t(1) << ones) - 1);
}

region_list random_regions(pmp& under_test, bool with_locks) {
    region_list all;
    for (unsigned number = 0; number < pmp::regions; ++number) {
        const unsigned matching = *rc::gen::inRange(0u, 4u);
        all[number].address = random_region_address(matching);
        all[number].config = static_cast<uint8_t>(*rc::gen::inRange(0u, 8u) | matching << 3 |
                                                  (with_locks && *rc::gen::arbitrary<bool>() ? locked : 0));
        under_test.set_address(number, all[number].address);
    }
    for (unsigned half = 0; half < 2; ++half) {
        uint64_t value = 0;
        for (unsigned i = 0; i < 8; ++i)
            value |= static_cast<uint64_t>(all[8 * half + i].config) << (8 * i);
        under_test.set_config(2 * half, value);
    }
    return all;
}

privilege any_mode() {
    return *rc::gen::element(privilege::user, privilege::supervisor, privilege::machine);
}

access any_access() {
    return *rc::gen::element(access::fetch, access::load, access::store);
}

RC_GTEST_PROP(pmp, single_bytes_are_permitted_as_their_region_says, ()) {
    pmp under_test(true);
    const region_list all = random_regions(under_test, true);
    const privilege mode = any_mode();
    const access kind = any_access();
    for (uint64_t byte = area - 16; byte < area + area_size + 16; ++byte)
        RC_ASSERT(under_test.permits(kind, byte, byte, mode) == byte_permitted(all, kind, byte, mode));
}

RC_GTEST_PROP(pmp, aligned_accesses_are_permitted_when_all_their_bytes_are_of_one_region_that_permits, ()) {
    pmp under_test(true);
    const region_list all = random_regions(under_test, true);
    const privilege mode = any_mode();
    const access kind = any_access();
    for (const uint64_t size : {2, 4, 8})
        for (uint64_t first = area - 16; first < area + area_size + 16; first += size) {
            // The lowest-numbered region that has any of the bytes decides, and must have all of them.
            int lowest = -1;
            bool whole = true;
            for (uint64_t i = 0; i < size; ++i) {
                const int number = region_of(all, first + i);
                if (number >= 0 && (lowest < 0 || number < lowest))
                    lowest = number;
            }
            for (uint64_t i = 0; i < size && lowest >= 0; ++i)
                whole = whole && byte_matches(all, static_cast<unsigned>(lowest), first + i);
            RC_ASSERT(under_test.permits(kind, first, first + size - 1, mode) ==
                      (whole && byte_permitted(all, kind, lowest < 0 ? first : [&] {
                           uint64_t at = first;
                           while (region_of(all, at) != lowest)
                               ++at;
                           return at;
                       }(), mode)));
        }
}

RC_GTEST_PROP(pmp, a_uniform_range_has_one_answer_for_all_accesses_in_it, ()) {
    pmp under_test(true);
    random_regions(under_test, true);
    const uint64_t first = area + *rc::gen::inRange<uint64_t>(0, 8) * 32, last = first + 31;
    if (!under_test.is_uniform(first, last))
        RC_DISCARD("several answers");
    const privilege mode = any_mode();
    const access kind = any_access();
    for (uint64_t byte = first; byte <= last; ++byte)
        RC_ASSERT(under_test.permits(kind, byte, byte, mode) == under_test.permits(kind, first, last, mode));
}

RC_GTEST_PROP(pmp, locked_regions_and_what_bounds_them_keep_what_they_have, ()) {
    pmp under_test(true);
    const region_list all = random_regions(under_test, true);
    for (unsigned number = 0; number < pmp::regions; ++number)
        under_test.set_address(number, *rc::gen::arbitrary<uint64_t>());
    std::array<uint64_t, 2> wanted{};
    for (unsigned half = 0; half < 2; ++half)
        under_test.set_config(2 * half, wanted[half] = *rc::gen::arbitrary<uint64_t>());
    for (unsigned number = 0; number < pmp::regions; ++number) {
        const bool is_locked = (all[number].config & locked) != 0;
        const bool bounds = number + 1 < pmp::regions && (all[number + 1].config & locked) != 0 &&
                            (all[number + 1].config >> 3 & 3) == tor;
        if (is_locked || bounds)
            RC_ASSERT(under_test.address(number) == all[number].address);
        const auto config = static_cast<uint8_t>(under_test.config(number < 8 ? 0 : 2) >> (number % 8 * 8));
        RC_ASSERT(config == (is_locked ? all[number].config
                                       : static_cast<uint8_t>(wanted[number / 8] >> (number % 8 * 8))));
    }
}

TEST(pmp, denies_everything_below_machine_mode_while_no_region_is_in_use) {
    const pmp under_test(true);
    EXPECT_TRUE(under_test.denies_all());
    EXPECT_FALSE(under_test.permits(access::load, 0, 7, privilege::supervisor));
    EXPECT_FALSE(under_test.permits(access::fetch, 0, 1, privilege::user));
    EXPECT_TRUE(under_test.permits(access::store, 0, 7, privilege::machine));
}

TEST(pmp, permits_everything_on_a_hart_without_it) {
    const pmp under_test(false);
    EXPECT_FALSE(under_test.denies_all());
    EXPECT_TRUE(under_test.permits(access::store, 0, 7, privilege::user));
}

TEST(pmp, a_region_between_the_first_and_the_last_byte_does_not_count) {
    pmp under_test(true);
    under_test.set_address(0, 0x80000004 >> 2);
    under_test.set_config(0, na4 << 3); // bytes 4 to 7: no rights
    under_test.set_address(1, ~uint64_t(0));
    under_test.set_config(0, na4 << 3 | static_cast<uint64_t>(napot << 3 | 7) << 8);
    EXPECT_TRUE(under_test.permits(access::load, 0x80000002, 0x80000009, privilege::user));
    EXPECT_FALSE(under_test.permits(access::load, 0x80000000, 0x80000007, privilege::user));
    EXPECT_FALSE(under_test.is_uniform(0x80000000, 0x80000fff));
}

TEST(pmp, all_ones_is_the_whole_address_space) {
    pmp under_test(true);
    under_test.set_address(0, ~uint64_t(0));
    under_test.set_config(0, napot << 3 | 1);
    EXPECT_TRUE(under_test.permits(access::load, ~uint64_t(7), ~uint64_t(0), privilege::user));
    EXPECT_TRUE(under_test.permits(access::load, 0, 7, privilege::user));
    EXPECT_FALSE(under_test.permits(access::store, 0, 7, privilege::user));
}

TEST(pmp, reset_unlocks) {
    pmp under_test(true);
    under_test.set_address(3, 5);
    under_test.set_config(0, static_cast<uint64_t>(locked) << 24);
    under_test.set_address(3, 6);
    EXPECT_EQ(under_test.address(3), 5u);
    under_test.reset();
    under_test.set_address(3, 6);
    EXPECT_EQ(under_test.address(3), 6u);
    EXPECT_EQ(under_test.config(0), 0u);
}

} // namespace
} // namespace vmcore::test
