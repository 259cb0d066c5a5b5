"""U-Boot for S mode as a guest: its options, its prompt, and fw_cfg driven from it by `md` and `mw` alone, because Debian builds
it without a command of its own for fw_cfg."""
import re
import struct

PROMPT = "=> "
FW_CFG = 0x10100000
DATA, SELECTOR, DMA = FW_CFG, FW_CFG + 8, FW_CFG + 16
SIGNATURE, DIRECTORY = 0x0000, 0x0019
READ, SELECT, WRITE = 0x02, 0x08, 0x10
FORMAT_ELF = 1
DESCRIPTOR, BUFFER = 0x81000000, 0x81001000  # RAM that U-Boot, which moves itself to the end of it, leaves alone


def options(files, memory="256M", harts=1):
    """The command line of vmcore-vp and of QEMU alike."""
    return ["-M", "virt", "-m", memory, "-smp", str(harts), "-bios", files.opensbi(), "-kernel", files.u_boot(),
            "-device", "vmcoreinfo", "-nodefaults"]


def swapped(value, bits=32):
    """A number as a store of the CPU must give it, so that its most significant byte comes first."""
    return int.from_bytes(value.to_bytes(bits // 8, "big"), "little")


class UBoot:
    """The prompt of a machine."""

    def __init__(self, machine):
        self.machine = machine

    def wait_for_prompt(self, seconds):
        """Stops the automatic boot. Returns the version that U-Boot tells."""
        version = self.machine.wait_for(rb"U-Boot (20\S+)\s", seconds).group(1).decode()
        self.machine.wait_for(rb"Hit any key to stop autoboot", seconds)
        self.machine.type(" ")
        self.machine.wait_for(re.escape(PROMPT.encode()), seconds)
        return version

    def ask(self, line, seconds=60):
        return self.machine.ask(PROMPT, line, seconds)

    def memory(self, address, size):
        """Bytes, read one at a time."""
        text = self.ask(f"md.b {address:#x} {size:#x}")
        lines = re.findall(r"^[0-9a-f]{8}: ((?:[0-9a-f]{2} )+)", text, re.MULTILINE)
        return bytes.fromhex("".join(lines))[:size]

    def word(self, address):
        return int(re.search(r"^[0-9a-f]{8}: ([0-9a-f]{8})", self.ask(f"md.l {address:#x} 1"), re.MULTILINE).group(1), 16)

    def fill(self, address, data):
        """Writes bytes to memory, four at a time; the last four are filled up with zeros."""
        for at in range(0, len(data), 4):
            self.ask(f"mw.l {address + at:#x} {struct.unpack('<I', data[at:at + 4].ljust(4, bytes(1)))[0]:#x}")

    def select(self, key):
        self.ask(f"mw.w {SELECTOR:#x} {swapped(key, 16):#x}")

    def transfer(self, control, key, address, size):
        """A transfer by DMA. Returns what fw_cfg has left in the control word: 0, or 1 for an error."""
        self.fill(DESCRIPTOR, struct.pack(">IIQ", key << 16 | control, size, address))
        self.ask(f"mw.l {DMA:#x} 0")
        self.ask(f"mw.l {DMA + 4:#x} {swapped(DESCRIPTOR):#x}")
        return swapped(self.word(DESCRIPTOR))

    def directory(self):
        """The names of fw_cfg's files, with the key and the size of each, read by DMA."""
        if self.transfer(READ | SELECT, DIRECTORY, BUFFER, 4 + 64 * 32):
            raise AssertionError("fw_cfg refuses the transfer of its directory")
        count = int.from_bytes(self.memory(BUFFER, 4), "big")
        files = {}
        for size, key, _, name in struct.iter_unpack(">IHH56s", self.memory(BUFFER + 4, 64 * count)):
            files[name.partition(b"\0")[0].decode()] = key, size
        return files

    def publish(self, note, entry, address=0x82000000):
        """Writes an ELF note to memory and its place to etc/vmcoreinfo, whose entry of the directory is given, as a kernel's
        driver does. Returns the control word."""
        self.fill(address, note)
        self.fill(BUFFER, struct.pack("<HHIQ", 0, FORMAT_ELF, len(note), address))
        key, size = entry
        return self.transfer(WRITE | SELECT, key, BUFFER, size)


def note(text):
    """An ELF note named VMCOREINFO."""
    return struct.pack("<III", len(b"VMCOREINFO\0"), len(text), 0) + b"VMCOREINFO\0\0" + text + bytes(-len(text) % 4)
