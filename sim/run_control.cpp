#include "sim/run_control.h"

#include "sim/sanitizer_stack.h"

#include <algorithm>
#include <utility>

namespace vmcore::sim {

/// Delta cycles in which devices come to rest, where they do at all.
static constexpr unsigned settling_cycles = 16;

run_control::run_control(const sc_core::sc_time& slice, const run_policy& policy)
    : m_slice(slice)
    , m_policy(policy)
    , m_state(policy.hold ? run_state::prelaunch : run_state::running) {}

void run_control::post(mailbox::command command) {
    m_mailbox.post(std::move(command));
    // The kernel's thread looks into the mailbox once more after it has set the flag.
    if (m_in_kernel)
        m_bell.ring();
}

void run_control::interrupt_slice() {
    if (m_board != nullptr)
        m_board->yield();
    if (sc_core::sc_get_status() == sc_core::SC_RUNNING)
        sc_core::sc_pause();
}

void run_control::guest_published() {
    m_publish_pending = true;
    if (m_publish_action)
        interrupt_slice();
}

void run_control::stop_for_debugger() {
    m_debug_stop = true;
    m_board->hold();
    sc_core::sc_pause();
}

void run_control::request_shutdown(shutdown_cause cause, int exit_code) {
    if (cause == shutdown_cause::guest_panic) {
        guest_panicked(exit_code);
        return;
    }
    m_shutdown = run_end{run_cause::guest_shutdown, exit_code};
    interrupt_slice();
}

void run_control::request_reset() {
    m_reset = run_cause::guest_reset;
    interrupt_slice();
}

void run_control::guest_panicked(int exit_code) {
    m_panic = exit_code;
    interrupt_slice();
}

void run_control::notice(guest_notice what) {
    if (std::find(m_notices.begin(), m_notices.end(), what) != m_notices.end())
        return;
    m_notices.push_back(what);
    interrupt_slice();
}

void run_control::tell(const run_event& event) {
    for (const observer& each : m_observers)
        each(event);
}

void run_control::hold_or_release() {
    if (time_flows())
        m_board->release();
    else
        m_board->hold();
}

void run_control::stop_in(run_state state, bool brief) {
    m_state = state;
    hold_or_release();
    run_event event{run_event::kind::stop};
    event.brief = brief;
    tell(event);
}

bool run_control::pause(bool brief) {
    const bool runs = m_state == run_state::running;
    if (runs)
        stop_in(run_state::paused, brief);
    return runs;
}

bool run_control::resume() {
    if (m_state == run_state::shutdown)
        return false;
    if (m_state != run_state::running) {
        m_state = run_state::running;
        hold_or_release();
        tell({run_event::kind::resume});
    }
    return true;
}

void run_control::reset(run_cause cause) {
    m_reset = cause;
}

void run_control::power_down() {
    tell({run_event::kind::powerdown});
}

void run_control::advance(const sc_core::sc_time& target, std::function<void()> done) {
    m_advance_target = target;
    m_advanced = std::move(done);
}

/// How far the kernel may run before the next look into the mailbox; nothing: it has no reason to run.
std::optional<sc_core::sc_time> run_control::next_slice() const {
    const bool active = sc_core::sc_pending_activity();
    const sc_core::sc_time idle = active ? sc_core::sc_time_to_pending_activity() : sc_core::SC_ZERO_TIME;
    const bool waits = m_accesses > 0 || m_reset || m_shutdown || m_panic;
    std::optional<sc_core::sc_time> span;
    if (active && time_flows() && !m_reset && !m_shutdown && !m_panic)
        span = std::max(m_slice, idle);
    else if (active && waits) // for something under way: one step of the kernel at a time
        span = idle;
    if (m_advanced) {
        const sc_core::sc_time rest = m_advance_target - sc_core::sc_time_stamp();
        span = std::min(span.value_or(rest), rest);
    }
    return span;
}

void run_control::run_kernel(const sc_core::sc_time& span) {
    const auto before = std::chrono::steady_clock::now();
    m_in_kernel = true;
    if (m_mailbox.empty())
        sc_core::sc_start(span);
    restore_sanitizer_stack();
    m_in_kernel = false;
    m_host_time += std::chrono::steady_clock::now() - before;
}

void run_control::serve_notices() {
    for (const guest_notice each : std::exchange(m_notices, {}))
        tell({each == guest_notice::crash_loaded ? run_event::kind::guest_crash_loaded
                                                 : run_event::kind::guest_shutting_down});
}

/// What follows when the guest has failed, as QEMU decides it; observers are told.
run_event::aftermath run_control::tell_of_panic() {
    using action = run_policy::panic_action;
    run_event::aftermath follows = run_event::aftermath::run_ends;
    if (m_policy.on_panic == action::none)
        follows = run_event::aftermath::guest_goes_on;
    else if (m_policy.on_panic == action::pause ||
             (m_policy.on_panic == action::shutdown && m_policy.shutdown_pauses))
        follows = run_event::aftermath::guest_is_held;
    tell({run_event::kind::guest_panicked, run_cause::guest_panic, follows});
    return follows;
}

void run_control::serve_panic() {
    run_end wanted{run_cause::guest_panic, *std::exchange(m_panic, std::nullopt)};
    const run_event::aftermath follows = tell_of_panic();
    if (follows != run_event::aftermath::guest_goes_on && m_state == run_state::running)
        stop_in(run_state::guest_panicked);
    if (follows != run_event::aftermath::run_ends) {
        if (m_panic_action)
            m_panic_action();
        return;
    }
    if (m_policy.on_panic == run_policy::panic_action::exit_failure && wanted.exit_code == 0)
        wanted.exit_code = 1;
    end_run(wanted);
}

/// Ends the run, unless a guest's power-off is to hold it instead.
void run_control::serve_shutdown() {
    const run_end wanted = *std::exchange(m_shutdown, std::nullopt);
    if (!by_guest(wanted.why) || !m_policy.shutdown_pauses) {
        end_run(wanted);
        return;
    }
    tell({run_event::kind::shutdown, wanted.why});
    stop_in(run_state::shutdown);
}

void run_control::end_run(const run_end& wanted) {
    tell({run_event::kind::shutdown, wanted.why});
    m_end = wanted;
    m_state = run_state::shutdown; // nothing runs any more, while clients may still ask
}

void run_control::serve_reset() {
    if (!m_policy.reboot) {
        m_shutdown = run_end{*std::exchange(m_reset, std::nullopt)};
        serve_shutdown();
        return;
    }
    if (m_board->busy())
        return;
    const run_cause cause = *std::exchange(m_reset, std::nullopt);
    m_board->reset();
    if (m_state != run_state::running)
        m_state = run_state::prelaunch;
    tell({run_event::kind::reset, cause});
}

void run_control::serve_requests() {
    if (std::exchange(m_publish_pending, false) && m_publish_action)
        m_publish_action();
    serve_notices();
    // Whoever's access ended the run still gets its answer.
    if (m_panic && m_accesses == 0)
        serve_panic();
    if (m_shutdown && !m_end && !(by_guest(m_shutdown->why) && m_accesses > 0))
        serve_shutdown();
    if (m_reset && !m_end)
        serve_reset();
    if (std::exchange(m_debug_stop, false) && m_state == run_state::running && !m_end)
        stop_in(run_state::debug);
    if (m_advanced && sc_core::sc_time_stamp() >= m_advance_target) {
        settle();
        std::exchange(m_advanced, nullptr)();
    }
}

/// What is due at this very moment happens: the kernel stops in front of it.
void run_control::settle() {
    for (unsigned i = 0; i < settling_cycles && sc_core::sc_pending_activity_at_current_time(); ++i)
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
    restore_sanitizer_stack();
}

/// @returns whether there is one to carry out
bool run_control::take_commands() {
    for (mailbox::command& command : m_mailbox.take())
        m_taken.push_back(std::move(command));
    return !m_taken.empty();
}

void run_control::carry_out_next() {
    const mailbox::command command = std::move(m_taken.front());
    m_taken.pop_front();
    command();
}

void run_control::carry_out_commands() {
    take_commands();
    while (!m_taken.empty() && !m_end) { // what is left then is for serve_until()
        carry_out_next();
        serve_requests(); // a command finds done what the one before it asked for
    }
}

bool run_control::serve_until(const std::function<bool()>& done, const std::function<void()>& between) {
    constexpr std::chrono::milliseconds every{100};
    while (!done()) {
        if (m_shutdown && !by_guest(m_shutdown->why))
            return false;
        if (take_commands())
            carry_out_next();
        else
            m_mailbox.wait_for(every);
        between();
    }
    return true;
}

run_end run_control::run(board& controlled) {
    m_board = &controlled;
    if (!time_flows())
        hold_or_release();
    sc_core::sc_start(sc_core::SC_ZERO_TIME); // elaboration ends before the first command
    restore_sanitizer_stack();
    serve_requests();
    while (!m_end) {
        carry_out_commands();
        if (m_end)
            break;
        if (const auto span = next_slice())
            run_kernel(*span);
        else
            m_mailbox.wait();
        serve_requests();
    }
    return *m_end;
}

} // namespace vmcore::sim
