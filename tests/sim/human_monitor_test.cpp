// The human monitor on a board of a memory and a ROM. Texts are those of qemu-system-riscv64 10.0.2.

#include "sim/qmp/human_monitor.h"

#include "models/memory/memory.h"
#include "tests/harness/bench.h"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <stdexcept>

namespace vmcore::test {
namespace {

namespace json = boost::json;
using sim::bus_viewer;
using sim::qmp::human_monitor;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

memory::config read_only(uint64_t size) {
    memory::config settings;
    settings.size = size;
    settings.read_only = true;
    return settings;
}

memory::config writable(uint64_t size) {
    memory::config settings;
    settings.size = size;
    return settings;
}

class fake_board : public sc_core::sc_module, public board {
public:
    fake_board(const sc_core::sc_module_name& name, unsigned cpus)
        : sc_core::sc_module(name)
        , m_cpus(cpus) {
        m_bus.map("ram", 0x80000000, 0x1000, ram.socket);
        m_bus.map("rom", 0x1000, 0x100, rom.socket);
        for (unsigned i = 0; i < 32; ++i)
            rom.data()[i] = static_cast<uint8_t>(0x90 + i);
    }

    void reset() override {}
    bool busy() const override { return false; }
    void yield() override {}
    void hold() override {}
    void release() override {}
    std::string target() const override { return "riscv64"; }
    std::string cpu_path(unsigned) const override { return ""; }
    bus& memory_bus() override { return m_bus; }
    bus* port_bus() override { return nullptr; }
    std::vector<interrupt_device> interrupt_devices() const override { return {}; }
    std::vector<const cpu_context*> cpus() const override {
        return std::vector<const cpu_context*>(m_cpus, nullptr);
    }
    std::string registers_text(unsigned cpu) const override { return " pc " + std::to_string(cpu) + "\n"; }
    std::optional<uint64_t> register_value(unsigned cpu, const std::string& name) const override {
        return name == "pc" ? std::optional<uint64_t>(0x1000 + cpu) : std::nullopt;
    }
    uint64_t instructions() const override { return 0; }
    const vmcoreinfo_source* vmcoreinfo() const override { return nullptr; }
    void on_publish(std::function<void()>) override {}
    void flush_console() override {}
    std::vector<memory_range> ranges() const override { return {}; }

    memory ram{"ram", writable(0x1000)};
    memory rom{"rom", read_only(0x100)};

private:
    unsigned m_cpus;
    bus m_bus{"bus"};
};

class monitor_bench : public bench {
public:
    explicit monitor_bench(unsigned cpus = 2)
        : board("board", cpus) {}

protected:
    std::string say(const std::string& line, unsigned cpu = 0) { return monitor.execute(line, cpu); }

    /// What QMP answers; every command is written down.
    json::value answer(const std::string& name, const json::object& given) {
        called.push_back(given.empty() ? name : name + " " + json::serialize(given));
        if (!refusal.empty())
            throw std::runtime_error(refusal);
        return result;
    }

