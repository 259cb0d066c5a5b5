"""What write_known_core.cpp puts into its dumps."""

VMCOREINFO = ["OSRELEASE=6.1.0-known", "PAGESIZE=4096", "SYMBOL(swapper_pg_dir)=ffffffff81234000",
              "NUMBER(phys_ram_base)=2147483648", "NUMBER(phys_base)=-4096", "NUMBER(VA_BITS)=39"]
VMCOREINFO_SIZE = sum(len(line) + 1 for line in VMCOREINFO)
RELEASE = "6.1.0-known"
HARTS = 2
ROM_BASE, ROM_SIZE = 0x1000, 0xf000
RAM_BASE, RAM_SIZE = 0x80000000, 0x200000
HIGH_BASE, HIGH_SIZE = 0x100000000, 0x1000  # of 64-bit targets


class Target:
    """`registers` are those of the notes about a CPU: the name that gdb gives each, and the one the dump engine does."""

    def __init__(self, bits, machine, prstatus_size, other_notes, registers):
        self.bits, self.machine, self.prstatus_size = bits, machine, prstatus_size
        self.other_notes, self.registers = other_notes, registers  # other_notes: (owner, size) in file order

    @property
    def loads(self):
        high = [(HIGH_BASE, HIGH_SIZE)] if self.bits == 64 else []
        return [(ROM_BASE, ROM_SIZE), (RAM_BASE, RAM_SIZE), *high]


def same(names):
    return [(name, name) for name in names]


RISCV = same(["pc"] + [f"x{number}" for number in range(1, 32)] + ["fcsr"]) + \
    [("ft0.double", "f0"), ("fs0.double", "f8"), ("fa0.double", "f10"), ("ft11.double", "f31")]
X86 = "ax bx cx dx si di sp bp".split()
TARGETS = {
    "riscv64": Target(64, "RISC-V", 376, "VMCORE-VP", RISCV),
    "riscv32": Target(32, "RISC-V", 204, "VMCORE-VP", RISCV),
    "x86_64": Target(64, "Advanced Micro Devices X86-64", 336, "QEMU",
                     same([f"r{name}" for name in X86] + [f"r{number}" for number in range(8, 16)] + ["rip"]) +
                     [("eflags", "rflags"), ("cs", "cs"), ("ss", "ss"), ("fs_base", "fs.base"), ("gs_base", "gs.base")]),
    "i386": Target(32, "Intel 80386", 144, "QEMU",
                   [(f"e{name}", f"r{name}") for name in X86] + [("eip", "rip"), ("eflags", "rflags"), ("cs", "cs"), ("ss", "ss")]),
    "aarch64": Target(64, "AArch64", 392, None,
                      same([f"x{number}" for number in range(31)] + ["sp", "pc"]) + [("cpsr", "pstate"), ("fpsr", "fpsr")]),
    "arm": Target(32, "ARM", 148, None, same([f"r{number}" for number in range(13)] + ["sp", "lr", "pc", "cpsr"])),
}


def register(name, hart):
    """The value that the dump engine was told: FNV-1a of the name, and the hart's number in the upper bits."""
    value = 2166136261
    for character in name.encode():
        value = (value ^ character) * 16777619 % 2**32
    return value & 0x0fffffff | hart << 28
