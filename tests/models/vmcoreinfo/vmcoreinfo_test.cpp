/// The vmcoreinfo device as guest and dumper see it. Numbers in comments are rows of the table of edge cases
/// measured on QEMU 10.0.2.

#include "models/vmcoreinfo/vmcoreinfo.h"

#include "tests/models/fw_cfg/fw_cfg_bench.h"

#include <gmock/gmock.h>

namespace vmcore::test {
namespace {

struct vmcoreinfo_device : fw_cfg_bench {
    static constexpr uint64_t note = 0xffff00001234;

    bytes file(uint16_t host, uint16_t guest, uint32_t size, uint64_t paddr) {
        bytes all(16);
        store_bytes(&all[0], host, 2, byte_order::little);
        store_bytes(&all[2], guest, 2, byte_order::little);
        store_bytes(&all[4], size, 4, byte_order::little);
        store_bytes(&all[8], paddr, 8, byte_order::little);
        return all;
    }

    /// The guest writes these bytes at an offset of the file; returns control.
    uint32_t publish(const bytes& contents, uint32_t offset = 0) {
        poke(buffer, contents);
        dma(choosing(key, skip), offset);
        return dma(write, static_cast<uint32_t>(contents.size()));
    }

    void publish_a_valid_record() { ASSERT_EQ(publish(file(1, 1, 0x1000, note)), 0u); }

    bytes guest_view() { return content(key, 16); }

