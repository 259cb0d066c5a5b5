"""The cases of F and D: every instruction with random operands, in all rounding modes and states of the unit."""
from isa_cases import ALIGNED, ANY, CONSTANT, Case, DOUBLE, SINGLE, UNMAPPED

FLOAT_MODES = "rne rtz rdn rup rmm dyn dyn".split()


class FloatChapter:
    """The instructions of one format, "s" or "d", with all rounding modes and states of the unit."""

    def __init__(self, chapter, count, format, floats):
        self.chapter = chapter
        self.random = chapter.random
        self.count = count
        self.format = format
        self.floats = floats

    def state(self):
        """Mostly usable: mstatus.FS on, and frm a rounding mode."""
        frm = self.random.randrange(8) if self.random.random() < 0.1 else self.random.randrange(5)
        flags = self.random.choice((0, 0, self.random.randrange(32)))
        fs = self.random.choice((0, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3))
        return {"fs": fs, "floats": self.floats, "fcsr": frm << 5 | flags}

    def f(self):
        return f"f{self.random.randrange(32)}"

    def group(self, name, make, rounds=False):
        """make() gives the operands."""
        def case():
            mode = f", {self.random.choice(FLOAT_MODES)}" if rounds else ""
            return Case(f"{name} {make()}{mode}", **self.state())
        self.chapter.group(name, self.chapter.repeat(self.count * (10 if rounds else 4), case))

    def arithmetic(self):
        f, x, s = self.f, lambda: f"x{self.chapter.x()}", self.format
        for name in "fadd fsub fmul fdiv".split():
            self.group(f"{name}.{s}", lambda: f"{f()}, {f()}, {f()}", rounds=True)
        self.group(f"fsqrt.{s}", lambda: f"{f()}, {f()}", rounds=True)
        for name in "fmadd fmsub fnmadd fnmsub".split():
            self.group(f"{name}.{s}", lambda: f"{f()}, {f()}, {f()}, {f()}", rounds=True)
        for name in "fmin fmax fsgnj fsgnjn fsgnjx".split():
            self.group(f"{name}.{s}", lambda: f"{f()}, {f()}, {f()}")
        for name in "feq flt fle".split():
            self.group(f"{name}.{s}", lambda: f"{x()}, {f()}, {f()}")
        self.group(f"fclass.{s}", lambda: f"{x()}, {f()}")

    def conversions(self):
        f, x, s = self.f, lambda: f"x{self.chapter.x()}", self.format
        for integer in "w wu l lu".split():
            self.group(f"fcvt.{integer}.{s}", lambda: f"{x()}, {f()}", rounds=True)
            # Doubles hold every word, so that the assembler knows no rounding mode for these.
            self.group(f"fcvt.{s}.{integer}", lambda: f"{f()}, {x()}", rounds=s == "s" or integer in ("l", "lu"))
        bits = "w" if s == "s" else "d"
        self.group(f"fmv.x.{bits}", lambda: f"{x()}, {f()}")
        self.group(f"fmv.{bits}.x", lambda: f"{f()}, {x()}")

    def related(self):
        """Fused forms whose product nearly cancels, and operands of their own results."""
        f, s = self.f, self.format

        def cancelling():
            a, b, product, result = self.random.sample(range(32), 4)
            form = self.random.choice("fmadd fmsub fnmadd fnmsub".split())
            return Case([f"fmul.{s} f{product}, f{a}, f{b}, {self.random.choice(FLOAT_MODES)}",
                         f"{form}.{s} f{result}, f{a}, f{b}, f{product}, {self.random.choice(FLOAT_MODES)}"], **self.state())
        self.chapter.group(f"products less their rounding, {s}", self.chapter.repeat(10 * self.count, cancelling))

        def chain():
            operation = lambda: f"{self.random.choice('fadd fsub fmul fdiv'.split())}.{s} {f()}, {f()}, {f()}"
            return Case([operation() for _ in range(6)], **self.state())
        self.chapter.group(f"chains, {s}", self.chapter.repeat(4 * self.count, chain))

    def least_normal(self):
        """Products next to the least normal number, where being tiny is decided after rounding."""
        def product():
            first, below_one = self.random.randrange(-2, 5), self.random.randrange(9)
            mode = self.random.choice(FLOAT_MODES)
            if self.format == "s":
                constant = (0x3f800000 - below_one) << 32 | self.random.choice((0, 1 << 31)) | (1 << 23) + first
                return Case(["fmv.w.x f1, x6", "srli x6, x6, 32", "fmv.w.x f2, x6", f"fmul.s f3, f1, f2, {mode}"],
                            CONSTANT, 6, constant, **self.state())
            constant = self.random.choice((0, 1 << 63)) | (1 << 52) + first
            return Case(["fmv.d.x f1, x6", "addi x7, x0, 1023", "slli x7, x7, 52", f"addi x7, x7, {-below_one}",
                         "fmv.d.x f2, x7", f"fmul.d f3, f1, f2, {mode}"], CONSTANT, 6, constant, **self.state())
        self.chapter.group(f"products next to the least normal, {self.format}", self.chapter.repeat(10 * self.count, product))

    def accesses(self, load, store):
        def access(name):
            base = self.chapter.base()
            return Case(f"{name} {self.f()}, {self.chapter.signed(12)}(x{base})", self.random.choice((ALIGNED, ANY)), base,
                        **self.state())
        for name in (load, store):
            self.chapter.group(name, self.chapter.repeat(4 * self.count, lambda: access(name)))
            self.chapter.group(f"{name} unmapped", self.chapter.repeat(self.count, lambda: Case(
                f"{name} {self.f()}, (x6)", CONSTANT, 6, UNMAPPED, **self.state())))

    def reserved_modes(self, template):
        """Static rounding modes 5 and 6 are illegal, whatever frm is."""
        return [Case(f".4byte {template | mode << 12:#010x}", **self.state()) for mode in range(8) for _ in range(8)]


