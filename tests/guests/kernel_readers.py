"""Readers that open a dump of a Linux kernel in panic, each asked for what needs the kernel's own data. They raise Mismatch when
they do not find it, Missing or NotFetched when they are not there."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "readers"))
import linux_on_qemu
from asking import Mismatch, ask, ask_python, expect, expect_text

PANIC = "sysrq triggered crash"


class Kernel:
    """A kernel, and what is known of the guest that ran it."""

    def __init__(self, guest, files, command_line, tasks):
        """guest: one of linux_on_qemu.py. command_line: a part of it. tasks: names of some; the first is that of process 1, which
        was running."""
        self.guest, self.files, self.command_line, self.tasks = guest, files, command_line, tasks
        self.instruction_set = linux_on_qemu.instruction_set(guest)
        self.vmlinux = files.vmlinux(guest)
        self.offset = 0  # how far KASLR moved it
        self.command("crash")

    def command(self, reader):
        return [reader] if self.instruction_set == "x86_64" else self.files.foreign(reader, self.instruction_set)


def crash(kernel, path):
    """system, backtrace of the CPU, tasks and the log"""
    with tempfile.NamedTemporaryFile("w", suffix=".crash") as commands:
        commands.write("sys\nbt\nps\nlog\nquit\n")
        commands.flush()
        text = ask(*kernel.command("crash"), "--no_scroll", "-s", "-i", commands.name, kernel.vmlinux, path, timeout=600)
    expect_text(text, f"MACHINE: {kernel.instruction_set}", PANIC, "Linux version ", "PID: 1 ")
    expect(re.search(rf"^>? +1 +0 .* {kernel.tasks[0]}$", text, re.MULTILINE), f"{kernel.tasks[0]} is not among the tasks")
    if kernel.instruction_set != "riscv64":
        expect(re.search(r"#\d+ \[\w+\] panic at", text), "no panic() in the backtrace")


def gdb(kernel, path):
    """memory at the kernel's own addresses; the way into panic(), but on riscv64 and where return addresses are signed"""
    text = ask("gdb-multiarch", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", f"core-file {path}", "-ex",
               f"symbol-file {kernel.vmlinux} -o {kernel.offset:#x}", "-ex", "bt", "-ex", "x/s linux_banner",
               "-ex", "x/s saved_command_line", "-ex", "echo end\\n")
    expect_text(text, kernel.command_line)  # a string that is in memory only, behind a pointer of the linear map
    if kernel.guest in ("x86_64", "aarch64"):
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


def drgn(kernel, path):
    """its tasks, and a string of the linear map"""
    text = ask_python(READ_BY_DRGN, path, kernel.vmlinux)
    expect_text(text, *(f"'{task}'" for task in kernel.tasks), kernel.command_line)


def makedumpfile(kernel, path):
    """`-l -d 31`: leaves out what it can, so that it has found the kernel's lists of pages; and the log"""
    with tempfile.TemporaryDirectory() as directory:
        small, log = os.path.join(directory, "small"), os.path.join(directory, "log")
        expect_text(ask(*kernel.command("makedumpfile"), "-l", "-d", "31", path, small), "The dumpfile is saved to ")
        ask(*kernel.command("makedumpfile"), "--dump-dmesg", path, log)
        with open(log, "rb") as file:
            expect(b"Linux version " in file.read(), "no log")


READERS = {"gdb": gdb, "drgn": drgn, "makedumpfile": makedumpfile, "crash": crash}


def opens(reader, kernel, path):
    """An empty text, or why not."""
    try:
        READERS[reader](kernel, path)
        return ""
    except (Mismatch, subprocess.TimeoutExpired) as failure:
        return str(failure)
