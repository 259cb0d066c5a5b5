#include "models/uart16550/uart16550.h"

#include "models/uart16550/register_bits.h"

#include <stdexcept>

namespace vmcore {

using namespace uart_bits;

namespace {

constexpr uint16_t reset_divisor = 12;
constexpr uint64_t reset_baud_rate = 9600; ///< holds for the time-out until line control is written
constexpr uint64_t reset_character_bits = 10;

sc_core::sc_time local_time(const register_access& access) {
    return sc_core::sc_time_stamp() + access.delay;
}

register_layout byte_at(uint64_t offset) {
    return {offset, 1, byte_order::little, size_any, size_any};
}

} // namespace

uart16550::uart16550(const sc_core::sc_module_name& name, const config& settings, uart_backend& line)
    : peripheral(name, settings.access_latency)
    , m_config(settings)
    , m_line(line)
    , m_reg_rbr_thr(m_registers, "rbr_thr", byte_at(0), on(this, &uart16550::read_rbr),
                    on(this, &uart16550::write_thr), on(this, &uart16550::peek_rbr))
    , m_reg_ier(m_registers, "ier", byte_at(1), on(this, &uart16550::read_ier),
                on(this, &uart16550::write_ier), on(this, &uart16550::read_ier))
    , m_reg_iir_fcr(m_registers, "iir_fcr", byte_at(2), on(this, &uart16550::read_iir),
                    on(this, &uart16550::write_fcr), on(this, &uart16550::peek_iir))
    , m_reg_lcr(m_registers, "lcr", byte_at(3), on(this, &uart16550::read_lcr),
                on(this, &uart16550::write_lcr), on(this, &uart16550::read_lcr))
    , m_reg_mcr(m_registers, "mcr", byte_at(4), on(this, &uart16550::read_mcr),
                on(this, &uart16550::write_mcr), on(this, &uart16550::read_mcr))
    , m_reg_lsr(m_registers, "lsr", byte_at(5), on(this, &uart16550::read_lsr),
                on(this, &uart16550::ignore_write), on(this, &uart16550::peek_lsr))
    , m_reg_msr(m_registers, "msr", byte_at(6), on(this, &uart16550::read_msr),
                on(this, &uart16550::ignore_write), on(this, &uart16550::read_msr))
    , m_reg_scr(m_registers, "scr", byte_at(7), on(this, &uart16550::read_scr),
                on(this, &uart16550::write_scr), on(this, &uart16550::read_scr)) {
    if (settings.baud_base == 0)
        throw std::invalid_argument("uart16550: baud_base is 0, expected at least 1");
    clear_state();
    SC_HAS_PROCESS(uart16550);
    SC_METHOD(drive_irq);
    sensitive << m_irq_changed;
    SC_METHOD(timeout_event);
    sensitive << m_timeout;
    dont_initialize();
    SC_METHOD(flush_output);
    sensitive << m_idle;
    dont_initialize();
    SC_METHOD(poll_and_repeat);
    sensitive << m_poll;
}

void uart16550::clear_state() {
    m_ier = m_fcr = m_lcr = m_scr = m_rbr = 0;
    m_mcr = mcr_out2;
    m_divisor = reset_divisor;
    m_character_bits = reset_character_bits;
    m_character_rate = reset_baud_rate;
    m_receive_fifo.clear();
    m_transmit_fifo.clear();
    m_shift_full = m_data_ready = m_overrun = m_break = false;
    m_thr_empty_pending = m_timeout_pending = m_timeout_running = false;
}

void uart16550::reset() {
    clear_state();
    m_timeout.cancel();
    update_irq();
}

bool uart16550::fifos_enabled() const {
    return m_fcr & fcr_enable;
}
bool uart16550::loopback() const {
    return m_mcr & mcr_loopback;
}
bool uart16550::divisor_selected() const {
    return m_lcr & lcr_divisor;
}

uint64_t uart16550::read_rbr(const register_access& access) {
    if (divisor_selected())
        return m_divisor & 0xff;
    const sc_core::sc_time now = local_time(access);
    uint8_t byte = m_rbr;
    if (fifos_enabled()) {
        settle(now);
        byte = m_receive_fifo.empty() ? 0 : m_receive_fifo.pop();
        m_timeout_pending = false;
        if (!m_receive_fifo.empty())
            start_timeout(now);
    }
    if (!fifos_enabled() || m_receive_fifo.empty())
        m_data_ready = m_break = false;
    if (!loopback())
        take_input(now);
    update_irq();
    return byte;
}

uint64_t uart16550::peek_rbr(const register_access&) const {
    if (divisor_selected())
        return m_divisor & 0xff;
    if (fifos_enabled())
        return m_receive_fifo.empty() ? 0 : m_receive_fifo.front();
    return m_rbr;
}

void uart16550::write_thr(const register_access& access, uint64_t value) {
    const auto byte = static_cast<uint8_t>(value);
    if (divisor_selected()) {
        m_divisor = static_cast<uint16_t>((m_divisor & 0xff00) | byte);
        update_character_time();
        return;
    }
    const sc_core::sc_time now = local_time(access);
    settle(now);
    if (!fifos_enabled())
        m_transmit_fifo.clear();
    else if (m_transmit_fifo.full())
        m_transmit_fifo.pop();
    m_transmit_fifo.push(byte);
    m_thr_empty_pending = false;
    transmit(now);
    update_irq();
}

uint64_t uart16550::read_ier(const register_access&) const {
    return divisor_selected() ? m_divisor >> 8 : m_ier;
}

void uart16550::write_ier(const register_access& access, uint64_t value) {
    const auto byte = static_cast<uint8_t>(value);
    if (divisor_selected()) {
        m_divisor = static_cast<uint16_t>((m_divisor & 0xff) | byte << 8);
        update_character_time();
        return;
    }
    settle(local_time(access));
    const auto changed = static_cast<uint8_t>((m_ier ^ byte) & 0x0f);
    m_ier = byte & 0x0f;
    if (changed & ier_thr_empty)
        m_thr_empty_pending = (m_ier & ier_thr_empty) && m_transmit_fifo.empty();
    update_irq(changed != 0);
}

uint64_t uart16550::peek_iir(const register_access&) const {
    return interrupt_identity() | (fifos_enabled() ? iir_fifos : 0);
}

uint64_t uart16550::read_iir(const register_access& access) {
    settle(local_time(access));
    const uint64_t value = peek_iir(access);
    if ((value & 0x0f) == iir_thr_empty)
        m_thr_empty_pending = false;
    update_irq((value & 0x0f) == iir_thr_empty);
    return value;
}

void uart16550::write_fcr(const register_access& access, uint64_t value) {
    settle(local_time(access));
    auto byte = static_cast<uint8_t>(value);
    if ((byte ^ m_fcr) & fcr_enable)
        byte |= fcr_clear_receiver | fcr_clear_transmitter;
    if (byte & fcr_clear_receiver) {
        m_receive_fifo.clear();
        m_data_ready = m_break = false;
        m_timeout_running = m_timeout_pending = false;
        m_timeout.cancel();
    }
    if (byte & fcr_clear_transmitter) {
        m_transmit_fifo.clear();
        m_thr_empty_pending = true;
    }
    m_fcr = byte;
    update_irq();
}

void uart16550::write_lcr(const register_access&, uint64_t value) {
    m_lcr = static_cast<uint8_t>(value);
    update_character_time();
}

void uart16550::write_mcr(const register_access&, uint64_t value) {
    m_mcr = static_cast<uint8_t>(value) & mcr_kept;
}

uint64_t uart16550::read_lsr(const register_access&) {
    const uint8_t status = line_status();
    const bool had_error = m_overrun || m_break;
    m_overrun = m_break = false;
    update_irq(had_error);
    return status;
}

uint64_t uart16550::read_msr(const register_access&) const {
    if (!loopback())
        return msr_connected;
    // OUT2 and OUT1 come back as DCD and RI, RTS as CTS, DTR as DSR.
    return (m_mcr & 0x0c) << 4 | (m_mcr & 0x02) << 3 | (m_mcr & 0x01) << 5;
}

} // namespace vmcore
