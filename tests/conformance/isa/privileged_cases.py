"""The cases of the privileged chapters: a few instructions in some mode, with some CSRs set, as assembler text."""
import random

CODE_BYTES = 160  # supervisor.c
FIELDS = "mstatus medeleg mideleg mie mip mcounteren scounteren menvcfg senvcfg satp stimecmp pmpcfg0".split()
USER, SUPERVISOR, MACHINE = 0, 1, 3
MODES = {USER: "U", SUPERVISOR: "S", MACHINE: "M"}
SIE, SPIE, MPIE, SPP, MPRV, SUM, MXR, TVM, TW, TSR = (1 << n for n in (1, 5, 7, 8, 17, 18, 19, 20, 21, 22))
STCE, ADUE, CBZE, CBCFE, CBIE = 1 << 63, 1 << 61, 1 << 7, 1 << 6, 3 << 4
NEVER = (1 << 63) - 1  # of stimecmp
EVERYTHING = 0x1f  # of pmpcfg0: region 0 permits all
NO_ECALL_FROM_S = ~(1 << 9)  # the landing of delegated traps leaves by it
INTERRUPTS = 0x2666  # that software can raise
READ_BACK = {"mip": "mip sip", "sip": "mip sip", "mie": "mie sie", "sie": "mie sie", "mideleg": "mideleg sip sie",
             "mstatus": "mstatus sstatus", "sstatus": "sstatus"}
# Name, and the bits that may be written: some are QEMU's defects, see models/riscv/README.md.
NOT_UXL = ~(0xf << 32) & (1 << 64) - 1
SUPERVISOR_CSRS = [("sstatus", NOT_UXL), ("sie", -1), ("stvec", -1), ("scounteren", -1), ("senvcfg", -1), ("sscratch", -1),
                   ("sepc", ~1), ("scause", -1), ("stval", -1), ("sip", -1), ("satp", -1),
                   ("0x14d", 1 << 62)]  # stimecmp: long ago or far away
MACHINE_CSRS = [("mstatus", NOT_UXL), ("misa", -1), ("medeleg", -1), ("mideleg", -1), ("mie", -1), ("mtvec", -1),
                ("mcounteren", -1), ("menvcfg", -1), ("mscratch", -1), ("mepc", ~1), ("mcause", -1), ("mtval", -1), ("mip", -1)]
# Counting, or different on purpose.
UNCOMPARED = {0xb00, 0xb02, 0xc00, 0xc01, 0xc02}


class Case:
    def __init__(self, mode, lines, constant=0, any_value=False, **setup):
        self.mode = mode
        self.lines = [lines] if isinstance(lines, str) else list(lines)
        self.constant = constant
        self.any_value = any_value  # mtval and stval are different on purpose: see models/riscv/README.md
        self.setup = dict.fromkeys(FIELDS, 0)
        self.setup["stimecmp"] = NEVER
        self.setup["pmpcfg0"] = EVERYTHING
        self.setup.update(setup)
        self.setup["mstatus"] = self.setup["mstatus"] & ~0x1808 | mode << 11
        if mode != MACHINE:
            self.leave_one_interrupt()

    def leave_one_interrupt(self):
        """Of several that could be taken, QEMU chooses another than the ISA: see models/riscv/README.md."""
        pending = self.setup["mip"] | 1 << 7 | 1 << 5
        candidates = [n for n in range(64) if self.setup["mie"] & pending & 1 << n]
        if len(candidates) > 1:
            keep = candidates[self.setup["mideleg"] % len(candidates)]
            self.setup["mie"] &= ~pending | 1 << keep

    def assembler(self, group):
        lines = ["1:"]
        for line in self.lines:
            lines += [".option rvc" if line.startswith("c.") else ".option norvc", line]
        lines.append(f".fill ({CODE_BYTES} - (. - 1b)) / 2, 2, 0x9002")
        lines += [f".8byte {self.setup[field] & (1 << 64) - 1:#x}" for field in FIELDS]
        lines += [f".8byte {self.constant:#x}", f".4byte {group}, {int(self.any_value)}"]
        return lines

    def __str__(self):
        setup = ", ".join(f"{name} {value & (1 << 64) - 1:#x}" for name, value in self.setup.items() if value)
        return f"{MODES[self.mode]} mode: {'; '.join(self.lines)} ({setup})"


class Chapter:
    def __init__(self, seed, count):
        self.random = random.Random(seed)
        self.count = count
        self.groups = []  # (name, [Case])

    def group(self, name, cases):
        self.groups.append((name, list(cases)))

    def many(self, make, factor=1):
        return [make() for _ in range(self.count * factor)]

    def bits(self, mask=(1 << 64) - 1):
        """Random ones of these: few, about half, or all."""
        r = self.random
        kind = r.randrange(4)
        value = r.getrandbits(64) if kind < 2 else 1 << r.randrange(64) if kind == 2 else (1 << 64) - 1
        return value & mask & (1 << 64) - 1

    def status(self):
        return self.bits(SIE | SPIE | SPP | SUM | MXR | TVM | TW | TSR)

    def mode(self):
        return self.random.choice((USER, SUPERVISOR, MACHINE))


