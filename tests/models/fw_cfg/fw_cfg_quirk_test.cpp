/// What fw_cfg reports of a guest that uses its quirks.

#include "tests/models/fw_cfg/fw_cfg_bench.h"

#include <gmock/gmock.h>

namespace vmcore::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct fw_cfg_quirks : fw_cfg_bench {
    fw_cfg_quirks() {
        device.on_quirk([this](const fw_cfg_quirk& quirk) {
            kinds.emplace_back(name_of(quirk.what));
            texts.push_back(describe(quirk, device.items()));
        });
    }
    /// What was reported since the last call.
    std::vector<std::string> reported() { return std::exchange(kinds, {}); }

    std::vector<std::string> kinds, texts;
};

SC_TEST(fw_cfg_quirks, a_clean_driver_uses_none) {
    EXPECT_EQ(content(hello, 10), text("HelloWorld"));
    EXPECT_EQ(dma(choosing(hello, read), 10), 0u);
    EXPECT_EQ(dma(choosing(room_key, write), 16), 0u);
    EXPECT_EQ(dma(choosing(room_key, skip), 16), 0u);
    EXPECT_EQ(dma(choosing(room_key, 0), 0), 0u);
    cpu.write(dma_register, big_endian(0, 4));
    cpu.write(dma_register + 4, big_endian(descriptor, 4));
    EXPECT_THAT(kinds, IsEmpty());
}

SC_TEST(fw_cfg_quirks, selections) {
    select(0x3f);
    select(0x40);
    select(0xffff);
    select(0x4000u | hello);
    EXPECT_EQ(dma(choosing(0x40, 0), 0), 0u);
    EXPECT_THAT(reported(),
                ElementsAre("absent_key", "invalid_key", "invalid_key", "write_channel_bit", "invalid_key"));
    EXPECT_THAT(texts[3], HasSubstr("(opt/hello)"));
}

SC_TEST(fw_cfg_quirks, data_register) {
    content(hello, 11);
    cpu.write(data, {1});
    EXPECT_THAT(reported(), ElementsAre("data_past_end", "data_write"));
}

SC_TEST(fw_cfg_quirks, refused_register_accesses) {
    cpu.read(selector, 2);
    cpu.write(selector, bytes(4));
    cpu.read(data + 1, 1);
    cpu.read(base + 10, 2);
    EXPECT_THAT(reported(),
                ElementsAre("refused_access", "refused_access", "refused_access", "refused_access"));
    EXPECT_EQ(texts[1],
              "write of 4 bytes at register offset 0x8: refused, a size that the register does not take");
}

SC_TEST(fw_cfg_quirks, transfers_past_the_end) {
    dma(choosing(hello, read), 11);
    dma(choosing(hello, skip), 11);
    dma(choosing(room_key, write), 17);
    dma(choosing(none, read), 1);
    EXPECT_THAT(reported(), ElementsAre("read_past_end", "skip_past_end", "write_past_end", "read_past_end"));
}

SC_TEST(fw_cfg_quirks, a_write_to_a_read_only_item_tells_where_the_offset_went) {
    dma(choosing(hello, write), 4);
    EXPECT_THAT(reported(), ElementsAre("write_read_only"));
    EXPECT_EQ(texts[0],
              "DMA WRITE of 4 bytes to key 0x0020 (opt/hello), which is read-only: refused, but the "
              "offset moved to 4");
    EXPECT_EQ(device.selected_offset(), 4u);
}

SC_TEST(fw_cfg_quirks, transfers_without_an_item) {
    select(0x3f);
    reported();
    for (uint32_t mode : {read, write, skip})
        dma(mode, 4);
    EXPECT_THAT(reported(),
                ElementsAre("transfer_without_item", "transfer_without_item", "transfer_without_item"));
}

SC_TEST(fw_cfg_quirks, control_words) {
    dma(choosing(hello, read | skip), 1);
    dma(choosing(hello, read | error), 1);
    dma(choosing(hello, read | 0x20), 1);
    dma(0, 7);
    EXPECT_THAT(reported(),
                ElementsAre("several_modes", "ignored_control_bits", "ignored_control_bits", "no_mode"));
}

SC_TEST(fw_cfg_quirks, memory_that_is_not_there) {
    dma(choosing(hello, read), 4, hole);
    dma(choosing(room_key, write), 4, hole);
    start_dma(hole);
    EXPECT_THAT(reported(), ElementsAre("target_not_written", "source_not_mapped", "descriptor_unreadable"));
}

SC_TEST(fw_cfg_quirks, a_result_that_rom_does_not_take) {
    const bytes raw = make_descriptor(choosing(hello, read), 4, buffer);
    std::copy(raw.begin(), raw.end(), rom.data());
    start_dma(rom_base);
    EXPECT_THAT(reported(), ElementsAre("result_lost"));
}

SC_TEST(fw_cfg_quirks, own_registers) {
    dma(choosing(hello, read), 4, data);
    dma(choosing(room_key, write), 4, data);
    start_dma(base);
    EXPECT_THAT(reported(), ElementsAre("own_registers", "own_registers", "own_registers"));
    dma(choosing(hello, read), 4, hole);
    EXPECT_THAT(reported(), ElementsAre("target_not_written"));
}

SC_TEST(fw_cfg_quirks, a_high_half_from_before_a_reset) {
    poke(descriptor, make_descriptor(0, 0, 0));
    cpu.write(dma_register, big_endian(1, 4));
    device.reset();
    cpu.write(dma_register + 4, big_endian(descriptor, 4));
    EXPECT_THAT(reported(), ElementsAre("stale_high_half", "descriptor_unreadable"));
    cpu.write(dma_register + 4, big_endian(descriptor, 4));
    EXPECT_THAT(kinds, IsEmpty());
}

SC_TEST(fw_cfg_quirks, debuggers_are_no_guests_and_resets_no_selections) {
    content(hello, 10);
    cpu.debug_read(data, 8);
    device.reset();
    EXPECT_THAT(kinds, IsEmpty());
}

} // namespace
} // namespace vmcore::test
