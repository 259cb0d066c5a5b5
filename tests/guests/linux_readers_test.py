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
from asking import Mismatch, Missing, ask, ask_python, expect, expect_text
from linux_cells import BEYOND, FORMATS, QEMU_OPENS, TOO_LONG
import linux_on_qemu
from guest_files import GuestFiles, NotFetched

SKIPPED = 77
PANIC = "sysrq triggered crash"
E_EHSIZE = 0x34  # QEMU writes 8 there; a header has 64 bytes


class Machine:
    """A guest's kernel and the readers that know it."""

    def __init__(self, guest, directory):
        self.guest = guest
        self.instruction_set = linux_on_qemu.instruction_set(guest)
        self.files = GuestFiles(directory)
        self.vmlinux = self.files.vmlinux(guest)
        self.command("crash")

    def command(self, reader):
        return [reader] if self.instruction_set == "x86_64" else self.files.foreign(reader, self.instruction_set)


def kernel_offset(console):
    """How far KASLR moved the kernel, as the panic tells; 0 where there is none."""
    told = re.search(r"Kernel Offset: 0x([0-9a-f]+)", console)
    return int(told.group(1), 16) if told else 0


def crash(machine, path, _console):
    """system, backtrace of the CPU and the log"""
    with tempfile.NamedTemporaryFile("w", suffix=".crash") as commands:
        commands.write("sys\nbt\nlog\nquit\n")
        commands.flush()
        text = ask(*machine.command("crash"), "--no_scroll", "-s", "-i", commands.name, machine.vmlinux, path, timeout=600)
    expect_text(text, f"MACHINE: {machine.instruction_set}", PANIC, "Linux version ", "PID: 1 ")
    if machine.instruction_set != "riscv64":
        expect(re.search(r"#\d+ \[\w+\] panic at", text), "no panic() in the backtrace")


def gdb(machine, path, console):
    """memory at the kernel's own addresses; the way into panic(), but on riscv64 and where return addresses are signed"""
    text = ask("gdb-multiarch", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", f"core-file {path}", "-ex",
               f"symbol-file {machine.vmlinux} -o {kernel_offset(console):#x}", "-ex", "bt", "-ex", "x/s linux_banner",
               "-ex", "x/s saved_command_line", "-ex", "echo end\\n")
    expect_text(text, "panic=-1")  # a string that is in memory only, behind a pointer of the linear map
    if machine.guest in ("x86_64", "aarch64"):
        expect(re.search(r"^#\d+ .* panic \(", text, re.MULTILINE), "no panic() in the backtrace")


READ_BY_DRGN = """
import drgn, sys
from drgn.helpers.linux.pid import for_each_task
program = drgn.Program()
program.set_core_dump(sys.argv[1])
program.load_debug_info([sys.argv[2]])
print("tasks", sorted({task.comm.string_().decode() for task in for_each_task(program)}))
print("command line", program["saved_command_line"].string_().decode())
"""


def drgn(machine, path, _console):
    """its tasks, and a string of the linear map"""
    text = ask_python(READ_BY_DRGN, path, machine.vmlinux)
    expect_text(text, "'kthreadd'", "'init'", "panic=-1")


def makedumpfile(machine, path, _console):
    """`-l -d 31`: leaves out what it can, so that it has found the kernel's lists of pages; and the log"""
    with tempfile.TemporaryDirectory() as directory:
        small, log = os.path.join(directory, "small"), os.path.join(directory, "log")
        expect_text(ask(*machine.command("makedumpfile"), "-l", "-d", "31", path, small), "The dumpfile is saved to ")
        ask(*machine.command("makedumpfile"), "--dump-dmesg", path, log)
        with open(log, "rb") as file:
            expect(b"Linux version " in file.read(), "no log")


READERS = {"gdb": gdb, "drgn": drgn, "makedumpfile": makedumpfile, "crash": crash}

def opens(reader, machine, path, console):
    """An empty text, or why not."""
    try:
        READERS[reader](machine, path, console)
        return ""
    except (Mismatch, subprocess.TimeoutExpired) as failure:
        return str(failure)


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


def compare(machine, redump, directory):
    """What is wrong, a line each."""
    theirs = os.path.join(directory, "qemu")
    console = linux_on_qemu.dump_linux(machine.guest, machine.files.directory, theirs)
    console = console.decode(errors="replace")
    faults, table = list(compare_bytes(redump, theirs, os.path.join(directory, "ours"))), []
    if machine.instruction_set != "riscv64" and kernel_offset(console) == 0:
        faults.append("KASLR left the kernel where it was linked")
    for name in FORMATS:
        ours = os.path.join(directory, f"ours.{name}")
        subprocess.run([redump, theirs, ours, name], check=True, timeout=300)
        qemus = theirs if name == "elf" else f"{theirs}.{name}"
        for reader in READERS:
            if name in TOO_LONG.get((reader, machine.guest), []):
                continue
            ours_fails = opens(reader, machine, ours, console)
            qemus_fails = opens(reader, machine, qemus, console) if os.path.exists(qemus) else "not written by this QEMU"
            table.append(f"{name:18} {reader:13} ours: {ours_fails or 'opens':50} QEMU's: {qemus_fails or 'opens'}")
            limit = BEYOND.get((reader, machine.guest), {}).get(name)
            if ours_fails and (not qemus_fails or not limit):
                faults.append(f"{reader}, {name}: {ours_fails}")
            if not ours_fails and limit:
                faults.append(f"{reader}, {name}: opens, though declared not to: {limit}")
            if (not qemus_fails) != (name in QEMU_OPENS.get((reader, machine.guest), [])):
                faults.append(f"{reader}, {name}: QEMU's file {qemus_fails or 'opens'}, which is not what is declared")
        os.remove(ours)
    print(*table, sep="\n")
    return faults


def main():
    guest, redump, directory = sys.argv[1:4]
    with tempfile.TemporaryDirectory(prefix="vmcore-guest-") as work:
        try:
            faults = compare(Machine(guest, directory), redump, work)
        except (Missing, NotFetched) as missing:
            print(f"skipped: {missing}")
            return SKIPPED
    print(*faults, sep="\n")
    return 1 if faults else 0


sys.exit(main())
