#include "models/riscv/hart.h"

#include "models/tlm/memory_stores.h"

#include <algorithm>
#include <stdexcept>

namespace vmcore {

using riscv::access;
using riscv::outcome;
using sc_core::sc_time;

riscv::core::config hart::core_config(const config& settings) {
    if (settings.clock_period == sc_core::SC_ZERO_TIME)
        throw std::invalid_argument("hart: clock_period is 0, expected at least the time resolution");
    riscv::core::config result;
    result.hartid = settings.hartid;
    result.reset_pc = settings.reset_pc;
    result.period = settings.clock_period.value();
    result.direct = settings.dmi;
    result.blocks = settings.dmi && settings.block_cache;
    result.sole_hart = settings.sole_hart;
    result.implements = settings.isa;
    return result;
}

hart::hart(const sc_core::sc_module_name& name, const config& settings, const time_source& time)
    : sc_core::sc_module(name)
    , m_config(settings)
    , m_time(time)
    , m_core(*this, core_config(settings)) {
    socket.register_invalidate_direct_mem_ptr(this, &hart::invalidate);
    SC_THREAD(run);
    set_stack_size(1 << 18);
    SC_METHOD(follow_lines);
    sensitive << msip << mtip << meip << seip;
    SC_METHOD(follow_time);
    dont_initialize();
    sensitive << m_time_due;
    if (const sc_core::sc_event* set = m_time.set_event())
        sensitive << *set;
}

void hart::reset() {
    ++m_resets;
    m_core.reset();
    m_core.leave();
    m_wake.notify(sc_core::SC_ZERO_TIME);
}

void hart::yield() {
    m_yield = true;
    m_core.leave();
}

void hart::hold() {
    m_held = true;
    m_core.leave();
}

void hart::release() {
    m_held = false;
    m_stopped = false;
    m_released.notify(sc_core::SC_ZERO_TIME);
}

std::vector<uint64_t> hart::general_registers() const {
    std::vector<uint64_t> registers{m_core.pc()};
    for (unsigned number = 1; number < 32; ++number)
        registers.push_back(m_core.x(number));
    return registers;
}

bool hart::is_current() const {
    const sc_core::sc_process_handle process = sc_core::sc_get_current_process_handle();
    return process.valid() && process.get_parent_object() == this;
}

std::optional<uint64_t> hart::csr(unsigned number) const {
    if (!m_core.csrs().exists(number))
        return std::nullopt;
    return m_core.csrs().read(number);
}

void hart::run() {
    const uint64_t quantum = std::max<uint64_t>(m_config.quantum.value(), 1);
    for (;;) {
        if (m_held || m_core.debug().stays()) {
            await_release();
            continue;
        }
        if (m_yield) {
            m_yield = false;
            wait(sc_core::SC_ZERO_TIME);
            continue;
        }
        look_for_stores_of_others();
        m_core.run(quantum);
        if (m_core.debug().has_stopped()) {
            const bool left = m_core.left();
            stop_for_debugger();
            if (!left) // the rest of the quantum
                continue;
        }
        const uint64_t ahead = m_core.take_local_time();
        if (ahead != 0)
            wait(sc_time::from_value(ahead));
        else if (m_core.asleep())
            wait(m_wake);
        else
            wait(sc_core::SC_ZERO_TIME);
    }
}

/// Whoever had a turn may have stored to code that this hart keeps.
void hart::look_for_stores_of_others() {
    if (memory_stores::count() == m_seen_stores)
        return;
    m_seen_stores = memory_stores::count();
    m_core.fence_code();
}

void hart::follow_lines() {
    const auto bit = [](const sc_core::sc_in<bool>& port, unsigned number) {
        return static_cast<uint64_t>(port.read()) << number;
    };
    m_core.set_lines(bit(msip, riscv::machine_software) | bit(mtip, riscv::machine_timer) |
                     bit(meip, riscv::machine_external) | bit(seip, riscv::supervisor_external));
    wake_if_due();
}

void hart::follow_time() {
    m_core.supervisor_timer_due();
    wake_if_due();
}

void hart::wake_if_due() {
    if (m_core.waiting() && !m_core.asleep())
        m_wake.notify();
}

void hart::trapped_in_loop() {
    if (m_trap_loop)
        m_trap_loop();
}

void hart::await_time(uint64_t value) {
    m_time_due.cancel();
    const sc_time due = m_time.when(value);
    if (due != sc_core::sc_max_time())
        m_time_due.notify(due - sc_core::sc_time_stamp());
}

void hart::invalidate(sc_dt::uint64 first, sc_dt::uint64 last) {
    m_core.invalidate(first, last);
}

outcome hart::transport(access kind, uint64_t address, uint8_t* data, unsigned size, uint64_t& local_time) {
    const unsigned resets = m_resets;
    m_payload.set_command(kind == access::store ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    m_payload.set_address(address);
    m_payload.set_data_ptr(data);
    m_payload.set_data_length(size);
    m_payload.set_streaming_width(size);
    m_payload.set_byte_enable_ptr(nullptr);
    m_payload.set_dmi_allowed(false);
    m_payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);

    sc_time delay = sc_time::from_value(local_time);
    socket->b_transport(m_payload, delay);
    look_for_stores_of_others();
    local_time = delay.value();

    if (m_resets != resets)
        return outcome::abandoned;
    if (m_payload.is_response_ok()) {
        if (m_payload.is_dmi_allowed() && m_config.dmi)
            m_core.reconsider(kind, address);
        return outcome::done;
    }
    const bool is_rom = kind == access::store &&
                        m_payload.get_response_status() == tlm::TLM_COMMAND_ERROR_RESPONSE &&
                        direct(access::load, address).granted();
    return is_rom ? outcome::discarded : outcome::refused;
}

riscv::region hart::direct(access kind, uint64_t address) {
    tlm::tlm_generic_payload request;
    request.set_command(kind == access::store ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    request.set_address(address);
    tlm::tlm_dmi answer;
    const bool granted = socket->get_direct_mem_ptr(request, answer);

    riscv::region result;
    result.first = answer.get_start_address();
    result.last = answer.get_end_address();
    if (!result.contains(address)) { // the target told nothing useful
        result.first = result.last = address;
        return result;
    }
    if (!granted || answer.get_dmi_ptr() == nullptr ||
        !(kind == access::store ? answer.is_write_allowed() : answer.is_read_allowed()))
        return result;
    result.host = answer.get_dmi_ptr();
    result.latency = (kind == access::store ? answer.get_write_latency() : answer.get_read_latency()).value();
    return result;
}

uint64_t hart::time_counter(uint64_t local_time) {
    return m_time.mtime(sc_core::sc_time_stamp() + sc_time::from_value(local_time));
}

uint64_t hart::cycle_counter(uint64_t local_time) {
    return (sc_core::sc_time_stamp().value() + local_time) / m_config.clock_period.value();
}

} // namespace vmcore