def change(c, mode, name, mask, restores):
    """One CSR instruction on a CSR with a random operand, with what can be seen of it before and after."""
    r = c.random
    shown = [other for other in READ_BACK.get(name, name).split() if mode == MACHINE or other[0] != "m"]
    lines = [f"li x7, {mask & (1 << 64) - 1:#x}", "and x6, x6, x7", f"csrr x5, {name}"]
    if r.random() < 0.7:
        op = r.choice(("csrrw", "csrrs", "csrrc"))
        lines.append(f"{op} x{r.choice((0, 8))}, {name}, x{r.choice((6, 6, 6, 0)) if op != 'csrrw' else 6}")
    else:
        lines.append(f"{r.choice(('csrrwi', 'csrrsi', 'csrrci'))} x{r.choice((0, 8))}, {name}, {r.randrange(32) & mask & 31}")
    lines += [f"csrr x{10 + n}, {other}" for n, other in enumerate(shown)]
    if restores:
        lines.append(f"csrw {name}, x5")
    return lines


def registers(c):
    for name, mask in SUPERVISOR_CSRS:
        for mode in (MACHINE, SUPERVISOR):
            def case():
                restores = name == "satp" and mode == MACHINE and c.random.random() < 0.5
                return Case(mode, change(c, mode, name, mask, restores), mideleg=c.bits(INTERRUPTS), mie=c.bits(),
                            mip=c.bits(INTERRUPTS), mcounteren=c.bits(7) | 2, menvcfg=c.bits(STCE | ADUE | 0xf1),
                            mstatus=c.status() & ~SIE, stimecmp=c.random.choice((0, NEVER)))
            c.group(f"{name} in {MODES[mode]} mode", c.many(case, 2))
    for name, mask in MACHINE_CSRS:
        def case():
            made = Case(MACHINE, change(c, MACHINE, name, mask, name in ("mtvec", "mscratch")), mideleg=c.bits(INTERRUPTS), mie=c.bits(),
                        mip=c.bits(INTERRUPTS), menvcfg=c.bits(STCE | ADUE), mstatus=c.status(),
                        stimecmp=c.random.choice((0, NEVER)))
            made.leave_one_interrupt()
            return made
        c.group(f"{name} in M mode", c.many(case, 2))


def presence(c):
    for mode in (SUPERVISOR, USER):
        for first in range(0, 4096, 1024):
            c.group(f"reads of {first:#x} and up in {MODES[mode]} mode",
                    [Case(mode, f"csrr x{0 if number in UNCOMPARED else 5}, {number:#x}", mcounteren=7, scounteren=7, menvcfg=STCE)
                     for number in range(first, first + 1024)])
    c.group("writes of S mode's numbers in U mode", [Case(USER, f"csrw {name}, x6") for name, _ in SUPERVISOR_CSRS])
    c.group("writes of 0x100 and up in S mode", [Case(SUPERVISOR, f"csrw {number:#x}, x0", mcounteren=7, menvcfg=STCE)
                                                for number in range(0x100, 0x200)])
    c.group("counters", [Case(mode, f"csrr x0, {number:#x}", mcounteren=m, scounteren=s)
                         for mode in (SUPERVISOR, USER) for number in range(0xc00, 0xc04) for m in range(8) for s in range(8)])
    c.group("stimecmp", [Case(mode, [f"csrr x5, 0x14d", "csrw 0x14d, x6", "csrr x7, 0x14d", "csrr x8, sip"], mcounteren=m,
                              menvcfg=e, mideleg=0x222, constant=NEVER)
                         for mode in (MACHINE, SUPERVISOR, USER) for m in range(8) for e in (0, STCE)])


def timer(c):
    def case():
        r = c.random
        lines = []
        for _ in range(r.randrange(2, 5)):
            lines += r.choice((["csrw 0x14d, x0"], [f"li x7, {NEVER:#x}", "csrw 0x14d, x7"], ["csrw 0x14d, x0"],
                               ["li x8, 1", "slli x8, x8, 63", "csrs menvcfg, x8"], ["li x8, 1", "slli x8, x8, 63", "csrc menvcfg, x8"],
                               ["csrsi mip, 0", "li x9, 0x20", "csrs mip, x9"], ["li x9, 0x20", "csrc mip, x9"]))
            lines.append(f"csrr x{r.choice((10, 11, 12, 13, 14))}, mip")
        return Case(MACHINE, lines, menvcfg=r.choice((0, STCE)), stimecmp=r.choice((0, NEVER)), mip=c.bits(INTERRUPTS))
    c.group("STIP by stimecmp and by software", c.many(case, 4))


