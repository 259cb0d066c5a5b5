#include "models/bus/bus.h"

#include "models/memory/memory.h"
#include "models/tlm/unmapped_extension.h"
#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <stdexcept>

namespace vmcore::test {
namespace {

using bytes = std::vector<uint8_t>;
constexpr uint64_t top = ~uint64_t(0);

memory::config sized(uint64_t size, bool read_only = false) {
    memory::config config;
    config.size = size;
    config.read_only = read_only;
    config.read_latency = sc_core::sc_time(10, sc_core::SC_NS);
    config.write_latency = sc_core::sc_time(20, sc_core::SC_NS);
    return config;
}

bus::config slow() {
    bus::config config;
    config.latency = sc_core::sc_time(3, sc_core::SC_NS);
    return config;
}

/// low:    0x1000..0x1fff  all of a memory
/// next:   0x2000..0x2fff  adjacent to it
/// window: 0x8000..0x80ff  bytes 0x500..0x5ff of a memory of 0x1000
/// short:  0xa000..0xafff  a window larger than its memory of 0x800
/// high:   the last 0x1000 bytes of the address space
class bus_bench : public bench {
public:
    bus_bench() {
        connect(first.socket, crossbar.target_socket);
        connect(second.socket, crossbar.target_socket);
        crossbar.map("high", top - 0xfff, 0x1000, checked(high.socket));
        crossbar.map("low", 0x1000, 0x1000, checked(low.socket));
        crossbar.map("window", 0x8000, 0x100, checked(window.socket), 0x500);
        crossbar.map("next", 0x2000, 0x1000, checked(next.socket));
        crossbar.map("short", 0xa000, 0x1000, checked(shorter.socket));
    }

protected:
    test_initiator first{"first"};
    test_initiator second{"second"};
    bus crossbar{"bus", slow()};
    memory low{"low", sized(0x1000)};
    memory next{"next", sized(0x1000)};
    memory window{"window", sized(0x1000)};
    memory shorter{"shorter", sized(0x800)};
    memory high{"high", sized(0x1000)};

    uint64_t gap_after(uint64_t address) {
        bytes byte(1);
        unmapped_extension gap;
        gap.known = true; // must not survive an access that is answered otherwise
        gap.last = 42;
        request payload(tlm::TLM_READ_COMMAND, address, byte);
        payload.set_extension(&gap);
        first.send(payload);
        payload.clear_extension(&gap);
        return gap.known ? gap.last : 0;
    }
};

SC_TEST(bus_bench, decodes_the_first_and_the_last_byte_of_every_range) {
    const struct {
        uint64_t address;
        memory& target;
        uint64_t inside;
    } places[] = {{0x1000, low, 0},         {0x1fff, low, 0xfff},    {0x2000, next, 0},
                  {0x2fff, next, 0xfff},    {0x8000, window, 0x500}, {0x80ff, window, 0x5ff},
                  {0xa7ff, shorter, 0x7ff}, {top - 0xfff, high, 0},  {top, high, 0xfff}};
    uint8_t mark = 1;
    for (const auto& place : places) {
        ASSERT_TRUE(first.write(place.address, {mark}).ok()) << std::hex << place.address;
        EXPECT_EQ(place.target.data()[place.inside], mark) << std::hex << place.address;
        EXPECT_EQ(second.read(place.address, 1).value(), mark) << std::hex << place.address;
        ++mark;
    }
}

SC_TEST(bus_bench, unmapped_addresses_beside_every_range_are_address_errors) {
    for (const uint64_t address : {uint64_t(0), uint64_t(0xfff), uint64_t(0x3000), uint64_t(0x7fff),
                                   uint64_t(0x8100), uint64_t(0xb000), top - 0x1000})
        EXPECT_EQ(first.read(address, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << std::hex << address;
    EXPECT_EQ(first.read(0xa800, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << "the target's own refusal";
}

SC_TEST(bus_bench, access_that_leaves_its_range_moves_nothing_even_into_an_adjacent_one) {
    for (const uint64_t address : {uint64_t(0x1ffc), uint64_t(0x2ffc), uint64_t(0x80fc), top - 3}) {
        EXPECT_EQ(first.write(address, bytes(8, 0xff)).status, tlm::TLM_ADDRESS_ERROR_RESPONSE)
            << std::hex << address;
        EXPECT_EQ(first.read(address, 4).data, bytes(4, 0)) << std::hex << address;
    }
    EXPECT_EQ(first.write(0xffc, bytes(8, 0xff)).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(next.data()[0], 0);
    EXPECT_EQ(window.data()[0x600], 0) << "behind the window lies more of the target";
    EXPECT_TRUE(first.write(0x80f8, bytes(8, 0xff)).ok());
}

SC_TEST(bus_bench, streaming_access_is_as_wide_as_its_streaming_width) {
    bytes data{1, 2, 3, 4, 5, 6};
    request payload(tlm::TLM_WRITE_COMMAND, 0x1ffe, data);
    payload.set_streaming_width(2);
    EXPECT_TRUE(first.send(payload).ok());
    EXPECT_EQ(first.read(0x1ffe, 2).data, (bytes{5, 6}));
    payload.set_streaming_width(3);
    EXPECT_EQ(first.send(payload).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

SC_TEST(bus_bench, restores_the_address_and_adds_its_latency_once) {
    bytes data(64);
    request payload(tlm::TLM_READ_COMMAND, 0x8040, data);
    const auto answer = first.send(payload, sc_core::sc_time(100, sc_core::SC_NS));
    EXPECT_EQ(payload.get_address(), 0x8040u);
    EXPECT_EQ(answer.delay, sc_core::sc_time(100 + 3 + 8 * 10, sc_core::SC_NS));
    EXPECT_EQ(first.read(0, 4).delay, sc_core::sc_time(3, sc_core::SC_NS)) << "an error takes time too";
}

SC_TEST(bus_bench, direct_regions_are_translated_and_clipped_to_the_range) {
    tlm::tlm_dmi region;
    ASSERT_TRUE(first.request_dmi(0x1abc, tlm::TLM_READ_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), 0x1000u);
    EXPECT_EQ(region.get_end_address(), 0x1fffu);
    EXPECT_EQ(region.get_dmi_ptr(), low.data());
    EXPECT_EQ(region.get_read_latency(), sc_core::sc_time(13, sc_core::SC_NS));
    EXPECT_EQ(region.get_write_latency(), sc_core::sc_time(23, sc_core::SC_NS));

    ASSERT_TRUE(first.request_dmi(0x8010, tlm::TLM_WRITE_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), 0x8000u) << "a window starts inside its target";
    EXPECT_EQ(region.get_end_address(), 0x80ffu) << "and ends inside it";
    EXPECT_EQ(region.get_dmi_ptr(), window.data() + 0x500);

    ASSERT_TRUE(first.request_dmi(0xa000, tlm::TLM_READ_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), 0xa000u);
    EXPECT_EQ(region.get_end_address(), 0xa7ffu) << "the target ends before the window";

    ASSERT_TRUE(first.request_dmi(top, tlm::TLM_READ_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), top - 0xfff);
    EXPECT_EQ(region.get_end_address(), top);
}

SC_TEST(bus_bench, refused_direct_regions_cover_what_is_refused) {
    tlm::tlm_dmi region;
    EXPECT_FALSE(first.request_dmi(0x4000, tlm::TLM_READ_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), 0x3000u);
    EXPECT_EQ(region.get_end_address(), 0x7fffu);
    EXPECT_TRUE(region.is_none_allowed());
    EXPECT_FALSE(first.request_dmi(0, tlm::TLM_READ_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), 0u);
    EXPECT_EQ(region.get_end_address(), 0xfffu);
    EXPECT_FALSE(first.request_dmi(0xaabc, tlm::TLM_READ_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), 0xa800u);
    EXPECT_EQ(region.get_end_address(), 0xafffu);
}

SC_TEST(bus_bench, invalidation_is_clipped_translated_and_sent_to_every_initiator) {
    window.invalidate_direct_pointers();
    high.invalidate_direct_pointers();
    window.socket->invalidate_direct_mem_ptr(0, 0x4ff);     // before the window
    window.socket->invalidate_direct_mem_ptr(0x600, 0xfff); // behind it
    window.socket->invalidate_direct_mem_ptr(0x5f0, 0x5f0);
    const std::vector<std::pair<uint64_t, uint64_t>> expected{
        {0x8000, 0x80ff}, {top - 0xfff, top}, {0x80f0, 0x80f0}};
    EXPECT_EQ(first.invalidations, expected);
    EXPECT_EQ(second.invalidations, expected);
}

SC_TEST(bus_bench, debug_access_is_cut_at_the_end_of_the_range) {
    EXPECT_EQ(first.debug_write(0x1ffe, {1, 2, 3, 4}), 2u);
    EXPECT_EQ(next.data()[0], 0);
    EXPECT_EQ(first.debug_read(0x1ffe, 100).data, (bytes{1, 2}));
    EXPECT_EQ(first.debug_read(0x80ff, 2).data.size(), 1u);
    EXPECT_EQ(first.debug_read(top, 2).data.size(), 1u);
    EXPECT_EQ(first.debug_read(0xa7fe, 8).data.size(), 2u);
    EXPECT_EQ(first.debug_read(0x4000, 8).data.size(), 0u);
    EXPECT_EQ(first.debug_read(0x1000, 0).data.size(), 0u) << "an empty access stays empty";
}

SC_TEST(bus_bench, tells_an_unmapped_extension_how_far_the_gap_reaches) {
    EXPECT_EQ(gap_after(0), 0xfffu);
    EXPECT_EQ(gap_after(0x3000), 0x7fffu);
    EXPECT_EQ(gap_after(0x8100), 0x9fffu);
    EXPECT_EQ(gap_after(0xb000), top - 0x1000);
    EXPECT_EQ(gap_after(0x1000), 0u) << "mapped: nothing to tell";
    EXPECT_EQ(gap_after(0xa800), 0u) << "the target's refusal is none of the bus's gaps";
    EXPECT_EQ(crossbar.gap_end(0x3000), 0x7fffu);
}

SC_TEST(bus_bench, lists_its_mappings_in_address_order) {
    std::vector<std::string> names;
    for (const auto& mapping : crossbar.mappings())
        names.push_back(mapping.name);
    EXPECT_EQ(names, (std::vector<std::string>{"low", "next", "window", "short", "high"}));
}

/// An inner bus of which the outer one shows 0x200..0x5ff at 0x10000:
/// inner memories at 0x280..0x2ff and 0x580..0x67f.
class nested_bench : public bench {
public:
    nested_bench() {
        connect(initiator.socket, outer.target_socket);
        outer.map("inner", 0x10000, 0x400, checked(inner.target_socket), 0x200);
        inner.map("a", 0x280, 0x80, checked(a.socket));
        inner.map("b", 0x580, 0x100, checked(b.socket));
    }

protected:
    test_initiator initiator{"initiator"};
    bus outer{"outer", slow()};
    bus inner{"inner", slow()};
    memory a{"a", sized(0x80)};
    memory b{"b", sized(0x100)};

    uint64_t gap_after(uint64_t address) {
        bytes byte(1);
        unmapped_extension gap;
        request payload(tlm::TLM_READ_COMMAND, address, byte);
        payload.set_extension(&gap);
        initiator.send(payload);
        payload.clear_extension(&gap);
        return gap.known ? gap.last : 0;
    }
};

SC_TEST(nested_bench, addresses_regions_gaps_and_invalidations_pass_both_buses) {
    EXPECT_TRUE(initiator.write(0x10080, {7}).ok());
    EXPECT_EQ(a.data()[0], 7);
    EXPECT_EQ(initiator.read(0x10080, 8).delay, sc_core::sc_time(3 + 3 + 10, sc_core::SC_NS));
    tlm::tlm_dmi region;
    ASSERT_TRUE(initiator.request_dmi(0x103ff, tlm::TLM_READ_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), 0x10380u);
    EXPECT_EQ(region.get_end_address(), 0x103ffu) << "the outer window cuts the inner range";
    EXPECT_EQ(region.get_dmi_ptr(), b.data());
    EXPECT_EQ(region.get_read_latency(), sc_core::sc_time(16, sc_core::SC_NS));

    EXPECT_EQ(gap_after(0x10000), 0x1007fu);
    EXPECT_EQ(gap_after(0x10100), 0x1037fu);
    EXPECT_EQ(gap_after(0xffff), 0xffffu);
    EXPECT_EQ(gap_after(0x10400), top);

    b.invalidate_direct_pointers();
    ASSERT_EQ(initiator.invalidations.size(), 1u);
    EXPECT_EQ(initiator.invalidations[0], std::make_pair(uint64_t(0x10380), uint64_t(0x103ff)));
    EXPECT_EQ(initiator.debug_read(0x103fe, 8).data.size(), 2u);
}

/// One memory in two ranges: 0x0..0x7ff is its first half, 0x4000..0x4fff all of it.
class alias_bench : public bench {
public:
    alias_bench() {
        connect(initiator.socket, crossbar.target_socket);
        crossbar.map("half", 0, 0x800, checked(target.socket));
        crossbar.map("other", 0x2000, 0x1000, checked(other.socket));
        crossbar.alias("half", "all", 0x4000, 0x1000, 0);
    }

protected:
    test_initiator initiator{"initiator"};
    bus crossbar{"bus", slow()};
    memory target{"target", sized(0x1000)};
    memory other{"other", sized(0x1000)};
};

SC_TEST(alias_bench, the_same_bytes_are_at_both_addresses) {
    EXPECT_TRUE(initiator.write(0x4010, {7}).ok());
    EXPECT_EQ(initiator.read(0x10, 1).data, bytes{7});
    EXPECT_EQ(initiator.read(0x2010, 1).data, bytes{0});
    EXPECT_TRUE(initiator.read(0x4fff, 1).ok());
    EXPECT_EQ(initiator.read(0x800, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

SC_TEST(alias_bench, direct_regions_and_invalidations_are_those_of_each_range) {
    tlm::tlm_dmi region;
    ASSERT_TRUE(initiator.request_dmi(0x4900, tlm::TLM_READ_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), 0x4000u);
    EXPECT_EQ(region.get_end_address(), 0x4fffu);
    EXPECT_EQ(region.get_dmi_ptr(), target.data());
    target.invalidate_direct_pointers();
    EXPECT_EQ(initiator.invalidations,
              (std::vector<std::pair<uint64_t, uint64_t>>{{0, 0x7ff}, {0x4000, 0x4fff}}));
}

TEST(bus_elaboration, a_bus_needs_no_initiator) {
    bus crossbar("bus");
    memory a("a", sized(0x1000));
    crossbar.map("a", 0, 0x1000, a.socket);
    EXPECT_NO_THROW(sc_core::sc_start(sc_core::SC_ZERO_TIME));
}

TEST(bus_elaboration, an_alias_needs_a_target_that_is_mapped) {
    bus crossbar("bus");
    memory a("a", sized(0x1000));
    EXPECT_THROW(crossbar.alias("a", "again", 0, 0x1000, 0), std::invalid_argument);
    crossbar.map("a", 0, 0x1000, a.socket);
    EXPECT_THROW(crossbar.alias("a", "again", 0x1000, 0, 0), std::invalid_argument);
    EXPECT_EQ(crossbar.mappings().size(), 1u);
}

TEST(bus_elaboration, overlaps_are_one_error_that_names_every_pair) {
    test_initiator initiator("initiator");
    bus crossbar("bus");
    memory a("a", sized(0x1000));
    memory b("b", sized(0x1000));
    memory c("c", sized(0x1000));
    initiator.socket.bind(crossbar.target_socket);
    crossbar.map("wide", 0x1000, 0x4000, a.socket);
    crossbar.map("left", 0x2000, 0x1000, b.socket);
    crossbar.map("right", 0x4fff, 0x1000, c.socket);
    try {
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
        FAIL() << "no error";
    } catch (const sc_core::sc_report& report) {
        EXPECT_STREQ(report.get_msg_type(), "/vmcore/bus/overlap");
        EXPECT_STREQ(report.get_msg(), "bus: wide at 0x1000..0x4fff overlaps left at 0x2000..0x2fff; "
                                       "wide at 0x1000..0x4fff overlaps right at 0x4fff..0x5ffe");
    }
}

TEST(bus_elaboration, impossible_ranges_are_refused_when_they_are_mapped) {
    bus crossbar("bus");
    memory a("a", sized(0x1000));
    EXPECT_THROW(crossbar.map("empty", 0, 0, a.socket), std::invalid_argument);
    EXPECT_THROW(crossbar.map("far", top - 0xffe, 0x1000, a.socket), std::invalid_argument);
    EXPECT_THROW(crossbar.map("offset", 0, 0x1000, a.socket, top - 0xffe), std::invalid_argument);
    EXPECT_TRUE(crossbar.mappings().empty());
}

} // namespace
} // namespace vmcore::test
