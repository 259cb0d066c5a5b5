#include "models/riscv/tlb.h"

#include <gtest/gtest.h>

namespace vmcore::test {
namespace {

using riscv::access;
using riscv::address_space;
using riscv::tlb;

constexpr uint64_t page = tlb::page_size, mebibyte = uint64_t(1) << 20;

class translations : public ::testing::Test {
protected:
    uint64_t epoch = 0;
    tlb under_test{epoch};
    std::vector<uint8_t> host = std::vector<uint8_t>(page);

    void keep(access kind, uint64_t address, uint64_t physical, uint64_t span = page) {
        tlb::page found;
        found.address = address;
        found.physical = physical;
        found.span = span;
        under_test.insert(kind, found);
    }
    bool has(access kind, uint64_t address) const { return under_test.find(kind, address) != nullptr; }
    void in(address_space space) { under_test.select(space, space); }
};

TEST_F(translations, a_page_is_found_by_any_of_its_addresses_and_by_no_other) {
    keep(access::load, 0x5000, 0x80001000);
    EXPECT_EQ(under_test.find(access::load, 0x5fff)->physical, 0x80001000u);
    EXPECT_FALSE(has(access::load, 0x4fff));
    EXPECT_FALSE(has(access::load, 0x6000));
    EXPECT_FALSE(has(access::load, 0x5000 | uint64_t(1) << 63));
    EXPECT_FALSE(has(access::store, 0x5000));
    EXPECT_FALSE(has(access::fetch, 0x5000));
}

TEST_F(translations, every_address_space_has_its_own) {
    in(address_space::user);
    keep(access::load, 0x5000, 0x80001000);
    for (const auto other :
         {address_space::machine, address_space::supervisor, address_space::supervisor_sum}) {
        in(other);
        EXPECT_FALSE(has(access::load, 0x5000));
    }
    in(address_space::user);
    EXPECT_TRUE(has(access::load, 0x5000));
}

TEST_F(translations, the_space_of_fetches_is_chosen_apart) {
    under_test.select(address_space::user, address_space::machine);
    keep(access::fetch, 0x5000, 0x5000);
    keep(access::load, 0x5000, 0x80001000);
    in(address_space::machine);
    EXPECT_TRUE(has(access::fetch, 0x5000));
    EXPECT_FALSE(has(access::load, 0x5000));
}

TEST_F(translations, host_addresses_serve_aligned_accesses_by_type_and_others_inside_the_page) {
    keep(access::load, 0x5000, 0x80001000);
    EXPECT_EQ(under_test.load_host<uint64_t>(0x5008), nullptr);
    under_test.set_host(access::load, 0x5123, host.data());
    EXPECT_EQ(under_test.load_host<uint64_t>(0x5008), host.data() + 8);
    EXPECT_EQ(under_test.load_host<uint8_t>(0x5fff), host.data() + 0xfff);
    EXPECT_EQ(under_test.load_host<uint64_t>(0x5001), nullptr);
    EXPECT_EQ(under_test.host(access::load, 0x5001, 8), host.data() + 1);
    EXPECT_EQ(under_test.host(access::load, 0x5ff9, 8), nullptr);
    EXPECT_EQ(under_test.host(access::load, 0x4fff, 1), nullptr);
    EXPECT_EQ(under_test.store_host<uint64_t>(0x5008), nullptr);
}

TEST_F(translations, a_page_that_takes_the_slot_of_another_takes_its_host_address_away) {
    const uint64_t same_slot = 0x5000 + 1024 * page;
    keep(access::load, 0x5000, 0x80001000);
    under_test.set_host(access::load, 0x5000, host.data());
    keep(access::load, same_slot, 0x80002000);
    EXPECT_FALSE(has(access::load, 0x5000));
    EXPECT_EQ(under_test.load_host<uint8_t>(0x5000), nullptr);
    EXPECT_EQ(under_test.load_host<uint8_t>(same_slot), nullptr);
    EXPECT_TRUE(has(access::load, same_slot));
}

TEST_F(translations, flush_mapped_leaves_those_of_machine_mode) {
    keep(access::load, 0x5000, 0x5000);
    in(address_space::supervisor);
    keep(access::load, 0x6000, 0x80001000);
    under_test.flush_mapped();
    EXPECT_FALSE(has(access::load, 0x6000));
    in(address_space::machine);
    EXPECT_TRUE(has(access::load, 0x5000));
    under_test.flush();
    EXPECT_FALSE(has(access::load, 0x5000));
}

TEST_F(translations, flush_of_loads_leaves_stores_and_fetches) {
    in(address_space::supervisor_sum);
    for (const access kind : {access::load, access::store, access::fetch})
        keep(kind, 0x5000, 0x80001000);
    under_test.flush_mapped_loads();
    EXPECT_FALSE(has(access::load, 0x5000));
    EXPECT_TRUE(has(access::store, 0x5000));
    EXPECT_TRUE(has(access::fetch, 0x5000));
}

TEST_F(translations, flush_of_an_address_forgets_its_page_in_all_spaces_and_no_other_page) {
    for (const auto space : {address_space::supervisor, address_space::user}) {
        in(space);
        keep(access::store, 0x5000, 0x80001000);
        keep(access::store, 0x6000, 0x80002000);
    }
    under_test.flush_address(0x5abc);
    for (const auto space : {address_space::supervisor, address_space::user}) {
        in(space);
        EXPECT_FALSE(has(access::store, 0x5000));
        EXPECT_TRUE(has(access::store, 0x6000));
    }
}

TEST_F(translations, flush_of_an_address_forgets_all_pages_of_the_superpage_that_maps_it) {
    in(address_space::supervisor);
    keep(access::load, 4 * mebibyte, 0x80000000, 2 * mebibyte);
    keep(access::load, 4 * mebibyte + 7 * page, 0x80007000, 2 * mebibyte);
    keep(access::load, 6 * mebibyte, 0x80200000, 2 * mebibyte);
    under_test.flush_address(5 * mebibyte);
    EXPECT_FALSE(has(access::load, 4 * mebibyte));
    EXPECT_FALSE(has(access::load, 4 * mebibyte + 7 * page));
    EXPECT_TRUE(has(access::load, 6 * mebibyte));
}

TEST_F(translations, forgetting_hosts_is_by_physical_address_and_keeps_the_page) {
    in(address_space::user);
    keep(access::load, 0x5000, 0x80001000);
    under_test.set_host(access::load, 0x5000, host.data());
    under_test.forget_hosts(0x80002000, ~uint64_t(0));
    EXPECT_NE(under_test.load_host<uint8_t>(0x5000), nullptr);
    under_test.forget_hosts(0x80001fff, 0x80001fff);
    EXPECT_EQ(under_test.load_host<uint8_t>(0x5000), nullptr);
    EXPECT_TRUE(has(access::load, 0x5000));
}

TEST_F(translations, the_epoch_of_code_grows_when_fetched_pages_go_and_not_for_loads) {
    in(address_space::supervisor);
    keep(access::load, 0x5000, 0x80001000);
    keep(access::fetch, 0x5000, 0x80001000);
    const uint64_t before = epoch;
    keep(access::load, 0x5000 + 1024 * page, 0x80001000);
    EXPECT_EQ(epoch, before);
    under_test.flush_address(0x9000);
    EXPECT_EQ(epoch, before);
    under_test.flush_address(0x5000);
    EXPECT_GT(epoch, before);
}

} // namespace
} // namespace vmcore::test
