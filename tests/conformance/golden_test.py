"""A real kernel's RAM and registers become the very dumps that QEMU wrote of them.

usage: golden_test.py VMCORE_VP [DIRECTORY]

DIRECTORY (else the environment's VMCORE_GOLDEN) is described in golden.py.
"""
import os
import struct
import sys

import golden

SKIPPED = 77
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


def dump(machine, name, **arguments):
    path = golden.dump(machine, name, **arguments)
    data = golden.read(path)
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


def check_notes(binary, files):
    """The notes have no layout of their own: they are QEMU's in either."""
    with files.machine(binary) as machine:
        elf = dump(machine, "core")
    assert loads(elf) >= {(0xfffc0000, 0x40000)}, f"the BIOS ROM is not in {loads(elf)}"
    assert notes(elf) == notes(files.bytes("elf-head.bin")), "the notes are not QEMU's"
    print("equal: the notes")


def check_dumps(binary, files):
    failures = 0
    with files.machine(binary, "--set", "dump.layout=qemu") as machine:
        for name, arguments in FORMATS.items():
            equal = golden.sha256(as_qemu_7_has_it(dump(machine, name, **arguments), name)) == files.sums[name]
            print(f"{'equal' if equal else 'DIFFERENT'}: {name}")
            failures += not equal
    assert failures == 0, f"{failures} of {len(FORMATS)} dumps are not QEMU's"


def main():
    binary = os.path.abspath(sys.argv[1])
    try:
        with golden.find(*sys.argv[2:]) as files:
            check_notes(binary, files)
            check_dumps(binary, files)
    except golden.NotThere as missing:
        print(f"skipped: {missing}")
        return SKIPPED
    return 0


sys.exit(main())
