# Start-up, and the way into and out of a case: enter_case loads all registers from a frame and returns to the
# case's code; whatever trap ends the case stores all registers, and the trap's, to the frame.
#
# The frame: 32 doublewords for pc and x1..x31, then mcause, mtval, mepc, mstatus. f0..f31 and fcsr are moved apart,
# while the compiled code, which knows no floating point, runs.

        .section .text.entry, "ax"
        .globl  _start
_start:
        csrr    t0, mhartid
1:      bnez    t0, 1b
        la      sp, stack_top
        la      t0, leave_case
        csrw    mtvec, t0
        call    main
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
1:      j       1b

        .globl  enter_case
enter_case:
        la      t0, host_registers
        sd      ra, 0(t0)
        sd      sp, 8(t0)
        sd      gp, 16(t0)
        sd      tp, 24(t0)
        sd      s0, 32(t0)
        sd      s1, 40(t0)
        .irp    n, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
        sd      x\n, (\n - 12) * 8(t0)
        .endr
        csrw    mscratch, a0
        ld      t0, 0(a0)
        csrw    mepc, t0
        mv      x31, a0
        .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        ld      x\n, \n * 8(x31)
        .endr
        mret

        .balign 4
leave_case:
        csrrw   x31, mscratch, x31
        .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
        sd      x\n, \n * 8(x31)
        .endr
        csrr    t0, mscratch
        sd      t0, 31 * 8(x31)
        csrr    t0, mcause
        sd      t0, 256(x31)
        csrr    t0, mtval
        sd      t0, 264(x31)
        csrr    t0, mepc
        sd      t0, 272(x31)
        csrr    t0, mstatus
        sd      t0, 280(x31)
        la      t0, host_registers
        ld      ra, 0(t0)
        ld      sp, 8(t0)
        ld      gp, 16(t0)
        ld      tp, 24(t0)
        ld      s0, 32(t0)
        ld      s1, 40(t0)
        .irp    n, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
        ld      x\n, (\n - 12) * 8(t0)
        .endr
        ret

        .option push
        .option arch, +d
        .globl  load_floats
load_floats:
        li      t0, 0x6000
        csrs    mstatus, t0
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        fld     f\n, \n * 8(a0)
        .endr
        ld      t0, 256(a0)
        fscsr   t0
        ret

        .globl  store_floats
store_floats:
        li      t0, 0x6000
        csrs    mstatus, t0
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        fsd     f\n, \n * 8(a0)
        .endr
        frcsr   t0
        sd      t0, 256(a0)
        ret
        .option pop

        .bss
        .balign 16
host_registers:
        .skip   128
        .skip   8192
stack_top:
