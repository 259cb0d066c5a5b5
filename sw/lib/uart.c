// Register use (offset: register, 16550D data sheet):
//   0 THR / DLL   1 IER / DLM   2 FCR   3 LCR   5 LSR
#include "sw/lib/uart.h"

#include <stdbool.h>
#include <stdint.h>

#include "sw/lib/board.h"
#include "sw/lib/mmio.h"

enum { uart_thr = 0, uart_dll = 0, uart_ier = 1, uart_dlm = 1, uart_fcr = 2, uart_lcr = 3, uart_lsr = 5 };
enum { lcr_8n1 = 0x03, lcr_divisor_latch = 0x80 };
enum { fcr_enable_and_clear = 0x07 };
enum { lsr_thr_empty = 0x20, lsr_transmitter_empty = 0x40 };
enum { baud_rate = 115200, divisor = BOARD_UART_CLOCK_HZ / 16 / baud_rate };

// Long enough for a console on the host that stands still for about a second.
enum { poll_limit = 10000000 };

static bool stalled; // after one full wait in vain the next ones look only once

static bool wait_for(uint8_t condition) {
    for (uint32_t polls = stalled ? 1 : poll_limit; polls != 0; polls--) {
        if ((mmio_read8(BOARD_UART_BASE + uart_lsr) & condition) != 0) {
            stalled = false;
            return true;
        }
    }
    stalled = true;
    return false;
}

void uart_open(void) {
    mmio_write8(BOARD_UART_BASE + uart_ier, 0);
    mmio_write8(BOARD_UART_BASE + uart_lcr, lcr_divisor_latch);
    mmio_write8(BOARD_UART_BASE + uart_dll, divisor & 0xff);
    mmio_write8(BOARD_UART_BASE + uart_dlm, divisor >> 8);
    mmio_write8(BOARD_UART_BASE + uart_lcr, lcr_8n1);
    mmio_write8(BOARD_UART_BASE + uart_fcr, fcr_enable_and_clear);
}

void uart_put(char character) {
    if (wait_for(lsr_thr_empty)) {
        mmio_write8(BOARD_UART_BASE + uart_thr, (uint8_t)character);
    }
}

void uart_flush(void) {
    wait_for(lsr_transmitter_empty);
}
