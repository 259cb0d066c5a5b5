// The firmware's vmcoreinfo driver and note builder, compiled for the host.
#include <gtest/gtest.h>

#include "tests/sw/fake_fw_cfg.h"

extern "C" {
#include "sw/lib/elf_note.h"
#include "sw/lib/vmcoreinfo.h"
}

namespace {

using vmcore::test::fake_fw_cfg;
using bytes = std::vector<uint8_t>;

class vmcoreinfo_driver : public testing::Test {
protected:
    vmcoreinfo_driver() { set_file(16, bytes{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}); }

    void set_file(uint32_t size, const bytes& content) {
        device.set_directory({{"etc/vmcoreinfo", key, size}});
        device.items[key] = content;
    }

    vmcoreinfo_status open() {
        EXPECT_EQ(fw_cfg_open(&m_fw_cfg, fake_fw_cfg::base), FW_CFG_OK);
        return vmcoreinfo_open(&driver, &m_fw_cfg);
    }

    static constexpr uint16_t key = 0x28;
    fake_fw_cfg device;
    vmcoreinfo driver{};

private:
    fw_cfg m_fw_cfg{};
};

TEST_F(vmcoreinfo_driver, missing_file_is_no_device) {
    device.set_directory({{"etc/other", 0x20, 16}});
    EXPECT_EQ(open(), VMCOREINFO_NO_DEVICE);
}

TEST_F(vmcoreinfo_driver, bad_directory_is_told_as_such) {
    device.set_directory({}, 0xffffffff);
    EXPECT_EQ(open(), VMCOREINFO_FW_CFG_ERROR);
    EXPECT_EQ(driver.transport, FW_CFG_BAD_DIRECTORY);
}

TEST_F(vmcoreinfo_driver, file_of_another_size_is_refused_unread) {
    for (const uint32_t size : {0U, 15U, 17U, 0xffffffffU}) {
        set_file(size, bytes(32, 1));
        EXPECT_EQ(open(), VMCOREINFO_BAD_SIZE) << size;
    }
    EXPECT_TRUE(device.transfers.empty());
}

TEST_F(vmcoreinfo_driver, host_without_elf_is_refused) {
    set_file(16, bytes(16, 0));
    EXPECT_EQ(open(), VMCOREINFO_NO_ELF);
    bytes second_format(16, 0);
    second_format[0] = 2;
    set_file(16, second_format);
    EXPECT_EQ(open(), VMCOREINFO_NO_ELF);
}

TEST_F(vmcoreinfo_driver, publishes_in_one_write_of_16_bytes) {
    ASSERT_EQ(open(), VMCOREINFO_OK);
    device.transfers.clear();
    ASSERT_EQ(vmcoreinfo_publish(&driver, 0x1122334455667788, 0xabcd), VMCOREINFO_OK);
    ASSERT_EQ(device.transfers.size(), 2U);
    EXPECT_EQ(device.transfers[0].control, 0x00280018U); // key, select, write
    EXPECT_EQ(device.transfers[0].length, 16U);
    EXPECT_EQ(device.transfers[1].control, 0x0028000aU); // key, select, read
    EXPECT_EQ(device.items[key],
              (bytes{1, 0, 1, 0, 0xcd, 0xab, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11}));
}

TEST_F(vmcoreinfo_driver, disabling_keeps_host_format_only) {
    ASSERT_EQ(open(), VMCOREINFO_OK);
    ASSERT_EQ(vmcoreinfo_publish(&driver, 0x1000, 24), VMCOREINFO_OK);
    ASSERT_EQ(vmcoreinfo_disable(&driver), VMCOREINFO_OK);
    EXPECT_EQ(device.items[key], (bytes{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST_F(vmcoreinfo_driver, note_sizes_are_bounded) {
    ASSERT_EQ(open(), VMCOREINFO_OK);
    EXPECT_EQ(vmcoreinfo_publish(&driver, 0, 11), VMCOREINFO_BAD_NOTE);
    EXPECT_EQ(vmcoreinfo_publish(&driver, 0, 12), VMCOREINFO_OK);
    EXPECT_EQ(vmcoreinfo_publish(&driver, 0, 1 << 20), VMCOREINFO_OK);
    EXPECT_EQ(vmcoreinfo_publish(&driver, 0, (1 << 20) + 1), VMCOREINFO_BAD_NOTE);
}

TEST_F(vmcoreinfo_driver, record_that_the_device_drops_is_noticed) {
    ASSERT_EQ(open(), VMCOREINFO_OK);
    device.forgets_writes = true;
    EXPECT_EQ(vmcoreinfo_publish(&driver, 0x1000, 24), VMCOREINFO_NOT_KEPT);
}

TEST_F(vmcoreinfo_driver, failed_transfer_is_told_with_its_cause) {
    ASSERT_EQ(open(), VMCOREINFO_OK);
    device.fails = true;
    EXPECT_EQ(vmcoreinfo_publish(&driver, 0x1000, 24), VMCOREINFO_FW_CFG_ERROR);
    EXPECT_EQ(driver.transport, FW_CFG_DMA_ERROR);
}

TEST(elf_note, lines_have_the_radix_that_readers_expect) {
    static vmcoreinfo_note note;
    text lines = note_begin(&note);
    note_text(&lines, "OSRELEASE", "x");
    note_symbol(&lines, "s", reinterpret_cast<const void*>(0x80001abcUL));
    note_size(&lines, "t", 10);
    note_offset(&lines, "t.m", 0);
    note_decimal(&lines, "phys_ram_base", 0x80000000);
    note_decimal(&lines, "max", UINT64_MAX);
    note_hex(&lines, "PAGE_OFFSET", 0xff60000000000000);
    EXPECT_STREQ(note.descriptor, "OSRELEASE=x\n"
                                  "SYMBOL(s)=80001abc\n"
                                  "SIZE(t)=10\n"
                                  "OFFSET(t.m)=0\n"
                                  "NUMBER(phys_ram_base)=2147483648\n"
                                  "NUMBER(max)=18446744073709551615\n"
                                  "NUMBER(PAGE_OFFSET)=0xff60000000000000\n");
}

TEST(elf_note, size_covers_header_name_and_padded_text) {
    for (size_t length = 2; length < 12; length++) {
        static vmcoreinfo_note note;
        text lines = note_begin(&note);
        note_text(&lines, std::string(length - 2, 'k').c_str(), "");
        EXPECT_EQ(note_end(&note, &lines), 24 + (length + 3) / 4 * 4);
        EXPECT_EQ(note.name_size, 11U);
        EXPECT_EQ(note.descriptor_size, length);
        EXPECT_EQ(note.type, 0U);
        EXPECT_STREQ(note.name, "VMCOREINFO");
    }
}

TEST(elf_note, text_that_does_not_fit_gives_no_note) {
    static vmcoreinfo_note note;
    text lines = note_begin(&note);
    for (size_t i = 0; i < sizeof note.descriptor - 1; i++) {
        text_char(&lines, 'x');
    }
    EXPECT_EQ(note_end(&note, &lines), sizeof note);
    text_char(&lines, 'x');
    EXPECT_EQ(note_end(&note, &lines), 0U);
}

} // namespace
