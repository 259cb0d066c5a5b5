#include "models/bus/bus.h"
#include "models/dump/tlm_guest_memory.h"
#include "models/memory/memory.h"
#include "tests/harness/bench.h"

#include <gmock/gmock.h>
#include <tlm_utils/simple_target_socket.h>

using namespace vmcore;
using namespace vmcore::test;

namespace {

/// A memory of 0x1800 bytes that grants no DMI and answers debug reads in the ways that targets do.
class debug_only_memory : public sc_core::sc_module {
public:
    tlm_utils::simple_target_socket<debug_only_memory, 64> socket{"socket"};
    bool refuse_past_end = false; ///< a read that leaves the memory moves nothing, instead of fewer bytes
    unsigned most = ~0u;          ///< bytes moved at most a call
    unsigned calls = 0;
    unsigned longest = 0; ///< bytes asked for at most in a call
    unsigned timed_calls = 0;
    std::vector<uint8_t> bytes = std::vector<uint8_t>(0x1800);

    explicit debug_only_memory(const sc_core::sc_module_name& name)
        : sc_core::sc_module(name) {
        socket.register_b_transport(this, &debug_only_memory::b_transport);
        socket.register_transport_dbg(this, &debug_only_memory::transport_dbg);
        for (size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<uint8_t>(i % 251 + 1);
    }

private:
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
        ++timed_calls;
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) {
        ++calls;
        longest = std::max(longest, payload.get_data_length());
        const uint64_t at = payload.get_address();
        if (!payload.is_read() || at >= bytes.size())
            return 0;
        uint64_t length = payload.get_data_length();
        if (length > bytes.size() - at && refuse_past_end)
            return 0;
        length = std::min<uint64_t>({length, bytes.size() - at, most});
        std::copy_n(&bytes[at], length, payload.get_data_ptr());
        return static_cast<unsigned>(length);
    }
};

class tlm_guest_memory_test : public bench {
protected:
    static constexpr uint64_t rom_base = 0x1000, debug_base = 0x10000, ram_base = 0x80000000;

    vmcore::memory rom{"rom", {0x1000, true, {}, {}}};
    vmcore::memory ram{"ram", {0x100000, false, {}, {}}};
    debug_only_memory slow{"slow"};
    vmcore::bus wires{"wires"};
    tlm_guest_memory guest{"guest", {{ram_base, 0x100000}, {rom_base, 0x1000}, {debug_base, 0x1800}}};

    tlm_guest_memory_test() {
        connect(guest.socket, wires.target_socket);
        wires.map("rom", rom_base, 0x1000, rom.socket);
        wires.map("slow", debug_base, 0x1800, slow.socket);
        wires.map("ram", ram_base, 0x100000, ram.socket);
        for (uint64_t i = 0; i < 0x100000; ++i)
            ram.data()[i] = static_cast<uint8_t>(i / 3 + 1);
    }

    std::vector<uint8_t> read(uint64_t paddr, uint64_t length, uint64_t expected_mapped) {
        std::vector<uint8_t> bytes(length, 0xcc);
        EXPECT_EQ(guest.read(paddr, bytes.data(), length), expected_mapped);
        return bytes;
    }
};

SC_TEST(tlm_guest_memory_test, ranges_are_sorted_and_carry_pointers_where_dmi_covers_them) {
    const auto ranges = guest.ranges();
    ASSERT_EQ(ranges.size(), 3u);
    EXPECT_EQ(ranges[0].base, rom_base);
    EXPECT_EQ(ranges[0].host, rom.data());
    EXPECT_EQ(ranges[1].base, debug_base);
    EXPECT_EQ(ranges[1].size, 0x1800u);
    EXPECT_EQ(ranges[1].host, nullptr);
    EXPECT_EQ(ranges[2].base, ram_base);
    EXPECT_EQ(ranges[2].host, ram.data());
}

SC_TEST(tlm_guest_memory_test, dmi_memory_reads_as_it_is) {
    const auto bytes = read(ram_base + 5, 0x80001, 0x80001);
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), ram.data() + 5));
}

