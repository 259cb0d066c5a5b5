"""The cases of Zba, Zbb and Zbs: every instruction with random operands and amounts, and their reserved neighbours."""
from isa_cases import Case

REGISTER = ("add.uw sh1add sh1add.uw sh2add sh2add.uw sh3add sh3add.uw andn orn xnor max maxu min minu rol rolw ror rorw "
            "bclr bext binv bset").split()
UNARY = "clz clzw ctz ctzw cpop cpopw sext.b sext.h zext.h orc.b rev8".split()
AMOUNTS = {"slli.uw": 64, "rori": 64, "roriw": 32, "bclri": 64, "bexti": 64, "binvi": 64, "bseti": 64}


def bits(chapter, count):
    c = chapter
    for name in REGISTER:
        c.group(name, c.repeat(3 * count, lambda: Case(f"{name} x{c.x()}, x{c.x()}, x{c.x()}")))
    for name in UNARY:
        c.group(name, c.repeat(3 * count, lambda: Case(f"{name} x{c.x()}, x{c.x()}")))
    for name, width in AMOUNTS.items():
        c.group(name, [Case(f"{name} x{c.x()}, x{c.x()}, {amount}") for amount in range(width) for _ in range(2)])
    # All functions of the four opcodes that these extensions add to, most of which stay illegal.
    for major in (0x13, 0x1b):
        for funct3 in (1, 5):
            c.group(f"opcode {major:#x} funct3 {funct3}", [
                Case(f".4byte {immediate << 20 | c.x() << 15 | funct3 << 12 | c.x() << 7 | major:#010x}") for immediate in range(4096)])
    for major in (0x33, 0x3b):
        for funct3 in range(8):
            c.group(f"opcode {major:#x} funct3 {funct3}", [
                Case(f".4byte {funct7 << 25 | rs2 << 20 | c.x() << 15 | funct3 << 12 | c.x() << 7 | major:#010x}")
                for funct7 in range(128) for rs2 in (0, 1, c.base(), c.base())])
