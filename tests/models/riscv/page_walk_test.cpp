#include "models/riscv/page_walk.h"

#include <array>
#include <gtest/gtest.h>
#include <map>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <set>

// Random page tables against a reference that follows the privileged ISA's "Virtual Address Translation
// Process" step by step, for all three modes.

namespace vmcore::test {
namespace {

using riscv::access;
using riscv::outcome;
using riscv::page_answer;
using riscv::page_request;
using riscv::privilege;
using verdict = riscv::page_answer::verdict;

/// Entries by address; what is not there reads as 0.
class sparse_memory : public riscv::page_table_memory {
public:
    std::map<uint64_t, uint64_t> entries;
    std::set<uint64_t> unreadable, read_only, forbidden;
    unsigned writes = 0;

    bool entry_permitted(uint64_t physical) override { return forbidden.count(physical) == 0; }
    outcome read_entry(uint64_t physical, uint64_t& entry) override {
        EXPECT_EQ(physical % 8, 0u);
        EXPECT_TRUE(entry_permitted(physical)) << "read without asking";
        if (unreadable.count(physical) != 0)
            return outcome::refused;
        const auto found = entries.find(physical);
        entry = found == entries.end() ? 0 : found->second;
        return outcome::done;
    }
    outcome write_entry(uint64_t physical, uint64_t entry) override {
        if (read_only.count(physical) != 0)
            return outcome::discarded;
        ++writes;
        entries[physical] = entry;
        return outcome::done;
    }
};

struct expected {
    verdict what;
    uint64_t physical = 0;
    uint64_t span = 0;
};

bool bit(uint64_t value, unsigned position) {
    return (value >> position & 1) != 0;
}

/// The ISA's algorithm, in its order, with bits by their numbers: V 0, R 1, W 2, X 3, U 4, A 6, D 7.
expected reference(uint64_t satp, const page_request& asked, const sparse_memory& memory,
                   std::map<uint64_t, uint64_t>& entries) {
    const unsigned mode = static_cast<unsigned>(satp >> 60);
    const unsigned levels = mode == 8 ? 3 : mode == 9 ? 4 : 5;
    const unsigned top = 12 + 9 * levels - 1; // the highest bit that is translated
    for (unsigned position = top + 1; position < 64; ++position)
        if (bit(asked.address, position) != bit(asked.address, top))
            return {verdict::page_fault};
    uint64_t a = (satp & 0xfffffffffff) * 4096;
    for (unsigned i = levels; i-- > 0;) {
        const uint64_t place = a + (asked.address >> (12 + 9 * i)) % 512 * 8;
        if (memory.forbidden.count(place) != 0)
            return {verdict::access_fault};
        if (memory.unreadable.count(place) != 0)
            return {verdict::page_fault};
        const uint64_t entry = entries.count(place) != 0 ? entries.at(place) : 0;
        if (!bit(entry, 0) || (!bit(entry, 1) && bit(entry, 2)) || entry >> 54 != 0)
            return {verdict::page_fault};
        const uint64_t number = entry >> 10 & 0xfffffffffff;
        if (!bit(entry, 1) && !bit(entry, 3)) {
            if (bit(entry, 4) || bit(entry, 6) || bit(entry, 7))
                return {verdict::page_fault};
            a = number * 4096;
            continue;
        }
        if (asked.mode == privilege::user ? !bit(entry, 4)
                                          : bit(entry, 4) && (asked.kind == access::fetch || !asked.sum))
            return {verdict::page_fault};
        const bool permitted = asked.kind == access::fetch   ? bit(entry, 3)
                               : asked.kind == access::store ? bit(entry, 2)
                                                             : bit(entry, 1) || (asked.mxr && bit(entry, 3));
        if (!permitted)
            return {verdict::page_fault};
        uint64_t pages = 1;
        for (unsigned level = 0; level < i; ++level)
            pages *= 512;
        if (number % pages != 0)
            return {verdict::page_fault};
        const uint64_t needed = asked.kind == access::store ? 0xc0 : 0x40;
        if ((entry & needed) != needed) {
            if (!asked.update || memory.read_only.count(place) != 0)
                return {verdict::page_fault};
            entries[place] = entry | needed;
        }
        return {verdict::granted, number * 4096 + asked.address % (pages * 4096), pages * 4096};
    }
    return {verdict::page_fault};
}

constexpr uint64_t root = 0x80000000;

/// Tables at root and behind it, filled along some addresses, with everything wrong now and then.
class random_tables {
public:
    sparse_memory memory;
    std::vector<uint64_t> addresses;
    uint64_t satp;

    random_tables() {
        m_levels = *rc::gen::inRange(3u, 6u);
        satp = static_cast<uint64_t>(m_levels + 5) << 60 | *rc::gen::inRange<uint64_t>(0, 65536) << 44 |
               root >> 12;
        const unsigned count = *rc::gen::inRange(1u, 6u);
        for (unsigned i = 0; i < count; ++i)
            add(*rc::gen::arbitrary<uint64_t>());
    }

    page_request any_request() const {
        page_request asked{};
        asked.kind = *rc::gen::element(access::fetch, access::load, access::store);
        asked.address = (*rc::gen::elementOf(addresses) & ~uint64_t(0xfff)) | *rc::gen::inRange(0u, 4096u);
        if (*rc::gen::inRange(0, 16) == 0)
            asked.address ^= uint64_t(1) << *rc::gen::inRange(12u, 64u);
        asked.mode = *rc::gen::element(privilege::user, privilege::supervisor);
        asked.sum = *rc::gen::arbitrary<bool>();
        asked.mxr = *rc::gen::arbitrary<bool>();
        asked.update = *rc::gen::arbitrary<bool>();
        return asked;
    }

private:
    static bool seldom() { return *rc::gen::inRange(0, 24) == 0; }

