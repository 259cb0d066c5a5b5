#!/usr/bin/env python3
"""Compares the hart with QEMU instruction by instruction: pc and x1 to x31 after each step of random programs.

Usage: lockstep.py RUNNER [--seed N] [--programs N] [--length SLOTS] [--steps N] [--option=OPTION ...]

QEMU is stepped through its gdb stub, RUNNER (isa_runner) prints a trace. Programs are numbered from the seed on. When
one differs it is made smaller for as long as it still does, and printed with the step. Exit status: 0 equal, 1
different, 77 skipped because QEMU or the cross compiler is missing.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

from gdb_client import GdbClient
from isa_test import COMPILER, HERE, QEMU, SKIPPED
from lockstep_program import Program
from privileged_test import CPU


class Comparer:
    def __init__(self, directory, runner, steps):
        self.directory, self.steps = directory, steps
        self.runner = [word for word in runner if word]

    def build(self, text):
        source, program = os.path.join(self.directory, "program.S"), os.path.join(self.directory, "program.elf")
        with open(source, "w") as file:
            file.write(text)
        subprocess.run([COMPILER, "-march=rv64imac_zicsr_zifencei", "-mabi=lp64", "-nostdlib", "-T", os.path.join(HERE, "guest.ld"),
                        "-Wl,--no-warn-rwx-segments", source, "-o", program], check=True)
        symbols = subprocess.run([COMPILER.replace("-gcc", "-nm"), program], check=True, capture_output=True, text=True).stdout
        return program, {name: int(address, 16) for address, name in re.findall(r"^([0-9a-f]+) \S (\w+)$", symbols, re.M)}

    def reference(self, program, symbols):
        """QEMU's registers at `compared` and after each step from there to `end`."""
        path = os.path.join(self.directory, "gdb")
        if os.path.exists(path):
            os.unlink(path)
        process = subprocess.Popen([QEMU, "-M", "virt", "-m", "128M", "-bios", program, "-cpu", CPU, "-nographic", "-nic", "none",
                                    "-monitor", "none", "-serial", "null", "-S", "-gdb", f"unix:{path},server=on,wait=off"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            client = GdbClient(path)
            client.run_to(symbols["compared"])
            seen = [client.registers()]
            while len(seen) <= self.steps and seen[-1][0] != symbols["end"]:
                client.step()
                seen.append(client.registers())
            client.close()
            return seen
        finally:
            process.kill()
            process.wait()

    def ours(self, program, symbols, count):
        result = subprocess.run([*self.runner, "-bios", program, "-cpu", CPU, "--trace", str(count + 400)], capture_output=True,
                                text=True, timeout=300, stdin=subprocess.DEVNULL)
        lines = [[int(word, 16) for word in line.split()] for line in result.stdout.splitlines()
                 if re.fullmatch(r"([0-9a-f]+ ){32}", line)]
        start = next((i for i, line in enumerate(lines) if line[0] == symbols["compared"]), None)
        return [] if start is None else lines[start:start + count]

    def difference(self, text):
        """The first step that differs, as (number, registers before, QEMU's after, ours), or None."""
        program, symbols = self.build(text)
        theirs = self.reference(program, symbols)
        mine = self.ours(program, symbols, len(theirs))
        for number, expected in enumerate(theirs):
            if number >= len(mine) or mine[number] != expected:
                return number, theirs[max(number - 1, 0)], expected, mine[number] if number < len(mine) else None
        self.last_count = len(theirs) - 1
        return None


def shrink(comparer, program, slots):
    """Leaves out ever smaller runs of slots while the difference stays."""
    size = len(slots) // 2
    while size > 0:
        at = 0
        while at < len(slots):
            fewer = slots[:at] + slots[at + size:]
            if fewer and comparer.difference(program.assembler(fewer)) is not None:
                slots = fewer
            else:
                at += size
        size //= 2
    return slots


def report(comparer, program, slots):
    number, before, expected, mine = comparer.difference(program.assembler(slots))
    print(f"  page flags: identity {program.flags[0]:#x}, alias {program.flags[1]:#x}")
    for slot in slots:
        print("  " + "; ".join(slot))
    names = ["pc"] + [f"x{n}" for n in range(1, 32)]
    print(f"  step {number} at pc {before[0]:#x}:")
    for i, name in enumerate(names):
        if mine is None or mine[i] != expected[i]:
            print(f"    {name}: {before[i]:#x} -> qemu {expected[i]:#x}, simulator {'nothing' if mine is None else hex(mine[i])}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runner")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--programs", type=int, default=4)
    parser.add_argument("--length", type=int, default=100, help="slots of a program")
    parser.add_argument("--steps", type=int, default=2000, help="at most, of a program")
    parser.add_argument("--option", action="append", default=[], help="for the runner")
    arguments = parser.parse_args()
    for tool in (QEMU, COMPILER):
        if shutil.which(tool) is None:
            print(f"skipped: {tool} is not installed")
            return SKIPPED

    total = wrong = 0
    with tempfile.TemporaryDirectory() as directory:
        comparer = Comparer(directory, [arguments.runner, *arguments.option], arguments.steps)
        for seed in range(arguments.seed, arguments.seed + arguments.programs):
            program = Program(seed, arguments.length)
            if comparer.difference(program.assembler(program.slots)) is None:
                total += comparer.last_count
                continue
            wrong += 1
            print(f"program {seed} differs:")
            report(comparer, program, shrink(comparer, program, program.slots))
    print(f"{arguments.programs} programs, {total} steps agree, {wrong} programs differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