def timer_passes(c):
    """The compare value is reached while the code waits, with STCE and STIP in any state."""
    # Until STIP is there, or for two seconds: QEMU raises it when the host lets it.
    wait = ["csrr x7, time", "li x8, 20000000", "add x7, x7, x8", "4: csrr x9, mip", "andi x9, x9, 0x20", "csrr x8, time",
            "bgeu x8, x7, 5f", "beqz x9, 4b", "5: csrr x9, mip", "li x7, 0", "li x8, 0"]
    c.group("STIP when time passes stimecmp", [
        Case(MACHINE, ["csrr x7, time", "addi x7, x7, 1000", "csrw 0x14d, x7", *wait, "csrw 0x14d, x0"], menvcfg=e, mip=m)
        for e in (0, STCE) for m in (0, INTERRUPTS)])


def returns(c):
    def case(name, modes):
        mode = c.random.choice(modes)
        lines = ["la x7, 2f", "csrw sepc, x7"] if mode != USER and name == "sret" else []
        if mode == MACHINE:
            lines = ["la x7, 2f", "csrw sepc, x7", "csrw mepc, x7"]
            bits = c.bits(0x1800 | SPP | SPIE | MPIE | SUM | MPRV | 0x8)
            lines += [f"li x8, {bits:#x}", "csrs mstatus, x8"]
        return Case(mode, lines + [name, "addi x5, x5, 1", "2:", "csrr x9, sstatus", "csrr x9, mstatus"], mstatus=c.status(),
                    any_value=name == "mret" and mode != MACHINE, medeleg=c.bits(0x4))
    c.group("sret", c.many(lambda: case("sret", (MACHINE, SUPERVISOR, SUPERVISOR, USER)), 4))
    c.group("mret", c.many(lambda: case("mret", (MACHINE, MACHINE, MACHINE, SUPERVISOR)), 4))
    c.group("mret in U mode", [Case(USER, "mret", any_value=True)] * 2)
    c.group("wfi", [Case(mode, "wfi", mstatus=status, mideleg=0x222, mie=0x2, mip=0x2)
                    for mode in (MACHINE, SUPERVISOR, USER) for status in (0, TW, TVM, TSR, TW | TSR, SIE, SIE | TW)])
    c.group("sfence.vma", [Case(mode, f"sfence.vma x{a}, x{b}", mstatus=status) for mode in (MACHINE, SUPERVISOR, USER)
                           for status in (0, TVM, TW, TSR) for a in (0, 6) for b in (0, 7)])
    c.group("satp with TVM", [Case(mode, line, mstatus=status) for mode in (MACHINE, SUPERVISOR, USER) for status in (0, TVM)
                              for line in ("csrr x5, satp", "csrw satp, x0", "csrs satp, x0", "csrrc x5, satp, x0")])


def delegation(c):
    lines = ["ecall", "ebreak", "c.ebreak", ".4byte 0", "lw x5, (x0)", "sw x5, (x0)", "lr.d x5, (x6)", "amoadd.w x5, x5, (x6)",
             "jr x0", "csrw 0xf11, x5", "mret", "wfi", "li x6, 0x3f00000; lw x5, (x6)", "li x6, 0x3f00001; sh x5, (x6)",
             "li x6, 0x3f00000; jr x6"]
    for line in lines:
        text = line.split("; ")
        c.group(f"delegated: {line}", c.many(lambda: Case(c.random.choice((USER, SUPERVISOR)), text, constant=0x80900001, any_value=line == "mret",
                                                          medeleg=c.bits() & NO_ECALL_FROM_S, mstatus=c.status() & ~SIE | TW), 1))

    def interrupt():
        mode = c.mode()
        return Case(mode, ["addi x5, x5, 1", "csrr x7, sip", "csrr x8, sstatus", "csrsi sstatus, 2", "addi x6, x6, 1"],
                    mideleg=c.bits(INTERRUPTS), mie=c.bits(0x2aaa), mip=c.bits(INTERRUPTS), mstatus=c.status(),
                    medeleg=c.bits() & NO_ECALL_FROM_S, stimecmp=c.random.choice((0, NEVER)), menvcfg=c.bits(STCE))
    c.group("interrupts", c.many(interrupt, 10))

    def vectored():
        return Case(SUPERVISOR, ["la x7, 3f", "csrr x8, stvec", "ori x8, x8, 1", "csrw stvec, x8", "csrsi sstatus, 2", "3: nop"],
                    mideleg=c.bits(INTERRUPTS), mie=c.bits(0x222), mip=c.bits(INTERRUPTS),
                    medeleg=c.bits() & NO_ECALL_FROM_S)
    c.group("interrupts through vectors", c.many(vectored, 4))

    def raised_in_s():
        only = 1 << c.random.choice((1, 1, 5, 9, 13))
        lines = [f"li x7, {c.bits():#x}", f"{c.random.choice(('csrs', 'csrw', 'csrc'))} sip, x7", "addi x5, x5, 1",
                 f"li x8, {c.bits(only):#x}", f"{c.random.choice(('csrs', 'csrw', 'csrc'))} sie, x8", "addi x5, x5, 1", "csrr x9, sip"]
        return Case(SUPERVISOR, lines, mideleg=c.bits(INTERRUPTS), mie=c.bits(only), mip=c.bits(INTERRUPTS), mstatus=c.status())
    c.group("interrupts that S mode raises and enables", c.many(raised_in_s, 4))


