/// DMA of the memory-mapped fw_cfg, as a guest sees it. Numbers in comments are rows of the table of edge
/// cases measured on QEMU 10.0.2.

#include "tests/models/fw_cfg/fw_cfg_bench.h"

#include <gmock/gmock.h>

namespace vmcore::test {
namespace {

struct fw_cfg_dma : fw_cfg_bench {};

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const bytes untouched4(4, 0xaa);

// 19
SC_TEST(fw_cfg_dma, select_and_read_delivers_the_item_and_leaves_length_and_address) {
    EXPECT_EQ(dma(choosing(hello, read), 10), 0u);
    EXPECT_EQ(memory_bytes(buffer, 14), text("HelloWorld") + untouched4);
    EXPECT_EQ(memory_bytes(descriptor, 16), make_descriptor(0, 10, buffer));
}

// 20
SC_TEST(fw_cfg_dma, read_past_the_end_fills_with_zeros_and_no_further) {
    EXPECT_EQ(dma(choosing(hello, read), 16), 0u);
    EXPECT_EQ(memory_bytes(buffer, 20), text("HelloWorld") + zeros(6) + untouched4);
    EXPECT_EQ(device.selected_offset(), 10u);
}

// 21
SC_TEST(fw_cfg_dma, read_at_the_end_delivers_zeros) {
    dma(choosing(hello, read), 10);
    EXPECT_EQ(dma(read, 4, buffer), 0u);
    EXPECT_EQ(memory_bytes(buffer, 8), zeros(4) + text("oWor"));
}

// 22
SC_TEST(fw_cfg_dma, dma_and_data_register_share_the_offset) {
    EXPECT_EQ(dma(choosing(hello, skip), 4), 0u);
    EXPECT_EQ(data_bytes(2), text("oW"));
    EXPECT_EQ(dma(read, 2), 0u);
    EXPECT_EQ(memory_bytes(buffer, 2), text("or"));
    EXPECT_EQ(data_bytes(3), text("ld") + zeros(1));
}

// 23, 47c
SC_TEST(fw_cfg_dma, skip_past_the_end_stops_at_the_end) {
    EXPECT_EQ(dma(choosing(hello, skip), 100), 0u);
    EXPECT_EQ(data_bytes(1), zeros(1));
    EXPECT_EQ(dma(choosing(hello, skip), 0xffffffff), 0u);
    EXPECT_EQ(device.selected_offset(), 10u);
    EXPECT_EQ(dma(choosing(hello, skip), 9), 0u);
    EXPECT_EQ(data_bytes(2), text("d") + zeros(1));
}

// 24
SC_TEST(fw_cfg_dma, control_without_a_mode_moves_nothing) {
    content(hello, 3);
    EXPECT_EQ(dma(0, 7), 0u);
    EXPECT_EQ(memory_bytes(buffer, 4), untouched4);
    EXPECT_EQ(data_bytes(1), text("l"));
    EXPECT_EQ(dma(choosing(hello, 0), 7), 0u);
    EXPECT_EQ(device.selected_offset(), 0u);
    EXPECT_EQ(dma(uint32_t(room_key) << 16 | read, 1), 0u) << "the key counts only with SELECT";
    EXPECT_EQ(device.selected_key(), hello);
}

// 25
SC_TEST(fw_cfg_dma, read_goes_before_write_and_skip) {
    for (uint32_t others : {write, skip, write | skip}) {
        poke(buffer, text("....."));
        EXPECT_EQ(dma(choosing(room_key, read | others), 4), 0u);
        EXPECT_EQ(memory_bytes(buffer, 5), text("0123."));
    }
    EXPECT_EQ(room_bytes(), text("0123456789abcdef"));
    EXPECT_THAT(writes, IsEmpty());
}

// 26
SC_TEST(fw_cfg_dma, write_goes_before_skip) {
    poke(buffer, text("WXYZ"));
    EXPECT_EQ(dma(choosing(room_key, write | skip), 4), 0u);
    EXPECT_EQ(room_bytes(), text("WXYZ456789abcdef"));
    EXPECT_THAT(writes, ElementsAre(Pair(0, 4)));
}

SC_TEST(fw_cfg_dma, write_in_the_middle_tells_offset_and_length) {
    poke(buffer, text("#####"));
    dma(choosing(room_key, skip), 3);
    EXPECT_EQ(dma(write, 5), 0u);
    EXPECT_EQ(room_bytes(), text("012#####89abcdef"));
    EXPECT_THAT(writes, ElementsAre(Pair(3, 5)));
    EXPECT_EQ(data_bytes(1), text("8"));
}

// 27
SC_TEST(fw_cfg_dma, write_to_a_read_only_item_is_an_error_and_still_advances) {
    poke(buffer, text("WXYZ"));
    EXPECT_EQ(dma(choosing(hello, write), 4), error);
    EXPECT_EQ(data_bytes(2), text("oW"));
    EXPECT_EQ(content(hello, 10), text("HelloWorld"));
}

SC_TEST(fw_cfg_dma, write_past_the_end_is_an_error_writes_nothing_and_still_advances) {
    poke(buffer, bytes(20, '#'));
    EXPECT_EQ(dma(choosing(room_key, write), 17), error);
    EXPECT_EQ(room_bytes(), text("0123456789abcdef"));
    EXPECT_THAT(writes, IsEmpty());
    EXPECT_EQ(device.selected_offset(), 16u);
    dma(choosing(room_key, skip), 12);
    EXPECT_EQ(dma(write, 5), error);
    EXPECT_EQ(device.selected_offset(), 16u);
    EXPECT_EQ(room_bytes(), text("0123456789abcdef"));
}

// 28
SC_TEST(fw_cfg_dma, error_bit_and_unknown_bits_are_ignored) {
    EXPECT_EQ(dma(choosing(hello, read | error | 0xffe0), 4), 0u);
    EXPECT_EQ(memory_bytes(buffer, 4), text("Hell"));
    EXPECT_EQ(dma(error, 0), 0u);
}

// 29, 30, 12
SC_TEST(fw_cfg_dma, items_that_are_not_there_read_zero_skip_and_refuse_writes) {
    for (uint32_t key : {0x3fu, 0x40u, 0x3fffu, 0x7fffu, 0xffffu, 0x8000u, 0x02u, uint32_t(none)}) {
        poke(buffer, bytes(8, 0xaa));
        EXPECT_EQ(dma(choosing(static_cast<uint16_t>(key), read), 4), 0u) << key;
        EXPECT_EQ(memory_bytes(buffer, 8), zeros(4) + untouched4);
        EXPECT_EQ(dma(choosing(static_cast<uint16_t>(key), write), 4), error) << key;
        EXPECT_EQ(dma(choosing(static_cast<uint16_t>(key), skip), 4), 0u) << key;
        EXPECT_EQ(device.selected_offset(), 0u);
    }
}

// 31
SC_TEST(fw_cfg_dma, length_0_is_never_an_error) {
    for (uint16_t key : {hello, room_key, none, uint16_t(0xffff)})
        for (uint32_t mode : {read, write, skip})
            EXPECT_EQ(dma(choosing(key, mode), 0, hole), 0u) << key << " " << mode;
    EXPECT_THAT(writes, IsEmpty());
}

// 32
SC_TEST(fw_cfg_dma, read_to_an_unmapped_target_is_an_error_and_still_advances) {
    EXPECT_EQ(dma(choosing(hello, read), 4, hole), error);
    EXPECT_EQ(data_bytes(1), text("o"));
}

// 33
SC_TEST(fw_cfg_dma, read_straddling_the_end_of_ram_writes_the_mapped_part) {
    EXPECT_EQ(dma(choosing(hello, read), 10, ram_end - 3), error);
    EXPECT_EQ(memory_bytes(ram_end - 4, 4), bytes({0xaa}) + text("Hel"));
    EXPECT_EQ(device.selected_offset(), 10u);
}

// 34
SC_TEST(fw_cfg_dma, descriptor_in_unmapped_memory_does_nothing) {
    content(hello, 2);
    EXPECT_TRUE(start_dma(hole).ok());
    EXPECT_EQ(data_bytes(2), text("ll"));
}

// 35
SC_TEST(fw_cfg_dma, descriptor_straddling_the_end_of_ram_gets_the_error_where_control_is_mapped) {
    content(room_key, 2);
    const uint64_t at = ram_end - 8;
    poke(at, big_endian(choosing(hello, read), 4) + big_endian(4, 4));
    EXPECT_TRUE(start_dma(at).ok());
    EXPECT_EQ(control_word(at), error);
    EXPECT_EQ(data_bytes(1), text("2")) << "no select happened";
}

// 36
SC_TEST(fw_cfg_dma, descriptor_in_rom_is_carried_out_and_its_result_is_lost) {
    const bytes wanted = make_descriptor(choosing(hello, read), 10, buffer);
    std::copy(wanted.begin(), wanted.end(), rom.data() + 0x40);
    EXPECT_TRUE(start_dma(rom_base + 0x40).ok());
    EXPECT_EQ(memory_bytes(buffer, 10), text("HelloWorld"));
    EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(), rom.data() + 0x40));
}

