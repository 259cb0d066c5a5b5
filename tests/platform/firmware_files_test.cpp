#include "platform/virt/firmware_files.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

using testing::AllOf;
using testing::HasSubstr;
using vmcore::virt::find_default_firmware;
using vmcore::virt::find_firmware;

namespace {

struct firmware_files : testing::Test {
    std::filesystem::path root;

    firmware_files() {
        std::string name = "/tmp/vmcore-test-XXXXXX";
        root = ::mkdtemp(name.data());
        for (const char* directory : {"one", "two"})
            std::filesystem::create_directory(root / directory);
    }
    ~firmware_files() override { std::filesystem::remove_all(root); }

    std::string path(const std::string& name) const { return (root / name).string(); }
    void make(const std::string& name) const { std::ofstream(root / name) << "x"; }
    std::vector<std::string> both() const { return {path("one"), path("two")}; }
};

} // namespace

TEST_F(firmware_files, a_path_is_taken_before_a_name_in_a_directory) {
    make("firmware");
    std::filesystem::create_directory(root / "one" / "tmp");
    EXPECT_EQ(find_firmware(path("firmware"), both()), path("firmware"));
}

TEST_F(firmware_files, the_first_directory_that_has_it_wins) {
    make("two/firmware-x");
    EXPECT_EQ(find_firmware("firmware-x", both()), path("two/firmware-x"));
    make("one/firmware-x");
    EXPECT_EQ(find_firmware("firmware-x", both()), path("one/firmware-x"));
}

TEST_F(firmware_files, a_directory_is_no_firmware_and_what_is_nowhere_stays_a_name) {
    std::filesystem::create_directory(root / "one" / "firmware-x");
    EXPECT_EQ(find_firmware("firmware-x", both()), "firmware-x");
}

TEST_F(firmware_files, the_default_has_qemu_s_name_or_debian_s) {
    make("two/fw_dynamic.bin");
    EXPECT_EQ(find_default_firmware(both()), path("two/fw_dynamic.bin"));
    make("two/opensbi-riscv64-generic-fw_dynamic.bin");
    EXPECT_EQ(find_default_firmware(both()), path("two/opensbi-riscv64-generic-fw_dynamic.bin"));
}

TEST_F(firmware_files, without_a_default_the_error_names_the_package_and_where_it_was_looked_for) {
    std::filesystem::create_symlink("nowhere", root / "one" / "fw_dynamic.bin");
    try {
        find_default_firmware(both());
        FAIL() << "found";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr("-bios default"), HasSubstr(path("one")),
                                        HasSubstr(path("two")), HasSubstr("package opensbi")));
    }
}