def sequences(c):
    """Anything in any order; nothing is put back, but what the way out needs."""
    def line(mode, only):
        r = c.random
        name, mask = r.choice(SUPERVISOR_CSRS + [] if mode != MACHINE else SUPERVISOR_CSRS + [each for each in MACHINE_CSRS if each[0] not in ("mtvec", "mscratch")])
        kind = r.randrange(5)
        if kind == 0:
            return [f"csrr x{r.choice((5, 7, 8, 9))}, {name}"]
        value = c.bits(mask)
        if name == "mstatus":
            value &= ~8  # interrupts stay off
        if name == "medeleg":
            value &= NO_ECALL_FROM_S
        if name == "satp":
            value &= (1 << 60) - 1  # code goes on where it is
        if name == "sie":
            value &= only
        if name == "stvec":
            return ["csrr x7, stvec", "xori x7, x7, 1", "csrw stvec, x7"]
        if name == "0x14d":
            value = r.choice((0, NEVER))
        op = "csrrw" if name in ("medeleg", "satp", "0x14d") else r.choice(("csrrw", "csrrs", "csrrc"))
        return [f"li x31, {value & (1 << 64) - 1:#x}", f"{op} x{r.choice((0, 10, 11, 12))}, {name}, x31"]

    def case():
        mode = c.random.choice((SUPERVISOR, MACHINE, MACHINE))
        only = 1 << c.random.choice((1, 5, 9, 13)) if mode != MACHINE else -1
        lines = []
        while len(lines) < 8:
            lines += line(mode, only)
        return Case(mode, lines[:9], mideleg=c.bits(INTERRUPTS), mie=c.bits() & only,
                    mip=c.bits(INTERRUPTS), mstatus=c.status(), medeleg=c.bits() & NO_ECALL_FROM_S, mcounteren=c.bits(7),
                    scounteren=c.bits(7), menvcfg=c.bits(STCE | ADUE | 0xf1), stimecmp=c.random.choice((0, NEVER)))
    for number in range(8):
        c.group(f"sequence {number}", c.many(case, 4))


def supervisor(seed, count):
    c = Chapter(seed, count)
    for part in (registers, presence, timer, timer_passes, returns, delegation, sequences):
        part(c)
    return c.groups


def cache_blocks(seed, count):
    c = Chapter(seed, count)
    names = "cbo.inval cbo.clean cbo.flush cbo.zero".split()
    for name in names:
        c.group(f"{name} by mode, menvcfg and senvcfg",
                [Case(mode, f"{name} (x6)", any_value=True, constant=0x80900080 + c.random.randrange(64), menvcfg=m << 4, senvcfg=s << 4)
                 for mode in (MACHINE, SUPERVISOR, USER) for m in range(16) for s in range(16)])
        places = [0x3f00000, 0x8000, 0x88000000 - 64, 0x88000000, 0x87fffff0, (1 << 64) - 1, 0, 0x10000000, 0x100000, 1 << 56]
        c.group(f"{name} where memory is not", [
            Case(mode, [f"{name} (x6)"], constant=place + offset & (1 << 64) - 1 or 1, menvcfg=0xf0, senvcfg=0xf0)
            for mode in (MACHINE, SUPERVISOR, USER) for place in places for offset in (0, 1, 63, 64)
            if not (name == "cbo.zero" and place in (0x10000000, 0x100000))])
    c.group("reserved encodings", [Case(SUPERVISOR, f".4byte {imm << 20 | 6 << 15 | 2 << 12 | rd << 7 | 0x0f:#x}", constant=0x80900040,
                                        menvcfg=0xf0, senvcfg=0xf0)
                                   for imm in (0, 1, 2, 3, 4, 5, 6, 8, 16, 0x800, 0xfff) for rd in (0, 1, 5)])
    return c.groups


TABLES = {"supervisor": supervisor, "cache_blocks": cache_blocks}