// 37
SC_TEST(fw_cfg_dma, read_into_rom_is_an_error_and_leaves_rom) {
    EXPECT_EQ(dma(choosing(hello, read), 10, rom_base), error);
    EXPECT_EQ(bytes(rom.data(), rom.data() + 10), zeros(10));
    EXPECT_EQ(device.selected_offset(), 10u);
}

SC_TEST(fw_cfg_dma, write_from_rom_is_fine) {
    std::copy_n("rom!", 4, rom.data() + 8);
    EXPECT_EQ(dma(choosing(room_key, write), 4, rom_base + 8), 0u);
    EXPECT_EQ(room_bytes(), text("rom!456789abcdef"));
}

// 38
SC_TEST(fw_cfg_dma, address_in_two_halves_starts_with_the_low_one) {
    poke(descriptor, make_descriptor(choosing(hello, read), 10, buffer));
    EXPECT_TRUE(cpu.write(dma_register, zeros(4)).ok());
    EXPECT_EQ(memory_bytes(buffer, 4), untouched4);
    EXPECT_TRUE(cpu.write(dma_register + 4, big_endian(descriptor, 4)).ok());
    EXPECT_EQ(memory_bytes(buffer, 10), text("HelloWorld"));
}

SC_TEST(fw_cfg_dma, low_half_alone_is_an_address_below_4_gib) {
    poke(descriptor, make_descriptor(choosing(hello, read), 4, buffer));
    cpu.write(dma_register + 4, big_endian(descriptor, 4));
    EXPECT_EQ(control_word(), 0u);
    EXPECT_EQ(memory_bytes(buffer, 4), text("Hell"));
}

