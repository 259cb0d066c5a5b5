#pragma once

#include "models/tlm/peripheral.h"
#include "models/uart16550/backend.h"
#include "models/uart16550/byte_fifo.h"

#include <vector>

namespace vmcore {

/// The 16550A serial port as QEMU's riscv `virt` has it (National Semiconductor PC16550D data sheet, chapter
/// 8): eight registers of a byte, FIFOs of 16 bytes, one interrupt line.
///
/// As in QEMU a byte is sent at once, so that the transmitter is empty again when the store returns; only
/// while the back end takes no more do bytes stay in the transmitter. Bytes from the back end arrive at
/// multiples of config.poll_interval, as many as the receiver has room for; what one poll took beyond that
/// follows as the guest reads. The divisor counts for the receiver's time-out alone.
class uart16550 : public peripheral {
public:
    struct config {
        sc_core::sc_time access_latency;
        sc_core::sc_time poll_interval; ///< between two looks for input; 0: only when poll() is called
        uint64_t baud_base = 399193; ///< bits per second at divisor 1; this is the number QEMU's `virt` uses
    };

    /// Interrupt level. What happens while it is high may write it again, as QEMU raises it again, for lines
    /// that take an assertion as such: see interrupt_wire.
    sc_core::sc_out<bool> irq{"irq"};

    /// @param line the host's end; must outlive the model
    /// @throws std::invalid_argument when baud_base is 0
    uart16550(const sc_core::sc_module_name& name, const config& settings, uart_backend& line);

    /// Registers, FIFOs and interrupt go back to power-on; input that the receiver had no room for stays on
    /// the line.
    void reset() override;

    /// Takes input from the back end and retries what it had no room for; passes on buffered output. Happens
    /// by itself every config.poll_interval.
    void poll();

    /// The line saw a break: a zero byte with the break bit of LSR.
    void receive_break();

    /// Passes on to the host what the back end still holds, and warns of output that the host has lost. Call
    /// it at the end of a run.
    void flush_output();

private:
    void clear_state();
    void receive(uint8_t byte, const sc_core::sc_time& now);
    /// @returns whether there was any
    bool take_input(const sc_core::sc_time& now);
    bool has_room() const { return fifos_enabled() ? !m_receive_fifo.full() : !m_data_ready; }
    /// @returns whether a byte has left
    bool transmit(const sc_core::sc_time& now);
    bool send(uint8_t byte, const sc_core::sc_time& now);
    void report_lost_output();

    bool fifos_enabled() const;
    bool loopback() const;
    bool divisor_selected() const;
    uint8_t line_status() const;
    uint8_t interrupt_identity() const;
    /// @param anew a line that is high already is asserted once more
    void update_irq(bool anew = true);
    void drive_irq();
    void poll_and_repeat();

    sc_core::sc_time timeout_interval() const;
    void update_character_time();
    void start_timeout(const sc_core::sc_time& now);
    void stop_timeout();
    /// Takes note of a time-out that has come by local time, ahead of its event.
    void settle(const sc_core::sc_time& now);
    void timeout_event();

    uint64_t read_rbr(const register_access& access);
    uint64_t peek_rbr(const register_access&) const;
    void write_thr(const register_access& access, uint64_t value);
    uint64_t read_ier(const register_access&) const;
    void write_ier(const register_access& access, uint64_t value);
    uint64_t read_iir(const register_access& access);
    uint64_t peek_iir(const register_access&) const;
    void write_fcr(const register_access& access, uint64_t value);
    uint64_t read_lcr(const register_access&) const { return m_lcr; }
    void write_lcr(const register_access&, uint64_t value);
    uint64_t read_mcr(const register_access&) const { return m_mcr; }
    void write_mcr(const register_access&, uint64_t value);
    uint64_t read_lsr(const register_access& access);
    uint64_t peek_lsr(const register_access&) const { return line_status(); }
    uint64_t read_msr(const register_access&) const;
    void ignore_write(const register_access&, uint64_t) {}
    uint64_t read_scr(const register_access&) const { return m_scr; }
    void write_scr(const register_access&, uint64_t value) { m_scr = static_cast<uint8_t>(value); }

    config m_config;
    uart_backend& m_line;
    std::vector<uint8_t> m_input; ///< polled, not received yet: from m_input_next on
    size_t m_input_next = 0;

    uint8_t m_ier = 0;
    uint8_t m_fcr = 0;
    uint8_t m_lcr = 0;
    uint8_t m_mcr = 0;
    uint8_t m_scr = 0;
    uint16_t m_divisor = 0;
    uint8_t m_rbr = 0;
    byte_fifo m_receive_fifo;
    byte_fifo m_transmit_fifo; ///< holds one byte while the FIFOs are off
    bool m_shift_full = false; ///< the transmitter holds a byte that the back end has not taken
    uint8_t m_shift = 0;
    bool m_data_ready = false;
    bool m_overrun = false;
    bool m_break = false;
    bool m_thr_empty_pending = false;
    bool m_timeout_pending = false;

    uint64_t m_character_bits = 0; ///< a character takes m_character_bits / m_character_rate seconds
    uint64_t m_character_rate = 1;
    bool m_timeout_running = false;
    sc_core::sc_time m_timeout_at;

    bool m_irq = false;
    bool m_irq_asserted = false; ///< since the line was driven last
    bool m_idle_armed = false;
    bool m_lost_reported = false;
    sc_core::sc_event m_irq_changed{"irq_changed"};
    sc_core::sc_event m_timeout{"timeout"};
    sc_core::sc_event m_poll{"poll"};
    sc_core::sc_event m_idle{"idle"};

    reg m_reg_rbr_thr; ///< 0: received byte / byte to send; divisor, low byte
    reg m_reg_ier;     ///< 1: interrupt enable; divisor, high byte
    reg m_reg_iir_fcr; ///< 2: interrupt identity / FIFO control
    reg m_reg_lcr;     ///< 3: line control
    reg m_reg_mcr;     ///< 4: modem control
    reg m_reg_lsr;     ///< 5: line status
    reg m_reg_msr;     ///< 6: modem status
    reg m_reg_scr;     ///< 7: scratch
};

} // namespace vmcore
