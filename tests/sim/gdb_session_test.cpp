#include "sim/gdb/session.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>

using namespace vmcore;
using namespace vmcore::sim::gdb;

namespace {

/// A CPU with 33 registers of the first feature and one more, and 64 bytes of memory at 0x1000.
class fake_target : public debug_target {
public:
    fake_target() {
        debug_feature cpu{"cpu", {}};
        for (unsigned i = 0; i < 33; ++i)
            cpu.registers.push_back({i == 32 ? "pc" : "x" + std::to_string(i), i, "int"});
        m_features = {cpu, {"more", {{"status", 70, "int"}}}};
    }

    std::string architecture() const override { return "riscv:rv64"; }
    const std::vector<debug_feature>& features() const override { return m_features; }
    unsigned program_counter() const override { return 32; }
    std::optional<uint64_t> read_register(unsigned number) const override {
        return number < 33 || number == 70 ? std::optional<uint64_t>(registers[number]) : std::nullopt;
    }
    bool write_register(unsigned number, uint64_t value) override {
        if (number < 33)
            registers[number] = value;
        return number < 33;
    }
    bool read_memory(uint64_t address, uint8_t* to, size_t size) override {
        if (address < 0x1000 || address > 0x1040 || size > 0x1040 - address)
            return false;
        std::memcpy(to, &memory[address - 0x1000], size);
        return true;
    }
    bool write_memory(uint64_t address, const uint8_t* from, size_t size) override {
        if (address < 0x1000 || address > 0x1040 || size > 0x1040 - address)
            return false;
        std::memcpy(&memory[address - 0x1000], from, size);
        return true;
    }
    void set_breakpoints(std::vector<uint64_t> addresses) override { breakpoints = std::move(addresses); }
    void set_watchpoints(std::vector<watchpoint> watched) override { watchpoints = std::move(watched); }
    void set_run(debug_run wanted, bool masks) override {
        mode = wanted;
        masks_interrupts = masks;
    }
    bool sleeps() const override { return false; }
    std::optional<debug_stop> take_stop() override { return std::exchange(stop, std::nullopt); }
    void on_stop(std::function<void()>) override {}

    uint64_t registers[71] = {};
    uint8_t memory[64] = {};
    std::vector<uint64_t> breakpoints;
    std::vector<watchpoint> watchpoints;
    debug_run mode = debug_run::go;
    bool masks_interrupts = false;
    std::optional<debug_stop> stop;

private:
    std::vector<debug_feature> m_features;
};

/// Two CPUs, and a client that has just come.
class gdb_session : public testing::Test, public session::host {
protected:
    gdb_session() { tested.client_came(); }

    bool running() const override { return runs; }
    void pause() override {
        if (std::exchange(runs, false))
            tested.stopped(halt::paused);
    }
    bool resume() override { return runs = can_run; }
    std::string monitor(const std::string& line, unsigned) override {
        lines.push_back(line);
        return "done\r\n";
    }
    void kill() override { killed = true; }
    void send(const std::string& packet) override { sent.push_back(packet); }
    void stop_acknowledging() override {}

    /// The only answer to a packet.
    std::string ask(const std::string& packet) {
        sent.clear();
        tested.packet(packet);
        return sent.size() == 1 ? sent[0] : std::to_string(sent.size()) + " answers";
    }
    void stop_at(fake_target& cpu, debug_stop why) {
        runs = false;
        cpu.stop = why;
        tested.stopped(halt::debug);
    }

    fake_target first, second;
    bool runs = false, can_run = true, killed = false;
    std::vector<std::string> sent, lines;
    session tested{{&first, &second}, *this};
};

} // namespace

TEST_F(gdb_session, registers_are_little_endian) {
    first.registers[1] = 0x1122334455667788;
    EXPECT_EQ(ask("p1"), "8877665544332211");
    EXPECT_EQ(ask("g").substr(16, 16), "8877665544332211");
    EXPECT_EQ(ask("g").size(), 33u * 16);
    EXPECT_EQ(ask("P20=0010000000000000"), "OK");
    EXPECT_EQ(first.registers[32], 0x1000u);
    EXPECT_EQ(ask("G" + std::string(16, '0') + "0100000000000000"), "OK");
    EXPECT_EQ(first.registers[1], 1u);
}

