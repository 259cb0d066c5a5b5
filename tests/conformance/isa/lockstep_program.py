"""Random programs for lockstep.py: slots of a few instructions of all extensions, in M, S and U mode, with translation.

A program is a list of slots, so that some can be left out. A trap skips the rest of its 4-byte word: slots are made
of whole words, and jumps lead to the beginnings of later slots.
"""
import random

REGISTERS = [n for n in range(32) if n not in (8, 9, 30)]  # x8: data, x9: data by its alias, x30: the trap handler's
BINARY = ("add sub sll slt sltu xor srl sra or and addw subw sllw srlw sraw mul mulh mulhsu mulhu div divu rem remu mulw divw "
          "divuw remw remuw add.uw sh1add sh1add.uw sh2add sh2add.uw sh3add sh3add.uw andn orn xnor max maxu min minu rol rolw "
          "ror rorw bclr bext binv bset").split()
UNARY = "clz clzw ctz ctzw cpop cpopw sext.b sext.h zext.h orc.b rev8".split()
LOADS = "lb lh lw ld lbu lhu lwu".split()
STORES = "sb sh sw sd".split()
AMOS = "amoswap amoadd amoxor amoand amoor amomin amomax amominu amomaxu".split()
BRANCHES = "beq bne blt bge bltu bgeu".split()
FLOATS = "fadd fsub fmul fdiv fmin fmax fsgnj fsgnjn fsgnjx".split()
MACHINE_CSRS = "mstatus misa medeleg mideleg mcause mscratch mepc mtvec pmpcfg0 pmpaddr0 pmpaddr1 menvcfg".split()
SUPERVISOR_CSRS = "sstatus sepc scause sscratch stvec satp scounteren senvcfg".split()

PROLOGUE = """
        .option norelax
        .option arch, +d, +zba, +zbb, +zbs, +zicbom, +zicboz
        .option norvc
        .section .text.entry, "ax"
        .globl _start
_start: la x1, handler
        csrw mtvec, x1
        li x1, -1
        csrw pmpaddr0, x1
        csrwi pmpcfg0, 0x1f
        li x1, 0x20000000000000f0
        csrw menvcfg, x1
        li x1, 0xf0
        csrw senvcfg, x1
        csrw medeleg, x0
        csrw mideleg, x0
        csrw mie, x0
        csrwi mcounteren, 7
        csrwi scounteren, 7
        la x1, root
        srli x1, x1, 12
        li x2, 8 << 60
        or x1, x1, x2
        csrw satp, x1
        sfence.vma
        j begin
        .balign 4
handler:
        csrrw x30, mscratch, x30
        csrr x30, mepc
        ori x30, x30, 3
        addi x30, x30, 1
        csrw mepc, x30
        csrr x30, mcause
        addi x30, x30, -2
        beqz x30, 1f        # of some illegal instructions QEMU tells no bits: see models/riscv/README.md
        csrr x30, mtval
1:      csrrw x30, mscratch, x30
        mret
        .balign 4096
begin:
"""
ALIAS = 80  # the gigabyte at which memory is seen again; without translation there is nothing
EPILOGUE = """
end:    j end
        .balign 4096
root:   .8byte 0, 0, {identity:#x}
        .fill {gap}, 8, 0
        .8byte {alias:#x}
        .fill {rest}, 8, 0
        .balign 4096
data:   .fill 1024, 8, 0x3ff0000080000001
"""