SC_TEST(tlm_guest_memory_test, memory_without_dmi_is_read_by_debug_transport_alone) {
    EXPECT_EQ(read(debug_base, 0x1800, 0x1800), slow.bytes);
    EXPECT_EQ(slow.calls, 1u);
    EXPECT_EQ(slow.timed_calls, 0u);
    EXPECT_EQ(sc_core::sc_time_stamp(), sc_core::SC_ZERO_TIME);
}

SC_TEST(tlm_guest_memory_test, short_debug_answers_are_gone_on_with) {
    slow.most = 100;
    EXPECT_EQ(read(debug_base, 0x1800, 0x1800), slow.bytes);
    EXPECT_GT(slow.calls, 60u);
}

SC_TEST(tlm_guest_memory_test, unmapped_bytes_are_zero_and_not_counted) {
    EXPECT_EQ(read(0x40000000, 12, 0), std::vector<uint8_t>(12));
    const auto bytes = read(ram_base - 7000, 8000, 1000);
    EXPECT_EQ(std::vector<uint8_t>(bytes.begin(), bytes.begin() + 7000), std::vector<uint8_t>(7000));
    EXPECT_TRUE(std::equal(bytes.begin() + 7000, bytes.end(), ram.data()));
}

SC_TEST(tlm_guest_memory_test, a_read_over_a_border_finds_both_sides) {
    for (bool refuses : {false, true}) {
        slow.refuse_past_end = refuses;
        const auto bytes = read(debug_base + 0x17ff, 0x2000, 1);
        EXPECT_EQ(bytes[0], slow.bytes[0x17ff]);
        EXPECT_EQ(std::vector<uint8_t>(bytes.begin() + 1, bytes.end()), std::vector<uint8_t>(0x1fff));
    }
}

SC_TEST(tlm_guest_memory_test, reads_past_the_last_address_do_not_wrap) {
    EXPECT_EQ(read(~uint64_t{0}, 4096, 0), std::vector<uint8_t>(4096));
    EXPECT_EQ(read(uint64_t{0} - 0x1000, 0x3000, 0), std::vector<uint8_t>(0x3000))
        << "the ROM at 0x1000 seen by wrapping";
}

SC_TEST(tlm_guest_memory_test, an_invalidated_pointer_is_not_used_again) {
    read(ram_base, 16, 16);
    ram.invalidate_direct_pointers();
    ram.data()[3] = 0x99;
    EXPECT_EQ(read(ram_base, 16, 16)[3], 0x99);
}

/// Straight at a target that answers nothing at all to a read which leaves it.
class refusing_target_test : public bench {
protected:
    debug_only_memory target{"target"};
    tlm_guest_memory guest{"guest", {{0, 0x1800}}};

    refusing_target_test() {
        connect(guest.socket, target.socket);
        target.refuse_past_end = true;
    }
};

SC_TEST(refusing_target_test, is_asked_again_up_to_the_border_of_its_block) {
    std::vector<uint8_t> bytes(0x3000, 0xcc);
    EXPECT_EQ(guest.read(0x100, bytes.data(), bytes.size()), 0x1700u);
    EXPECT_TRUE(std::equal(target.bytes.begin() + 0x100, target.bytes.end(), bytes.begin()));
    EXPECT_EQ(std::vector<uint8_t>(bytes.begin() + 0x1700, bytes.end()), std::vector<uint8_t>(0x1900));
}

SC_TEST(refusing_target_test, is_asked_for_one_mebibyte_at_most) {
    std::vector<uint8_t> bytes(0x300000);
    EXPECT_EQ(guest.read(0, bytes.data(), bytes.size()), 0x1800u);
    EXPECT_EQ(target.longest, 1u << 20);
}

} // namespace