    fake_board board;
    bus_viewer viewer{"viewer", board};
    human_monitor monitor{board, viewer,
                          [this](const auto& name, const auto& given) { return answer(name, given); }};
    std::vector<std::string> called;
    std::string refusal;
    json::value result = json::object();
};

class bare_bench : public monitor_bench {
public:
    bare_bench()
        : monitor_bench(0) {}
};

SC_TEST(monitor_bench, memory_is_shown_in_columns_of_its_format) {
    EXPECT_EQ(say("xp/3xb 0x1000"), "0000000000001000: 0x90 0x91 0x92\r\n");
    EXPECT_EQ(say("xp/9ub 0x1000"), "0000000000001000: 144 145 146 147 148 149 150 151\r\n"
                                    "0000000000001008: 152\r\n");
    EXPECT_EQ(say("x/2dw 0x1000"), "0000000000001000: 2475856272 2543228308\r\n");
    EXPECT_EQ(say("x/1dg 0x1000"), "0000000000001000: -7523661662112280176\r\n");
    EXPECT_EQ(say("x/2oh 0x1000"), "0000000000001000: 0110620 0111622\r\n");
    EXPECT_EQ(say("x/1xg 0x1000"), "0000000000001000: 0x9796959493929190\r\n");
    EXPECT_EQ(say("x/1cw 0x1000"), "0000000000001000: '\\x90' '\\x91' '\\x92' '\\x93'\r\n");
}

SC_TEST(monitor_bench, formats_are_remembered_from_one_command_to_the_next) {
    EXPECT_EQ(say("xp 0x1000"), "0000000000001000: 0x93929190\r\n");
    say("xp/xh 0x1000");
    EXPECT_EQ(say("xp 0x1000"), "0000000000001000: 0x9190\r\n");
    EXPECT_EQ(say("p 16"), "0x10\r\n");
    EXPECT_EQ(say("p/d 16"), "16\r\n");
    EXPECT_EQ(say("xp 0x1000"), "0000000000001000: 37264\r\n");
}

SC_TEST(monitor_bench, the_line_that_cannot_be_read_is_the_last) {
    EXPECT_EQ(say("x/9xw 0x80000ff0"), "0000000080000ff0: 0x00000000 0x00000000 0x00000000 0x00000000\r\n"
                                       "0000000080001000: Cannot access memory\r\n");
    EXPECT_EQ(say("xp/2xw 0x80000ffc"), "0000000080000ffc: Cannot access memory\r\n");
    EXPECT_EQ(say("xp/4xw 0xffffffffffffffff"), "ffffffffffffffff: Cannot access memory\r\n");
    EXPECT_EQ(say("xp/0 0x1000"), "");
}

SC_TEST(monitor_bench, shows_no_more_than_a_mebibyte_and_no_instructions) {
    EXPECT_EQ(say("xp/1048577xb 0x1000"), "Error: no more than 1048576 bytes are shown at a time\r\n");
    EXPECT_EQ(say("xp/99999999999999999999999xg 0x1000"),
              "Error: no more than 1048576 bytes are shown at a time\r\n");
    EXPECT_EQ(say("x/i 0x1000"), "Error: disassembly is not built\r\n");
}

SC_TEST(monitor_bench, values_are_printed_with_registers_of_the_lines_cpu) {
    EXPECT_EQ(say("p/x $pc+1", 1), "0x1002\r\n");
    EXPECT_EQ(say("p/c 39"), "'\\''\r\n");
    EXPECT_EQ(say("p/o 8"), "010\r\n");
    EXPECT_EQ(say("p/u -1"), "18446744073709551615\r\n");
    EXPECT_EQ(say("p/x 0"), "0\r\n");
    EXPECT_EQ(say("p $foo"), "unknown register\r\nTry \"help p\" for more information\r\n");
}

SC_TEST(monitor_bench, the_flat_view_tells_ram_from_rom) {
    EXPECT_EQ(say("info mtree -f"), "FlatView #0\r\n AS \"memory\", root: system\r\n"
                                    " AS \"cpu-memory-0\", root: system\r\n"
                                    " AS \"cpu-memory-1\", root: system\r\n"
                                    " Root memory region: system\r\n"
                                    "  0000000000001000-00000000000010ff (prio 0, rom): rom\r\n"
                                    "  0000000080000000-0000000080000fff (prio 0, ram): ram\r\n\r\n");
}

SC_TEST(monitor_bench, registers_are_those_of_the_cpu_that_is_asked_for) {
    EXPECT_EQ(say("info registers", 1), "\r\nCPU#1\r\n pc 1\r\n");
    EXPECT_EQ(say("info registers 0", 1), "\r\nCPU#0\r\n pc 0\r\n");
    EXPECT_EQ(say("info registers -a"), "\r\nCPU#0\r\n pc 0\r\n\r\nCPU#1\r\n pc 1\r\n");
    EXPECT_EQ(say("info registers 2"), "CPU#2 not available\r\n");
    EXPECT_THAT(say("info registers 0x100000000"),
                StartsWith("'registers' has failed: integer is for 32-bit values\r\n"));
}

SC_TEST(bare_bench, a_board_without_cpus_says_so) {
    EXPECT_EQ(say("info registers"), "No CPU available\r\n");
    EXPECT_EQ(say("info registers 0"), "CPU#0 not available\r\n");
    EXPECT_EQ(say("info registers -a"), "");
    EXPECT_EQ(say("x 0x1000"), "Can not dump without CPU\r\n");
    EXPECT_EQ(say("xp 0x1000"), "0000000000001000: 0x93929190\r\n");
    EXPECT_EQ(say("memsave 0 1 \"f\""), "No CPU available\r\n");
    EXPECT_THAT(called, IsEmpty());
}

SC_TEST(monitor_bench, commands_that_qmp_has_are_done_by_qmp) {
    for (const char* line : {"stop", "s", "cont", "c", "system_reset", "system_powerdown", "quit", "q"})
        EXPECT_EQ(say(line), "") << line;
    EXPECT_THAT(called, ElementsAre("stop", "stop", "cont", "cont", "system_reset", "system_powerdown",
                                    "quit", "quit"));
    refusal = "Resetting the Virtual Machine is required";
    EXPECT_EQ(say("c"), "Error: Resetting the Virtual Machine is required\r\n");
}

SC_TEST(monitor_bench, a_dump_has_qmps_arguments) {
    EXPECT_EQ(say("dump-guest-memory -d \"a b\" 0x1000 4*4"), "");
    EXPECT_EQ(say("dump-guest-memory -p -z -R f"), "");
    EXPECT_THAT(called,
                ElementsAre(R"(dump-guest-memory {"paging":false,"protocol":"file:a b","detach":true,)"
                            R"("begin":4096,"length":16})",
                            R"(dump-guest-memory {"paging":true,"protocol":"file:f","detach":false,)"
                            R"("format":"kdump-raw-zlib"})"));
    EXPECT_EQ(say("dump-guest-memory -z -l f"), "Error: only one of '-z|-l|-s|-w' can be set\r\n");
    EXPECT_EQ(say("dump-guest-memory -d"), "dump-guest-memory: filename expected\r\n"
                                           "Try \"help dump-guest-memory\" for more information\r\n");
    EXPECT_THAT(say("dump-guest-memory -q f"), StartsWith("dump-guest-memory: unsupported option -q\r\n"));
    EXPECT_THAT(say("dump-guest-memory -z -p f"), StartsWith("dump-guest-memory: unsupported option -p\r\n"));
    EXPECT_EQ(called.size(), 2u);
}

SC_TEST(monitor_bench, memory_is_saved_under_a_quoted_name) {
    say("memsave 0x1000 16 \"f\"", 1);
    say("pmemsave 0xffffffffffffffff 16 \"f\"");
    EXPECT_THAT(called, ElementsAre(R"(memsave {"val":4096,"size":16,"filename":"f","cpu-index":1})",
                                    R"(pmemsave {"val":18446744073709551615,"size":16,"filename":"f"})"));
    EXPECT_THAT(say("pmemsave 0 16 /f"), StartsWith("invalid char 'f' in expression\r\n"));
    EXPECT_THAT(say("pmemsave 0 16 \"f"), StartsWith("pmemsave: string expected\r\n"));
    EXPECT_THAT(say("pmemsave 0 0x100000000 \"f\""), HasSubstr("integer is for 32-bit values"));
}

SC_TEST(monitor_bench, states_are_told_in_words) {
    result = {{"status", "prelaunch"}, {"running", false}};
    EXPECT_EQ(say(" info   status "), "VM status: paused (prelaunch)\r\n");
    result = {{"status", "running"}, {"running", true}};
    EXPECT_EQ(say("info status"), "VM status: running\r\n");
    result = {{"status", "active"}, {"completed", 1}, {"total", 3}};
    EXPECT_EQ(say("info dump"), "Status: active\r\nFinished: 33.33 %\r\n");
    result = json::object();
    EXPECT_EQ(say("info name"), "");
    result = {{"name", "guest"}};
    EXPECT_EQ(say("info name"), "guest\r\n");
}

SC_TEST(monitor_bench, what_it_does_not_understand_is_quoted) {
    EXPECT_EQ(say(""), "");
    EXPECT_EQ(say("  "), "");
    EXPECT_EQ(say("nosuch a b"), "unknown command: 'nosuch'\r\n");
    EXPECT_EQ(say("info nosuch a"), "unknown command: 'info nosuch'\r\n");
    EXPECT_EQ(say("help nosuch"), "unknown command: 'nosuch'\r\n");
    EXPECT_EQ(say("s 1"), "stop|s: extraneous characters at the end of line\r\n"
                          "Try \"help s\" for more information\r\n");
    EXPECT_EQ(say("info dump 1"), "dump: extraneous characters at the end of line\r\n"
                                  "Try \"help info dump\" for more information\r\n");
    EXPECT_THAT(say("x/3z 0"), StartsWith("invalid char in format: 'z'\r\n"));
    EXPECT_THAT(say("x/x3 0"), StartsWith("invalid char in format: '3'\r\n"));
    EXPECT_THAT(say("x/"), StartsWith("unexpected end of expression\r\n"));
}

SC_TEST(monitor_bench, help_lists_every_command) {
    EXPECT_THAT(say("help"), HasSubstr("xp /fmt addr -- "));
    EXPECT_EQ(say("help"), say("?"));
    EXPECT_THAT(say("help q"), StartsWith("quit|q  -- "));
    EXPECT_EQ(say("info"), say("help info"));
    EXPECT_THAT(say("help info dump"), StartsWith("info dump  -- "));
}

} // namespace
} // namespace vmcore::test
