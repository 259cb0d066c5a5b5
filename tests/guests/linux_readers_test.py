"""A real kernel's memory in every reader: Debian's Linux panics on QEMU, QEMU dumps it, and the dump engine writes the same
machine in its own formats. Whatever QEMU's file opens in, ours must open in; and more. In QEMU's layout ours has QEMU's bytes.

usage: linux_readers_test.py GUEST REDUMP DIRECTORY

GUEST is one of linux_on_qemu.py, DIRECTORY where fetch put it and, for riscv64 and aarch64, the readers of Debian 13.
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..", "readers")]
import linux_on_qemu
from asking import Missing
from guest_files import GuestFiles, NotFetched
from kernel_readers import READERS, Kernel, opens
from linux_cells import BEYOND, FORMATS, QEMU_OPENS, TOO_LONG

SKIPPED = 77
E_EHSIZE = 0x34  # QEMU writes 8 there; a header has 64 bytes


def kernel_offset(console):
    """How far KASLR moved the kernel, as the panic tells; 0 where there is none."""
    told = re.search(r"Kernel Offset: 0x([0-9a-f]+)", console)
    return int(told.group(1), 16) if told else 0


def compare_bytes(redump, theirs, ours):
    """What of ours, in QEMU's layout, is not QEMU's, a line each."""
    for name in linux_on_qemu.FORMATS:
        subprocess.run([redump, theirs, ours, name, "qemu"], check=True, timeout=300)
        contents = []
        for path in (ours, theirs if name == "elf" else f"{theirs}.{name}"):
            with open(path, "rb") as file:
                contents.append(bytearray(file.read()))
            if name == "elf":
                contents[-1][E_EHSIZE:E_EHSIZE + 2] = b"\0\0"
        if contents[0] != contents[1]:
            yield f"{name} in QEMU's layout: not QEMU's bytes"
        os.remove(ours)


def compare(kernel, redump, directory):
    """What is wrong, a line each."""
    theirs = os.path.join(directory, "qemu")
    console = linux_on_qemu.dump_linux(kernel.guest, kernel.files.directory, theirs)
    kernel.offset = kernel_offset(console.decode(errors="replace"))
    faults, table = list(compare_bytes(redump, theirs, os.path.join(directory, "ours"))), []
    if kernel.instruction_set != "riscv64" and kernel.offset == 0:
        faults.append("KASLR left the kernel where it was linked")
    for name in FORMATS:
        ours = os.path.join(directory, f"ours.{name}")
        subprocess.run([redump, theirs, ours, name], check=True, timeout=300)
        qemus = theirs if name == "elf" else f"{theirs}.{name}"
        for reader in READERS:
            if name in TOO_LONG.get((reader, kernel.guest), []):
                continue
            ours_fails = opens(reader, kernel, ours)
            qemus_fails = opens(reader, kernel, qemus) if os.path.exists(qemus) else "not written by this QEMU"
            table.append(f"{name:18} {reader:13} ours: {ours_fails or 'opens':50} QEMU's: {qemus_fails or 'opens'}")
            limit = BEYOND.get((reader, kernel.guest), {}).get(name)
            if ours_fails and (not qemus_fails or not limit):
                faults.append(f"{reader}, {name}: {ours_fails}")
            if not ours_fails and limit:
                faults.append(f"{reader}, {name}: opens, though declared not to: {limit}")
            if (not qemus_fails) != (name in QEMU_OPENS.get((reader, kernel.guest), [])):
                faults.append(f"{reader}, {name}: QEMU's file {qemus_fails or 'opens'}, which is not what is declared")
        os.remove(ours)
    print(*table, sep="\n")
    return faults


def main():
    guest, redump, directory = sys.argv[1:4]
    with tempfile.TemporaryDirectory(prefix="vmcore-guest-") as work:
        try:
            kernel = Kernel(guest, GuestFiles(directory), "panic=-1", ["init", "kthreadd"])
            faults = compare(kernel, redump, work)
        except (Missing, NotFetched) as missing:
            print(f"skipped: {missing}")
            return SKIPPED
    print(*faults, sep="\n")
    return 1 if faults else 0


sys.exit(main())
