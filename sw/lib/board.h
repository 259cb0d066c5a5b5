#pragma once

/// Where the devices of the RISC-V `virt` board are, as far as this firmware uses them (physical addresses).

#define BOARD_FINISHER_BASE 0x100000UL
#define BOARD_UART_BASE 0x10000000UL
#define BOARD_UART_CLOCK_HZ 3686400U
#define BOARD_FW_CFG_BASE 0x10100000UL
#define BOARD_RAM_BASE 0x80000000UL
#define BOARD_PAGE_SIZE 4096U

/// 64 KiB in which the board decodes nothing: neither a device nor memory.
#define BOARD_UNMAPPED_BASE 0x18000000UL