def float_singles(chapter, count):
    part = FloatChapter(chapter, count, "s", SINGLE)
    part.arithmetic()
    part.conversions()
    part.related()
    part.least_normal()
    part.accesses("flw", "fsw")
    for name, template in {"fadd.s": 0x00208053, "fsqrt.s": 0x58008053, "fcvt.w.s": 0xc0008053, "fcvt.s.l": 0xd0208053,
                           "fmadd.s": 0x18208043}.items():
        chapter.group(f"rounding modes of {name}", part.reserved_modes(template))
    chapter.group("flags without a change of state", chapter.repeat(2 * count, lambda: Case(
        ["fsflags x0", f"{chapter.random.choice(('feq', 'flt', 'fle'))}.s x5, {part.f()}, {part.f()}",
         f"fcvt.w.s x6, {part.f()}", "frflags x7"], **part.state())))


def float_doubles(chapter, count):
    part = FloatChapter(chapter, count, "d", DOUBLE)
    part.arithmetic()
    part.conversions()
    part.related()
    part.least_normal()
    part.accesses("fld", "fsd")

    def compressed(name):
        base = chapter.random.randrange(8, 16)
        return Case(f"{name} f{chapter.random.randrange(8, 16)}, {8 * chapter.random.randrange(32)}(x{base})", ALIGNED, base,
                    **part.state())
    for name in ("c.fld", "c.fsd"):
        chapter.group(name, chapter.repeat(2 * count, lambda: compressed(name)))
    for name in ("c.fldsp", "c.fsdsp"):
        chapter.group(name, chapter.repeat(2 * count, lambda: Case(
            f"{name} {part.f()}, {8 * chapter.random.randrange(64)}(sp)", ALIGNED, 2, **part.state())))
    chapter.group("fcvt.s.d", chapter.repeat(10 * count, lambda: Case(
        f"fcvt.s.d {part.f()}, {part.f()}, {chapter.random.choice(FLOAT_MODES)}", **part.state())))
    singles = FloatChapter(chapter, count, "s", SINGLE)
    chapter.group("fcvt.d.s", chapter.repeat(4 * count, lambda: Case(f"fcvt.d.s {part.f()}, {part.f()}", **singles.state())))
    for name, template in {"fmul.d": 0x12208053, "fcvt.s.d": 0x40108053, "fcvt.d.s": 0x42008053, "fcvt.d.w": 0xd2008053,
                           "fcvt.lu.d": 0xc2308053, "fnmadd.d": 0x1a20804f}.items():
        chapter.group(f"rounding modes of {name}", part.reserved_modes(template))
