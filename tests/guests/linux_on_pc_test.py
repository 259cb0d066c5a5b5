"""A real kernel's machine, taken over from QEMU into the PC board: RAM and ROM by loaders, the CPU by --cpu-state, the record by
the guest's own way over fw_cfg. In QEMU's layout its dumps are QEMU's to the byte; in ours crash opens them.

usage: linux_on_pc_test.py VMCORE_VP DIRECTORY

DIRECTORY is where fetch put the guest.
"""
import os
import re
import struct
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", *room) for room in (("support",), ("readers",), ("conformance", "qtest"))]
import elf_core
import linux_on_qemu
from asking import Missing, ask, expect_text
from guest_files import NotFetched
from fw_cfg import publish
from qtest import Machine

SKIPPED = 77
E_EHSIZE = 0x34  # QEMU writes 8 there; a header has 64 bytes
FORMAT_ELF = 1


def read(path):
    with open(path, "rb") as file:
        return file.read()


def record_of(core):
    """What the guest had written: the place of its note, found in its memory."""
    text = core.named_notes("VMCOREINFO")[0].desc
    note = struct.pack("<III", 11, len(text), 0) + b"VMCOREINFO\0\0" + text
    for load in core.loads:
        at = core.memory(load).find(note)
        if at >= 0:
            return struct.pack("<HHIQ", 0, FORMAT_ELF, (len(note) + 3) // 4 * 4, load.paddr + at)
    raise AssertionError("the note is not in the guest's memory")


def take_over(vmcore_vp, theirs, directory, *options):
    """The PC board in the state that QEMU's dump shows."""
    core = elf_core.Core(theirs)
    loaders = []
    for index, load in enumerate(core.loads):
        path = os.path.join(directory, f"memory-{index}")
        with open(path, "wb") as file:
            file.write(core.memory(load))
        loaders += ["-device", f"loader,file={path},addr={load.paddr:#x},force-raw=on"]
    size = linux_on_qemu.MACHINE["x86_64"][linux_on_qemu.MACHINE["x86_64"].index("-m") + 1]
    machine = Machine(vmcore_vp, "-M", "pc", "-m", size, "-device", "vmcoreinfo", *loaders, "--cpu-state", theirs, *options)
    publish(machine, record_of(core))
    return machine


def compare(machine, theirs, directory):
    for name in linux_on_qemu.FORMATS:
        path = os.path.join(directory, "ours")
        machine.qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{path}", format=name)
        ours, qemus = bytearray(read(path)), bytearray(read(theirs if name == "elf" else f"{theirs}.{name}"))
        if name == "elf":
            ours[E_EHSIZE:E_EHSIZE + 2] = qemus[E_EHSIZE:E_EHSIZE + 2] = b"\0\0"
        assert ours == qemus, f"{name}: not QEMU's bytes"
        print(f"equal: {name}")


def open_in_crash(machine, vmlinux, directory):
    path, commands = os.path.join(directory, "vmcore"), os.path.join(directory, "commands")
    with open(commands, "w") as file:
        file.write("sys\nbt\nlog\nquit\n")
    for name in ("elf", "kdump-raw-zstd"):
        machine.qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{path}", format=name)
        text = ask("crash", "--no_scroll", "-s", "-i", commands, vmlinux, path, timeout=600)
        expect_text(text, "sysrq triggered crash", "Linux version ", "MACHINE: x86_64")
        assert re.search(r"#\d+ \[\w+\] panic at", text), "no panic() in the backtrace"


def main():
    vmcore_vp, directory = os.path.abspath(sys.argv[1]), sys.argv[2]
    if not os.path.isdir(os.path.join(directory, "x86_64")):
        print("skipped: x86_64 is not there; `./dev guest test` fetches it")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="vmcore-guest-") as work:
        theirs = os.path.join(work, "qemu")
        try:
            linux_on_qemu.dump_linux("x86_64", directory, theirs)
            with take_over(vmcore_vp, theirs, work, "--set", "dump.layout=qemu") as machine:
                compare(machine, theirs, work)
            with take_over(vmcore_vp, theirs, work) as machine:
                open_in_crash(machine, os.path.join(directory, "x86_64", "vmlinux"), work)
        except (Missing, NotFetched) as missing:
            print(f"skipped: {missing}")
            return SKIPPED
    return 0


sys.exit(main())
