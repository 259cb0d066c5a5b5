"""Core files as Cloud Hypervisor's `coredump` writes them (x86_64; its feature guest_debug), by the standard library alone.

What is particular to it: program headers right behind the ELF header and no sections; each PT_LOAD with p_vaddr 0, RAM from
address 0 on, nothing aligned; NT_PRSTATUS of all CPUs, numbered from 0, then the notes that QEMU has of them; never a
VMCOREINFO note; and in the QEMU notes cr8 where cr1 would be. All offsets are reckoned with the CPUs that it booted with: with
a CPU that was plugged in later there are more notes than that, and the memory behind them is not where the headers say.
"""
import struct

PRSTATUS_SIZE, PID_AT, REGISTERS_AT = 336, 32, 112
QEMU_SIZE, CR_AT = 440, 392
EHDR, PHDR = 64, 56
LOW_RAM = 3 << 30  # RAM below 4 GiB ends here at the latest
HIGH_RAM = 4 << 30


def note(owner, kind, desc):
    """Owner and desc are of lengths that need no other padding than the owner's."""
    return struct.pack("<III8s", len(owner) + 1, len(desc), kind, owner) + desc


NOTES_OF_A_CPU = len(note(b"CORE", 1, bytes(PRSTATUS_SIZE))) + len(note(b"QEMU", 0, bytes(QEMU_SIZE)))


class Cpu:
    """A CPU's registers, in the bytes of both its notes."""

    def __init__(self, prstatus, qemu):
        assert len(prstatus) == PRSTATUS_SIZE and len(qemu) == QEMU_SIZE
        self.registers = prstatus[REGISTERS_AT:REGISTERS_AT + 27 * 8]
        self.qemu = qemu[:CR_AT + 8] + bytes(8) + qemu[CR_AT + 16:]  # cr8, the task's priority, is 0 in Linux

    def prstatus(self, number):
        return (bytes(PID_AT) + struct.pack("<I", number)).ljust(REGISTERS_AT, b"\0") + self.registers + bytes(8)


def made_up_cpu(rip, cr3=0x1000):
    """In long mode, stopped at rip."""
    prstatus, qemu = bytearray(PRSTATUS_SIZE), bytearray(QEMU_SIZE)
    struct.pack_into("<2Q", prstatus, REGISTERS_AT + 16 * 8, rip, 0x10)  # rip, cs
    struct.pack_into("<II", qemu, 0, 1, QEMU_SIZE)
    struct.pack_into("<2Q", qemu, 8 + 16 * 8, rip, 2)  # rip, rflags
    struct.pack_into("<5Q", qemu, CR_AT, 0x80050033, 0, 0, cr3, 0x6b0)  # cr0, cr1, cr2, cr3, cr4
    return Cpu(bytes(prstatus), bytes(qemu))


def core(cpus, ram, booted=None):
    """The file, piece by piece. ram: the guest's memory, of which what passes 3 GiB is at 4 GiB and on, or a list of addresses and
    bytes. booted: how many of the CPUs were there from the beginning, if not all."""
    regions = sorted(ram) if isinstance(ram, list) else [(0, ram[:LOW_RAM]), (HIGH_RAM, ram[LOW_RAM:])]
    regions = [(address, data) for address, data in regions if len(data) > 0]
    notes_at = EHDR + PHDR * (1 + len(regions))
    notes_size = NOTES_OF_A_CPU * (booted or len(cpus))
    yield b"\x7fELF\2\1\1" + bytes(9)
    yield struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, EHDR, 0, 0, EHDR, PHDR, 1 + len(regions), 0, 0, 0)
    yield struct.pack("<IIQQQQQQ", 4, 0, notes_at, 0, 0, notes_size, notes_size, 0)
    offset = notes_at + notes_size
    for address, data in regions:
        yield struct.pack("<IIQQQQQQ", 1, 0, offset, 0, address, len(data), len(data), 0)
        offset += len(data)
    for number, cpu in enumerate(cpus):
        yield note(b"CORE", 1, cpu.prstatus(number))
    for cpu in cpus:
        yield note(b"QEMU", 0, cpu.qemu)
    for _, data in regions:
        yield data


def write(path, cpus, ram, booted=None):
    with open(path, "wb") as file:
        file.writelines(core(cpus, ram, booted))
