"""A real kernel's RAM and registers become the very dumps that QEMU wrote of them.

usage: golden_test.py VMCORE_VP [DIRECTORY]

DIRECTORY (else the environment's VMCORE_GOLDEN) holds what QEMU 7.2 left of an x86_64 machine with 96 MiB of RAM:
ram.bin and bios-fffc0000.bin (or both as .zst), elf-head.bin (the start of its ELF dump, up to the end of the notes),
fwcfg-vmcoreinfo.bin (the record that the guest had written) and SHA256SUMS of everything, the dumps included.
"""
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "qtest"))
from fw_cfg import publish
from qtest import Machine

SKIPPED = 77
RAM_SIZE = 96 << 20
E_EHSIZE = 0x34  # QEMU writes 8 there; a header has 64 bytes
FLATTENED_START = 4096 + 16  # the header of a flattened file, and that of its first record
UTS_MACHINE = 272

FORMATS = {  # QEMU's file, and what is asked for
    "vmcore.elf": {"format": "elf"},
    "vmcore.paging.elf": {"format": "elf", "paging": True},
    "vmcore.kdump-zlib.flat": {"format": "kdump-zlib"},
    "vmcore.kdump-zlib.raw": {"format": "kdump-raw-zlib"},
    "vmcore.kdump-lzo.flat": {"format": "kdump-lzo"},
    "vmcore.kdump-snappy.flat": {"format": "kdump-snappy"},
}


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Golden:
    """The files of the directory, those that are compressed unpacked into another one."""

    def __init__(self, directory, unpacked):
        self.directory, self.unpacked = directory, unpacked
        self.sums = {}
        for line in read(os.path.join(directory, "SHA256SUMS")).decode().splitlines():
            digest, name = line.split()
            self.sums[name] = digest

    def path(self, name):
        path = os.path.join(self.directory, name)
        if os.path.exists(path):
            return path
        packed, path = path + ".zst", os.path.join(self.unpacked, name)
        if not os.path.exists(path):
            subprocess.run(["zstd", "-dq", packed, "-o", path], check=True)
            assert sha256(read(path)) == self.sums[name], f"{packed} is not the file that SHA256SUMS tells of"
        return path

    def bytes(self, name):
        return read(self.path(name))


def options(golden):
    loader = [f"loader,file={golden.path('ram.bin')},addr=0,force-raw=on",
              f"loader,file={golden.path('bios-fffc0000.bin')},addr=0xfffc0000,force-raw=on"]
    return ["-M", "pc", "-m", str(RAM_SIZE >> 20) + "M", "-device", "vmcoreinfo", "-device", loader[0], "-device", loader[1],
            "--cpu-state", golden.path("elf-head.bin")]


def dump(machine, name, **arguments):
    path = machine.path(name)
    machine.qmp.execute("dump-guest-memory", **{"paging": False, "protocol": f"file:{path}", **arguments})
    data = read(path)
    os.unlink(path)
    return data


def notes(elf):
    """The contents of the PT_NOTE, which is the first program header."""
    phoff, = struct.unpack_from("<Q", elf, 32)
    kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", elf, phoff)
    assert kind == 4, "the first program header is no PT_NOTE"
    return elf[offset:offset + size]


def loads(elf):
    phoff, = struct.unpack_from("<Q", elf, 32)
    phnum, = struct.unpack_from("<H", elf, 56)
    headers = [struct.unpack_from("<IIQQQQQ", elf, phoff + 56 * index) for index in range(phnum)]
    return {(paddr, memsz) for kind, _, _, _, paddr, _, memsz in headers if kind == 1}


def as_qemu_7_has_it(data, name):
    """What differs for a reason: e_ehsize, and the machine's name, which QEMU 8 and later call "Unknown"."""
    data = bytearray(data)
    if name.endswith(".elf"):
        struct.pack_into("<H", data, E_EHSIZE, 8)
    else:
        at = UTS_MACHINE + (FLATTENED_START if name.endswith(".flat") else 0)
        assert data[at:at + 65].rstrip(b"\0") in (b"Unknown", b"x86_64"), f"utsname.machine is {bytes(data[at:at + 65])}"
        data[at:at + 65] = b"x86_64".ljust(65, b"\0")
    return bytes(data)


def check_notes(binary, golden):
    """The notes have no layout of their own: they are QEMU's in either."""
    head = golden.bytes("elf-head.bin")
    with Machine(binary, *options(golden)) as machine:
        publish(machine, golden.bytes("fwcfg-vmcoreinfo.bin"))
        elf = dump(machine, "core")
    assert loads(elf) >= {(0xfffc0000, 0x40000)}, f"the BIOS ROM is not in {loads(elf)}"
    assert notes(elf) == notes(head), "the notes are not QEMU's"
    print("equal: the notes")


def check_dumps(binary, golden):
    failures = 0
    with Machine(binary, *options(golden), "--set", "dump.layout=qemu") as machine:
        publish(machine, golden.bytes("fwcfg-vmcoreinfo.bin"))
        for name, arguments in FORMATS.items():
            equal = sha256(as_qemu_7_has_it(dump(machine, name, **arguments), name)) == golden.sums[name]
            print(f"{'equal' if equal else 'DIFFERENT'}: {name}")
            failures += not equal
    assert failures == 0, f"{failures} of {len(FORMATS)} dumps are not QEMU's"


def main():
    binary = os.path.abspath(sys.argv[1])
    directory = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("VMCORE_GOLDEN", "")
    if not directory:
        skip("VMCORE_GOLDEN names no directory with QEMU's dumps")
    if not os.path.exists(os.path.join(directory, "SHA256SUMS")):
        skip(f"{directory} has no SHA256SUMS")
    if shutil.which("zstd") is None:
        skip("no zstd to unpack memory with")
    with tempfile.TemporaryDirectory(prefix="golden-") as unpacked:
        golden = Golden(os.path.abspath(directory), unpacked)
        check_notes(binary, golden)
        check_dumps(binary, golden)


main()
