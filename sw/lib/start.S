# The first instructions of every program. The reset vector jumps here in machine mode on every hart, with the
# hart's number in a0 and the address of the device tree in a1. Hart 0 runs the program, the others sleep.

    .cfi_sections .debug_frame

    .section .text.start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    .cfi_startproc
    .cfi_undefined ra                   # nobody called this: unwinding ends here
    csrw mie, zero
    la t0, trap_vector
    csrw mtvec, t0
    bnez a0, park

    .option push
    .option norelax                     # gp cannot be loaded relative to itself
    la gp, __global_pointer$
    .option pop
    la sp, image_stack_end
    mv fp, zero                         # ends the chain of frame pointers

    la t0, image_bss_start
    la t1, image_bss_end
    bgeu t0, t1, 2f
1:  sd zero, 0(t0)                      # the linker script keeps both ends on doublewords
    addi t0, t0, 8
    bltu t0, t1, 1b

2:  mv s1, a0
    mv s2, a1
    call uart_open
    mv a0, s1
    mv a1, s2
    call main                           # int main(uint64_t hart, uint64_t device_tree)
    call poweroff                       # main's result is the exit status
    .cfi_endproc
    .size _start, . - _start

    .type park, @function
park:
    .cfi_startproc
    .cfi_undefined ra
    wfi
    j park
    .cfi_endproc
    .size park, . - park
