"""The two machines on which sequences run: riscv64's virt with fw_cfg in its MMIO form, x86_64's pc with the port form.

A profile knows the machine's options, where what lies, and by which lines of the qtest protocol a register is reached.
Addresses are chosen so that both sides have the same there: RAM and what is behind it, a ROM that both were given, nothing
at all, and fw_cfg itself. What QEMU has in other places (PCI, timers, the device tree with its random seed) is left alone.
"""
import os

from fw_cfg import READ, SELECT, SKIP, WRITE, MmioFwCfg, PortFwCfg, descriptor, swap

WIDTHS = {1: "b", 2: "w", 4: "l", 8: "q"}
FILES = {"empty": 0, "one": 1, "ten": 10, "page": 256, "block": 4096, "big": 65536}


def content(size):
    """The bytes of one of our files: no two places alike for long, none of them zero."""
    return bytes(1 + (i * 7 + i // 255) % 255 for i in range(size))


class Profile:
    """What both machines have in common. Addresses are the guest's, sizes bytes, offsets count from fw_cfg's first register."""
    ARENA_SIZE = 1 << 20
    RAM_SIZE = 8 << 20
    DESCRIPTORS, DATA, LARGE, SCRATCH = 0x1000, 0x2000, 0x20000, 0x80000  # from the arena's start
    WORK = (0x1000, 0x4000)  # what is compared often: start and size
    TAIL = 0x1000  # bytes before the end of RAM that are compared

    def __init__(self):
        self.keys = {}  # name -> key and size, from the directory of the first machine
        self.ram_end = self.RAM + self.RAM_SIZE
        if self.RAM == 0:
            self.ram_end = self.RAM_SIZE
        self.windows = [(self.ARENA + self.WORK[0], self.WORK[1]), (self.ram_end - self.TAIL, self.TAIL)]
        self.descriptor_at = self.ARENA + self.DESCRIPTORS
        self.data_at = self.ARENA + self.DATA

    def options(self, directory):
        """The command line, the same for both sides. Files are written to the directory."""
        options = [*self.BOARD, "-m", f"{self.RAM_SIZE >> 20}M", "-nodefaults", "-device", "vmcoreinfo"]
        for name, size in FILES.items():
            path = os.path.join(directory, name)
            with open(path, "wb") as file:
                file.write(content(size))
            options += ["-fw_cfg", f"name=opt/{name},file={path}"]
        return options + self.rom_options(directory)

    def rom_descriptors(self):
        """Descriptors that lie in ROM, where no result can be written."""
        return b"".join(descriptor(control, length, self.data_at + place) for control, length, place in (
            (SELECT | READ, 4, 0x100), (READ, 20, 0x140), (SKIP, 3, 0), (0x190000 | SELECT | READ, 80, 0x180),
            (WRITE, 4, 0x200), (0xffff0000 | SELECT, 9, 0)))

    def excluded(self, key):
        return False

    def data_places(self):
        """More places for data, but not for descriptors: what lies there could mean any transfer. Short lengths only."""
        return []

    def devices(self, address=None):
        """Reads the registers of other devices that keep what a transfer leaves there, if `address` is near them."""
        return []

    def in_ram(self, address):
        return self.ARENA <= address < self.ram_end

    def observe(self, address, size):
        """Reads what RAM has of a range and of 8 bytes before and behind it."""
        start, end = max(address - 8, self.ARENA), min(address + size + 8, self.ram_end)
        return [f"read 0x{start:x} 0x{end - start:x}"] if start < end else []


class Virt(Profile):
    name = target = "riscv64"
    BOARD = ["-M", "virt", "-bios", "none", "-serial", "null"]
    RAM = ARENA = 0x80000000
    HOLE = 0x12000000
    HIGH_HOLE = 0x1012000000
    ROM, ROM_START, ROM_END = 0x2000, 0x1000, 0x10000
    SELF = MmioFwCfg.BASE
    UART_SCRATCH = 0x10000007  # a register of another device that keeps a byte; nothing is behind it
    CLINT = (0x2000000, 0x2003ffc, 0x2004000)  # msip, the end of all msip, mtimecmp: words that keep what is written
    WIDTHS = (1, 2, 4, 8)
    SELECTOR, DATA_REGISTER, DMA, DMA_END = 8, 0, 0x10, 0x18
    OFFSETS = range(-4, 0x20)
    FORMS = ("whole", "halves", "low", "none")
    FIXED = ()  # RAM outside the arena that can be hit

    def rom_options(self, directory):
        path = os.path.join(directory, "rom")
        with open(path, "wb") as file:
            file.write(self.rom_descriptors())
        return ["-device", f"loader,file={path},addr=0x{self.ROM:x},force-raw=on"]

    def ours_only(self, directory):
        return []

    def qemu_only(self, directory):
        return []

    def fw_cfg(self, qtest):
        return MmioFwCfg(qtest, self.ARENA)

    def load(self, offset, width):
        return f"read{WIDTHS[width]} 0x{self.SELF + offset:x}"

    def store(self, offset, width, value):
        return f"write{WIDTHS[width]} 0x{self.SELF + offset:x} 0x{value:x}"

    def select(self, key):
        return self.store(self.SELECTOR, 2, swap(key, 2))

    def trigger(self, form, at):
        if form == "whole":
            return [self.store(self.DMA, 8, swap(at, 8))]
        high = [self.store(self.DMA, 4, swap(at >> 32, 4))] if form == "halves" else []
        return high + [self.store(self.DMA + 4, 4, swap(at & 0xffffffff, 4))]

    def addresses(self):
        """Places at which a transfer meets something else than RAM, as pairs of start and end of the choice."""
        return [(self.HOLE, self.HOLE + 0x100), (self.HIGH_HOLE, self.HIGH_HOLE + 0x100), (self.ROM, self.ROM + 0x60),
                (self.ROM_START - 16, self.ROM_START), (self.ROM_END - 16, self.ROM_END), (self.SELF - 8, self.SELF + 0x20),
                ((1 << 64) - 17, 1 << 64)]

    def data_places(self):
        return [(self.UART_SCRATCH, self.UART_SCRATCH + 1), *((start, start + 12) for start in self.CLINT)]

    def devices(self, address=None):
        places = self.data_places()
        if address is not None and not any(start - 64 <= address < end for start, end in places):
            return []
        return [f"readb 0x{self.UART_SCRATCH:x}", f"readl 0x{self.CLINT[0]:x}", f"readq 0x{self.CLINT[2]:x}"]


class Pc(Profile):
    name = target = "x86_64"
    BOARD = ["-M", "pc"]
    RAM, ARENA = 0, 0x100000
    HOLE = 0x20000000
    HIGH_HOLE = 0x1020000000
    ROM_START = 0xfffc0000
    ROM, ROM_END = 0xfffc1000, 0x100000000
    WIDTHS = (1, 2, 4)
    SELECTOR, DATA_REGISTER, DMA, DMA_END = 0, 1, 4, 12
    PORT = PortFwCfg.SELECTOR
    OFFSETS = range(-4, 0x10)
    FORMS = ("halves", "low", "none")
    EDGES = (0xc0000, 0xe0000, 0x100000)  # RAM, option ROM, BIOS ROM, RAM
    FIXED = ((0, 0x40), *((edge - 0x80, 0x100) for edge in EDGES))  # 0 comes behind the last address

    def __init__(self):
        super().__init__()
        self.windows += self.FIXED

    def bios(self, directory):
        path = os.path.join(directory, "bios")
        with open(path, "wb") as file:
            rom = bytearray(content(self.ROM_END - self.ROM_START))
            descriptors = self.rom_descriptors()
            start = self.ROM - self.ROM_START
            rom[start:start + len(descriptors)] = descriptors
            rom[-32:] = bytes(32)  # a descriptor that does nothing, wherever in it one begins
            file.write(rom)
        return path

    def rom_options(self, directory):
        return []

    def qemu_only(self, directory):
        return ["-bios", self.bios(directory)]

    def ours_only(self, directory):
        return ["-device", f"loader,file={self.bios(directory)},addr=0x{self.ROM_START:x},force-raw=on"]

    def excluded(self, key):
        return key & 0xbfff == 0x8004  # about the HPET, which only QEMU has

    def fw_cfg(self, qtest):
        return PortFwCfg(qtest, self.ARENA)

    def load(self, offset, width):
        return f"in{WIDTHS[width]} 0x{self.PORT + offset:x}"

    def store(self, offset, width, value):
        return f"out{WIDTHS[width]} 0x{self.PORT + offset:x} 0x{value:x}"

    def select(self, key):
        return self.store(self.SELECTOR, 2, key)

    def trigger(self, form, at):
        high = [self.store(self.DMA, 4, swap(at >> 32, 4))] if form != "low" else []
        return high + [self.store(self.DMA + 4, 4, swap(at & 0xffffffff, 4))]

    def addresses(self):
        return [(self.HOLE, self.HOLE + 0x100), (self.HIGH_HOLE, self.HIGH_HOLE + 0x100), (self.ROM, self.ROM + 0x60),
                (self.ROM_START - 16, self.ROM_START), (self.ROM_END - 16, self.ROM_END), ((1 << 64) - 17, 1 << 64)]

    def data_places(self):
        return [(edge - 16, edge + 8) for edge in self.EDGES]


PROFILES = {profile.name: profile for profile in (Virt, Pc)}