TEST_F(gdb_session, registers_that_are_not_there_or_read_only_are_errors) {
    EXPECT_EQ(ask("p21"), "E14");
    EXPECT_EQ(ask("pffffffffffffffff"), "E14");
    EXPECT_EQ(ask("P46=0000000000000000"), "E14");
    for (const char* packet : {"p", "pzz", "p11111111111111111", "P1", "P1=", "P1=1",
                               "P1="
                               "000000000000000000"})
        EXPECT_EQ(ask(packet), "E22") << packet;
}

TEST_F(gdb_session, memory_is_read_and_written) {
    EXPECT_EQ(ask("M1000,2:a1b2"), "OK");
    EXPECT_EQ(ask("m1000,3"), "a1b200");
    EXPECT_EQ(ask(std::string("X1002,2:") + '\0' + '\xff'), "OK");
    EXPECT_EQ(ask("m1000,4"), "a1b200ff");
    EXPECT_EQ(ask("X1000,0:"), "OK");
    EXPECT_EQ(ask("m1040,1"), "E14");
    EXPECT_EQ(ask("m103f,2"), "E14");
}

TEST_F(gdb_session, hostile_accesses_are_errors) {
    for (const char* packet : {"m", "m1000", "m1000,", "m1000,zz", "m1000,-1", "m1000,4,", "m1000,100000",
                               "m1000,ffffffffffffffff", "M1000,2:a1", "M1000,1:a", "M1000,1:zz",
                               "X1000,5:abc", "M1000,ffffffffffffffff:", "qCRC:1000,ffffffffffffffff"})
        EXPECT_EQ(ask(packet), "E22") << packet;
    EXPECT_EQ(ask("mffffffffffffffff,2"), "E14");
}

TEST_F(gdb_session, breakpoints_of_every_cpu_come_and_go) {
    EXPECT_EQ(ask("Z0,1000,2"), "OK");
    EXPECT_EQ(ask("Z0,1000,2"), "OK");
    EXPECT_EQ(ask("Z1,2000,4"), "OK");
    EXPECT_EQ(second.breakpoints, (std::vector<uint64_t>{0x1000, 0x2000}));
    EXPECT_EQ(ask("z0,1000,2"), "OK");
    EXPECT_EQ(ask("z0,1000,2"), "OK");
    EXPECT_EQ(first.breakpoints, std::vector<uint64_t>{0x2000});
    EXPECT_EQ(ask("Z5,0,0"), "");
    EXPECT_EQ(ask("Z0,1000"), "E22");
}

TEST_F(gdb_session, watchpoints_name_what_they_watch) {
    EXPECT_EQ(ask("Z2,1000,8"), "OK");
    EXPECT_EQ(ask("Z3,1010,1"), "OK");
    EXPECT_EQ(ask("Z4,fffffffffffffff8,8"), "OK");
    ASSERT_EQ(first.watchpoints.size(), 3u);
    EXPECT_EQ(first.watchpoints[0].last, 0x1007u);
    EXPECT_TRUE(first.watchpoints[0].on_store && !first.watchpoints[0].on_load);
    EXPECT_TRUE(!first.watchpoints[1].on_store && first.watchpoints[1].on_load);
    EXPECT_TRUE(first.watchpoints[2].on_store && first.watchpoints[2].on_load);
    EXPECT_EQ(first.watchpoints[2].last, ~uint64_t(0));
    EXPECT_EQ(ask("Z2,1000,0"), "E22");
    EXPECT_EQ(ask("Z2,fffffffffffffff8,9"), "E22");
}

TEST_F(gdb_session, a_client_cannot_make_the_simulator_store_without_end) {
    for (size_t i = 0; i < session::max_watchpoints; ++i)
        EXPECT_EQ(ask("Z2," + hex_number(i) + ",1"), "OK");
    EXPECT_EQ(ask("Z2,1000,1"), "E22");
    for (size_t i = 0; i < session::max_breakpoints; ++i)
        tested.packet("Z0," + hex_number(i) + ",2");
    EXPECT_EQ(ask("Z0,ffffff,2"), "E22");
}

TEST_F(gdb_session, a_stop_is_told_only_to_a_client_that_waits) {
    EXPECT_EQ(ask("c"), "0 answers");
    EXPECT_TRUE(runs);
    stop_at(second, {debug_stop::reason::step, {}});
    EXPECT_EQ(sent, std::vector<std::string>{"T05thread:02;"});
    runs = true;
    pause(); // by somebody else
    EXPECT_EQ(sent.size(), 1u);
}

TEST_F(gdb_session, a_stop_names_its_breakpoint_to_who_knows_such) {
    ask("qSupported:swbreak+;multiprocess+");
    ask("Z0,1000,2");
    ask("vCont;c");
    first.registers[32] = 0x1000;
    stop_at(first, {debug_stop::reason::breakpoint, {}});
    EXPECT_EQ(sent.back(), "T05thread:p01.01;swbreak:;");
    ask("vCont;c");
    stop_at(first, {debug_stop::reason::watchpoint, {0x1234, 0x1237, false, true}});
    EXPECT_EQ(sent.back(), "T05thread:p01.01;watch:1234;");
    ask("vCont;c");
    stop_at(first, {debug_stop::reason::watchpoint, {0x1234, 0x1237, true, true}});
    EXPECT_EQ(sent.back(), "T05thread:p01.01;awatch:1234;");
}

TEST_F(gdb_session, each_thread_does_what_its_leftmost_action_says) {
    ask("vCont;s:2;c");
    EXPECT_EQ(first.mode, debug_run::go);
    EXPECT_EQ(second.mode, debug_run::step);
    EXPECT_TRUE(second.masks_interrupts) << "as QEMU does unless told otherwise";
    stop_at(second, {debug_stop::reason::step, {}});
    EXPECT_EQ(first.mode, debug_run::go) << "whoever lets the guest run next lets all of it run";
    EXPECT_EQ(second.mode, debug_run::go);
    ask("vCont;C05:p1.1");
    EXPECT_EQ(first.mode, debug_run::go);
    EXPECT_EQ(second.mode, debug_run::stay);
    stop_at(first, {debug_stop::reason::step, {}});
    EXPECT_EQ(ask("vCont;t"), "T00thread:01;");
    EXPECT_FALSE(runs);
}

TEST_F(gdb_session, malformed_actions_change_nothing) {
    for (const char* packet :
         {"vCont", "vCont;x", "vCont;s:", "vCont;s:3", "vCont;C", "vCont;c:p2.1", "c zz", "sx", "C", "Czz"}) {
        EXPECT_EQ(ask(packet), "E22") << packet;
        EXPECT_FALSE(runs) << packet;
    }
}

TEST_F(gdb_session, a_guest_that_cannot_run_is_told_at_once) {
    can_run = false;
    EXPECT_EQ(ask("c"), "T03thread:01;");
}

TEST_F(gdb_session, an_interrupt_stops_the_guest_also_when_it_stands_still_for_a_while) {
    ask("c");
    tested.interrupt();
    EXPECT_EQ(sent.back(), "T02thread:01;");
    tested.interrupt();
    EXPECT_EQ(sent.size(), 1u);
    ask("c");
    runs = false; // for a dump, of which nothing was told
    tested.interrupt();
    EXPECT_EQ(sent.back(), "T02thread:01;");
}

TEST_F(gdb_session, the_end_is_told_with_the_exit_code) {
    ask("c");
    tested.ended(7);
    EXPECT_EQ(sent.back(), "W07");
}

TEST_F(gdb_session, a_client_that_leaves_takes_its_breakpoints_along_and_the_guest_goes_on_as_it_does) {
    ask("Z0,1000,2");
    ask("Z2,1000,2");
    ask("c");
    tested.client_left();
    EXPECT_TRUE(runs);
    EXPECT_TRUE(first.breakpoints.empty() && first.watchpoints.empty());
    tested.client_came();
    EXPECT_FALSE(runs);
    tested.client_left();
    EXPECT_FALSE(runs);
}

