"""The same firmware on QEMU and on vmcore-vp: console, exit status, and the dumps compared.

usage: firmware_test.py VMCORE_VP FIRMWARE.elf [--dump] [--harts N]
"""
import argparse
import os
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "support"))
import elf_core
import qemu as qemu_runner

RAM_BASE, RAM_SIZE = 0x80000000, 128 << 20
BOARD = ["-M", "virt", "-m", "128M", "-device", "vmcoreinfo"]
BLOB = ["-fw_cfg", "name=opt/org.example/blob,string=Hello from the host"]

# Files that QEMU puts into fw_cfg for devices and firmware tables which vmcore-vp's board does not have. Both sides get
# a file of that name and size, so that directories, and what the firmware keeps of them in RAM, can be equal.
QEMU_ONLY_FILES = {"etc/acpi/rsdp": 36, "etc/acpi/tables": 131072, "etc/smbios/smbios-anchor": 24,
                   "etc/smbios/smbios-tables": 287, "etc/table-loader": 2304}


def device_tree_ranges(core):
    """The device tree in RAM: it describes more devices on QEMU, and has a random seed there."""
    ranges = []
    for load in core.loads:
        if load.paddr != RAM_BASE:
            continue
        memory = core.memory(load)
        start = RAM_SIZE - (2 << 20)
        magic, size = struct.unpack_from(">II", memory, start)
        assert magic == 0xd00dfeed, "no device tree at the last 2 MiB of RAM"
        ranges.append((RAM_BASE + start, RAM_BASE + start + size))
    return ranges


# Every difference between the two dumps that is allowed, each with its reason. All else must be equal to the byte.
DELIBERATE = [
    ("the device tree's bytes in RAM", device_tree_ranges),
]
# On QEMU, harts are host threads: how far the parked ones have come when hart 0 powers off is chance.
PARKED_HART_REGISTERS = slice(112, 112 + 32 * 8)
# Not compared, because they are of the file and not of the guest: e_ehsize (QEMU writes 8, the header has 64 bytes);
# section headers, which QEMU writes before the program headers and vmcore-vp does not need; file offsets, which are
# page-aligned here.


def compare_loads(ours, theirs):
    assert [(load.paddr, load.memsz, load.filesz) for load in ours.loads] == \
        [(load.paddr, load.memsz, load.filesz) for load in theirs.loads], "PT_LOAD ranges differ"
    allowed = [piece for _, ranges in DELIBERATE for core in (ours, theirs) for piece in ranges(core)]
    for mine, other in zip(ours.loads, theirs.loads):
        a, b = bytearray(ours.memory(mine)), bytearray(theirs.memory(other))
        for start, end in allowed:
            for memory in (a, b):
                if mine.paddr <= start < mine.paddr + mine.memsz:
                    memory[start - mine.paddr:end - mine.paddr] = bytes(end - start)
        if a != b:
            differing = [i for i in range(len(a)) if a[i] != b[i]]
            first = differing[0] & ~7
            raise AssertionError(f"{len(differing)} bytes differ, from 0x{mine.paddr + differing[0]:x} to "
                                 f"0x{mine.paddr + differing[-1]:x}: first {a[first:first + 16].hex()} here, "
                                 f"{b[first:first + 16].hex()} on QEMU")


def compare_notes(ours, theirs):
    ours.drop_our_notes()
    assert [(note.name, note.type, len(note.desc)) for note in ours.notes] == \
        [(note.name, note.type, len(note.desc)) for note in theirs.notes], "notes differ in name, type or size"
    for number, (mine, other) in enumerate(zip(ours.riscv64_registers(), theirs.riscv64_registers())):
        assert mine == other, f"register {number} (0 is pc): 0x{mine:x} here, 0x{other:x} on QEMU"
    for index, (mine, other) in enumerate(zip(ours.notes, theirs.notes)):
        a, b = bytearray(mine.desc), bytearray(other.desc)
        if mine.name == "CORE" and index > 0:
            for desc in (a, b):
                desc[PARKED_HART_REGISTERS] = bytes(len(desc[PARKED_HART_REGISTERS]))
        assert a == b, f"note {index}, {mine.name}: bytes differ"


def write_qemu_only_files(directory):
    arguments = []
    for name, size in QEMU_ONLY_FILES.items():
        path = os.path.join(directory, name.replace("/", "-"))
        with open(path, "wb") as file:
            file.write(bytes(size))
        arguments += ["-fw_cfg", f"name={name},file={path}"]
    return arguments


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vmcore_vp")
    parser.add_argument("firmware")
    parser.add_argument("--dump", action="store_true", help="compare the dumps too")
    parser.add_argument("--harts", type=int, default=1)
    arguments = parser.parse_args()
    qemu = qemu_runner.find_qemu()
    if qemu is None:
        print("skipped: no qemu-system-riscv64 of version 8 or later")
        return qemu_runner.SKIPPED

    with tempfile.TemporaryDirectory() as directory:
        guest = [*BOARD, *BLOB, "-smp", str(arguments.harts), "-bios", arguments.firmware]
        core = os.path.join(directory, "vmcore.elf")
        ours = subprocess.run([arguments.vmcore_vp, *guest, "-nographic", *write_qemu_only_files(directory),
                               "--dump", core], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=120)
        theirs = subprocess.run([qemu, *guest, "-nographic", "-nic", "none"], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, timeout=120)
        assert ours.stdout == theirs.stdout, f"console differs:\n--- here\n{ours.stdout.decode()}" \
                                             f"--- on QEMU\n{theirs.stdout.decode()}"
        assert len(ours.stdout) > 0, "the firmware printed nothing"
        assert ours.returncode == theirs.returncode, f"exit status {ours.returncode} here, {theirs.returncode} on QEMU"
        print(f"equal: {len(ours.stdout)} bytes of console, exit status {ours.returncode}")
        if arguments.dump:
            qemu_core = os.path.join(directory, "qemu.elf")
            qemu_runner.run_to_dump(qemu, [*guest, "-nic", "none"], qemu_core, directory)
            mine, other = elf_core.Core(core), elf_core.Core(qemu_core)
            compare_notes(mine, other)
            compare_loads(mine, other)
            assert mine.named_notes("VMCOREINFO"), "no VMCOREINFO note"
            print("equal: notes, registers and memory of the dumps, save " +
                  ", ".join(what for what, _ in DELIBERATE))
    return 0


sys.exit(main())
