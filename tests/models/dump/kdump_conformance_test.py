#!/usr/bin/env python3
"""Compares kdump files in QEMU's layout with QEMU's own, byte for byte.

usage: kdump_conformance_test.py KDUMP_FROM_CORE riscv64|x86_64

QEMU, held, gets known memory and a guest's note over qtest, and dumps this one state as ELF core and as kdump. The same
state, taken from the core, must give the same kdump files. Exit status 77 when there is no QEMU that can.
"""
import os
import random
import subprocess
import sys

HERE = os.path.dirname(__file__)
sys.path += [os.path.join(HERE, "..", "..", "support"), os.path.join(HERE, "..", "..", "conformance", "qtest")]
import fw_cfg
import kdump
import qemu
from qtest import Machine

RAM = {"riscv64": 0x80000000, "x86_64": 0x100000}
BOARD = {"riscv64": ["-M", "virt", "-smp", "2", "-bios", "none", "-serial", "null"], "x86_64": ["-M", "pc", "-vga", "none"]}
TEXT = b"OSRELEASE=6.1.0-known\nPAGESIZE=4096\nNUMBER(phys_base)=-241172480\nNUMBER(phys_ram_base)=2147483648\n"
CHUNK = 256 << 10


def content():
    """6 MiB of pages: runs of noise, of text and of zeros, of any length, so that QEMU's buffers are left in all states."""
    dice = random.Random(20260103)
    data = bytearray()
    while len(data) < 6 << 20:
        count = dice.choice((1, 1, 2, 3, 5, 700))
        kind = dice.randrange(4)
        for page in range(count):
            if kind == 0:
                data += dice.randbytes(4096)
            elif kind == 1:
                data += (f"{dice.random()} " * 1000).encode()[:4096]
            elif kind == 2:
                data += bytes(dice.choice(b"abcdefghijklmnop") for _ in range(dice.randrange(4096))).ljust(4096, b"\0")
            else:
                data += bytes(4096)
    return bytes(data)


def set_up(machine, target):
    """Fills memory and publishes the note."""
    ram = RAM[target]
    data = content()
    for at in range(0, len(data), CHUNK):
        machine.qtest.memory_write_base64(ram + (1 << 20) + at, data[at:at + CHUNK])
    note = len(b"VMCOREINFO\0").to_bytes(4, "little") + len(TEXT).to_bytes(4, "little") + bytes(4) + \
        b"VMCOREINFO\0\0" + TEXT
    machine.qtest.memory_write(ram + 0x8000, note + bytes(64))
    form = fw_cfg.MmioFwCfg if target == "riscv64" else fw_cfg.PortFwCfg
    device = form(machine.qtest, ram)
    record = bytes.fromhex("00000100") + (4096).to_bytes(4, "little") + (ram + 0x8000).to_bytes(8, "little")
    assert device.dma_write(device.key("etc/vmcoreinfo"), record) == 0


def first_difference(one, other):
    length = min(len(one), len(other))
    for at in range(0, length, 4096):
        if one[at:at + 4096] != other[at:at + 4096]:
            return next(i for i in range(at, length) if one[i] != other[i])
    return length


def compare(writer, target, machine):
    core = machine.path("core")
    machine.qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{core}", format="elf")
    good = True
    for name in ("kdump-zlib", "kdump-raw-zlib"):
        theirs, ours = machine.path(f"theirs.{name}"), machine.path(f"ours.{name}")
        machine.qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{theirs}", format=name)
        for threads in ("1", "3"):
            subprocess.run([writer, core, ours, name, target, "qemu", threads], check=True, timeout=120)
            with open(theirs, "rb") as one, open(ours, "rb") as other:
                expected, found = one.read(), other.read()
            print(f"{target} {name}: {len(expected)} bytes, {len(kdump.Kdump(theirs).pages)} pages")
            if expected != found:
                print(f"differ at {first_difference(expected, found):#x}; sizes {len(expected)} and {len(found)}")
                good = False
    return good


def main():
    writer, target = sys.argv[1:]
    binary = qemu.find_qemu(target)
    if binary is None:
        print("skipped: no QEMU")
        sys.exit(qemu.SKIPPED)
    with Machine(binary, *BOARD[target], "-m", "64M", "-nodefaults", "-device", "vmcoreinfo") as machine:
        formats = machine.qmp.execute("query-dump-guest-memory-capability")["formats"]
        if "kdump-raw-zlib" not in formats:
            print(f"skipped: this QEMU writes {formats} only")
            sys.exit(qemu.SKIPPED)
        set_up(machine, target)
        sys.exit(0 if compare(writer, target, machine) else 1)


main()
