#!/usr/bin/env python3
"""Compares ELF cores in QEMU's layout with QEMU's own, byte for byte.

usage: core_conformance_test.py VMCORE_VP

Both emulators, held at reset, get the same memory and the same guest's note over qtest, and dump it: all of it, and parts
that begin and end within pages. Exit status 77 when there is no QEMU to compare with.
"""
import os
import random
import sys

HERE = os.path.dirname(__file__)
sys.path += [os.path.join(HERE, "..", "..", "support"), os.path.join(HERE, "..", "..", "conformance", "qtest")]
import fw_cfg
import qemu
from qtest import Machine

RAM, RAM_SIZE = 0x80000000, 64 << 20
BOARD = ["-M", "virt", "-smp", "2", "-m", "64M", "-bios", "none", "-serial", "null", "-nodefaults", "-device", "vmcoreinfo"]
TEXT = b"OSRELEASE=6.1.0-known\nPAGESIZE=4096\nNUMBER(phys_ram_base)=2147483648\n"
FILTERS = [{}, {"begin": RAM + 0x801, "length": 0x12345}, {"begin": 0x1fff, "length": 1},
           {"begin": 0, "length": RAM + 0x100001}]
E_EHSIZE = slice(52, 54)  # QEMU writes 8, the header has 64 bytes


def fill(machine):
    """Noise with holes from the start of RAM, zeros where the boards' device trees differ, and a note."""
    dice = random.Random(20260104)
    for _ in range(24):
        at = dice.randrange(RAM_SIZE // 2)
        machine.qtest.memory_write_base64(RAM + at, dice.randbytes(dice.randrange(1, 200000)))
    machine.qtest.memory_write_base64(RAM + RAM_SIZE - (4 << 20), bytes(4 << 20))
    note = len(b"VMCOREINFO\0").to_bytes(4, "little") + len(TEXT).to_bytes(4, "little") + bytes(4) + \
        b"VMCOREINFO\0\0" + TEXT
    machine.qtest.memory_write(RAM + 0x8000, note + bytes(64))
    device = fw_cfg.MmioFwCfg(machine.qtest, RAM)
    record = bytes.fromhex("00000100") + (4096).to_bytes(4, "little") + (RAM + 0x8000).to_bytes(8, "little")
    assert device.dma_write(device.key("etc/vmcoreinfo"), record) == 0


def dumps(binary, *options):
    """What it dumps for each filter, e_ehsize masked."""
    files = []
    with Machine(binary, *BOARD, *options) as machine:
        fill(machine)
        for number, given in enumerate(FILTERS):
            path = machine.path(f"core{number}")
            machine.qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{path}", **given)
            with open(path, "rb") as file:
                core = bytearray(file.read())
            assert core[:6] == b"\x7fELF\2\1"
            core[E_EHSIZE] = bytes(2)
            files.append(core)
    return files


def first_difference(one, other):
    return next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def main():
    ours, = sys.argv[1:]
    theirs = qemu.find_qemu()
    if theirs is None:
        print("skipped: no QEMU")
        sys.exit(qemu.SKIPPED)
    good = True
    for given, expected, found in zip(FILTERS, dumps(theirs), dumps(ours, "--set", "dump.layout=qemu")):
        print(f"{given or 'all memory'}: {len(expected)} bytes")
        if expected != found:
            print(f"differ at {first_difference(expected, found):#x}; sizes {len(expected)} and {len(found)}")
            good = False
    sys.exit(0 if good else 1)


main()
