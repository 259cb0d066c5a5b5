// What makes the guest run, and what is told when it stands still.

#include "sim/gdb/session.h"

namespace vmcore::sim::gdb {

namespace {

/// Signals, as gdb numbers them.
enum : unsigned { signal_interrupt = 2, signal_quit = 3, signal_trap = 5, signal_unknown = 143 };

/// Bits of "sstep" as QEMU numbers them. Timers are masked with the interrupts; simulated time goes on by the
/// instructions' own.
enum : unsigned { step_enable = 1, step_without_interrupts = 2 };

unsigned signal_of(halt why) {
    switch (why) {
    case halt::debug: return signal_trap;
    case halt::paused: return signal_interrupt;
    case halt::shutdown: return signal_quit;
    case halt::panicked: break;
    }
    return signal_unknown;
}

std::string two_digits(unsigned value) {
    const auto byte = static_cast<uint8_t>(value);
    return hex_digits(&byte, 1);
}

} // namespace

/// Only a client that begins asks this, so nothing may be left of the one before.
session::reply session::halt_reason(text_reader& given) {
    given.expect_end();
    remove_all_points();
    m_selected = m_runs;
    return "T" + two_digits(signal_trap) + "thread:" + thread_name(m_runs) + ";";
}

void session::let_all_go() {
    for (debug_target* each : m_cpus)
        each->set_run(debug_run::go, false);
}

debug_run session::step_mode() const {
    return (m_step_flags & step_enable) != 0 ? debug_run::step : debug_run::go;
}

session::reply session::run() {
    if (m_host.resume()) {
        m_waits = true;
        return std::nullopt;
    }
    let_all_go(); // only a reset could make this guest run, or a dump holds it
    return "T" + two_digits(signal_quit) + "thread:" + thread_name(m_runs) + ";";
}

/// Has one CPU do this, and all others run.
session::reply session::run_all(debug_run selected) {
    if (selected == debug_run::step)
        m_host.pause();
    for (unsigned i = 0; i < m_cpus.size(); ++i) {
        const bool masks = (m_step_flags & step_without_interrupts) != 0;
        m_cpus[i]->set_run(i == m_runs ? selected : debug_run::go, masks);
    }
    return run();
}

/// Behind each of `c` and `s` there may be an address to go on from.
session::reply session::go_on(text_reader& given) {
    if (!given.empty())
        m_cpus[m_runs]->write_register(m_cpus[m_runs]->program_counter(), given.number());
    given.expect_end();
    return run_all(debug_run::go);
}

/// The guest takes no signals.
session::reply session::go_on_with_signal(text_reader& given) {
    given.number();
    given.take(";");
    return go_on(given);
}

session::reply session::single_step(text_reader& given) {
    if (!given.empty())
        m_cpus[m_runs]->write_register(m_cpus[m_runs]->program_counter(), given.number());
    given.expect_end();
    return run_all(step_mode());
}

session::reply session::single_step_with_signal(text_reader& given) {
    given.number();
    given.take(";");
    return single_step(given);
}

session::reply session::continue_actions(text_reader&) {
    return "vCont;c;C;s;S;t";
}

/// For each thread the leftmost action that names it counts; threads that none names stay where they are.
session::reply session::continue_threads(text_reader& given) {
    std::vector<std::optional<debug_run>> wanted(m_cpus.size());
    given.expect(";");
    while (!given.empty()) {
        text_reader action(given.until(';'));
        debug_run mode = debug_run::go;
        if (action.take("s")) {
            mode = step_mode();
        } else if (action.take("S")) {
            mode = step_mode();
            action.number();
        } else if (action.take("C")) {
            action.number();
        } else if (action.take("t")) {
            mode = debug_run::stay;
        } else {
            action.expect("c");
        }
        thread_choice whom{thread_choice::kind::all};
        if (action.take(":"))
            whom = take_thread(action);
        action.expect_end();
        for (unsigned i = 0; i < m_cpus.size(); ++i)
            if (!wanted[i] && (whom.what != thread_choice::kind::one || whom.cpu == i))
                wanted[i] = mode;
    }
    bool any_runs = false;
    bool any_steps = false;
    for (unsigned i = 0; i < m_cpus.size(); ++i) {
        const debug_run mode = wanted[i].value_or(debug_run::stay);
        any_runs = any_runs || mode != debug_run::stay;
        if (mode == debug_run::step && !any_steps)
            m_runs = i;
        any_steps = any_steps || mode == debug_run::step;
    }
    if (!any_runs) {
        m_host.pause();
        return "T00thread:" + thread_name(m_runs) + ";";
    }
    if (any_steps)
        m_host.pause();
    for (unsigned i = 0; i < m_cpus.size(); ++i)
        m_cpus[i]->set_run(wanted[i].value_or(debug_run::stay),
                           (m_step_flags & step_without_interrupts) != 0);
    return run();
}

session::reply session::detach(text_reader&) {
    client_left();
    m_host.resume();
    return "OK";
}

/// `k` is never answered; vKill names a process, and is.
session::reply session::kill(text_reader& given) {
    m_host.kill();
    return given.empty() ? reply() : reply("OK");
}

void session::interrupt() {
    m_host.pause();
    if (m_waits) // for a guest that stood still already, but for a while
        stopped(halt::paused);
}

std::string session::stop_reply(halt why) {
    static constexpr const char* watch_names[] = {"watch", "rwatch", "awatch"};
    std::string cause;
    for (unsigned i = 0; i < m_cpus.size(); ++i) {
        const std::optional<debug_stop> stop = m_cpus[i]->take_stop();
        if (!stop || why != halt::debug)
            continue;
        m_runs = i;
        const uint64_t pc = m_cpus[i]->read_register(m_cpus[i]->program_counter()).value_or(0);
        if (stop->why == debug_stop::reason::watchpoint) {
            const unsigned kind = !stop->watch.on_load ? 0 : !stop->watch.on_store ? 1 : 2;
            cause = std::string(watch_names[kind]) + ":" + hex_number(stop->watch.first) + ";";
        } else if (stop->why == debug_stop::reason::breakpoint) {
            if (m_tells_break && m_breakpoints.count({0, pc}) != 0)
                cause = "swbreak:;";
            else if (m_tells_hardware && m_breakpoints.count({1, pc}) != 0)
                cause = "hwbreak:;";
        }
    }
    return "T" + two_digits(signal_of(why)) + "thread:" + thread_name(m_runs) + ";" + cause;
}

void session::stopped(halt why) {
    const std::string text = stop_reply(why);
    let_all_go();
    m_selected = m_runs;
    if (std::exchange(m_waits, false))
        m_host.send(text);
}

void session::ended(int exit_code) {
    if (std::exchange(m_waits, false))
        m_host.send("W" + two_digits(static_cast<unsigned>(exit_code)));
}

} // namespace vmcore::sim::gdb
