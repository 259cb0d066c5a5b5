#pragma once

/// The board's 16550, transmitting only and by polling. Every wait is bounded: a UART that never becomes
/// ready loses characters, it does not hang the program.

/// 115200 baud, 8 data bits, no parity, FIFOs on, no interrupts.
void uart_open(void);

/// Sends one character when the transmitter has room.
void uart_put(char character);

/// Waits until the last character has left the shift register.
void uart_flush(void);
