#include "models/tlm/peripheral.h"

#include "tests/harness/bench.h"
#include "tests/harness/test_initiator.h"

#include <stdexcept>

namespace vmcore::test {
namespace {

using bytes = std::vector<uint8_t>;

/// One register of each kind; counts what its handlers are called for.
class gadget : public peripheral {
public:
    explicit gadget(const sc_core::sc_module_name& name)
        : peripheral(name, sc_core::sc_time(10, sc_core::SC_NS)) {}
    void reset() override { stored = 0; }
    void split() { m_registers.split_accesses_of_twice(4); }

    uint64_t stored = 0;
    unsigned reads = 0;
    unsigned writes = 0;
    unsigned index = 99;
    unsigned offset = 99;
    unsigned size = 99;

private:
    void note(const register_access& access) {
        index = access.index;
        offset = access.offset;
        size = access.size;
    }
    uint64_t read_stored(const register_access& access) {
        note(access);
        ++reads;
        return stored;
    }
    uint64_t read_element(const register_access& access) {
        read_stored(access);
        return 0x1000 * reads + access.index;
    }
    uint64_t peek_stored(const register_access&) const { return stored; }
    void write_stored(const register_access& access, uint64_t value) {
        note(access);
        ++writes;
        stored = value;
    }
    void write_slowly(const register_access& access, uint64_t) {
        access.delay += sc_core::sc_time(7, sc_core::SC_NS);
    }

    reg little{m_registers,
               "little",
               {0x00, 4},
               on(this, &gadget::read_stored),
               on(this, &gadget::write_stored),
               on(this, &gadget::peek_stored)};
    reg big{m_registers,
            "big",
            {0x08, 8, byte_order::big, size_any, size_4 | size_8, true},
            on(this, &gadget::read_stored),
            on(this, &gadget::write_stored),
            on(this, &gadget::peek_stored)};
    reg read_only{m_registers, "read_only", {0x10, 2}, on(this, &gadget::read_stored), {}};
    reg write_only{m_registers, "write_only", {0x12, 2}, {}, on(this, &gadget::write_stored)};
    reg array{m_registers,
              "array",
              {0x20, 4, byte_order::little, size_none, size_none, false, 3},
              on(this, &gadget::read_element),
              on(this, &gadget::write_stored),
              on(this, &gadget::peek_stored)};
    reg byte{m_registers, "byte", {0x30, 1}, on(this, &gadget::read_stored), on(this, &gadget::write_stored)};
    reg slow{m_registers, "slow", {0x34, 4}, {}, on(this, &gadget::write_slowly)};
    reg whole{m_registers,
              "whole",
              {0x38, 8, byte_order::little, size_any, size_any},
              on(this, &gadget::read_stored),
              on(this, &gadget::write_stored)};
    reg shifted{m_registers,
                "shifted",
                {0x4c, 8, byte_order::little, size_any, size_any, true},
                on(this, &gadget::read_stored),
                on(this, &gadget::write_stored)};
};

class register_bank_bench : public bench {
public:
    register_bank_bench() { connect(initiator.socket, device.socket); }

protected:
    test_initiator initiator{"initiator"};
    gadget device{"device"};

    void expect_refused(tlm::tlm_response_status status, const test_initiator::result& answer) {
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(device.reads, 0u) << "a refused access has no side effect";
        EXPECT_EQ(device.writes, 0u) << "a refused access has no side effect";
    }
};

SC_TEST(register_bank_bench, stores_and_returns_numbers_in_the_register_s_byte_order) {
    EXPECT_TRUE(initiator.write(0x00, {0x11, 0x22, 0x33, 0x44}).ok());
    EXPECT_EQ(device.stored, 0x44332211u);
    EXPECT_EQ(initiator.read(0x00, 4).data, (bytes{0x11, 0x22, 0x33, 0x44}));
    EXPECT_TRUE(initiator.write(0x08, {1, 2, 3, 4, 5, 6, 7, 8}).ok());
    EXPECT_EQ(device.stored, 0x0102030405060708u);
    EXPECT_EQ(initiator.read(0x08, 8).data, (bytes{1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_EQ(initiator.read(0x08, 2).data, (bytes{7, 8})) << "a short read gets the low bytes of the value";
    EXPECT_TRUE(initiator.write(0x30, {0xfe}).ok());
    EXPECT_EQ(device.stored, 0xfeu);
}

SC_TEST(register_bank_bench, handlers_learn_index_offset_and_size) {
    EXPECT_TRUE(initiator.read(0x28, 4).ok());
    EXPECT_EQ(device.index, 2u);
    EXPECT_EQ(device.offset, 0u);
    EXPECT_TRUE(initiator.write(0x0c, {0, 0, 0, 9}).ok());
    EXPECT_EQ(device.index, 0u);
    EXPECT_EQ(device.offset, 4u);
    EXPECT_EQ(device.size, 4u);
    EXPECT_EQ(device.stored, 9u) << "a value as wide as the access";
    EXPECT_TRUE(initiator.read(0x0f, 1).ok());
    EXPECT_EQ(device.offset, 7u);
}

SC_TEST(register_bank_bench, an_access_of_8_bytes_is_two_of_4_where_that_is_wanted) {
    expect_refused(tlm::TLM_BURST_ERROR_RESPONSE, initiator.read(0x20, 8));
    EXPECT_EQ(initiator.debug_read(0x20, 8).data.size(), 0u);
    device.split();
    EXPECT_EQ(initiator.read(0x20, 8).data, (bytes{0, 0x10, 0, 0, 1, 0x20, 0, 0})) << "the lower one first";
    EXPECT_EQ(device.size, 4u);
    EXPECT_TRUE(initiator.write(0x20, {1, 2, 3, 4, 5, 6, 7, 8}).ok());
    EXPECT_EQ(device.writes, 2u);
    EXPECT_EQ(device.index, 1u);
    EXPECT_EQ(device.stored, 0x08070605u);
    EXPECT_EQ(initiator.debug_read(0x20, 8).data, (bytes{5, 6, 7, 8, 5, 6, 7, 8}));
    EXPECT_EQ(initiator.read(0x28, 4).data, (bytes{2, 0x30, 0, 0}));
    device.reads = device.writes = 0;
    expect_refused(tlm::TLM_ADDRESS_ERROR_RESPONSE, initiator.read(0x28, 8)); // behind it is no register
    EXPECT_EQ(initiator.debug_read(0x28, 8).data.size(), 4u);
    expect_refused(tlm::TLM_ADDRESS_ERROR_RESPONSE, initiator.read(0x00, 8));
    expect_refused(tlm::TLM_ADDRESS_ERROR_RESPONSE, initiator.read(0x24, 8)); // not aligned
    bytes data(8);
    request streaming(tlm::TLM_WRITE_COMMAND, 0x20, data);
    streaming.set_streaming_width(4);
    expect_refused(tlm::TLM_BURST_ERROR_RESPONSE, initiator.send(streaming));
    request with_enables(tlm::TLM_WRITE_COMMAND, 0x20, data);
    unsigned char enables[8] = {0xff};
    with_enables.set_byte_enable_ptr(enables);
    with_enables.set_byte_enable_length(8);
    expect_refused(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, initiator.send(with_enables));
    EXPECT_EQ(initiator.debug_read(0x10, 8).data.size(), 0u) << "the first half cannot be peeked";
}

SC_TEST(register_bank_bench, addresses_without_a_register_are_address_errors) {
    for (const uint64_t address : {uint64_t(0x04), uint64_t(0x14), uint64_t(0x1c), uint64_t(0x2c),
                                   uint64_t(0x31), uint64_t(0x40), ~uint64_t(0)})
        expect_refused(tlm::TLM_ADDRESS_ERROR_RESPONSE, initiator.read(address, 1));
}

SC_TEST(register_bank_bench, misaligned_accesses_are_address_errors) {
    for (const uint64_t address : {0x09, 0x0a, 0x0b, 0x0d})
        expect_refused(tlm::TLM_ADDRESS_ERROR_RESPONSE, initiator.read(address, 4));
    expect_refused(tlm::TLM_ADDRESS_ERROR_RESPONSE, initiator.read(0x0c, 8));
    expect_refused(tlm::TLM_ADDRESS_ERROR_RESPONSE, initiator.write(0x01, {1, 2, 3, 4}));
}

SC_TEST(register_bank_bench, alignment_counts_from_the_start_of_the_register) {
    EXPECT_TRUE(initiator.read(0x4c, 8).ok());
    EXPECT_TRUE(initiator.write(0x50, {1, 2, 3, 4}).ok());
    EXPECT_EQ(initiator.read(0x50, 8).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(initiator.read(0x4e, 4).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

SC_TEST(register_bank_bench, inside_of_a_register_without_parts_is_an_address_error) {
    expect_refused(tlm::TLM_ADDRESS_ERROR_RESPONSE, initiator.read(0x3c, 4));
    expect_refused(tlm::TLM_ADDRESS_ERROR_RESPONSE, initiator.write(0x3f, {1}));
    EXPECT_TRUE(initiator.read(0x38, 1).ok()) << "a short access to its start is a matter of sizes";
}

SC_TEST(register_bank_bench, sizes_that_a_register_does_not_accept_are_burst_errors) {
    for (const unsigned size : {1u, 2u, 3u, 5u, 7u, 8u, 9u, 16u, 300u})
        expect_refused(tlm::TLM_BURST_ERROR_RESPONSE, initiator.read(0x00, size));
    expect_refused(tlm::TLM_BURST_ERROR_RESPONSE, initiator.write(0x08, {1, 2}));
    expect_refused(tlm::TLM_BURST_ERROR_RESPONSE, initiator.write(0x0a, {1, 2}));
    for (const unsigned size : {3u, 6u, 9u, 16u, 64u})
        expect_refused(tlm::TLM_BURST_ERROR_RESPONSE, initiator.read(0x08, size));
    expect_refused(tlm::TLM_BURST_ERROR_RESPONSE, initiator.read(0x20, 8));
}

SC_TEST(register_bank_bench, missing_handlers_are_command_errors) {
    expect_refused(tlm::TLM_COMMAND_ERROR_RESPONSE, initiator.write(0x10, {1, 2}));
    expect_refused(tlm::TLM_COMMAND_ERROR_RESPONSE, initiator.read(0x12, 2));
    EXPECT_TRUE(initiator.read(0x10, 2).ok());
    EXPECT_TRUE(initiator.write(0x12, {1, 2}).ok());
}

SC_TEST(register_bank_bench, byte_enables_are_refused) {
    bytes data(4);
    bytes enables(4, 0xff);
    request payload(tlm::TLM_WRITE_COMMAND, 0, data);
    payload.set_byte_enable_ptr(enables.data());
    payload.set_byte_enable_length(4);
    expect_refused(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, initiator.send(payload));
}

SC_TEST(register_bank_bench, streaming_is_refused_and_a_wide_streaming_width_is_none) {
    bytes data(4);
    request payload(tlm::TLM_READ_COMMAND, 0, data);
    payload.set_streaming_width(2);
    expect_refused(tlm::TLM_BURST_ERROR_RESPONSE, initiator.send(payload));
    payload.set_streaming_width(8);
    EXPECT_TRUE(initiator.send(payload).ok());
}

SC_TEST(register_bank_bench, ignore_command_is_answered_without_a_handler) {
    bytes data(4, 0xaa);
    request payload(tlm::TLM_IGNORE_COMMAND, 0, data);
    EXPECT_TRUE(initiator.send(payload).ok());
    EXPECT_EQ(device.reads + device.writes, 0u);
    EXPECT_EQ(data, bytes(4, 0xaa));
    payload.set_address(0x04);
    expect_refused(tlm::TLM_ADDRESS_ERROR_RESPONSE, initiator.send(payload));
}

SC_TEST(register_bank_bench, latencies_of_access_and_handler_are_added_to_the_delay) {
    EXPECT_EQ(initiator.read(0x00, 4).delay, sc_core::sc_time(10, sc_core::SC_NS));
    EXPECT_EQ(initiator.write(0x34, {1, 2, 3, 4}).delay, sc_core::sc_time(17, sc_core::SC_NS));
    EXPECT_EQ(initiator.read(0x04, 4).delay, sc_core::sc_time(10, sc_core::SC_NS));
    bytes data(4);
    request payload(tlm::TLM_READ_COMMAND, 0, data);
    EXPECT_EQ(initiator.send(payload, sc_core::sc_time(1, sc_core::SC_US)).delay,
              sc_core::sc_time(1010, sc_core::SC_NS));
}

SC_TEST(register_bank_bench, debug_reads_peek_without_side_effects) {
    device.stored = 0x0102030405060708u;
    EXPECT_EQ(initiator.debug_read(0x00, 4).data, (bytes{8, 7, 6, 5}));
    EXPECT_EQ(initiator.debug_read(0x08, 8).data, (bytes{1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_EQ(initiator.debug_read(0x10, 2).data.size(), 0u) << "no peek handler";
    EXPECT_EQ(initiator.debug_read(0x12, 2).data.size(), 0u) << "write-only";
    EXPECT_EQ(initiator.debug_read(0x04, 4).data.size(), 0u) << "no register";
    EXPECT_EQ(initiator.debug_read(0x00, 0).data.size(), 0u);
    EXPECT_EQ(initiator.debug_write(0x00, {1, 2, 3, 4}), 0u);
    EXPECT_EQ(device.reads + device.writes, 0u);
    EXPECT_EQ(device.stored, 0x0102030405060708u);
}

SC_TEST(register_bank_bench, grants_no_direct_access) {
    tlm::tlm_dmi region;
    EXPECT_FALSE(initiator.read(0x00, 4).dmi_hint);
    EXPECT_FALSE(initiator.request_dmi(0x00, tlm::TLM_READ_COMMAND, region));
}

struct bare_bank {
    register_bank bank;
    std::string refusal(const register_layout& layout) {
        try {
            reg added(bank, "added", layout, {}, {});
            return "";
        } catch (const std::logic_error& error) {
            return error.what();
        }
    }
};

TEST(register_bank_declaration, overlapping_registers_are_refused_by_name) {
    bare_bank device;
    reg first(device.bank, "first", {0x10, 4, byte_order::little, size_none, size_none, false, 4}, {}, {});
    EXPECT_EQ(device.refusal({0x0f, 2}), "register added overlaps register first");
    EXPECT_EQ(device.refusal({0x1f, 1}), "register added overlaps register first");
    EXPECT_EQ(device.refusal({0x0e, 2}), "");
}

TEST(register_bank_declaration, impossible_widths_and_counts_are_refused) {
    bare_bank device;
    for (const unsigned width : {0u, 3u, 5u, 6u, 7u, 16u})
        EXPECT_NE(device.refusal({0, width}), "") << width;
    EXPECT_NE(device.refusal({0, 4, byte_order::little, size_none, size_none, false, 0}), "");
}

TEST(endian, bytes_and_numbers_agree_at_every_size) {
    for (unsigned size = 1; size <= 8; ++size) {
        const uint64_t value = 0x1122334455667788u & (~uint64_t(0) >> (64 - 8 * size));
        uint8_t little[16];
        uint8_t big[16];
        store_bytes(little, value, size, byte_order::little);
        store_bytes(big, value, size, byte_order::big);
        EXPECT_EQ(little[0], 0x88);
        EXPECT_EQ(big[size - 1], 0x88);
        EXPECT_EQ(load_bytes(little, size, byte_order::little), value);
        EXPECT_EQ(load_bytes(big, size, byte_order::big), value);
    }
}

} // namespace
} // namespace vmcore::test
