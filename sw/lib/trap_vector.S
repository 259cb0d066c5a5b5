# Trap entry and the probes that may fault.
#
# The entry saves all registers and the exception's program counter in a frame on the stack (struct trap_frame in
# trap.c: x0 to x31 in order, then mepc) and passes it to trap_handle. The frame is described to debuggers, so a
# backtrace goes on from the handler into the interrupted function.

#define FRAME_SIZE 272
#define FRAME_PC 256
#define DWARF_RETURN_COLUMN 64          /* the alternate frame return column of the RISC-V DWARF numbering */

    .cfi_sections .debug_frame

    .altmacro
    .macro save number
    sd x\number, 8*\number(sp)
    .cfi_offset \number, 8*\number-FRAME_SIZE
    .endm
    .macro restore number
    ld x\number, 8*\number(sp)
    .endm

    .section .text.trap, "ax", @progbits
    .balign 4                           # mtvec holds the mode in its low two bits
    .globl trap_vector
    .type trap_vector, @function
trap_vector:
    .cfi_startproc
    .cfi_signal_frame
    .cfi_return_column DWARF_RETURN_COLUMN
    addi sp, sp, -FRAME_SIZE
    .cfi_def_cfa sp, FRAME_SIZE         # the interrupted stack pointer
    .irp number, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    save \number
    .endr
    addi t0, sp, FRAME_SIZE
    sd t0, 16(sp)
    csrr t0, mepc
    sd t0, FRAME_PC(sp)
    .cfi_offset DWARF_RETURN_COLUMN, FRAME_PC-FRAME_SIZE
    mv a0, sp
    call trap_handle
    ld t0, FRAME_PC(sp)
    csrw mepc, t0
    .irp number, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    restore \number
    .endr
    addi sp, sp, FRAME_SIZE
    .cfi_def_cfa_offset 0
    mret
    .cfi_endproc
    .size trap_vector, . - trap_vector

# Leaf functions of one access each, called with the address in a0 and the value in a1, that return -1 in a0 (no
# trap), 0 in a1 (tval) and the value loaded in a2. When the access between probe_begin and probe_end traps,
# trap_handle returns to the caller in their place, with the cause in a0 and tval in a1.
    .macro probe name, access:vararg
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    \access
    li a0, -1
    li a1, 0
    ret
    .cfi_endproc
    .size \name, . - \name
    .endm

    .globl probe_begin, probe_end
probe_begin:
    probe probe_load_1, lbu a2, 0(a0)
    probe probe_load_2, lhu a2, 0(a0)
    probe probe_load_4, lwu a2, 0(a0)
    probe probe_load_8, ld a2, 0(a0)
    probe probe_store_1, sb a1, 0(a0)
    probe probe_store_2, sh a1, 0(a0)
    probe probe_store_4, sw a1, 0(a0)
    probe probe_store_8, sd a1, 0(a0)
probe_end:
