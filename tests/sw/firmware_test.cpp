// The built firmware under QEMU: what each program prints and its exit status. FIRMWARE_DIR holds the ELF
// files, QEMU_RISCV64 is the emulator or empty.
#include <cstdio>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace {

struct outcome {
    int exit_status = -1;
    std::string console;
};

outcome run_command(const std::string& command) {
    outcome result;
    FILE* const pipe = popen((command + " 2>/dev/null </dev/null").c_str(), "r");
    if (pipe == nullptr) {
        return result;
    }
    char buffer[4096];
    for (size_t length; (length = fread(buffer, 1, sizeof buffer, pipe)) != 0;) {
        result.console.append(buffer, length);
    }
    const int status = pclose(pipe);
    result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

std::string elf(const std::string& program) {
    return std::string(FIRMWARE_DIR) + "/" + program + ".elf";
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// What stands between the first `before` and the next `after`; empty when there is no such text.
std::string text_between(const std::string& text, const std::string& before, const std::string& after) {
    const size_t start = text.find(before);
    if (start == std::string::npos) {
        return "";
    }
    const size_t end = text.find(after, start + before.size());
    return end == std::string::npos ? "" : text.substr(start + before.size(), end - start - before.size());
}

class firmware : public testing::Test {
protected:
    void SetUp() override {
        if (std::string(QEMU_RISCV64).empty()) {
            GTEST_SKIP() << "qemu-system-riscv64 is not installed";
        }
    }

    static outcome run(const std::string& program, const std::string& options) {
        return run_command(std::string("timeout 60 ") + QEMU_RISCV64 +
                           " -M virt -nographic -nic none -display none " + options + " -bios " +
                           elf(program));
    }
};

TEST_F(firmware, vmcoreinfo_program_publishes_and_exits_with_0) {
    const outcome result = run("vmcoreinfo", "-device vmcoreinfo");
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_THAT(result.console, testing::StartsWith("vmcore-vp firmware "));
    EXPECT_THAT(result.console, testing::HasSubstr("\nNUMBER(phys_ram_base)=2147483648\n"));
    EXPECT_THAT(result.console, testing::HasSubstr(", read back and equal\n"));
    EXPECT_THAT(result.console, testing::EndsWith("\ndone, powering off\n"));
}

TEST_F(firmware, console_does_not_depend_on_memory_harts_or_other_files) {
    const outcome plain = run("vmcoreinfo", "-device vmcoreinfo");
    const outcome other =
        run("vmcoreinfo", "-device vmcoreinfo -m 256M -smp 3 -fw_cfg name=opt/org.example/blob,string=text");
    EXPECT_EQ(other.exit_status, 0);
    EXPECT_EQ(plain.console, other.console);
    const outcome plain_test = run("selftest", "-device vmcoreinfo");
    const outcome other_test = run("selftest", "-device vmcoreinfo -m 32M -fw_cfg name=opt/a,string=text");
    EXPECT_EQ(plain_test.console, other_test.console);
}

TEST_F(firmware, note_tells_the_build_id_of_the_program) {
    const std::string id =
        text_between(run_command("readelf -n " + elf("vmcoreinfo")).console, "Build ID: ", "\n");
    ASSERT_EQ(id.size(), 40U);
    EXPECT_THAT(run("vmcoreinfo", "-device vmcoreinfo").console,
                testing::HasSubstr("\nBUILD-ID=" + id + "\n"));
}

TEST_F(firmware, vmcoreinfo_program_without_the_device_exits_with_3) {
    const outcome result = run("vmcoreinfo", "");
    EXPECT_EQ(result.exit_status, 3);
    EXPECT_THAT(result.console, testing::HasSubstr("\nfailed: etc/vmcoreinfo: no vmcoreinfo device\n"));
}

TEST_F(firmware, selftest_passes) {
    const outcome result = run("selftest", "-device vmcoreinfo");
    EXPECT_EQ(result.exit_status, 0);
    std::vector<std::string> lines = lines_of(result.console);
    ASSERT_GT(lines.size(), 90U);
    EXPECT_EQ(lines.back(), "0 failures");
    lines.pop_back();
    EXPECT_THAT(lines, testing::Each(testing::StartsWith("ok ")));
}

TEST_F(firmware, selftest_without_the_device_exits_with_the_number_of_failures) {
    const outcome result = run("selftest", "");
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(result.console, testing::HasSubstr("\nFAIL vmcoreinfo_opens: got 0x1, expected 0x0\n"));
    EXPECT_THAT(result.console, testing::EndsWith("\n1 failures\n"));
}

TEST_F(firmware, loops_take_about_100_million_instructions) {
    for (const std::string loop : {"alu", "sieve", "mixed"}) {
        const outcome result = run("bench_" + loop, "-icount shift=0,sleep=off");
        EXPECT_EQ(result.exit_status, 0);
        EXPECT_THAT(result.console, testing::StartsWith(loop + ": checksum 0x"));
        const std::string count = text_between(result.console, ", ", " instructions\n");
        ASSERT_FALSE(count.empty()) << result.console;
        EXPECT_NEAR(std::stod(count), 100e6, 5e6) << loop;
    }
}

TEST_F(firmware, fw_cfg_rates_move_the_right_data) {
    const outcome result = run("bench_fwcfg_rate", "");
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_THAT(lines_of(result.console),
                testing::ElementsAre(
                    testing::_, testing::MatchesRegex("data register, bytes: [0-9]+ operations of 1 bytes"),
                    testing::_,
                    testing::MatchesRegex("data register, doublewords: [0-9]+ operations of 8 bytes"),
                    testing::_, "dma: 20000 operations of 65536 bytes"));
}

} // namespace
