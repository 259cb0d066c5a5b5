// The side of the UART that looks at the line: receiver, transmitter, the receiver's time-out, and the
// interrupt that they raise.
//
// A register access happens at the initiator's local time, which is ahead of the kernel's; the time-out is
// therefore judged by local time on every access that it matters to (settle), and its event only serves
// guests that wait for the interrupt. The interrupt line follows an access in the next delta cycles.

#include "models/uart16550/register_bits.h"
#include "models/uart16550/uart16550.h"

namespace vmcore {

using namespace uart_bits;

namespace {

__extension__ typedef unsigned __int128 wide;

constexpr size_t trigger_levels[] = {1, 4, 8, 14};
constexpr size_t input_chunk = 1024; ///< bytes taken from the back end by one poll at most
constexpr unsigned timeout_characters = 4;

} // namespace

void uart16550::poll() {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    settle(now);
    bool moved = take_input(now);
    if (m_input_next == m_input.size()) {
        m_input.resize(input_chunk);
        m_input.resize(m_line.read(m_input.data(), input_chunk));
        m_input_next = 0;
        moved |= take_input(now);
    }
    moved |= transmit(now);
    m_line.flush();
    report_lost_output();
    update_irq(moved);
}

void uart16550::poll_and_repeat() {
    if (m_config.poll_interval == sc_core::SC_ZERO_TIME)
        return;
    poll();
    if (m_line.has_input() || m_input_next < m_input.size())
        m_poll.notify(m_config.poll_interval);
}

void uart16550::flush_output() {
    m_idle_armed = false;
    m_line.flush();
    report_lost_output();
}

void uart16550::report_lost_output() {
    if (m_lost_reported || m_line.error().empty())
        return;
    m_lost_reported = true;
    SC_REPORT_WARNING("/vmcore/uart16550/output_lost", m_line.error().c_str());
}

bool uart16550::take_input(const sc_core::sc_time& now) {
    const size_t before = m_input_next;
    while (m_input_next < m_input.size() && has_room())
        receive(m_input[m_input_next++], now);
    return m_input_next != before;
}

void uart16550::receive(uint8_t byte, const sc_core::sc_time& now) {
    if (fifos_enabled()) {
        if (m_receive_fifo.full())
            m_overrun = true;
        else
            m_receive_fifo.push(byte);
        start_timeout(now);
    } else {
        m_overrun = m_overrun || m_data_ready;
        m_rbr = byte;
    }
    m_data_ready = true;
}

void uart16550::receive_break() {
    m_rbr = 0;
    if (fifos_enabled()) {
        if (m_receive_fifo.full())
            m_overrun = true;
        else
            m_receive_fifo.push(0);
    }
    m_break = true;
    m_data_ready = true;
    update_irq();
}

bool uart16550::transmit(const sc_core::sc_time& now) {
    bool sent = false;
    for (;;) {
        if (!m_shift_full) {
            if (m_transmit_fifo.empty())
                return sent;
            m_shift = m_transmit_fifo.pop();
            m_shift_full = true;
            if (m_transmit_fifo.empty())
                m_thr_empty_pending = true;
        }
        if (!send(m_shift, now))
            return sent;
        sent = true;
        m_shift_full = false;
    }
}

bool uart16550::send(uint8_t byte, const sc_core::sc_time& now) {
    if (loopback()) {
        receive(byte, now);
        return true;
    }
    if (m_line.write(&byte, 1) == 0)
        return false;
    if (!m_idle_armed && m_config.poll_interval != sc_core::SC_ZERO_TIME) {
        m_idle_armed = true;
        m_idle.notify(m_config.poll_interval);
    }
    return true;
}

uint8_t uart16550::line_status() const {
    uint8_t status = 0;
    status |= m_data_ready ? lsr_data_ready : 0;
    status |= m_overrun ? lsr_overrun : 0;
    status |= m_break ? lsr_break : 0;
    status |= m_transmit_fifo.empty() ? lsr_thr_empty : 0;
    status |= m_transmit_fifo.empty() && !m_shift_full ? lsr_transmitter_empty : 0;
    return status;
}

uint8_t uart16550::interrupt_identity() const {
    const bool level_reached =
        m_data_ready && (!fifos_enabled() || m_receive_fifo.size() >= trigger_levels[m_fcr >> 6]);
    if ((m_ier & ier_line_status) && (m_overrun || m_break))
        return iir_line_status;
    if ((m_ier & ier_data) && m_timeout_pending)
        return iir_timeout;
    if ((m_ier & ier_data) && level_reached)
        return iir_data;
    if ((m_ier & ier_thr_empty) && m_thr_empty_pending)
        return iir_thr_empty;
    return iir_none; // the modem lines never change
}

void uart16550::update_irq(bool anew) {
    const bool level = interrupt_identity() != iir_none;
    if (level == m_irq && !(level && anew))
        return;
    m_irq = level;
    m_irq_asserted = m_irq_asserted || level;
    m_irq_changed.notify(sc_core::SC_ZERO_TIME);
}

void uart16550::drive_irq() {
    if (m_irq_asserted)
        irq.write(true);
    m_irq_asserted = false;
    irq.write(m_irq);
}

void uart16550::update_character_time() {
    if (m_divisor == 0 || m_divisor > m_config.baud_base)
        return; // no such rate: the last one goes on
    const unsigned parity_bits = m_lcr & lcr_parity ? 1 : 0;
    const unsigned stop_bits = m_lcr & lcr_two_stop_bits ? 2 : 1;
    const unsigned frame_bits = 1 + 5 + (m_lcr & lcr_data_bits) + parity_bits + stop_bits;
    m_character_bits = uint64_t(frame_bits) * m_divisor;
    m_character_rate = m_config.baud_base;
}

sc_core::sc_time uart16550::timeout_interval() const {
    static const uint64_t units_per_second = sc_core::sc_time(1, sc_core::SC_SEC).value();
    const wide units = wide(timeout_characters) * m_character_bits * units_per_second / m_character_rate;
    return sc_core::sc_time::from_value(static_cast<uint64_t>(units));
}

void uart16550::start_timeout(const sc_core::sc_time& now) {
    m_timeout_at = now + timeout_interval();
    m_timeout_running = true;
    m_timeout.cancel();
    m_timeout.notify(m_timeout_at - sc_core::sc_time_stamp());
}

void uart16550::settle(const sc_core::sc_time& now) {
    if (!m_timeout_running || now < m_timeout_at)
        return;
    m_timeout_running = false;
    m_timeout_pending = m_timeout_pending || !m_receive_fifo.empty();
}

void uart16550::timeout_event() {
    settle(sc_core::sc_time_stamp());
    update_irq(false);
}

} // namespace vmcore
