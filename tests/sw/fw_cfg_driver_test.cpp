// The firmware's fw_cfg driver, compiled for the host, against devices that misbehave: what the self-test,
// which runs on well-behaved devices, cannot show.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/sw/fake_fw_cfg.h"

namespace {

using vmcore::test::fake_fw_cfg;
using file = fake_fw_cfg::file;

class fw_cfg_driver : public testing::Test {
protected:
    fw_cfg& opened() {
        EXPECT_EQ(fw_cfg_open(&m_driver, fake_fw_cfg::base), FW_CFG_OK);
        device.stores.clear();
        device.data_reads = 0;
        return m_driver;
    }

    fw_cfg_status find(const char* name) { return fw_cfg_find(&opened(), name, &found); }

    fake_fw_cfg device;
    fw_cfg_file found{};

private:
    fw_cfg m_driver{};
};

TEST_F(fw_cfg_driver, another_signature_is_no_device) {
    device.items[FW_CFG_KEY_SIGNATURE] = {'Q', 'E', 'M', 'X'};
    fw_cfg driver;
    EXPECT_EQ(fw_cfg_open(&driver, fake_fw_cfg::base), FW_CFG_NO_DEVICE);
}

TEST_F(fw_cfg_driver, device_without_the_dma_feature_opens_and_never_sees_a_descriptor) {
    device.items[FW_CFG_KEY_FEATURES] = {1, 0, 0, 0};
    uint8_t byte;
    EXPECT_EQ(fw_cfg_dma_read(&opened(), FW_CFG_KEY_SIGNATURE, &byte, 1), FW_CFG_NO_DMA);
    EXPECT_TRUE(device.stores.empty());
}

TEST_F(fw_cfg_driver, dma_feature_without_its_register_signature_is_not_believed) {
    device.dma_signature = false;
    EXPECT_EQ(opened().features, FW_CFG_FEATURE_BASIC);
}

TEST_F(fw_cfg_driver, finds_a_file) {
    device.set_directory({{"a", 0x20, 1}, {"etc/b", 0x3fff, 0xffffffff}, {"z", 0x22, 3}});
    ASSERT_EQ(find("etc/b"), FW_CFG_OK);
    EXPECT_EQ(found.key, 0x3fff);
    EXPECT_EQ(found.size, 0xffffffffU);
    EXPECT_STREQ(found.name, "etc/b");
}

TEST_F(fw_cfg_driver, name_that_only_begins_alike_is_not_found) {
    device.set_directory({{"etc/vmcoreinfo2", 0x20, 16}, {"etc/vmcore", 0x21, 16}});
    EXPECT_EQ(find("etc/vmcoreinfo"), FW_CFG_NOT_FOUND);
}

TEST_F(fw_cfg_driver, name_of_55_characters_is_found_and_of_56_refused) {
    const std::string longest(55, 'x');
    device.set_directory({{longest, 0x20, 1}});
    EXPECT_EQ(find(longest.c_str()), FW_CFG_OK);
    EXPECT_EQ(find((longest + "x").c_str()), FW_CFG_BAD_ARGUMENT);
}

TEST_F(fw_cfg_driver, first_of_equal_names_wins) {
    device.set_directory({{"a", 0x20, 1}, {"a", 0x21, 2}});
    ASSERT_EQ(find("a"), FW_CFG_OK);
    EXPECT_EQ(found.key, 0x20);
}

TEST_F(fw_cfg_driver, impossible_file_count_ends_the_search_at_once) {
    device.set_directory({{"a", 0x20, 1}}, FW_CFG_MAX_FILES + 1);
    EXPECT_EQ(find("a"), FW_CFG_BAD_DIRECTORY);
    EXPECT_EQ(device.data_reads, 4U);
    device.set_directory({{"a", 0x20, 1}}, 0xffffffff);
    EXPECT_EQ(find("a"), FW_CFG_BAD_DIRECTORY);
}

TEST_F(fw_cfg_driver, count_beyond_the_records_ends_at_the_first_missing_one) {
    device.set_directory({{"a", 0x20, 1}}, FW_CFG_MAX_FILES);
    EXPECT_EQ(find("b"), FW_CFG_BAD_DIRECTORY);
    EXPECT_EQ(device.data_reads, 4U + 2 * 64);
}

TEST_F(fw_cfg_driver, unterminated_name_is_a_bad_directory) {
    device.set_directory({{std::string(56, 'x'), 0x20, 1}});
    EXPECT_EQ(find("x"), FW_CFG_BAD_DIRECTORY);
}

TEST_F(fw_cfg_driver, key_that_no_file_can_have_is_a_bad_directory) {
    for (const uint16_t key : {0x00, 0x19, 0x1f, 0x4000, 0x8020, 0xffff}) {
        device.set_directory({{"a", key, 1}});
        EXPECT_EQ(find("a"), FW_CFG_BAD_DIRECTORY) << key;
    }
}

RC_GTEST_FIXTURE_PROP(fw_cfg_driver, random_directory_is_read_within_bounds, (std::vector<uint8_t> bytes)) {
    const auto count = *rc::gen::inRange<uint32_t>(0, 4);
    std::vector<uint8_t> directory{0, 0, 0, static_cast<uint8_t>(count)};
    directory.insert(directory.end(), bytes.begin(), bytes.end());
    device.items[FW_CFG_KEY_DIRECTORY] = directory;
    const fw_cfg_status status = find("a");
    RC_ASSERT(status == FW_CFG_OK || status == FW_CFG_NOT_FOUND || status == FW_CFG_BAD_DIRECTORY);
    RC_ASSERT(device.data_reads <= 4U + 64 * count);
}

TEST_F(fw_cfg_driver, descriptor_is_handed_over_in_one_store_by_default) {
    fw_cfg& driver = opened();
    char buffer[4];
    ASSERT_EQ(fw_cfg_dma_read(&driver, 0, buffer, sizeof buffer), FW_CFG_OK);
    EXPECT_EQ(std::string(buffer, 4), "QEMU");
    ASSERT_EQ(device.stores.size(), 1U);
    EXPECT_EQ(device.stores[0].offset, 16U);
    EXPECT_EQ(device.stores[0].width, 8U);
    ASSERT_EQ(device.transfers.size(), 1U);
    EXPECT_EQ(device.transfers[0].control, 0x0000000aU);
    EXPECT_EQ(device.transfers[0].length, 4U);
    EXPECT_EQ(device.transfers[0].address, reinterpret_cast<uintptr_t>(buffer));
}

TEST_F(fw_cfg_driver, two_stores_are_high_half_then_low_half) {
    fw_cfg& driver = opened();
    driver.form = FW_CFG_DMA_TWO_STORES;
    char buffer[4];
    ASSERT_EQ(fw_cfg_dma_read(&driver, 0, buffer, sizeof buffer), FW_CFG_OK);
    EXPECT_EQ(std::string(buffer, 4), "QEMU");
    ASSERT_EQ(device.stores.size(), 2U);
    EXPECT_EQ(device.stores[0].offset, 16U);
    EXPECT_EQ(device.stores[1].offset, 20U);
}

TEST_F(fw_cfg_driver, descriptor_that_never_completes_is_a_timeout) {
    fw_cfg& driver = opened();
    device.completes = false;
    driver.poll_limit = 7;
    EXPECT_EQ(fw_cfg_dma_skip(&driver, 1), FW_CFG_TIMEOUT);
}

TEST_F(fw_cfg_driver, error_bit_is_an_error_and_unknown_bits_are_work_in_progress) {
    fw_cfg& driver = opened();
    device.fails = true;
    EXPECT_EQ(fw_cfg_dma_skip(&driver, 1), FW_CFG_DMA_ERROR);
    driver.poll_limit = 3;
    const volatile uint32_t busy_with_error = 0x03000000;
    EXPECT_EQ(fw_cfg_wait(&driver, &busy_with_error), FW_CFG_TIMEOUT);
}

TEST_F(fw_cfg_driver, length_over_32_bits_never_reaches_the_device) {
    EXPECT_EQ(fw_cfg_dma_skip(&opened(), 1ULL << 32), FW_CFG_BAD_ARGUMENT);
    EXPECT_TRUE(device.transfers.empty());
}

TEST(fw_cfg_status, every_status_has_a_name_of_its_own) {
    for (int left = FW_CFG_OK; left <= FW_CFG_TIMEOUT; left++) {
        EXPECT_STRNE(fw_cfg_status_name(static_cast<fw_cfg_status>(left)), "unknown status") << left;
        for (int right = FW_CFG_OK; right < left; right++) {
            EXPECT_STRNE(fw_cfg_status_name(static_cast<fw_cfg_status>(left)),
                         fw_cfg_status_name(static_cast<fw_cfg_status>(right)));
        }
    }
}

} // namespace
