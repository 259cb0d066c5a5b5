"""The cases of each chapter of the instruction set: instructions with random operands, as assembler text."""
import random

NONE, ALIGNED, ANY, CODE, CONSTANT = range(5)  # what the pointer register gets: see guest.c
BITS, SINGLE, DOUBLE = range(3)  # what f registers get


class Case:
    def __init__(self, lines, pointer=NONE, register=0, constant=0, user=False, fs=0, floats=BITS, fcsr=0):
        self.lines = [lines] if isinstance(lines, str) else lines
        self.pointer = pointer
        self.register = register or 31  # register 0 would make pointers of all
        self.constant = constant
        self.user = user
        self.fs = fs
        self.floats = floats
        self.fcsr = fcsr


class Chapter:
    """Collects groups: one a mnemonic, or whatever shares a line of the guest's output."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.groups = []  # (name, [Case])

    def group(self, name, cases):
        cases = list(cases)
        for case in cases:
            case.user = case.user or self.random.random() < 0.2
        self.groups.append((name, cases))

    def x(self):
        return self.random.randrange(32)

    def base(self):
        return self.random.randrange(1, 32)

    def signed(self, bits):
        limit = 1 << (bits - 1)
        corners = [0, 1, -1, limit - 1, -limit, 16, -16]
        return self.random.choice(corners) if self.random.random() < 0.3 else self.random.randrange(-limit, limit)

    def distance(self, bits):
        """Of a jump: not to itself, which would never end."""
        return 2 * (self.signed(bits) or 1)

    def repeat(self, count, make):
        return [make() for _ in range(count)]


REGISTER_OPS = "add sub sll slt sltu xor srl sra or and addw subw sllw srlw sraw".split()
MULTIPLY_OPS = "mul mulh mulhsu mulhu div divu rem remu mulw divw divuw remw remuw".split()
IMMEDIATE_OPS = "addi slti sltiu xori ori andi addiw".split()
SHIFT_OPS = {"slli": 64, "srli": 64, "srai": 64, "slliw": 32, "srliw": 32, "sraiw": 32}
LOADS = "lb lh lw ld lbu lhu lwu".split()
STORES = "sb sh sw sd".split()
BRANCHES = "beq bne blt bge bltu bgeu".split()
AMOS = "amoswap amoadd amoxor amoand amoor amomin amomax amominu amomaxu".split()
ORDERS = ["", ".aq", ".rl", ".aqrl"]


def arithmetic(chapter, count):
    c = chapter
    for name in REGISTER_OPS:
        c.group(name, c.repeat(count, lambda: Case(f"{name} x{c.x()}, x{c.x()}, x{c.x()}")))
    for name in IMMEDIATE_OPS:
        c.group(name, c.repeat(count, lambda: Case(f"{name} x{c.x()}, x{c.x()}, {c.signed(12)}")))
    for name, width in SHIFT_OPS.items():
        c.group(name, [Case(f"{name} x{c.x()}, x{c.x()}, {amount}") for amount in range(width) for _ in range(2)])
    for name in ("lui", "auipc"):
        c.group(name, c.repeat(count, lambda: Case(f"{name} x{c.x()}, {c.random.randrange(1 << 20):#x}")))
    c.group("fence", [Case(f"fence {a}, {b}") for a in ("iorw", "rw", "r", "w", "i", "o") for b in ("iorw", "rw", "w")]
            + [Case("fence.tso"), Case("fence.i"), Case(".4byte 0x0100000f"), Case(".4byte 0x0ff0058f"),
               Case(".4byte 0x1230100f")])


def multiply(chapter, count):
    c = chapter
    for name in MULTIPLY_OPS:
        c.group(name, c.repeat(4 * count, lambda: Case(f"{name} x{c.x()}, x{c.x()}, x{c.x()}")))


def sequences(chapter, count):
    c = chapter

    def instruction():
        kind = c.random.randrange(4)
        if kind == 0:
            return f"{c.random.choice(IMMEDIATE_OPS)} x{c.x()}, x{c.x()}, {c.signed(12)}"
        if kind == 1:
            name = c.random.choice(list(SHIFT_OPS))
            return f"{name} x{c.x()}, x{c.x()}, {c.random.randrange(SHIFT_OPS[name])}"
        return f"{c.random.choice(REGISTER_OPS + MULTIPLY_OPS)} x{c.x()}, x{c.x()}, x{c.x()}"

    for number in range(10):
        c.group(f"sequence {number}", c.repeat(4 * count, lambda: Case(c.repeat(6, instruction))))


def jumps(chapter, count):
    c = chapter
    for name in BRANCHES:
        def branch(same):
            a = c.x()
            b = a if same else c.x()
            return Case(f"{name} x{a}, x{b}, .+{c.distance(12)}")
        c.group(name, [branch(i % 4 == 0) for i in range(2 * count)])
    c.group("jal", c.repeat(count, lambda: Case(f"jal x{c.x()}, .+{c.distance(20)}")))

    def jump_register():
        base = c.base()
        return Case(f"jalr x{c.x()}, {c.signed(12)}(x{base})", CODE, base)
    c.group("jalr", c.repeat(2 * count, jump_register))
    c.group("jalr to its own link", c.repeat(count, lambda: (
        lambda r: Case(f"jalr x{r}, {c.signed(12)}(x{r})", CODE, r))(c.base())))


def memory(chapter, count):
    c = chapter

    def access(name):
        base = c.base()
        return Case(f"{name} x{c.x()}, {c.signed(12)}(x{base})", c.random.choice((ALIGNED, ANY)), base)
    for name in LOADS + STORES:
        c.group(name, c.repeat(2 * count, lambda: access(name)))


def atomics(chapter, count):
    c = chapter
    for width in "wd":
        for name in AMOS:
            def amo():
                base = c.base()
                pointer = ANY if c.random.random() < 0.2 else ALIGNED
                order = c.random.choice(ORDERS)
                return Case(f"{name}.{width}{order} x{c.x()}, x{c.x()}, (x{base})", pointer, base)
            c.group(f"{name}.{width}", c.repeat(2 * count, amo))

        def load_reserved():
            base = c.base()
            return Case(f"lr.{width}{c.random.choice(ORDERS)} x{c.x()}, (x{base})", c.random.choice((ALIGNED, ANY)), base)
        c.group(f"lr.{width}", c.repeat(count, load_reserved))

        def store_conditional(between):
            base, result, value, other = c.random.sample(range(1, 32), 4)
            return Case([f"lr.{width} x{other}, (x{base})"] + [line.format(base=base, other=other) for line in between]
                        + [f"sc.{width} x{result}, x{value}, (x{base})", f"ld x{other}, (x{base})"], ALIGNED, base)
        c.group(f"sc.{width} succeeds", c.repeat(count, lambda: store_conditional([])))
        c.group(f"sc.{width} after an equal store", c.repeat(count, lambda: store_conditional(["sd x{other}, 16(x{base})"])))
        c.group(f"sc.{width} after a store", c.repeat(count, lambda: store_conditional(["sb x0, (x{base})"])))
        c.group(f"sc.{width} elsewhere", c.repeat(count, lambda: store_conditional(["addi x{base}, x{base}, 8"])))
        c.group(f"sc.{width} twice", c.repeat(count, lambda: store_conditional([f"sc.{width} x{{other}}, x0, (x{{base}})"])))

        def alone():
            base = c.base()
            return Case(f"sc.{width} x{c.x()}, x{c.x()}, (x{base})", c.random.choice((ALIGNED, ANY)), base)
        c.group(f"sc.{width} without lr", c.repeat(count, alone))


# Name, number, and how to keep an operand from bits that are QEMU's defects (see models/riscv/README.md).
LOW = ["slli x6, x6, 32", "srli x6, x6, 32"]
CSRS = [("fflags", 1, []), ("frm", 2, []), ("fcsr", 3, []), ("mstatus", 0x300, LOW), ("misa", 0x301, []), ("medeleg", 0x302, []), ("mideleg", 0x303, []),
        ("mie", 0x304, []), ("mtvec", 0x305, []), ("mcounteren", 0x306, []), ("menvcfg", 0x30a, []),
        ("mcountinhibit", 0x320, []), ("mscratch", 0x340, []), ("mepc", 0x341, ["slli x6, x6, 1"]),
        ("mcause", 0x342, []), ("mtval", 0x343, []), ("mip", 0x344, []), ("tselect", 0x7a0, []), ("tdata2", 0x7a2, []),
        ("tdata3", 0x7a3, []), ("mcontext", 0x7a8, [])] + \
       [(f"mhpmevent{n}", 0x320 + n, []) for n in range(3, 32)]
COUNTERS = {0xb00, 0xb02, 0xc00, 0xc01, 0xc02}


def csrs(chapter, count):
    c = chapter
    for name, number, mask in CSRS:
        def register_form():
            op = c.random.choice(("csrrw", "csrrs", "csrrc"))
            source = c.random.choice((6, 6, 6, 0)) if op != "csrrw" else 6
            return Case([*mask, f"csrrs x5, {number}, x0", f"{op} x{c.random.choice((0, 7))}, {number}, x{source}",
                         f"csrrw x8, {number}, x5"], fs=c.random.randrange(4), fcsr=c.random.randrange(256))

        def immediate_form():
            op = c.random.choice(("csrrwi", "csrrsi", "csrrci"))
            value = c.random.randrange(32) & (~1 if name == "mepc" else ~0)
            return Case([f"csrrs x5, {number}, x0", f"{op} x{c.random.choice((0, 7))}, {number}, {value}",
                         f"csrrw x8, {number}, x5"], fs=c.random.randrange(4), fcsr=c.random.randrange(256))
        # In U mode the first of them traps.
        c.group(name, c.repeat(count // 2 + 1, register_form) + c.repeat(count // 2 + 1, immediate_form))
    for mode in (False, True):
        for first in range(0, 4096, 512):
            c.group(f"reads of {first:#x} and up in {'U' if mode else 'M'} mode",
                    [Case(f"csrrs x5, {number}, x0", user=mode) for number in range(first, first + 512)
                     if number not in COUNTERS])
            for case in c.groups[-1][1]:
                case.user = mode
    c.group("writes to read-only registers", [Case(f"{op} x5, {number}, x6") for number in (*range(0xf10, 0xf18), 0xc00, 0xc01)
                                              for op in ("csrrw", "csrrs", "csrrc")])
    for name in ("mcycle", "minstret"):
        c.group(f"{name} while it is stopped", c.repeat(count, lambda: Case(
            ["csrrwi x0, mcountinhibit, 5", f"csrrw x0, {name}, x6", f"csrrs x7, {name}, x0", "csrrwi x0, mcountinhibit, 0"])))
    c.group("counters in U mode without mcounteren", [Case(f"csrrs x5, {n}, x0", user=True) for n in (0xc00, 0xc01, 0xc02)])


RAM_END = 0x88000000
UNMAPPED = 0x3f00000
ROM = 0x8000  # far behind the reset vector: zeros


def traps(chapter, count):
    c = chapter
    c.group("ecall and ebreak", [Case(text, user=user) for user in (False, True)
                                 for text in ("ecall", "ebreak", "c.ebreak", ".4byte 0x10200073", ".4byte 0x00200073",
                                              ".4byte 0x70200073", ".4byte 0x7b200073")])
    c.group("wfi in U mode with TW", [Case("wfi", user=True)] * 2)
    c.group("sfence.vma", [Case(f"sfence.vma x{a}, x{b}", user=user) for user in (False, True) for a in (0, 7) for b in (0, 9)])

    def at(name, low, high):
        base = c.base()
        place = c.random.randrange(low, high)
        text = f"{name} x{c.x()}, (x{base})" if name in LOADS + STORES or name.startswith("lr") else \
            f"{name} x{c.x()}, x{c.x()}, (x{base})"
        return Case(text, CONSTANT, base, place)
    everything = LOADS + STORES + [f"{name}.{w}" for name in AMOS[:3] for w in "wd"] + ["lr.w", "lr.d", "sc.w", "sc.d"]
    for name in everything:
        c.group(f"{name} at the end of RAM", c.repeat(count, lambda: at(name, RAM_END - 8, RAM_END + 8)))
        c.group(f"{name} unmapped", c.repeat(count, lambda: at(name, UNMAPPED, UNMAPPED + 8)))
        c.group(f"{name} above all", c.repeat(count // 2, lambda: at(name, (1 << 64) - 8, 1 << 64)))
        c.group(f"{name} in ROM", c.repeat(count, lambda: at(name, ROM, ROM + 16)))
    c.group("stores leave ROM alone", c.repeat(count, lambda: Case(
        ["sd x5, (x6)", "amoadd.d x7, x5, (x6)", "lr.d x8, (x6)", "sc.d x9, x5, (x6)", "ld x10, (x6)"], CONSTANT, 6, ROM)))

    def fetch(low, high):
        base = c.base()
        return Case(f"jalr x{c.x()}, (x{base})", CONSTANT, base, c.random.randrange(low, high))
    c.group("fetch unmapped", c.repeat(count, lambda: fetch(UNMAPPED, UNMAPPED + 64)))
    c.group("fetch behind RAM", c.repeat(count, lambda: fetch(RAM_END, RAM_END + 64)))
    c.group("fetch across the end of RAM", [Case(["addi x7, x0, 0x13", "sh x7, (x6)", "fence.i", "jalr x5, (x6)"], CONSTANT, 6,
                                                 RAM_END - 2, user=user) for user in (False, True)])
    c.group("run into the end of RAM", [Case(["addi x7, x0, 1", "sh x7, (x6)", "fence.i", "jalr x5, (x6)"], CONSTANT, 6,
                                             RAM_END - 2, user=user) for user in (False, True)])


def words(chapter, count):
    """Random 4-byte instructions of every major opcode, with pointers where memory or jumps are meant."""
    c = chapter
    for major in range(0x03, 0x80, 4):
        def word():
            bits = c.random.getrandbits(25) << 7 | major
            pointer, register = NONE, 0
            if major in (0x03, 0x07, 0x23, 0x27, 0x2f, 0x67):  # load, store, AMO, jalr
                pointer = CODE if major == 0x67 else ALIGNED
                register = bits >> 15 & 31
                if register == 0:
                    register, bits = 1, bits | 1 << 15
            if major == 0x73:  # CSRs and privileged instructions have chapters of their own
                bits = (bits & ~0x7000) | 0x4000
            return Case(f".4byte {bits:#010x}", pointer, register, fs=c.random.randrange(4),
                        floats=c.random.randrange(3), fcsr=c.random.randrange(256))
        c.group(f"opcode {major:#04x}", c.repeat((48 if major in (0x07, 0x27, 0x53) else 12) * count, word))


def compressed(chapter, count):
    """Listed by name for c.* with random operands; the guest adds every 2-byte encoding there is."""
    c = chapter

    def x8():
        return c.random.randrange(8, 16)
    for name in "c.add c.mv".split():
        c.group(name, c.repeat(count, lambda: Case(f"{name} x{c.base()}, x{c.base()}")))
    for name in "c.sub c.xor c.or c.and c.subw c.addw".split():
        c.group(name, c.repeat(count, lambda: Case(f"{name} x{x8()}, x{x8()}")))
    for name in "c.addi c.addiw c.li".split():
        c.group(name, c.repeat(count, lambda: Case(f"{name} x{c.base()}, {c.signed(6) or 1}")))
    c.group("c.slli", [Case(f"c.slli x{c.base()}, {n}") for n in range(1, 64)])
    for name in "c.srli c.srai".split():
        c.group(name, [Case(f"{name} x{x8()}, {n}") for n in range(1, 64)])
    c.group("c.andi", c.repeat(count, lambda: Case(f"c.andi x{x8()}, {c.signed(6)}")))
    c.group("c.j", c.repeat(count, lambda: Case(f"c.j .+{c.distance(11)}")))
    for name in "c.beqz c.bnez".split():
        c.group(name, c.repeat(count, lambda: Case(f"{name} x{x8()}, .+{c.distance(8)}")))


CHAPTERS = {"arithmetic": arithmetic, "multiply": multiply, "sequences": sequences, "jumps": jumps, "memory": memory,
            "atomics": atomics, "csrs": csrs, "traps": traps, "words": words, "compressed": compressed}
