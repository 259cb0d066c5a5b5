#pragma once

#include <cstdint>

namespace vmcore::uart_bits {

/// Bits of the registers (PC16550D data sheet, table II); private to the model.
enum : uint8_t {
    ier_data = 0x01,
    ier_thr_empty = 0x02,
    ier_line_status = 0x04,

    iir_none = 0x01,
    iir_thr_empty = 0x02,
    iir_data = 0x04,
    iir_line_status = 0x06,
    iir_timeout = 0x0c,
    iir_fifos = 0xc0,

    fcr_enable = 0x01,
    fcr_clear_receiver = 0x02,
    fcr_clear_transmitter = 0x04,

    lcr_data_bits = 0x03,
    lcr_two_stop_bits = 0x04,
    lcr_parity = 0x08,
    lcr_divisor = 0x80,

    mcr_kept = 0x1f,
    mcr_out2 = 0x08,
    mcr_loopback = 0x10,

    lsr_data_ready = 0x01,
    lsr_overrun = 0x02,
    lsr_break = 0x10,
    lsr_thr_empty = 0x20,
    lsr_transmitter_empty = 0x40,

    msr_connected = 0xb0, ///< DCD, DSR and CTS: a peer that is always ready
};

} // namespace vmcore::uart_bits
