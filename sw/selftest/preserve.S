# uint64_t registers_changed_by_fault(uintptr_t address)
# Makes a probed load at `address` fault with a pattern in every register that the trap must bring back, and returns
# the set of those that came back changed (bit n for xn). a0, a1 and ra are the probe's results and are left out.

#define FRAME_SIZE 128

    .cfi_sections .debug_frame
    .altmacro
    .macro fill number
    li x\number, 0x0101010101010101*\number
    .endm
    .macro compare number               # with a1 as scratch, the set in a0
    li a1, 0x0101010101010101*\number
    xor a1, a1, x\number
    snez a1, a1
    slli a1, a1, \number
    or a0, a0, a1
    .endm

    .text
    .globl registers_changed_by_fault
    .type registers_changed_by_fault, @function
registers_changed_by_fault:
    .cfi_startproc
    addi sp, sp, -FRAME_SIZE
    .cfi_def_cfa_offset FRAME_SIZE
    sd ra, 0(sp)
    .cfi_offset ra, -FRAME_SIZE
    sd gp, 8(sp)
    sd tp, 16(sp)
    sd s0, 24(sp)
    sd s1, 32(sp)
    .irp number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    sd s\number, 24+8*\number(sp)
    .endr
    csrw mscratch, sp

    .irp number, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fill \number
    .endr
    jal ra, probe_load_1
    li a0, 0
    .irp number, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    compare \number
    .endr
    csrr a1, mscratch
    xor a2, a1, sp
    snez a2, a2
    slli a2, a2, 2
    or a0, a0, a2
    mv sp, a1

    ld ra, 0(sp)
    ld gp, 8(sp)
    ld tp, 16(sp)
    ld s0, 24(sp)
    ld s1, 32(sp)
    .irp number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ld s\number, 24+8*\number(sp)
    .endr
    addi sp, sp, FRAME_SIZE
    .cfi_def_cfa_offset 0
    ret
    .cfi_endproc
    .size registers_changed_by_fault, . - registers_changed_by_fault
