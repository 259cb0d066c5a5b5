#include "models/memory/memory.h"

#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <cstring>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace vmcore::test {
namespace {

using bytes = std::vector<uint8_t>;

memory::config sized(uint64_t size, bool read_only = false) {
    memory::config config;
    config.size = size;
    config.read_only = read_only;
    config.read_latency = sc_core::sc_time(10, sc_core::SC_NS);
    config.write_latency = sc_core::sc_time(20, sc_core::SC_NS);
    return config;
}

class memory_bench : public bench {
public:
    explicit memory_bench(const memory::config& config = sized(0x1003))
        : ram("ram", config) {
        connect(initiator.socket, ram.socket);
    }

protected:
    test_initiator initiator{"initiator"};
    memory ram;
};

class rom_bench : public memory_bench {
public:
    rom_bench()
        : memory_bench(sized(0x1000, true)) {}
};

class huge_bench : public memory_bench {
public:
    huge_bench()
        : memory_bench(sized(uint64_t(64) << 30)) {}
};

uint64_t resident_bytes() {
    uint64_t total = 0;
    uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

TEST(memory_construction, of_zero_bytes_is_refused_with_its_name) {
    try {
        memory none("none", memory::config());
        FAIL() << "no exception";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("none"), std::string::npos) << error.what();
    }
}

TEST(memory_construction, that_the_host_cannot_map_is_refused_with_the_size) {
    try {
        memory endless("endless", sized(uint64_t(1) << 62));
        FAIL() << "no exception";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("4611686018427387904"), std::string::npos) << error.what();
    }
}

SC_TEST(memory_bench, starts_as_zeros_and_keeps_what_is_written_at_every_alignment_and_length) {
    EXPECT_EQ(initiator.read(0, 64).data, bytes(64, 0));
    for (unsigned offset = 0; offset < 17; ++offset)
        for (unsigned length = 1; length < 40; ++length) {
            bytes data;
            for (unsigned i = 0; i < length; ++i)
                data.push_back(static_cast<uint8_t>(offset * 7 + length * 3 + i));
            ASSERT_TRUE(initiator.write(0x800 + offset, data).ok());
            ASSERT_EQ(initiator.read(0x800 + offset, length).data, data);
        }
}

