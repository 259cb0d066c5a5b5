// Breakpoints, watchpoints and steps of a hart. Whoever is told of a stop here lets the hart go on at once.

#include "tests/models/riscv/machine.h"

namespace vmcore::test {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;
using sc_core::SC_US;
using reason = debug_stop::reason;

struct seen_stop {
    reason why;
    uint64_t pc;
    uint64_t instructions;
};

/// Keeps every stop of a hart, and lets it go on.
void log_stops(hart& cpu, std::vector<seen_stop>& stops, std::function<void()> action = {}) {
    cpu.on_debug_stop([&cpu, &stops, action = std::move(action)] {
        const std::optional<debug_stop> stop = cpu.debug().take_stop();
        ASSERT_TRUE(stop);
        stops.push_back({stop->why, cpu.pc(), cpu.instructions()});
        if (action)
            action();
        cpu.release();
    });
}

class debugging : public hart_bench {
public:
    explicit debugging(const hart::config& settings = {}, sc_time latency = {})
        : hart_bench(settings, latency) {
        log_stops(cpu, stops, [this] {
            if (on_stop)
                on_stop();
        });
    }

protected:
    std::vector<uint64_t> pcs() const {
        std::vector<uint64_t> all;
        for (const seen_stop& each : stops)
            all.push_back(each.pc);
        return all;
    }

