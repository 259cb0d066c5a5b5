#!/usr/bin/env python3
"""Runs one privileged chapter on QEMU and on the simulator, and compares what the guest prints.

Usage: privileged_test.py CHAPTER SIMULATOR [--seed N] [--count N] [--option=OPTION ...] [--harts N] [--keep DIRECTORY]

As isa_test.py, with other guests: `supervisor` and `cache_blocks` are tables of cases, `paging` and `protection`
are programs that make page tables and regions from random numbers. Exit status: 0 equal, 1 different, 77 skipped
because QEMU or the cross compiler is missing.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

from isa_test import COMPILER, HERE, QEMU, SKIPPED
from privileged_cases import TABLES

CPU = ("rv64i,m=on,a=on,f=on,d=on,c=on,s=on,u=on,zicsr=on,zifencei=on,zicntr=on,zba=on,zbb=on,zbs=on,zicbom=on,zicboz=on,"
       "sstc=on,svadu=on,mmu=on,pmp=on,sv57=on")
LIMIT = 60  # seconds a run
PROGRAMS = ("paging", "protection")  # each line of whose output tells what it is about


class Chapter:
    def __init__(self, name, seed, count):
        self.name, self.seed, self.count = name, seed, count
        self.groups = TABLES[name](seed, count) if name in TABLES else None

    def table(self):
        lines = [".option norelax", ".option arch, +zicbom, +zicboz", '.section .cases, "a"', ".balign 8"]
        for number, (_, cases) in enumerate(self.groups or []):
            for case in cases:
                lines += case.assembler(number)
        return "\n".join(lines) + "\n"

    def build(self, directory, group=None):
        suffix = "" if group is None else f"-{group}"
        table, program = os.path.join(directory, "cases.S"), os.path.join(directory, f"guest{suffix}.elf")
        with open(table, "w") as file:
            file.write(self.table())
        source = "supervisor.c" if self.groups else f"{self.name}.c"
        subprocess.run([COMPILER, "-O2", "-Wall", "-march=rv64imac_zicsr_zifencei", "-mabi=lp64", "-mcmodel=medany", "-nostdlib",
                        "-ffreestanding", "-fno-builtin", f"-DSEED={self.seed}ul", f"-DCOUNT={self.count}",
                        *([] if group is None else [f"-DVERBOSE_GROUP={group}"]), "-T", os.path.join(HERE, "guest.ld"),
                        "-Wl,--no-warn-rwx-segments", os.path.join(HERE, "guest_entry.S"), os.path.join(HERE, source), table,
                        "-o", program], check=True)
        return program

    def group_name(self, line):
        number = int(line.split()[1], 16)
        return self.groups[number][0] if self.groups else f"round {number}"

    def describe(self, group, line):
        if not self.groups:
            return line.partition(" cause ")[0]
        index = int(line.split()[1], 16)
        case = self.groups[group][1][index]
        values = line.split(" before ")[1].split()[:31]
        used = sorted({int(n) for n in re.findall(r"\bx(\d+)", str(case))} - {0})
        return f"case {index}: {case}\n    operands  " + ", ".join(f"x{n}={values[n - 1]}" for n in used)


def run(command):
    """The lines that the guest printed on a simulator."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        output, errors = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
    lines = [line for line in output.splitlines() if re.match(r"(group|case|done)\b", line)]
    if not lines or lines[-1] != "done":
        print(f"{' '.join(command)}\nended without 'done', status {process.returncode}, after "
              f"{lines[-1][:60] if lines else 'nothing'}: {errors[-500:]}")
    return lines


def both(program, simulator, harts):
    """Of several harts all but the first stay out of it."""
    machine = ["-M", "virt", "-m", "128M", "-smp", str(harts), "-bios", program, "-nographic", "-cpu", CPU]
    return run([QEMU, "-nic", "none", *machine]), run([*simulator, *machine])


def fields(line):
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def explain(chapter, directory, group, simulator, harts):
    reference, ours = both(chapter.build(directory, group), simulator, harts)
    for theirs, mine in zip(reference, ours):
        if theirs != mine:
            print(f"  {chapter.describe(group, theirs)}")
            a, b = fields(theirs), fields(mine)
            for name in [*a, *(name for name in b if name not in a)]:
                if a.get(name) != b.get(name):
                    print(f"    {name}: qemu {a.get(name)}, simulator {b.get(name)}")
            if not a:
                print(f"    qemu {theirs}\n    simulator {mine}")
            return
    print("  the cases agree one by one; the outputs have", len(reference), "and", len(ours), "lines")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("chapter", choices=[*TABLES, *PROGRAMS])
    parser.add_argument("simulator")
    parser.add_argument("--seed", type=int, default=20240607)
    parser.add_argument("--count", type=int, default=20, help="cases of a kind, or rounds")
    parser.add_argument("--option", action="append", default=[], help="for the simulator")
    parser.add_argument("--harts", type=int, default=1)
    parser.add_argument("--keep", help="directory to build in")
    arguments = parser.parse_args()
    for tool in (QEMU, COMPILER):
        if shutil.which(tool) is None:
            print(f"skipped: {tool} is not installed")
            return SKIPPED

    chapter = Chapter(arguments.chapter, arguments.seed, arguments.count)
    simulator = [arguments.simulator, *arguments.option]
    with tempfile.TemporaryDirectory() as scratch:
        directory = arguments.keep or scratch
        reference, ours = both(chapter.build(directory), simulator, arguments.harts)
        if not reference or reference[-1] != "done":
            print(f"QEMU stopped in {chapter.group_name(f'group {len(reference):x}')}")
            return 1
        print(f"{chapter.name}: seed {chapter.seed}, {len(reference) - 1} groups")
        wrong = [line for number, line in enumerate(reference[:-1]) if number >= len(ours) or line != ours[number]]
        for line in wrong:
            print(f"differs: {chapter.group_name(line)}")
        for line in wrong[:6]:
            print(f"{chapter.group_name(line)}:")
            explain(chapter, directory, int(line.split()[1], 16), simulator, arguments.harts)
        if wrong or len(ours) != len(reference):
            return 1
    print("equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