    vmcoreinfo info{"vmcoreinfo", device};
    const uint16_t key = key_of("etc/vmcoreinfo");
    const bytes initial = bytes{1, 0} + zeros(14);
};

// 56
SC_TEST(vmcoreinfo_device, starts_with_the_host_format_elf_and_no_record) {
    EXPECT_EQ(guest_view(), initial);
    EXPECT_FALSE(info.record().present);
    EXPECT_EQ(info.record().host_format, vmcoreinfo_format_elf);
    EXPECT_EQ(content(fw_cfg_key::file_directory, 12), (bytes{0, 0, 0, 4, 0, 0, 0, 16, 0, 0x20, 0, 0}))
        << "etc/ sorts in front of opt/";
}

// 57
SC_TEST(vmcoreinfo_device, full_write_makes_a_record) {
    publish_a_valid_record();
    const vmcoreinfo_record record = info.record();
    EXPECT_TRUE(record.present);
    EXPECT_EQ(record.host_format, 1);
    EXPECT_EQ(record.guest_format, 1);
    EXPECT_EQ(record.size, 0x1000u);
    EXPECT_EQ(record.paddr, note);
    EXPECT_EQ(guest_view(), file(1, 1, 0x1000, note));
}

// 59
SC_TEST(vmcoreinfo_device, guest_format_0_takes_the_record_back) {
    publish_a_valid_record();
    EXPECT_EQ(publish(file(1, 0, 0x1000, note)), 0u);
    EXPECT_FALSE(info.record().present);
    EXPECT_EQ(info.record().paddr, note) << "the bytes stay readable";
}

// 60
SC_TEST(vmcoreinfo_device, formats_the_host_does_not_support_are_present_and_readable) {
    for (uint16_t format : {2, 0xffff}) {
        EXPECT_EQ(publish(file(1, format, 0x2000, note + format)), 0u);
        EXPECT_TRUE(info.record().present);
        EXPECT_EQ(info.record().guest_format, format);
        EXPECT_EQ(info.record().size, 0x2000u);
        EXPECT_EQ(info.record().paddr, note + format);
    }
}

// 67
SC_TEST(vmcoreinfo_device, write_of_the_first_half_succeeds_and_disables_the_record) {
    publish_a_valid_record();
    EXPECT_EQ(publish(bytes(8, 1)), 0u);
    EXPECT_FALSE(info.record().present);
    EXPECT_EQ(guest_view(), (bytes(8, 1) + bytes{0x34, 0x12, 0, 0, 0xff, 0xff, 0, 0}));
}

// 68
SC_TEST(vmcoreinfo_device, write_of_all_but_host_format_succeeds_and_disables_the_record) {
    publish_a_valid_record();
    const bytes all = file(1, 1, 0x3000, 0x5000);
    EXPECT_EQ(publish(bytes(all.begin() + 2, all.end()), 2), 0u);
    EXPECT_FALSE(info.record().present);
    EXPECT_EQ(guest_view(), all);
}

// 69
SC_TEST(vmcoreinfo_device, write_of_17_bytes_is_an_error_and_leaves_the_record) {
    publish_a_valid_record();
    EXPECT_EQ(publish(bytes(17, 0)), error);
    EXPECT_TRUE(info.record().present);
    EXPECT_EQ(guest_view(), file(1, 1, 0x1000, note));
}

// 70
SC_TEST(vmcoreinfo_device, write_after_read_without_select_is_an_error_and_leaves_the_record) {
    publish_a_valid_record();
    EXPECT_EQ(dma(choosing(key, read), 16), 0u);
    EXPECT_EQ(dma(write, 16), error);
    EXPECT_TRUE(info.record().present);
    EXPECT_EQ(info.record().paddr, note);
}

// 71
SC_TEST(vmcoreinfo_device, write_from_an_unmapped_source_zeroes_the_bytes_and_keeps_the_record_present) {
    publish_a_valid_record();
    EXPECT_EQ(dma(choosing(key, write), 16, hole), error);
    EXPECT_EQ(guest_view(), zeros(16)) << "host_format included";
    EXPECT_TRUE(info.record().present);
    EXPECT_EQ(info.record().size, 0u);
}

SC_TEST(vmcoreinfo_device, write_from_an_unmapped_source_makes_no_record) {
    EXPECT_EQ(dma(choosing(key, write), 16, hole), error);
    EXPECT_FALSE(info.record().present);
}

// 72
SC_TEST(vmcoreinfo_device, write_from_a_source_half_past_ram_keeps_the_record_present_at_paddr_0) {
    publish_a_valid_record();
    const bytes all = file(1, 1, 0x2000, 0x8888);
    poke(ram_end - 8, bytes(all.begin(), all.begin() + 8));
    EXPECT_EQ(dma(choosing(key, write), 16, ram_end - 8), error);
    EXPECT_EQ(guest_view(), file(1, 1, 0x2000, 0));
    EXPECT_TRUE(info.record().present);
    EXPECT_EQ(info.record().paddr, 0u);
}

// 73
SC_TEST(vmcoreinfo_device, guest_may_overwrite_host_format_until_reset) {
    EXPECT_EQ(publish(file(0x1234, 1, 0x1000, note)), 0u);
    EXPECT_TRUE(info.record().present);
    EXPECT_EQ(info.record().host_format, 0x1234);
    info.reset();
    EXPECT_EQ(info.record().host_format, 1);
}

// 75
SC_TEST(vmcoreinfo_device, reset_clears_the_record) {
    publish_a_valid_record();
    device.reset();
    EXPECT_TRUE(info.record().present) << "the reset of fw_cfg leaves items alone";
    info.reset();
    EXPECT_EQ(guest_view(), initial);
    EXPECT_FALSE(info.record().present);
}

SC_TEST(vmcoreinfo_device, data_register_writes_cannot_make_a_record) {
    select(key);
    for (int i = 0; i < 16; ++i)
        cpu.write(data, {1});
    EXPECT_EQ(guest_view(), initial);
    EXPECT_FALSE(info.record().present);
}

SC_TEST(vmcoreinfo_device, empty_write_leaves_the_record) {
    publish_a_valid_record();
    EXPECT_EQ(dma(choosing(key, write), 0), 0u);
    EXPECT_TRUE(info.record().present);
}

SC_TEST(vmcoreinfo_device, publishing_is_told_after_every_write_that_leaves_a_record) {
    std::vector<uint64_t> told;
    info.on_publish([&](const vmcoreinfo_record& record) {
        EXPECT_TRUE(record.present);
        told.push_back(record.paddr);
    });
    publish(file(1, 1, 0x1000, 1));
    publish(file(1, 0, 0x1000, 2));      // no record
    publish(bytes(8, 1));                // partial
    publish(bytes(17, 1));               // refused
    dma(choosing(key, write), 16, hole); // refused
    publish(file(1, 2, 0x1000, 3));      // another format is a record too
    publish(file(1, 1, 0x1000, 4));
    EXPECT_THAT(told, testing::ElementsAre(1u, 3u, 4u));
}

SC_TEST(vmcoreinfo_device, quirks_are_told_and_a_proper_record_is_none) {
    using quirk = vmcoreinfo::quirk;
    std::vector<quirk> told;
    info.on_quirk([&](quirk what, const std::string&) { told.push_back(what); });
    publish(file(1, 1, 12, note));
    publish(file(1, 1, 1 << 20, note));
    EXPECT_THAT(told, testing::IsEmpty());
    publish(file(0, 1, 0x1000, note));
    publish(bytes(8, 1), 8);
    publish(file(1, 0, 0x1000, note));
    publish(file(1, 2, 0x1000, note));
    publish(file(1, 1, 11, note));
    publish(file(1, 1, (1 << 20) + 1, note));
    EXPECT_THAT(told, testing::ElementsAre(quirk::host_format_overwritten, quirk::partial_write,
                                           quirk::guest_format_not_elf, quirk::guest_format_not_elf,
                                           quirk::size_out_of_range, quirk::size_out_of_range));
}

/// Host mistakes: row 79. No kernel needs to run for them.
template <typename ACTION>
std::string mistake(ACTION action) {
    try {
        action();
    } catch (const std::runtime_error& caught) {
        return caught.what();
    }
    return "accepted";
}

TEST(vmcoreinfo, a_second_device_is_refused) {
    fw_cfg firmware("fw_cfg");
    vmcoreinfo first("first", firmware);
    EXPECT_EQ(mistake([&] { vmcoreinfo("second", firmware); }), "at most one vmcoreinfo device is permitted");
}

TEST(vmcoreinfo, fw_cfg_without_dma_is_refused) {
    fw_cfg::config config;
    config.dma_enabled = false;
    fw_cfg firmware("fw_cfg", config);
    EXPECT_EQ(mistake([&] { vmcoreinfo("device", firmware); }), "vmcoreinfo device requires fw_cfg with DMA");
}

TEST(vmcoreinfo, a_file_of_the_same_name_is_a_duplicate) {
    fw_cfg firmware("fw_cfg");
    firmware.add_file("etc/vmcoreinfo", {1});
    EXPECT_EQ(mistake([&] { vmcoreinfo("device", firmware); }), "duplicate fw_cfg file name: etc/vmcoreinfo");
}

TEST(vmcoreinfo, no_file_slot_left_is_an_error_that_names_the_file) {
    fw_cfg::config config;
    config.file_slots = 0x10;
    fw_cfg firmware("fw_cfg", config);
    for (int i = 0; i < 0x10; ++i)
        firmware.add_file("opt/" + std::to_string(i), {});
    EXPECT_THAT(mistake([&] { vmcoreinfo("device", firmware); }), testing::HasSubstr("etc/vmcoreinfo"));
}

} // namespace
} // namespace vmcore::test