// 39, 38
SC_TEST(fw_cfg_dma, high_half_counts_for_one_operation_only) {
    const bytes wanted = make_descriptor(choosing(hello, read), 4, buffer);
    poke(descriptor, wanted);
    cpu.write(dma_register, big_endian(1, 4));
    cpu.write(dma_register + 4, big_endian(descriptor, 4));
    EXPECT_EQ(memory_bytes(descriptor, 16), wanted) << "fetched from 0x1_80000100, where nothing is";
    EXPECT_EQ(memory_bytes(buffer, 4), untouched4);
    cpu.write(dma_register + 4, big_endian(descriptor, 4));
    EXPECT_EQ(control_word(), 0u) << "the high half was cleared";
}

SC_TEST(fw_cfg_dma, high_half_replaces_the_one_before) {
    poke(descriptor, make_descriptor(choosing(hello, read), 4, buffer));
    cpu.write(dma_register, big_endian(7, 4));
    cpu.write(dma_register, big_endian(0, 4));
    cpu.write(dma_register + 4, big_endian(descriptor, 4));
    EXPECT_EQ(control_word(), 0u);
}

// 40
SC_TEST(fw_cfg_dma, other_writes_to_the_dma_register_start_nothing) {
    const bytes wanted = make_descriptor(choosing(hello, read), 4, buffer);
    poke(descriptor, wanted);
    const bytes address = big_endian(descriptor, 8);
    EXPECT_FALSE(cpu.write(dma_register + 7, {address[7]}).ok());
    EXPECT_FALSE(cpu.write(dma_register + 6, {address[6], address[7]}).ok());
    EXPECT_FALSE(cpu.write(dma_register + 2, big_endian(descriptor, 4)).ok());
    EXPECT_EQ(memory_bytes(descriptor, 16), wanted);
}

// 41
SC_TEST(fw_cfg_dma, read_into_own_registers_is_an_error_with_one_warning) {
    const unsigned before = sc_core::sc_report_handler::get_count(sc_core::SC_WARNING);
    for (uint64_t target : {data, selector, dma_register}) {
        EXPECT_EQ(dma(choosing(hello, read), 2, target), error) << target;
        EXPECT_EQ(device.selected_key(), hello);
        EXPECT_EQ(device.selected_offset(), 2u);
    }
    EXPECT_EQ(sc_core::sc_report_handler::get_count(sc_core::SC_WARNING), before + 1);
    EXPECT_EQ(content(hello, 5), text("Hello")) << "registers answer again";
}

SC_TEST(fw_cfg_dma, descriptor_in_own_registers_does_nothing) {
    content(hello, 2);
    EXPECT_TRUE(start_dma(data).ok());
    EXPECT_TRUE(start_dma(dma_register).ok());
    EXPECT_EQ(data_bytes(2), text("ll"));
}

// 42
SC_TEST(fw_cfg_dma, write_from_own_data_register_zeroes_the_item_and_is_an_error) {
    EXPECT_EQ(dma(choosing(room_key, write), 4, data), error);
    EXPECT_EQ(room_bytes(), zeros(4) + text("456789abcdef"));
    EXPECT_THAT(writes, IsEmpty());
}

// 71 for any item
SC_TEST(fw_cfg_dma, write_from_an_unmapped_source_zeroes_the_item_without_telling_its_owner) {
    EXPECT_EQ(dma(choosing(room_key, write), 16, hole), error);
    EXPECT_EQ(room_bytes(), zeros(16));
    EXPECT_THAT(writes, IsEmpty());
    EXPECT_EQ(device.selected_offset(), 16u);
}

