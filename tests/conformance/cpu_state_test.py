"""The CPUs of a QEMU come back in our dump: --cpu-state takes the dump that QEMU wrote of a PC.

usage: cpu_state_test.py VMCORE_VP

QEMU's PC is stopped before its first instruction, so that its CPUs are in real mode: an i386 in an ELF64 file.
"""
import os
import shutil
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "qtest"))
from qtest import Machine

SKIPPED = 77
CPUS = 3
BOARD = ["-M", "pc", "-m", "16M", "-nodefaults"]


def dump(machine, path):
    machine.qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{path}")
    with open(path, "rb") as file:
        return file.read()


def head(elf):
    """Class and machine of a little-endian ELF64 file, and what its PT_NOTE holds."""
    phoff, = struct.unpack_from("<Q", elf, 32)
    kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", elf, phoff)
    assert kind == 4, "the first program header is no PT_NOTE"
    return elf[4], struct.unpack_from("<H", elf, 18)[0], elf[offset:offset + size]


def main():
    binary = os.path.abspath(sys.argv[1])
    qemu = shutil.which("qemu-system-x86_64")
    if qemu is None:
        print("skipped: no qemu-system-x86_64")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="cpu-state-") as directory:
        theirs_at = os.path.join(directory, "qemu.elf")
        with Machine(qemu, *BOARD, "-smp", str(CPUS), "-vga", "none") as machine:
            theirs = head(dump(machine, theirs_at))
        with Machine(binary, *BOARD, "--cpu-state", theirs_at) as machine:
            paths = [cpu["qom-path"] for cpu in machine.qmp.execute("query-cpus-fast")]
            ours = head(dump(machine, os.path.join(directory, "ours.elf")))
    assert len(paths) == CPUS, f"CPUs are {paths}"
    assert ours[:2] == theirs[:2] == (2, 3), f"class and machine are {ours[:2]} here, {theirs[:2]} on QEMU"
    assert ours[2] == theirs[2], "the notes differ from QEMU's"
    print(f"equal: {len(ours[2])} bytes of notes about {CPUS} CPUs")


main()
