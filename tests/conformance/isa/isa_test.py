#!/usr/bin/env python3
"""Runs one chapter of the instruction set on QEMU and on the simulator, and compares what the guest prints.

Usage: isa_test.py CHAPTER SIMULATOR [--seed N] [--count N] [--option=OPTION ...] [--keep DIRECTORY]
                   [--extensions NAME=on,...]

The guest runs cases, which are instructions with random operands, and prints a hash of the state that each
group of cases leaves. When a group differs it is run again and prints every case, so that the first that
differs can be named with its instruction, operands and both results. Exit status: 0 equal, 1 different,
77 skipped because QEMU or the cross compiler is missing.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

from bits_cases import bits
from float_cases import float_doubles, float_singles
from isa_cases import CHAPTERS, Chapter

CHAPTERS = {**CHAPTERS, "bits": bits, "float": float_singles, "double": float_doubles}

SKIPPED = 77
HERE = os.path.dirname(os.path.abspath(__file__))
COMPILER = "riscv64-unknown-elf-gcc"
QEMU = "qemu-system-riscv64"
CPU = "rv64i,m=on,a=on,f=on,d=on,c=on,u=on,s=off,zicsr=on,zifencei=on,zicntr=on,mmu=off,pmp=off"
CODE_BYTES = 24  # guest.c
COMPRESSED_ROWS = 24


def assembler_text(groups):
    lines = [".option norelax", ".option arch, +d, +zba, +zbb, +zbs", '.section .cases, "a"', ".balign 8"]
    for number, (_, cases) in enumerate(groups):
        for case in cases:
            lines.append("1:")
            for line in case.lines:
                lines += [".option rvc" if line.startswith("c.") else ".option norvc", line]
            lines += [f".fill ({CODE_BYTES} - (. - 1b)) / 2, 2, 0x9002", f".8byte {case.constant:#x}", f".2byte {number}",
                      f".byte {case.register}, {case.pointer}, {int(case.user)}, {case.fs}, {case.floats}, {case.fcsr}"]
    return "\n".join(lines) + "\n"


def build(directory, groups, chapter, verbose_group=None):
    table = os.path.join(directory, "cases.S")
    program = os.path.join(directory, "guest.elf" if verbose_group is None else f"guest-{verbose_group}.elf")
    with open(table, "w") as file:
        file.write(assembler_text(groups))
    flags = ["-DALL_COMPRESSED"] if chapter == "compressed" else []
    if verbose_group is not None:
        flags.append(f"-DVERBOSE_GROUP={verbose_group}")
    subprocess.run([COMPILER, "-O2", "-Wall", "-march=rv64imac_zicsr_zifencei", "-mabi=lp64", "-mcmodel=medany", "-nostdlib",
                    "-ffreestanding", "-fno-builtin", *flags, "-T", os.path.join(HERE, "guest.ld"), "-Wl,--no-warn-rwx-segments",
                    os.path.join(HERE, "guest_entry.S"), os.path.join(HERE, "guest.c"), table, "-o", program], check=True)
    return program


def run(command):
    """The lines that the guest printed on a simulator."""
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    lines = [line for line in result.stdout.splitlines() if re.match(r"(group|case|done)\b", line)]
    if not lines or lines[-1] != "done":
        print(f"{' '.join(command)}\nended without 'done', status {result.returncode}: {result.stderr[-500:]}")
    return lines


def both(program, simulator, cpu):
    machine = ["-M", "virt", "-m", "128M", "-bios", program, "-nographic", "-cpu", cpu]
    return run([QEMU, "-nic", "none", *machine]), run([*simulator, *machine])


def group_name(groups, number):
    if number < len(groups):
        return groups[number][0]
    row = number - len(groups)
    return f"compressed quadrant {row // 8} funct3 {row % 8}"


def describe(groups, group, line):
    """What a verbose line is about: the instruction with its operands."""
    index = int(line.split()[1], 16)
    values = line.split(" before ")[1].split()
    registers, floats = values[:31], values[31:63]
    if group < len(groups):
        case = groups[group][1][index]
        text = "; ".join(case.lines) + (" (U mode)" if case.user else "") + f" (FS {case.fs}, fcsr {case.fcsr:#x})"
    else:
        row = group - len(groups)
        text = f"parcel {row % 8 << 13 | index << 2 | row // 8:#06x}"
    used = sorted({int(n) for n in re.findall(r"\bx(\d+)", text)} - {0})
    used_floats = sorted({int(n) for n in re.findall(r"\bf(\d+)", text)})
    operands = ", ".join([f"x{n}={registers[n - 1]}" for n in used] + [f"f{n}={floats[n]}" for n in used_floats]) \
        or "all: " + " ".join(registers + floats)
    return f"case {index}: {text}\n  operands  {operands}"


def explain(directory, groups, chapter, group, simulator, cpu):
    reference, ours = both(build(directory, groups, chapter, group), simulator, cpu)
    for theirs, mine in zip(reference, ours):
        if theirs != mine:
            print(f"  {describe(groups, group, theirs)}")
            print(f"  qemu      {theirs.partition(' cause ')[2]}")
            print(f"  simulator {mine.partition(' cause ')[2]}")
            return
    print("  the cases agree one by one; the outputs have", len(reference), "and", len(ours), "lines")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("chapter", choices=CHAPTERS)
    parser.add_argument("simulator")
    parser.add_argument("--seed", type=int, default=20240607)
    parser.add_argument("--count", type=int, default=40, help="cases per instruction")
    parser.add_argument("--option", action="append", default=[], help="for the simulator")
    parser.add_argument("--keep", help="directory to build in")
    parser.add_argument("--extensions", default="", help="of the hart, added to the usual ones, as in zba=on,zbb=on")
    arguments = parser.parse_args()
    cpu = ",".join(filter(None, (CPU, arguments.extensions)))
    for tool in (QEMU, COMPILER):
        if shutil.which(tool) is None:
            print(f"skipped: {tool} is not installed")
            return SKIPPED

    chapter = Chapter(arguments.seed)
    CHAPTERS[arguments.chapter](chapter, arguments.count)
    groups = chapter.groups
    total = sum(len(cases) for _, cases in groups)
    expected = len(groups) + (COMPRESSED_ROWS if arguments.chapter == "compressed" else 0)
    print(f"{arguments.chapter}: seed {arguments.seed}, {expected} groups, {total} cases"
          + (", and all 2-byte encodings" if expected != len(groups) else ""))
    with tempfile.TemporaryDirectory() as scratch:
        directory = arguments.keep or scratch
        simulator = [arguments.simulator, *arguments.option]
        reference, ours = both(build(directory, groups, arguments.chapter), simulator, cpu)
        if len(reference) != expected + 1:
            print(f"QEMU printed {len(reference)} lines, expected {expected + 1}")
            return 1
        wrong = [number for number in range(expected) if number >= len(ours) or reference[number] != ours[number]]
        for number in wrong:
            print(f"differs: {group_name(groups, number)}")
        for number in wrong[:5]:
            print(f"{group_name(groups, number)}:")
            explain(directory, groups, arguments.chapter, number, simulator, cpu)
        if wrong or len(ours) != expected + 1:
            return 1
    print("equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