    std::vector<seen_stop> stops;
    std::function<void()> on_stop;
};

SC_TEST(debugging, a_breakpoint_stops_in_front_of_its_instruction_each_time) {
    load({addi(a0, 0, 3), addi(a1, a1, 1), addi(a0, a0, -1), branch(1, a0, zero, -8)});
    std::vector<uint64_t> counts;
    on_stop = [&] { counts.push_back(cpu.x(a1)); };
    cpu.set_breakpoints({ram_base + 4});
    run_to_wfi();
    EXPECT_EQ(pcs(), (std::vector<uint64_t>{ram_base + 4, ram_base + 4, ram_base + 4}));
    EXPECT_EQ(counts, (std::vector<uint64_t>{0, 1, 2}));
    EXPECT_EQ(cpu.x(a1), 3u);
    EXPECT_EQ(board.word(ram_base + 4) & 0xffffffff, addi(a1, a1, 1)) << "memory is the guest's";
}

SC_TEST(debugging, a_breakpoint_stops_also_where_code_was_decoded_before_it_was_set) {
    load({addi(a0, 0, 3), addi(a1, a1, 1), addi(a0, a0, -1), sw(0, a4, 0), branch(1, a0, zero, -12)},
         {device_base});
    board.device.on_access = [&](const probe_target::access&) {
        if (board.device.accesses.size() == 1)
            cpu.set_breakpoints({ram_base + 8});
    };
    run_to_wfi();
    // The run that made the access ends by itself: the store went to a device.
    EXPECT_EQ(pcs(), (std::vector<uint64_t>{ram_base + 8, ram_base + 8}));
}

SC_TEST(debugging, a_step_is_one_instruction_or_one_trap_entry) {
    load(with_handler({addi(a0, 0, 1), jal(zero, 8), nop, ecall}));
    cpu.debug().set_run(debug_run::step, true);
    on_stop = [&] {
        if (stops.size() == 6)
            cpu.debug().set_run(debug_run::go, false);
    };
    run_to_wfi();
    const uint64_t at = after_set_up;
    EXPECT_EQ(pcs(), (std::vector<uint64_t>{ram_base + 4, at, at + 4, at + 12, handler, handler + 4}));
    EXPECT_EQ(stops[3].instructions, 4u);
    EXPECT_EQ(stops[4].instructions, 4u) << "ecall does not retire";
}

SC_TEST(debugging, steps_take_interrupts_unless_they_mask_them) {
    const std::vector<uint32_t> enable{addi(t1, 0, 8), csrrs(0, mie, t1), csrrs(0, mstatus, t1)};
    std::vector<uint32_t> program = enable;
    program.insert(program.end(), 4, nop);
    load(with_handler(program));
    cpu.hold();
    board.msip = true;
    wait(1, SC_NS);
    cpu.debug().set_run(debug_run::step, true);
    cpu.release();
    on_stop = [&] {
        if (stops.size() == 7)
            cpu.debug().set_run(debug_run::step, false);
        if (stops.size() == 8)
            cpu.debug().set_run(debug_run::go, false);
    };
    run_to_wfi();
    ASSERT_EQ(stops.size(), 8u);
    EXPECT_EQ(stops[6].pc, after_set_up + 20);
    EXPECT_EQ(stops[7].pc, handler);
    EXPECT_EQ(stops[7].instructions, stops[6].instructions) << "the entry is a step of its own";
}

SC_TEST(debugging, a_watchpoint_stops_in_front_of_the_access) {
    load({sd(a5, a4, 0), sd(a5, a4, 8), ld(a0, a4, 8), sw(a5, a4, 16)}, {data, 77});
    uint64_t before = 1;
    on_stop = [&] {
        if (stops.size() == 1)
            before = board.word(data + 8);
    };
    cpu.set_watchpoints({{data + 8, data + 15, false, true}, {data + 17, data + 17, true, true}});
    run_to_wfi();
    EXPECT_EQ(pcs(), (std::vector<uint64_t>{ram_base + 4, ram_base + 12}));
    EXPECT_EQ(stops[0].why, reason::watchpoint);
    EXPECT_EQ(before, 0u);
    EXPECT_EQ(board.word(data + 8), 77u);
}

SC_TEST(debugging, loads_stores_and_crossing_accesses_meet_what_is_watched) {
    load({ld(a0, a4, -4), ld(a0, a4, -8), lb(a0, a4, 0), lb(a0, a4, 1), sd(a5, a4, -7), sd(a5, a4, 1),
          sw(a5, a4, 0)},
         {data, 1});
    cpu.set_watchpoints({{data, data, true, true}});
    run_to_wfi();
    EXPECT_EQ(pcs(), (std::vector<uint64_t>{ram_base, ram_base + 8, ram_base + 16, ram_base + 24}));
}

SC_TEST(debugging, atomics_are_loads_and_stores_and_stop_before_either) {
    // amoadd.w, lr.d, sc.d, and amoswap.w beside what is watched
    load({amo(0, 2, a0, a4, a5), amo(2, 3, a0, a4, 0), amo(3, 3, a1, a4, a5), amo(1, 2, a0, a6, a5)},
         {data, 5, data + 8});
    cpu.set_watchpoints({{data, data + 3, false, true}});
    run_to_wfi();
    EXPECT_EQ(pcs(), (std::vector<uint64_t>{ram_base, ram_base + 8})) << "lr only loads";
    EXPECT_EQ(cpu.x(a1), 0u) << "a stop between lr and sc does not end the reservation";
    EXPECT_EQ(board.word(data), 5u);
}

SC_TEST(debugging, a_watched_device_sees_its_access_once) {
    load({sw(a5, a4, 0), lw(a0, a4, 4)}, {device_base, 9});
    cpu.set_watchpoints({{device_base, device_base + 7, true, true}});
    run_to_wfi();
    EXPECT_EQ(stops.size(), 2u);
    EXPECT_EQ(board.device.accesses.size(), 2u);
}

SC_TEST(debugging, an_access_that_faults_meets_no_watchpoint_of_another_address) {
    load(with_handler({lw(a0, a4, 0)}), {nowhere});
    cpu.set_watchpoints({{data, data + 7, true, true}});
    run_to_wfi();
    EXPECT_TRUE(stops.empty());
    expect_trap(5, nowhere, after_set_up);
}

SC_TEST(debugging, a_hart_that_is_to_stay_executes_nothing) {
    load({addi(a0, 0, 1)});
    cpu.debug().set_run(debug_run::stay, false);
    wait(100, SC_US);
    EXPECT_EQ(cpu.instructions(), 0u);
    cpu.debug().set_run(debug_run::go, false);
    cpu.release();
    run_to_wfi();
    EXPECT_EQ(cpu.x(a0), 1u);
}

SC_TEST(debugging, no_time_passes_while_a_hart_is_stopped) {
    load({nop, nop, nop, csrrs(a0, time_csr, 0)});
    sc_time at;
    cpu.set_breakpoints({ram_base + 8});
    cpu.on_debug_stop([&] { at = sc_core::sc_time_stamp(); });
    wait(5, SC_US);
    EXPECT_EQ(cpu.pc(), ram_base + 8);
    EXPECT_EQ(cpu.instructions(), 2u);
    EXPECT_EQ(at, sc_core::SC_ZERO_TIME) << "the quantum has only begun";
    cpu.release();
    run_to_wfi();
}

SC_TEST(debugging, what_a_debugger_writes_to_code_is_executed) {
    load({addi(a0, 0, 2), addi(a1, a1, 1), addi(a0, a0, -1), branch(1, a0, zero, -8)});
    cpu.set_breakpoints({ram_base + 12});
    on_stop = [&] {
        board.put(ram_base + 4, {addi(a1, a1, 100)});
        cpu.forget_code();
    };
    run_to_wfi();
    EXPECT_EQ(cpu.x(a1), 101u);
}

SC_TEST(debugging, addresses_are_looked_up_as_the_page_tables_say) {
    // Sv39: the root at 0x80003000 maps 0x40000000 to a gigapage at 0x80000000, without A and D.
    const uint64_t root = ram_base + 0x3000;
    const uint64_t leaf = (ram_base >> 12) << 10 | 0x7;
    std::memcpy(board.ram.data() + 0x3000 + 8, &leaf, sizeof leaf);
    load({nop});
    EXPECT_EQ(cpu.look_up(0x40001234), 0x40001234u) << "M mode";
    EXPECT_TRUE(cpu.set_csr(0x180, uint64_t(8) << 60 | root >> 12));
    EXPECT_TRUE(cpu.set_mode_number(1));
    EXPECT_EQ(cpu.look_up(0x40001234), ram_base + 0x1234);
    EXPECT_FALSE(cpu.look_up(0x80001234).has_value());
    EXPECT_FALSE(cpu.set_mode_number(2));
    EXPECT_EQ(board.word(root + 8), leaf) << "nothing was written";
}

/// Two machines with the same program, one of which is stopped at every opportunity.
class stopped_and_not : public bench {
public:
    explicit stopped_and_not(sc_time memory_latency = {})
        : plain(*this, "plain", settings(), memory_latency)
        , stopped(*this, "stopped", settings(), memory_latency) {}

protected:
    static hart::config settings() {
        hart::config result;
        result.quantum = sc_time(100, SC_NS);
        return result;
    }

    void run_both() {
        const std::vector<uint32_t> program{addi(a0, 0, 50),          // 0
                                            sd(a0, a4, 0),            // 4: the loop
                                            amo(0, 3, a1, a4, a0),    // 8
                                            ld(a2, a4, 3),            // 12: misaligned
                                            sw(a0, a5, 0),            // 16: a device
                                            csrrs(a3, mcycle, 0),     // 20
                                            sd(a3, a4, 8),            // 24
                                            csrrs(a3, time_csr, 0),   // 28
                                            add(t2, t2, a3),          // 32
                                            addi(a0, a0, -1),         // 36
                                            branch(1, a0, zero, -36), // 40
                                            wfi,                      // 44
                                            jal(zero, -4)};
        for (machine* each : {&plain, &stopped}) {
            each->put(ram_base, program);
            each->cpu.reset();
            each->cpu.set_x(a4, data);
            each->cpu.set_x(15, device_base);
        }
        while (!plain.cpu.waiting() || !stopped.cpu.waiting())
            wait(1, SC_US);
    }

    void expect_the_same() {
        EXPECT_GT(stops.size(), 40u);
        EXPECT_EQ(stopped.cpu.instructions(), plain.cpu.instructions());
        for (unsigned i = 1; i < 32; ++i)
            EXPECT_EQ(stopped.cpu.x(i), plain.cpu.x(i)) << "x" << i;
        EXPECT_EQ(std::memcmp(stopped.ram.data(), plain.ram.data(), ram_size), 0);
        ASSERT_EQ(stopped.device.accesses.size(), plain.device.accesses.size());
        for (size_t i = 0; i < plain.device.accesses.size(); ++i)
            EXPECT_EQ(stopped.device.accesses[i].when, plain.device.accesses[i].when) << i;
    }

    static constexpr unsigned a4 = 14, a5 = 15;
    static constexpr uint64_t data = ram_base + 0x2000;
    machine plain, stopped;
    std::vector<seen_stop> stops;
};

SC_TEST(stopped_and_not, steps_change_nothing_of_what_the_guest_sees) {
    log_stops(stopped.cpu, stops);
    stopped.cpu.debug().set_run(debug_run::step, true);
    run_both();
    expect_the_same();
}

SC_TEST(stopped_and_not, breakpoints_and_watchpoints_change_nothing_either) {
    log_stops(stopped.cpu, stops);
    stopped.cpu.set_breakpoints({ram_base + 8, ram_base + 16, ram_base + 20, ram_base + 36});
    stopped.cpu.set_watchpoints({{data, data + 15, true, true}, {device_base, device_base, true, true}});
    run_both();
    expect_the_same();
}

/// Memory with a latency is fetched instruction by instruction.
class stopped_and_not_slow : public stopped_and_not {
public:
    stopped_and_not_slow()
        : stopped_and_not(sc_time(3, SC_NS)) {}
};

SC_TEST(stopped_and_not_slow, a_given_up_instruction_takes_no_time) {
    log_stops(stopped.cpu, stops);
    stopped.cpu.set_breakpoints({ram_base + 12});
    stopped.cpu.set_watchpoints({{data, data + 15, true, true}, {device_base, device_base, true, true}});
    run_both();
    expect_the_same();
}

} // namespace
} // namespace vmcore::test