TEST_F(gdb_session, detaching_lets_the_guest_run) {
    ask("Z0,1000,2");
    EXPECT_EQ(ask("D"), "OK");
    EXPECT_TRUE(runs);
    EXPECT_TRUE(first.breakpoints.empty());
}

TEST_F(gdb_session, threads_are_listed_selected_and_asked_after) {
    EXPECT_EQ(ask("qfThreadInfo"), "m01,02");
    EXPECT_EQ(ask("qsThreadInfo"), "l");
    EXPECT_EQ(ask("Hg2"), "OK");
    second.registers[5] = 1;
    EXPECT_EQ(ask("p5"), "0100000000000000");
    EXPECT_EQ(ask("qC"), "QC02");
    EXPECT_EQ(ask("T2"), "OK");
    for (const char* packet : {"T3", "Hg3", "H", "Hx1", "T", "Tp2.1", "Tffffffffffffffff"})
        EXPECT_EQ(ask(packet), "E22") << packet;
    EXPECT_EQ(ask("qThreadExtraInfo,1"), hex_digits("CPU#0 [running]"));
}

TEST_F(gdb_session, the_target_description_comes_in_pieces) {
    std::string text;
    for (;;) {
        const std::string part = ask("qXfer:features:read:target.xml:" + hex_number(text.size()) + ",40");
        text += part.substr(1);
        if (part[0] != 'm')
            break;
    }
    EXPECT_NE(text.find("<architecture>riscv:rv64</architecture>"), std::string::npos);
    EXPECT_NE(text.find("<reg name=\"status\" bitsize=\"64\" regnum=\"70\" type=\"int\"/>"),
              std::string::npos);
    EXPECT_EQ(ask("qXfer:features:read:other.xml:0,40"), "E00");
    EXPECT_EQ(ask("qXfer:features:read:target.xml:ffffffff,40"), "E00");
    EXPECT_EQ(ask("qXfer:features:read:target.xml:0"), "E22");
}

TEST_F(gdb_session, monitor_commands_have_short_names) {
    sent.clear();
    tested.packet("qRcmd," + hex_digits("reset"));
    EXPECT_EQ(sent, (std::vector<std::string>{"O" + hex_digits("done\n"), "OK"}));
    tested.packet("qRcmd," + hex_digits("dump -z core"));
    tested.packet("qRcmd," + hex_digits("resets"));
    EXPECT_EQ(lines, (std::vector<std::string>{"system_reset", "dump-guest-memory -z core", "resets"}));
    EXPECT_EQ(ask("qRcmd,6"), "E22");
}

TEST_F(gdb_session, steps_can_be_set_to_take_interrupts) {
    EXPECT_EQ(ask("qqemu.sstep"), "0x7");
    EXPECT_EQ(ask("Qqemu.sstep=1"), "OK");
    ask("s");
    EXPECT_EQ(first.mode, debug_run::step);
    EXPECT_FALSE(first.masks_interrupts);
    EXPECT_EQ(ask("Qqemu.sstep=8"), "E22");
}

TEST_F(gdb_session, what_is_unknown_is_answered_with_nothing) {
    for (const char* packet : {"", "!", "vMustReplyEmpty", "vAttach;1", "qTStatus", "QNonStop:1", "\xff"})
        EXPECT_EQ(ask(packet), "") << packet;
}

TEST_F(gdb_session, killing_ends_the_simulator) {
    EXPECT_EQ(ask("k"), "0 answers");
    EXPECT_TRUE(killed);
    EXPECT_EQ(ask("vKill;1"), "OK");
}

TEST_F(gdb_session, a_checksum_of_memory_is_gdbs) {
    // "123456789" has the well-known check value 0x0376e6e7 under CRC-32/MPEG-2.
    std::memcpy(first.memory, "123456789", 9);
    EXPECT_EQ(ask("qCRC:1000,9"), "C376e6e7");
}
