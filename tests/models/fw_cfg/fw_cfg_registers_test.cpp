/// The registers of the memory-mapped fw_cfg, as a guest sees them. Numbers in comments are rows of the table
/// of edge cases measured on QEMU 10.0.2.

#include "tests/models/fw_cfg/fw_cfg_bench.h"

namespace vmcore::test {
namespace {

struct fw_cfg_registers : fw_cfg_bench {};

// 1
SC_TEST(fw_cfg_registers, power_on_selects_the_signature) {
    EXPECT_EQ(data_bytes(6), bytes({'Q', 'E', 'M', 'U', 0, 0}));
}

// 2
SC_TEST(fw_cfg_registers, reset_selects_the_signature_from_its_start) {
    content(hello, 3);
    device.reset();
    EXPECT_EQ(data_bytes(4), text("QEMU"));
    device.reset();
    EXPECT_EQ(data_bytes(5), text("QEMU") + zeros(1));
}

// 3
SC_TEST(fw_cfg_registers, dma_register_reads_the_signature_in_any_aligned_part) {
    EXPECT_EQ(cpu.read(dma_register, 8).value(), 0x47464320554d4551u);
    const bytes signature = text("QEMU CFG");
    for (unsigned size : {1, 2, 4, 8})
        for (unsigned offset = 0; offset + size <= 8; offset += size) {
            const auto answer = cpu.read(dma_register + offset, size);
            EXPECT_TRUE(answer.ok());
            EXPECT_EQ(answer.data, bytes(&signature[offset], &signature[offset] + size));
        }
}

// 4
SC_TEST(fw_cfg_registers, id_has_the_dma_bit) {
    EXPECT_EQ(content(fw_cfg_key::id, 6), (bytes{3, 0, 0, 0, 0, 0}));
}

struct fw_cfg_without_dma : fw_cfg_bench {
    fw_cfg_without_dma()
        : fw_cfg_bench([] {
            fw_cfg::config config;
            config.dma_enabled = false;
            return config;
        }()) {}
};

SC_TEST(fw_cfg_without_dma, id_lacks_the_dma_bit_and_the_register_is_not_there) {
    EXPECT_EQ(content(fw_cfg_key::id, 4), (bytes{1, 0, 0, 0}));
    EXPECT_EQ(cpu.read(dma_register, 8).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    poke(descriptor, make_descriptor(choosing(hello, read), 4, buffer));
    EXPECT_EQ(start_dma(descriptor).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(memory_bytes(buffer, 4), bytes(4, 0xaa));
    EXPECT_EQ(content(hello, 4), text("Hell"));
}

// 5
SC_TEST(fw_cfg_registers, eight_byte_reads_keep_the_order_of_bytes_and_fill_with_zeros) {
    select(hello);
    EXPECT_EQ(cpu.read(data, 8).data, text("HelloWor"));
    EXPECT_EQ(cpu.read(data, 8).data, text("ld") + zeros(6));
    EXPECT_EQ(device.selected_offset(), 10u);
}

// 6
SC_TEST(fw_cfg_registers, four_byte_read_of_the_signature_is_little_endian_0x554d4551) {
    EXPECT_EQ(cpu.read(data, 4).value(), 0x554d4551u);
    EXPECT_EQ(cpu.read(data, 1).value(), 0u);
}

SC_TEST(fw_cfg_registers, eight_byte_read_of_the_signature_has_zeros_at_the_higher_addresses) {
    EXPECT_EQ(cpu.read(data, 8).value(), 0x554d4551u);
}

// 7, 8, 9, 10, 40: every width at every offset
SC_TEST(fw_cfg_registers, only_the_listed_widths_and_offsets_are_accepted) {
    for (unsigned size : {1, 2, 3, 4, 5, 6, 7, 8, 16})
        for (unsigned offset = 0; offset < 0x18; ++offset) {
            const bool natural = size == 1 || size == 2 || size == 4 || size == 8;
            const bool fits = natural && offset % size == 0;
            const bool dma_at = offset >= 16 && fits && offset - 16 + size <= 8;
            const bool readable = (offset == 0 && natural) || dma_at;
            const bool writable =
                (offset == 0 && natural) || (offset == 8 && size == 2) || (dma_at && size >= 4);
            select(hello);
            const auto got = cpu.read(base + offset, size);
            EXPECT_EQ(got.ok(), readable) << "read of " << size << " at " << offset;
            EXPECT_EQ(device.selected_offset(), readable && offset == 0 ? size : 0);
            if (!readable) {
                EXPECT_EQ(got.data, zeros(size));
            }
            // A value that would start a transfer, or select another item, if it were taken.
            poke(descriptor, make_descriptor(choosing(hello, read), 4, buffer));
            bytes value = big_endian(descriptor, 8);
            value.resize(size);
            select(hello);
            EXPECT_EQ(cpu.write(base + offset, value).ok(), writable)
                << "write of " << size << " at " << offset;
            EXPECT_EQ(device.selected_key(), offset == 8 && size == 2 ? 0 : hello);
            if (!writable || offset < 16) {
                EXPECT_EQ(device.selected_offset(), 0u);
                EXPECT_EQ(control_word(), choosing(hello, read)) << "no transfer";
            }
            start_dma(hole); // forgets a high half
        }
}

SC_TEST(fw_cfg_registers, refusals_say_what_was_wrong) {
    EXPECT_EQ(cpu.write(selector, {0}).status, tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(cpu.write(selector, zeros(4)).status, tlm::TLM_BURST_ERROR_RESPONSE);
    EXPECT_EQ(cpu.write(selector + 1, zeros(2)).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(cpu.read(selector, 2).status, tlm::TLM_COMMAND_ERROR_RESPONSE);
    EXPECT_EQ(cpu.read(data + 1, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(cpu.read(data + 4, 4).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(cpu.read(base + 10, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE)
        << "unmapped behind the selector";
    EXPECT_EQ(cpu.write(dma_register + 7, {0}).status, tlm::TLM_BURST_ERROR_RESPONSE);
}

// 9
SC_TEST(fw_cfg_registers, refused_selector_writes_leave_selection_and_offset) {
    content(hello, 2);
    cpu.write(selector, {0});
    cpu.write(selector, zeros(4));
    cpu.write(selector, zeros(8));
    cpu.write(selector + 1, zeros(2));
    EXPECT_EQ(data_bytes(3), text("llo"));
}

// 10
SC_TEST(fw_cfg_registers, data_register_writes_change_nothing) {
    select(room_key);
    data_bytes(2);
    for (unsigned size : {1, 2, 4, 8})
        EXPECT_TRUE(cpu.write(data, bytes(size, 0x55)).ok());
    EXPECT_EQ(data_bytes(3), text("234"));
    EXPECT_EQ(room_bytes(), text("0123456789abcdef"));
    EXPECT_TRUE(writes.empty());
}

// 11
SC_TEST(fw_cfg_registers, write_channel_bit_is_ignored) {
    EXPECT_EQ(content(hello | 0x4000, 5), text("Hello"));
    EXPECT_EQ(content(0x4000, 4), text("QEMU"));
}

// 12
SC_TEST(fw_cfg_registers, absent_items_of_the_architecture_read_zero) {
    EXPECT_EQ(content(hello | 0x8000, 4), zeros(4));
    EXPECT_EQ(content(0x8000, 4), zeros(4));
    EXPECT_EQ(content(0xc000, 4), zeros(4));
}

// 13
SC_TEST(fw_cfg_registers, empty_and_invalid_keys_read_zero) {
    for (uint32_t key : {0x3fu, 0x40u, 0x3fffu, 0xffffu, uint32_t(none)}) {
        EXPECT_EQ(content(static_cast<uint16_t>(key), 4), zeros(4)) << key;
        EXPECT_EQ(cpu.read(data, 8).value(), 0u);
        EXPECT_EQ(device.selected_offset(), 0u);
    }
    EXPECT_EQ(content(0, 4), text("QEMU"));
}

SC_TEST(fw_cfg_registers, every_one_of_the_65536_selectors_answers_what_its_item_holds) {
    for (unsigned key = 0; key < 0x10000; ++key) {
        select(key);
        const item* chosen = device.items().find(static_cast<uint16_t>(key));
        bytes expected(8);
        if (chosen != nullptr)
            std::copy_n(chosen->data(), std::min(chosen->size(), 8u), expected.begin());
        const unsigned index = key & 0x3fff;
        ASSERT_EQ(chosen != nullptr,
                  key < 0x8000 && (index < 2 || index == 0x19 || (index >= 0x20 && index < 0x23)))
            << key;
        ASSERT_EQ(cpu.read(data, 8).data, expected) << key;
        ASSERT_EQ(cpu.read(data, 1).ok(), true);
    }
}

// 14
SC_TEST(fw_cfg_registers, directory_lists_sorted_names_with_consecutive_keys) {
    const bytes listed = content(fw_cfg_key::file_directory, 4 + 64 * 4);
    EXPECT_EQ(bytes(listed.begin(), listed.begin() + 4), (bytes{0, 0, 0, 3}));
    const std::string name[] = {"opt/hello", "opt/none", "opt/room"};
    const uint8_t size[] = {10, 0, 16};
    for (unsigned i = 0; i < 3; ++i) {
        const auto record = listed.begin() + 4 + 64 * i;
        const bytes head{0, 0, 0, size[i], 0, static_cast<uint8_t>(0x20 + i), 0, 0};
        EXPECT_EQ(bytes(record, record + 8), head);
        bytes padded = text(name[i]);
        padded.resize(56);
        EXPECT_EQ(bytes(record + 8, record + 64), padded);
    }
    EXPECT_EQ(bytes(listed.begin() + 4 + 64 * 3, listed.end()), zeros(64));
}

SC_TEST(fw_cfg_registers, directory_is_2052_bytes_long) {
    select(fw_cfg_key::file_directory);
    dma(skip, 5000);
    EXPECT_EQ(device.selected_offset(), 2052u);
}

SC_TEST(fw_cfg_registers, selecting_the_same_key_again_starts_over) {
    content(hello, 7);
    EXPECT_EQ(content(hello, 10), text("HelloWorld"));
}

SC_TEST(fw_cfg_registers, select_handler_runs_on_every_way_of_selecting) {
    int calls = 0;
    hello_item.on_select([&] { ++calls; });
    select(hello);
    EXPECT_EQ(calls, 1);
    dma(choosing(hello, 0), 0);
    EXPECT_EQ(calls, 2);
    select(hello | 0x4000);
    EXPECT_EQ(calls, 3);
    select(hello | 0x8000);
    select(0x3fff);
    EXPECT_EQ(calls, 3);
}

SC_TEST(fw_cfg_registers, keys_are_final_while_the_simulation_runs) {
    EXPECT_THROW(device.add_file("opt/late", {}), keys_are_final);
    device.items().modify_file("opt/hello", text("changed"));
    EXPECT_EQ(content(hello, 8), text("changed") + zeros(1));
}

SC_TEST(fw_cfg_registers, debug_transport_peeks_and_leaves_the_offset) {
    content(hello, 2);
    EXPECT_EQ(cpu.debug_read(data, 4).data, text("lloW"));
    EXPECT_EQ(cpu.debug_read(dma_register, 8).data, text("QEMU CFG"));
    EXPECT_TRUE(cpu.debug_read(selector, 2).data.empty());
    EXPECT_EQ(cpu.debug_write(selector, {0, 0}), 0u);
    EXPECT_EQ(data_bytes(2), text("ll"));
}

SC_TEST(fw_cfg_registers, direct_memory_is_never_granted) {
    tlm::tlm_dmi region;
    EXPECT_FALSE(cpu.request_dmi(data, tlm::TLM_READ_COMMAND, region));
    EXPECT_FALSE(cpu.read(data, 1).dmi_hint);
}

struct slow_fw_cfg : fw_cfg_bench {
    slow_fw_cfg()
        : fw_cfg_bench([] {
            fw_cfg::config config;
            config.access_latency = sc_core::sc_time(30, sc_core::SC_NS);
            return config;
        }()) {}
};

SC_TEST(slow_fw_cfg, every_access_takes_the_configured_time) {
    EXPECT_EQ(cpu.read(data, 1).delay, sc_core::sc_time(30, sc_core::SC_NS));
    EXPECT_EQ(cpu.read(selector, 2).delay, sc_core::sc_time(30, sc_core::SC_NS)) << "refused ones too";
}

} // namespace
} // namespace vmcore::test