// 72 for any item
SC_TEST(fw_cfg_dma, write_from_a_source_half_past_the_end_of_ram_takes_what_is_there) {
    poke(ram_end - 5, text("tail!"));
    EXPECT_EQ(dma(choosing(room_key, write), 12, ram_end - 5), error);
    EXPECT_EQ(room_bytes(), text("tail!") + zeros(7) + text("cdef"));
    EXPECT_THAT(writes, IsEmpty());
}

// 43
SC_TEST(fw_cfg_dma, read_into_another_device_is_performed) {
    EXPECT_EQ(dma(choosing(hello, read), 8, scratch_base + 4), 0u);
    EXPECT_THAT(scratch.values, ElementsAre(0, 0x6c6c6548, 0x726f576f, 0)); // "Hell", "oWor"
}

// 44
SC_TEST(fw_cfg_dma, data_over_the_descriptor_is_written_first_and_control_last) {
    EXPECT_EQ(dma(choosing(hello, read), 10, descriptor), 0u);
    EXPECT_EQ(memory_bytes(descriptor, 10), zeros(4) + text("oWorld"));
}

// 45
SC_TEST(fw_cfg_dma, unaligned_descriptor_and_data_work) {
    for (unsigned shift = 0; shift < 9; ++shift) {
        poke(buffer, bytes(20, 0xaa));
        EXPECT_EQ(dma(choosing(hello, read), 10, buffer + shift, descriptor + 8 - shift), 0u);
        EXPECT_EQ(memory_bytes(buffer, 19), bytes(shift, 0xaa) + text("HelloWorld") + bytes(9 - shift, 0xaa));
    }
}

// 46
SC_TEST(fw_cfg_dma, addresses_that_wrap_at_2_to_the_64_are_an_error) {
    EXPECT_EQ(dma(choosing(hello, read), 10, ~uint64_t(0) - 4), error);
    EXPECT_EQ(device.selected_offset(), 10u);
    EXPECT_TRUE(start_dma(~uint64_t(0) - 7).ok());
}

// 47
SC_TEST(fw_cfg_dma, longest_read_of_an_invalid_key_zeroes_all_that_is_mapped_behind_the_address) {
    EXPECT_EQ(dma(choosing(0xffff, read), 0xffffffff, buffer), error);
    EXPECT_EQ(memory_bytes(buffer - 4, 8), untouched4 + zeros(4));
    EXPECT_EQ(memory_bytes(ram_end - 4, 4), zeros(4));
    poke(buffer, bytes(ram_end - buffer, 0xaa));
    EXPECT_EQ(dma(choosing(hello, read), 0xffffffff, scratch_base), error);
    EXPECT_EQ(memory_bytes(ram_end - 4, 4), untouched4) << "an error in the data ends the transfer";
}

// 47a
SC_TEST(fw_cfg_dma, reset_keeps_a_high_half_that_was_written) {
    const bytes wanted = make_descriptor(choosing(hello, read), 4, buffer);
    poke(descriptor, wanted);
    cpu.write(dma_register, big_endian(1, 4));
    device.reset();
    cpu.write(dma_register + 4, big_endian(descriptor, 4));
    EXPECT_EQ(memory_bytes(descriptor, 16), wanted);
}

// 47b
SC_TEST(fw_cfg_dma, eight_byte_write_replaces_a_pending_high_half) {
    cpu.write(dma_register, big_endian(0xdeadbeef, 4));
    EXPECT_EQ(dma(choosing(hello, read), 4), 0u);
    EXPECT_EQ(memory_bytes(buffer, 4), text("Hell"));
}

// 47d
SC_TEST(fw_cfg_dma, dma_register_reads_the_signature_while_a_high_half_is_pending) {
    cpu.write(dma_register, big_endian(0xdeadbeef, 4));
    EXPECT_EQ(cpu.read(dma_register, 8).data, text("QEMU CFG"));
}

// 47e
SC_TEST(fw_cfg_dma, dma_select_of_an_invalid_key_reads_zero_in_the_data_register) {
    EXPECT_EQ(dma(choosing(0x3fff, 0), 0), 0u);
    EXPECT_EQ(data_bytes(2), zeros(2));
    EXPECT_EQ(device.selected_key(), 0xffff);
}

SC_TEST(fw_cfg_dma, an_owner_may_replace_an_item_that_is_being_read) {
    hello_item.on_select([this] { device.items().modify_file("opt/hello", text("by handler")); });
    EXPECT_EQ(dma(choosing(hello, read), 10), 0u);
    EXPECT_EQ(memory_bytes(buffer, 10), text("by handler"));
}

} // namespace
} // namespace vmcore::test
