"""Drives a fw_cfg controller as a guest would: its MMIO form on riscv64's virt, its I/O-port form on x86_64's pc."""
import struct
from collections import namedtuple

SIGNATURE, ID, UUID, RAM_SIZE, NOGRAPHIC, NB_CPUS = 0, 1, 2, 3, 4, 5
NUMA, BOOT_MENU, MAX_CPUS, DIRECTORY, FIRST_FILE = 0x0d, 0x0e, 0x0f, 0x19, 0x20
ERROR, READ, SKIP, SELECT, WRITE = 1, 2, 4, 8, 16  # bits of the DMA control word

File = namedtuple("File", "size key reserved name")


def swap(value, width):
    """The value whose bytes are in the other order: big-endian registers seen by a little-endian processor."""
    return int.from_bytes(value.to_bytes(width, "big"), "little")


def descriptor(control, length, address):
    return struct.pack(">IIQ", control, length, address)


class FwCfg:
    """What both forms have in common. `ram` is where memory begins in which descriptor and data can lie."""

    def __init__(self, qtest, ram):
        self.qtest = qtest
        self.descriptor_at = ram + 0x1000
        self.data_at = ram + 0x2000

    def item(self, key, size):
        """The first bytes of an item, through the data register."""
        self.select(key)
        return self.data(size)

    def directory(self):
        """The files, in the directory's order."""
        count, = struct.unpack(">I", self.item(DIRECTORY, 4))
        listing = self.data(64 * count)
        return [File(*fields[:3], fields[3].rstrip(b"\0").decode())
                for fields in struct.iter_unpack(">IHH56s", listing)]

    def find(self, name):
        """The file of that name; LookupError when there is none."""
        for file in self.directory():
            if file.name == name:
                return file
        raise LookupError(name)

    def key(self, name):
        return self.find(name).key

    def dma(self, control, length=0, address=None, at=None):
        """Makes one transfer, described at `at`, and returns the control word after it."""
        at = self.descriptor_at if at is None else at
        address = self.data_at if address is None else address
        self.qtest.memory_write(at, descriptor(control, length, address))
        self.start_dma(at)
        return self.control(at)

    def control(self, at=None):
        at = self.descriptor_at if at is None else at
        return int.from_bytes(self.qtest.memory_read(at, 4), "big")

    def dma_read(self, key, size):
        """An item by DMA."""
        assert self.dma(key << 16 | SELECT | READ, size) == 0
        return self.qtest.memory_read(self.data_at, size)

    def dma_write(self, key, data, offset=0):
        """Writes to an item by DMA and returns the control word."""
        self.qtest.memory_write(self.data_at, data)
        if offset:
            self.dma(key << 16 | SELECT | SKIP, offset)
            return self.dma(WRITE, len(data))
        return self.dma(key << 16 | SELECT | WRITE, len(data))


class MmioFwCfg(FwCfg):
    """At 0x10100000: data, selector at +8, DMA address at +16."""
    BASE = 0x10100000
    DATA, SELECTOR, DMA = BASE, BASE + 8, BASE + 16

    def select(self, key):
        self.qtest.write(self.SELECTOR, 2, swap(key, 2))

    def data(self, size):
        return bytes(self.qtest.read_all([(self.DATA, 1)] * size))

    def start_dma(self, at):
        self.qtest.write(self.DMA, 8, swap(at, 8))

    def write_dma_high(self, value):
        self.qtest.write(self.DMA, 4, swap(value, 4))

    def write_dma_low(self, value):
        self.qtest.write(self.DMA + 4, 4, swap(value, 4))


class PortFwCfg(FwCfg):
    """At port 0x510: selector, data at 0x511, the halves of the DMA address at 0x514 and 0x518."""
    SELECTOR, DATA, DMA_HIGH, DMA_LOW = 0x510, 0x511, 0x514, 0x518

    def select(self, key):
        self.qtest.port_out(self.SELECTOR, 2, key)

    def data(self, size):
        lines = [f"inb 0x{self.DATA:x}"] * size
        return bytes(int(self.qtest.value(answer), 16) for answer in self.qtest.ask_all(lines))

    def start_dma(self, at):
        self.write_dma_high(at >> 32)
        self.write_dma_low(at & 0xffffffff)

    def write_dma_high(self, value):
        self.qtest.port_out(self.DMA_HIGH, 4, swap(value, 4))

    def write_dma_low(self, value):
        self.qtest.port_out(self.DMA_LOW, 4, swap(value, 4))


def publish(machine, record):
    """Writes the guest's record as its driver does, and puts back the memory that this takes."""
    fw_cfg = PortFwCfg(machine.qtest, 0)
    saved = [(at, machine.qtest.memory_read(at, 16)) for at in (fw_cfg.descriptor_at, fw_cfg.data_at)]
    assert fw_cfg.dma_write(fw_cfg.key("etc/vmcoreinfo"), record) == 0, "the record was refused"
    for at, contents in saved:
        machine.qtest.memory_write(at, contents)