class Program:
    def __init__(self, seed, length):
        self.random = random.Random(seed)
        r = self.random
        self.flags = [r.choice((0xcf, 0xdf, 0xcf, 0xcf)), r.choice((0xcf, 0xdf, 0x4b, 0x07, 0xc3, 0xd7, 0x1f))]
        self.values = {n: self.value() for n in range(1, 32)}
        self.slots = [self.slot() for _ in range(length)]

    def value(self):
        r = self.random
        return r.choice((0, 1, 0xffffffffffffffff, 1 << 63, 0x7fffffff, 0x80000000, r.getrandbits(64), r.getrandbits(32),
                         r.getrandbits(64)))

    def assembler(self, slots):
        lines = [PROLOGUE]
        lines += [f"li x{n}, {value:#x}" for n, value in self.values.items()]
        lines += ["csrw mscratch, x30", "la x8, data + 2048", f"li x9, {(ALIAS << 30) - (2 << 30):#x}", "add x9, x8, x9", "li x7, 0x6000", "csrs mstatus, x7"]
        lines += [f"fmv.d.x f{n}, x{n}" for n in range(1, 32)]
        lines += [".globl compared", "compared:"]
        for number, slot in enumerate(slots):
            lines.append(f"slot_{number}:")
            for line in slot:
                target = min(number + 1 + sum(map(ord, line)) % 3, len(slots))
                line = line.replace("LATER", f"slot_{target}" if target < len(slots) else "end")
                lines += [".option rvc" if line.startswith("c.") else ".option norvc", line]
        lines.append(EPILOGUE.format(gap=ALIAS - 3, rest=511 - ALIAS, alias=0x80000000 >> 2 | self.flags[1], identity=0x80000000 >> 2 | self.flags[0]))
        return "\n".join(lines) + "\n"

    def x(self):
        return f"x{self.random.choice(REGISTERS)}"

    def f(self):
        return f"f{self.random.randrange(32)}"

    def address(self, bits=8):
        r = self.random
        offset = r.randrange(-1024, 1024) if r.random() < 0.3 else r.randrange(-128, 128) * 8
        return f"{offset}(x{r.choice((8, 8, 9))})"

    def slot(self):
        kinds = [(30, self.integer), (8, self.compressed), (12, self.load), (10, self.store), (6, self.atomic), (4, self.reserve),
                 (8, self.jump), (14, self.floating), (5, self.csr), (4, self.mode), (2, self.system), (2, self.cache), (3, self.word)]
        return self.random.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]()

    def integer(self):
        r, x = self.random, self.x
        kind = r.randrange(5)
        if kind == 0:
            return [f"{r.choice(UNARY)} {x()}, {x()}"]
        if kind == 1:
            return [f"{r.choice('addi slti sltiu xori ori andi addiw'.split())} {x()}, {x()}, {r.randrange(-2048, 2048)}"]
        if kind == 2:
            name, limit = r.choice([("slli", 64), ("srli", 64), ("srai", 64), ("slliw", 32), ("srliw", 32), ("sraiw", 32),
                                    ("slli.uw", 64), ("rori", 64), ("roriw", 32), ("bclri", 64), ("bexti", 64), ("bseti", 64)])
            return [f"{name} {x()}, {x()}, {r.randrange(limit)}"]
        if kind == 3 and r.random() < 0.3:
            return [f"{r.choice(('lui', 'auipc'))} {x()}, {r.getrandbits(20)}"]
        return [f"{r.choice(BINARY)} {x()}, {x()}, {x()}"]

    def compressed(self):
        r = self.random

        def one():
            low = lambda: f"x{r.choice((10, 11, 12, 13, 14, 15))}"
            full = lambda: f"x{r.choice([n for n in REGISTERS if n > 2])}"
            return r.choice([f"c.add {full()}, {full()}", f"c.mv {full()}, {full()}", f"c.li {full()}, {r.randrange(-32, 32)}",
                             f"c.addiw {full()}, {r.randrange(-32, 32)}", f"c.slli {full()}, {r.randrange(1, 64)}",
                             f"c.xor {low()}, {low()}", f"c.subw {low()}, {low()}", f"c.andi {low()}, {r.randrange(-32, 32)}",
                             f"c.srai {low()}, {r.randrange(1, 64)}", f"c.ld {low()}, {r.randrange(32) * 8}(x8)",
                             f"c.sw {low()}, {r.randrange(32) * 4}(x9)", f"c.lw {low()}, {r.randrange(32) * 4}(x9)"])
        return [one(), one()]

    def load(self):
        return [f"{self.random.choice(LOADS)} {self.x()}, {self.address()}"]

    def store(self):
        return [f"{self.random.choice(STORES)} {self.x()}, {self.address()}"]

    def atomic(self):
        return [f"{self.random.choice(AMOS)}.{self.random.choice('wd')} {self.x()}, {self.x()}, (x{self.random.choice((8, 9))})"]

    def reserve(self):
        width, base = self.random.choice("wd"), self.random.choice((8, 9))
        between = self.random.choice(([], [], self.store(), self.integer()))
        return [f"lr.{width} {self.x()}, (x{base})", *between, f"sc.{width} {self.x()}, {self.x()}, (x{base})"]

    def jump(self):
        if self.random.random() < 0.3:
            return [f"jal {self.x()}, LATER"]
        return [f"{self.random.choice(BRANCHES)} {self.x()}, {self.x()}, LATER"]

    def floating(self):
        r, f, x = self.random, self.f, self.x
        s = r.choice("sd")
        mode = r.choice(("rne", "rtz", "rdn", "rup", "rmm", "dyn"))
        return [r.choice([
            f"{(name := r.choice(FLOATS))}.{s} {f()}, {f()}, {f()}" + (f", {mode}" if name in FLOATS[:4] else ""),
            f"fmadd.{s} {f()}, {f()}, {f()}, {f()}, {mode}", f"fsqrt.{s} {f()}, {f()}, {mode}",
            f"fcvt.{r.choice(('w', 'wu', 'l', 'lu'))}.{s} {x()}, {f()}, {r.choice(('rne', 'rtz'))}", f"fcvt.{s}.l {f()}, {x()}, {mode}",
            f"f{r.choice(('eq', 'lt', 'le'))}.{s} {x()}, {f()}, {f()}", f"fmv.x.d {x()}, {f()}", f"fmv.d.x {f()}, {x()}",
            f"fclass.{s} {x()}, {f()}", f"fl{r.choice('wd')} {f()}, {self.address()}", f"fs{r.choice('wd')} {f()}, {self.address()}",
            f"csrrw {x()}, fflags, {x()}", f"csrrwi {x()}, frm, {r.randrange(5)}", f"csrr {x()}, fcsr"])]

    def csr(self):
        r = self.random
        if r.random() < 0.6:
            return [f"csrr {self.x()}, {r.choice(MACHINE_CSRS + SUPERVISOR_CSRS)}"]
        name = r.choice(("sscratch", "scause", "stval", "mcause", "mtval"))
        return [f"{r.choice(('csrrw', 'csrrs', 'csrrc'))} {self.x()}, {name}, {self.x()}"]

    def mode(self):
        """Changes mode and some of mstatus where that is allowed, else traps bit by bit."""
        r = self.random
        bits = r.getrandbits(23) & 0x7c0020
        mode = r.choice((0, 0, 1, 1, 3)) << 11
        return [f"lui x7, {(bits | mode) >> 12}", "csrrw x0, mstatus, x7", "lui x7, 6", "csrrs x0, mstatus, x7", "auipc x7, 0", "addi x7, x7, 16",
                "csrw mepc, x7", "mret"]

    def system(self):
        return [self.random.choice(("ecall", "ebreak", "sfence.vma", "sfence.vma x8, x0", "fence", "fence.i",
                                    "csrw sepc, x0", ".4byte 0xffffffff", "lw x7, (x0)", "csrr x7, satp"))]

    def cache(self):
        return [f"cbo.{self.random.choice(('zero', 'clean', 'flush', 'inval'))} (x{self.random.choice((8, 9))})"]

    def word(self):
        """Any word of the opcodes that only compute."""
        word = self.random.getrandbits(25) << 7 | self.random.choice((0x13, 0x1b, 0x33, 0x3b, 0x53, 0x43, 0x4f))
        destination = self.random.choice(REGISTERS)
        return [f".4byte {word & ~0xf80 | destination << 7:#010x}"]
