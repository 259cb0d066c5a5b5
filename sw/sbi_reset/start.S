# A kernel for a firmware that speaks SBI: entered in S mode on the boot hart, with its number in a0. Asks for a
# reboot, then, in the second boot, for power-off.
#
# RISC-V SBI specification 2.0: chapter 5 (legacy console), 10 (system reset extension).

    .equ legacy_console_putchar, 1
    .equ system_reset, 0x53525354       # "SRST"
    .equ shut_down, 0                   # its types
    .equ cold_reboot, 1

    .equ rebooted, 0x7465736572         # left in the marker by the first boot

    .section .text.start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    la s0, marker
    ld t0, (s0)
    li t1, rebooted
    beq t0, t1, second_boot

    sd t1, (s0)
    la s1, first_text
    call print
    li a0, cold_reboot
    call reset
second_boot:
    sd zero, (s0)
    la s1, second_text
    call print
    li a0, shut_down
    call reset
    .size _start, . - _start

    .type reset, @function
reset:                                  # a0: the type. Comes back only when the firmware does not know it.
    li a1, 0                            # no reason
    li a6, 0
    li a7, system_reset
    ecall
1:  j 1b
    .size reset, . - reset

    .type print, @function
print:                                  # s1: text that ends in a zero byte
1:  lbu a0, (s1)
    beqz a0, 2f
    li a7, legacy_console_putchar
    ecall
    addi s1, s1, 1
    j 1b
2:  ret
    .size print, . - print

    .section .rodata, "a", @progbits
first_text:
    .asciz "first boot\n"
second_text:
    .asciz "second boot\n"