    uint64_t leaf(unsigned level) {
        uint64_t number = *rc::gen::inRange<uint64_t>(0, uint64_t(1) << 44);
        if (!seldom())
            number &= ~((uint64_t(1) << (9 * level)) - 1);
        const uint64_t rights =
            seldom() ? *rc::gen::inRange<uint64_t>(0, 16) : *rc::gen::element<uint64_t>(0xf, 7, 0xb, 9, 3);
        return number << 10 | rights | *rc::gen::inRange<uint64_t>(0, 64) << 4 |
               (seldom() ? uint64_t(1) << *rc::gen::inRange(54u, 64u) : 0);
    }

    void add(uint64_t address) {
        const unsigned unused = 64 - (12 + 9 * m_levels);
        address = static_cast<uint64_t>(static_cast<int64_t>(address << unused) >> unused);
        addresses.push_back(address);
        const unsigned leaf_level = *rc::gen::inRange(0u, m_levels);
        uint64_t table = root;
        for (unsigned level = m_levels; level-- > 0;) {
            const uint64_t place = table + (address >> (12 + 9 * level) & 511) * 8;
            if (seldom())
                (*rc::gen::element(&memory.unreadable, &memory.read_only, &memory.forbidden))->insert(place);
            uint64_t& entry = memory.entries[place];
            if (entry == 0)
                entry = level == leaf_level ? leaf(level)
                                            : (m_next += 4096) >> 12 << 10 | 1 |
                                                  (seldom() ? uint64_t(1) << *rc::gen::inRange(1u, 10u) : 0) |
                                                  (seldom() ? uint64_t(1) << *rc::gen::inRange(54u, 64u) : 0);
            table = (entry >> 10 & 0xfffffffffff) << 12;
        }
    }

    unsigned m_levels;
    uint64_t m_next = root;
};

RC_GTEST_PROP(page_walk, does_what_the_isa_s_algorithm_does, ()) {
    random_tables tables;
    for (unsigned i = 0; i < 24; ++i) {
        const page_request asked = tables.any_request();
        std::map<uint64_t, uint64_t> entries = tables.memory.entries;
        const expected wanted = reference(tables.satp, asked, tables.memory, entries);
        const page_answer answer = walk_page_tables(tables.satp, asked, tables.memory);
        RC_ASSERT(answer.what == wanted.what);
        RC_ASSERT(tables.memory.entries == entries);
        if (answer.what == verdict::granted) {
            RC_ASSERT(answer.physical == wanted.physical);
            RC_ASSERT(answer.span == wanted.span);
        }
        RC_CLASSIFY(answer.what == verdict::granted, "granted");
        RC_CLASSIFY(answer.what == verdict::access_fault, "access fault");
    }
}

/// One gigabyte page for Sv39's address 0, of the user and with all rights.
class gigabyte : public ::testing::Test {
protected:
    sparse_memory memory;
    static constexpr uint64_t satp = uint64_t(8) << 60 | root >> 12, all_but_used = 0x1f;
    page_request load{access::load, 0x1234, privilege::user};

    void set_entry(uint64_t flags) { memory.entries[root] = 0x40000000 >> 2 | flags; }
    verdict walk(const page_request& asked) { return walk_page_tables(satp, asked, memory).what; }
};

TEST_F(gigabyte, a_walk_does_not_write_an_entry_that_is_as_it_must_be) {
    set_entry(all_but_used | 0x40);
    load.update = true;
    EXPECT_EQ(walk(load), verdict::granted);
    EXPECT_EQ(memory.writes, 0u);
}

TEST_F(gigabyte, a_load_sets_accessed_and_a_store_dirty_as_well) {
    set_entry(all_but_used);
    load.update = true;
    EXPECT_EQ(walk(load), verdict::granted);
    EXPECT_EQ(memory.entries[root] & 0xff, all_but_used | 0x40u);
    load.kind = access::store;
    EXPECT_EQ(walk(load), verdict::granted);
    EXPECT_EQ(memory.entries[root] & 0xff, all_but_used | 0xc0u);
}

TEST_F(gigabyte, without_update_a_page_that_was_not_used_faults_and_stays_so) {
    set_entry(all_but_used);
    EXPECT_EQ(walk(load), verdict::page_fault);
    EXPECT_EQ(memory.writes, 0u);
}

TEST_F(gigabyte, an_access_that_is_not_permitted_does_not_set_accessed) {
    set_entry(all_but_used & ~uint64_t(4));
    load.kind = access::store;
    load.update = true;
    EXPECT_EQ(walk(load), verdict::page_fault);
    EXPECT_EQ(memory.writes, 0u);
}

TEST_F(gigabyte, an_entry_that_the_bus_refuses_is_a_page_fault_and_one_that_protection_refuses_is_not) {
    set_entry(all_but_used | 0xc0);
    memory.unreadable.insert(root);
    EXPECT_EQ(walk(load), verdict::page_fault);
    memory.forbidden.insert(root);
    EXPECT_EQ(walk(load), verdict::access_fault);
}

} // namespace
} // namespace vmcore::test