SC_TEST(memory_bench, ends_at_its_last_byte_even_when_its_size_is_odd) {
    EXPECT_TRUE(initiator.write(0x1002, {0xab}).ok());
    EXPECT_EQ(initiator.read(0x1002, 1).value(), 0xabu);
    EXPECT_TRUE(initiator.read(0xffb, 8).ok());
    EXPECT_EQ(initiator.read(0xffc, 8).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(initiator.read(0x1003, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(initiator.read(~uint64_t(0), 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(initiator.read(~uint64_t(0) - 3, 8).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

SC_TEST(memory_bench, write_across_the_end_moves_nothing) {
    EXPECT_EQ(initiator.write(0x1000, bytes(8, 0xff)).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(initiator.read(0x1000, 3).data, bytes(3, 0));
}

SC_TEST(memory_bench, writes_only_enabled_bytes_and_repeats_a_short_enable_array) {
    bytes data{1, 2, 3, 4, 5, 6, 7};
    bytes enables{0xff, 0x00, 0xff};
    request write(tlm::TLM_WRITE_COMMAND, 0x10, data);
    write.set_byte_enable_ptr(enables.data());
    write.set_byte_enable_length(3);
    EXPECT_TRUE(initiator.send(write).ok());
    EXPECT_EQ(initiator.read(0x10, 7).data, (bytes{1, 0, 3, 4, 0, 6, 7}));
}

SC_TEST(memory_bench, read_leaves_disabled_bytes_of_the_buffer_alone) {
    initiator.write(0x10, {1, 2, 3, 4});
    bytes data(4, 0xee);
    bytes enables{0x00, 0xff};
    request read(tlm::TLM_READ_COMMAND, 0x10, data);
    read.set_byte_enable_ptr(enables.data());
    read.set_byte_enable_length(2);
    EXPECT_TRUE(initiator.send(read).ok());
    EXPECT_EQ(data, (bytes{0xee, 2, 0xee, 4}));
}

SC_TEST(memory_bench, streaming_returns_to_the_first_address_after_each_width) {
    bytes data{1, 2, 3, 4, 5, 6, 7};
    request write(tlm::TLM_WRITE_COMMAND, 0x1000, data); // the last three bytes of the memory
    write.set_streaming_width(3);
    EXPECT_TRUE(initiator.send(write).ok());
    EXPECT_EQ(initiator.read(0x1000, 3).data, (bytes{7, 5, 6}));

    bytes received(5);
    request read(tlm::TLM_READ_COMMAND, 0x1000, received);
    read.set_streaming_width(2);
    EXPECT_TRUE(initiator.send(read).ok());
    EXPECT_EQ(received, (bytes{7, 5, 7, 5, 7}));
    read.set_streaming_width(100);
    EXPECT_EQ(initiator.send(read).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << "5 bytes do not fit";
}

SC_TEST(memory_bench, ignore_command_moves_nothing_and_is_answered) {
    initiator.write(0, {1, 2});
    bytes data{9, 9};
    request ignore(tlm::TLM_IGNORE_COMMAND, 0, data);
    const auto answer = initiator.send(ignore);
    EXPECT_TRUE(answer.ok());
    EXPECT_EQ(answer.delay, sc_core::SC_ZERO_TIME);
    EXPECT_EQ(data, (bytes{9, 9}));
    EXPECT_EQ(initiator.read(0, 2).data, (bytes{1, 2}));
}

SC_TEST(memory_bench, latency_counts_bus_words_touched_and_is_added_to_the_delay) {
    EXPECT_EQ(initiator.read(0, 8).delay, sc_core::sc_time(10, sc_core::SC_NS));
    EXPECT_EQ(initiator.read(4, 8).delay, sc_core::sc_time(20, sc_core::SC_NS));
    EXPECT_EQ(initiator.read(0, 64).delay, sc_core::sc_time(80, sc_core::SC_NS));
    EXPECT_EQ(initiator.write(7, {1}).delay, sc_core::sc_time(20, sc_core::SC_NS));
    bytes data(8);
    request read(tlm::TLM_READ_COMMAND, 0, data);
    EXPECT_EQ(initiator.send(read, sc_core::sc_time(5, sc_core::SC_NS)).delay,
              sc_core::sc_time(15, sc_core::SC_NS));
}

SC_TEST(memory_bench, grants_direct_access_to_all_of_itself_with_an_inclusive_end) {
    EXPECT_TRUE(initiator.read(0, 4).dmi_hint);
    tlm::tlm_dmi region;
    ASSERT_TRUE(initiator.request_dmi(0x1002, tlm::TLM_WRITE_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), 0u);
    EXPECT_EQ(region.get_end_address(), 0x1002u);
    EXPECT_TRUE(region.is_read_write_allowed());
    EXPECT_EQ(region.get_read_latency(), sc_core::sc_time(10, sc_core::SC_NS));
    EXPECT_EQ(region.get_write_latency(), sc_core::sc_time(20, sc_core::SC_NS));
    region.get_dmi_ptr()[0x1002] = 0x5a;
    EXPECT_EQ(initiator.read(0x1002, 1).value(), 0x5au);
    EXPECT_EQ(ram.data()[0x1002], 0x5a);
    EXPECT_FALSE(initiator.request_dmi(0x1003, tlm::TLM_READ_COMMAND, region));
    EXPECT_EQ(region.get_start_address(), 0x1003u);
    EXPECT_EQ(region.get_end_address(), ~uint64_t(0));
}

SC_TEST(memory_bench, invalidation_reaches_the_initiator) {
    ram.invalidate_direct_pointers();
    ASSERT_EQ(initiator.invalidations.size(), 1u);
    EXPECT_EQ(initiator.invalidations[0], std::make_pair(uint64_t(0), uint64_t(0x1002)));
}

SC_TEST(memory_bench, debug_transport_is_cut_at_the_end_and_takes_no_time) {
    EXPECT_EQ(initiator.debug_write(0x1000, {1, 2, 3, 4}), 3u);
    EXPECT_EQ(initiator.debug_read(0x1000, 8).data, (bytes{1, 2, 3}));
    EXPECT_EQ(initiator.debug_read(0x1003, 8).data.size(), 0u);
    EXPECT_EQ(initiator.debug_read(0, 0).data.size(), 0u);
    bytes data(4, 0x77);
    request ignore(tlm::TLM_IGNORE_COMMAND, 0, data);
    EXPECT_EQ(initiator.socket->transport_dbg(ignore), 0u);
    EXPECT_EQ(data, bytes(4, 0x77));
}

SC_TEST(memory_bench, clear_leaves_zeros_behind_the_same_direct_pointer) {
    tlm::tlm_dmi region;
    ASSERT_TRUE(initiator.request_dmi(0, tlm::TLM_WRITE_COMMAND, region));
    std::memset(region.get_dmi_ptr(), 0xff, 0x1003);
    ram.clear();
    EXPECT_EQ(initiator.read(0, 0x1003).data, bytes(0x1003, 0));
    region.get_dmi_ptr()[5] = 1;
    EXPECT_EQ(initiator.read(5, 1).value(), 1u);
}

SC_TEST(rom_bench, refuses_writes_with_a_command_error_and_keeps_its_bytes) {
    EXPECT_EQ(initiator.debug_write(0, {1, 2, 3}), 3u) << "a loader fills ROM through debug transport";
    const auto answer = initiator.write(0, {9, 9, 9});
    EXPECT_EQ(answer.status, tlm::TLM_COMMAND_ERROR_RESPONSE);
    EXPECT_FALSE(answer.dmi_hint);
    EXPECT_EQ(initiator.write(0xfff, {9, 9, 9}).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(initiator.read(0, 3).data, (bytes{1, 2, 3}));
}

SC_TEST(rom_bench, grants_direct_reads_only) {
    EXPECT_TRUE(initiator.read(0, 1).dmi_hint);
    tlm::tlm_dmi region;
    EXPECT_TRUE(initiator.request_dmi(0, tlm::TLM_READ_COMMAND, region));
    EXPECT_FALSE(region.is_write_allowed());
    EXPECT_FALSE(initiator.request_dmi(0, tlm::TLM_WRITE_COMMAND, region));
    EXPECT_EQ(region.get_end_address(), 0xfffu);
    EXPECT_FALSE(region.is_write_allowed());
}

SC_TEST(huge_bench, of_64_GiB_costs_the_pages_that_were_touched) {
    const uint64_t size = uint64_t(64) << 30;
    constexpr uint64_t page = 4096;
    const uint64_t touched = 1024;
    const uint64_t before = resident_bytes();
    for (uint64_t i = 0; i < touched; ++i)
        ASSERT_TRUE(initiator.write_value(i * (size / touched), i + 1, 8).ok());
    ASSERT_TRUE(initiator.write(size - 1, {0xcc}).ok());
    const uint64_t growth = resident_bytes() - before;
    EXPECT_GE(growth, touched * page);
    EXPECT_LT(growth, 4 * touched * page) << "a touched byte must not cost a huge page";
    for (uint64_t i = 0; i < touched; ++i)
        ASSERT_EQ(initiator.read(i * (size / touched), 8).value(), i + 1);
    EXPECT_EQ(initiator.read(size - 1, 1).value(), 0xccu);
    EXPECT_EQ(initiator.read(size, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);

    ram.clear();
    EXPECT_LT(resident_bytes(), before + touched * page / 2) << "clear gives the pages back";
    EXPECT_EQ(initiator.read(0, 8).value(), 0u);
}

/// Straight to the memory: the protocol checker would rightly complain about these requests.
class unchecked_bench : public bench {
public:
    unchecked_bench() { initiator.socket.bind(ram.socket); }

protected:
    test_initiator initiator{"initiator"};
    memory ram{"ram", sized(0x100)};
};

SC_TEST(unchecked_bench, impossible_widths_and_enables_are_refused) {
    bytes data(8, 1);
    bytes enables(1, 0xff);
    request broken(tlm::TLM_WRITE_COMMAND, 0, data);
    broken.set_streaming_width(0);
    EXPECT_EQ(initiator.send(broken).status, tlm::TLM_BURST_ERROR_RESPONSE);
    broken.set_streaming_width(8);
    broken.set_byte_enable_ptr(enables.data());
    broken.set_byte_enable_length(0);
    EXPECT_EQ(initiator.send(broken).status, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    EXPECT_EQ(initiator.read(0, 8).value(), 0u);
}

} // namespace
} // namespace vmcore::test
