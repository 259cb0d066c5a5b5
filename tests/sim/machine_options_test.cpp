#include "sim/machine_options.h"

#include "sim/key_values.h"

#include <gtest/gtest.h>

namespace vmcore::sim {
namespace {

TEST(machine_options, the_program_s_name_chooses_the_machine) {
    EXPECT_EQ(machine_of_program("/usr/bin/vp-system-x86_64"), machine_type::pc);
    EXPECT_EQ(machine_of_program("qemu-system-x86_64"), machine_type::pc);
    EXPECT_EQ(machine_of_program("vp-system-riscv64"), machine_type::virt);
    EXPECT_EQ(machine_of_program("./vmcore-vp"), machine_type::virt);
    EXPECT_EQ(machine_of_program("/opt/-system-x86_64/vmcore-vp"), machine_type::virt);
    EXPECT_EQ(machine_of_program(""), machine_type::virt);
}

TEST(machine_options, a_machine_may_name_its_accelerator) {
    EXPECT_EQ(parse_machine("-M", "pc,accel=qtest").accelerator, "qtest");
    EXPECT_EQ(parse_machine("-M", "virt").accelerator, "");
}

board_config complete(machine_type type, const smp_option& smp, const boot_option& boot = {}) {
    board_config board;
    complete_machine(type, {}, smp, boot, board);
    return board;
}

TEST(machine_options, numbers_of_cpus_complete_each_other) {
    smp_option smp;
    EXPECT_EQ(complete(machine_type::pc, smp).cpus, 1u);
    parse_smp("-smp", "maxcpus=4", smp);
    EXPECT_EQ(complete(machine_type::pc, smp).cpus, 4u) << "all of them are there, as on QEMU";
    parse_smp("-smp", "2", smp);
    EXPECT_EQ(complete(machine_type::pc, smp).cpus, 2u);
    EXPECT_EQ(complete(machine_type::pc, smp).max_cpus, 4u) << "from the option before";
    parse_smp("-smp", "cpus=3,maxcpus=3", smp);
    EXPECT_EQ(complete(machine_type::virt, smp).cpus, 3u);
}

TEST(machine_options, a_pc_may_have_255_cpus_and_a_virt_board_8) {
    smp_option smp;
    parse_smp("-smp", "255", smp);
    EXPECT_EQ(complete(machine_type::pc, smp).max_cpus, 255u);
    EXPECT_THROW(complete(machine_type::virt, smp), usage_error);
    EXPECT_THROW(parse_smp("-smp", "256", smp), usage_error);
}

TEST(machine_options, uuid_bytes_are_in_the_order_of_the_text) {
    const std::array<uint8_t, 16> expected{0x46, 0x00, 0xcb, 0x32, 0x38, 0xec, 0x4b, 0x2f,
                                           0x8a, 0xcb, 0x81, 0xc6, 0xea, 0x54, 0xf2, 0xd8};
    EXPECT_EQ(parse_uuid("-uuid", "4600cb32-38ec-4b2f-8acb-81c6ea54f2d8"), expected);
    EXPECT_EQ(parse_uuid("-uuid", "4600CB32-38EC-4B2F-8ACB-81C6EA54F2D8"), expected);
    for (const char* wrong :
         {"", "x", "4600cb3238ec4b2f8acb81c6ea54f2d8", "{4600cb32-38ec-4b2f-8acb-81c6ea54f2d8}",
          "4600cb32-38ec-4b2f-8acb-81c6ea54f2d8 ", "4600cb32-38ec-4b2f-8acb-81c6ea54f2dg",
          "4600cb32038ec-4b2f-8acb-81c6ea54f2d8", "-600cb32-38ec-4b2f-8acb-81c6ea54f2d8"})
        EXPECT_THROW(parse_uuid("-uuid", wrong), usage_error) << wrong;
}

board_config::boot_settings boot_settings(const std::string& value) {
    boot_option boot;
    parse_boot("-boot", value, boot);
    return boot.settings;
}

TEST(machine_options, boot_takes_what_qemu_takes) {
    EXPECT_EQ(boot_settings("splash-time=0").splash_time, 0);
    EXPECT_EQ(boot_settings("splash-time=0x10").splash_time, 16);
    EXPECT_EQ(boot_settings("splash-time=65535").splash_time, 65535);
    EXPECT_EQ(boot_settings("reboot-timeout=15").reboot_timeout, 15);
    EXPECT_EQ(boot_settings("reboot-timeout=65535").reboot_timeout, 65535);
    EXPECT_EQ(boot_settings("reboot-timeout=-1").reboot_timeout, std::nullopt);
    EXPECT_TRUE(boot_settings("dc,menu=on,strict=on").menu);
    EXPECT_FALSE(boot_settings("menu=off").menu);
    EXPECT_FALSE(boot_settings("").splash_time.has_value());
    for (const char* wrong : {"splash-time=-1", "splash-time=65536", "splash-time=", "splash-time=1k",
                              "reboot-timeout=-2", "reboot-timeout=70000", "menu=maybe", "strict=x",
                              "order=cc", "order=z", "once=z", "menu", "bogus=1"})
        EXPECT_THROW(boot_settings(wrong), usage_error) << wrong;
}

TEST(machine_options, boot_options_complete_each_other) {
    boot_option boot;
    parse_boot("-boot", "splash-time=5,menu=on", boot);
    parse_boot("-boot", "splash-time=6", boot);
    EXPECT_EQ(boot.settings.splash_time, 6);
    EXPECT_TRUE(boot.settings.menu);
}

TEST(machine_options, drives_are_those_that_the_board_could_have) {
    boot_option boot;
    parse_boot("-boot", "order=p", boot);
    EXPECT_NO_THROW(complete(machine_type::virt, {}, boot));
    EXPECT_THROW(complete(machine_type::pc, {}, boot), usage_error);
    parse_boot("-boot", "order=abcd", boot);
    EXPECT_THROW(complete(machine_type::pc, {}, boot), usage_error) << "QEMU's pc takes three";
    parse_boot("-boot", "order=ndc,once=a", boot);
    EXPECT_NO_THROW(complete(machine_type::pc, {}, boot));
    EXPECT_THROW(complete(machine_type::virt, {}, boot), usage_error) << "once= needs a machine that can";
}

} // namespace
} // namespace vmcore::sim
