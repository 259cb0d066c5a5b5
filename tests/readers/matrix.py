"""Real readers open dumps of every target and format.

usage: matrix.py READER WRITE_KNOWN_CORE      asks one reader about all that it opens
       matrix.py --page PAGE [--write]        compares docs/readers.md with the matrix, or writes it

Exit status 0 when the reader finds everything, 1 when not, 77 when it is not installed.
"""
import argparse
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "guests"))
import linux_cells
import readers
from asking import Mismatch, Missing

COMPRESSIONS = ["zlib", "lzo", "snappy", "zstd"]
RAW = [f"kdump-raw-{name}" for name in COMPRESSIONS]
FLATTENED = [f"kdump-{name}" for name in COMPRESSIONS]
FAMILIES = {"ELF": ["elf"], "kdump, raw": RAW, "kdump, flattened": FLATTENED}
EVERY = ["riscv64", "riscv32", "x86_64", "i386", "aarch64", "arm"]
WIDE = ["riscv64", "x86_64", "aarch64"]

# The reader, its version, its function, and what it opens: targets by family of formats, or why it opens nothing.
MATRIX = {
    "gdb": ("gdb-multiarch 13.1", readers.gdb,
            {"ELF": EVERY, "kdump, raw": "reads ELF only", "kdump, flattened": "reads ELF only"}),
    "eu-readelf": ("eu-readelf 0.188", readers.eu_readelf,
                   {"ELF": WIDE, "kdump, raw": "reads ELF only", "kdump, flattened": "reads ELF only"}),
    "readelf": ("readelf 2.40", readers.readelf,
                {"ELF": EVERY, "kdump, raw": "reads ELF only", "kdump, flattened": "reads ELF only"}),
    "crash": ("crash 8.0.2 for x86_64", readers.crash,
              {"ELF": ["x86_64"], "kdump, raw": ["riscv64", "x86_64"], "kdump, flattened": WIDE}),
    "libkdumpfile": ("libkdumpfile 0.5.1", readers.libkdumpfile,
                     {"ELF": EVERY, "kdump, raw": EVERY, "kdump, flattened": "not before version 0.5.3"}),
    "drgn": ("drgn 0.0.22", readers.drgn,
             {"ELF": WIDE, "kdump, raw": ["x86_64", "aarch64"], "kdump, flattened": "asks for `makedumpfile -R`"}),
    "makedumpfile": ("makedumpfile 1.7.2", readers.makedumpfile,
                     {"ELF": "wants a real kernel: see below", "kdump, raw": "wants a real kernel: see below",
                      "kdump, flattened": EVERY}),
}


def cells(reader):
    """Every (format, target) that the reader opens."""
    for family, targets in MATRIX[reader][2].items():
        if not isinstance(targets, str):
            yield from ((name, target) for name in FAMILIES[family] for target in targets)


def check(reader, writer):
    failed = []
    with tempfile.TemporaryDirectory(prefix="vmcore-readers-") as directory:
        subprocess.run([writer, directory], check=True, timeout=120)
        for name, target in cells(reader):
            try:
                MATRIX[reader][1](f"{directory}/{target}.{name}", name, target)
            except Mismatch as mismatch:
                failed.append(f"{reader}, {target}, {name}: {mismatch}")
    for line in failed:
        print(line)
    return 1 if failed else 0


INTRODUCTION = """# Who opens the dumps

Each cell is a test: the reader, as Debian 12 has it, opens a dump of a machine whose registers and memory are all known, and
its answers are compared with them (`tests/readers`, label `readers`). A cell names the targets; where it names none, the
reader's own limit is told: crash for x86_64 takes no raw file in which another architecture that it knows is named, and drgn
0.0.22 no kdump file of riscv64. Formats of the family "kdump" are zlib, lzo, snappy and zstd, each of which is tested.
"""


LINUX = """
## A real kernel

Debian's Linux panics on QEMU, QEMU dumps it, and the engine writes the same memory and CPUs anew (`./dev guest test`, label `guest`).
Asked is what needs the kernel's own data: the backtrace into `panic()` and the log (crash), strings behind pointers (gdb), the
list of tasks (drgn), `-l -d 31` and the log (makedumpfile). For riscv64 and aarch64 crash is 8.0.6 and makedumpfile 1.7.6, of
Debian 13. The kernels with KASLR were moved by it. Those of x86_64 and aarch64 are Debian 12's; aarch64_52bit is Debian 13's, whose
virtual addresses have 52 bits (FEAT_LPA2).
"""
LINUX_READERS = {"crash": "crash", "gdb": "gdb-multiarch 13.1", "drgn": "drgn 0.0.22", "makedumpfile": "makedumpfile"}


def short(names):
    """Formats, all of a family by one name."""
    text = ", ".join(names)
    for family, shown in ((RAW, "kdump-raw-*"), (FLATTENED, "kdump-*")):
        text = text.replace(", ".join(family), shown)
    return text


def opened(reader, architecture):
    """The cell of our files: formats that open, and why others do not."""
    beyond = linux_cells.BEYOND.get((reader, architecture), {})
    reasons = {}
    for name, reason in beyond.items():
        reasons.setdefault(reason, []).append(name)
    good = [name for name in linux_cells.FORMATS
            if name not in beyond and name not in linux_cells.TOO_LONG.get((reader, architecture), [])]
    told = [short(good)] if good else []
    return "; ".join(told + [f"*not {short(names)}: {reason}*" for reason, names in reasons.items()])


def linux_lines():
    yield from (LINUX, "| reader | kernel | ours | QEMU 10.0.2's |", "|---|---|---|---|")
    for reader, shown in LINUX_READERS.items():
        for guest in ("x86_64", "riscv64", "aarch64", "aarch64_52bit"):
            theirs = ", ".join(linux_cells.QEMU_OPENS.get((reader, guest), [])) or "none"
            yield f"| {shown} | {guest} | {opened(reader, guest)} | {theirs} |"


def page():
    lines = [INTRODUCTION, f"| reader | {' | '.join(FAMILIES)} |", f"|---|{'---|' * len(FAMILIES)}"]
    for version, _, opened in MATRIX.values():
        row = [opened[family] for family in FAMILIES]
        lines.append(f"| {version} | " + " | ".join(f"*{cell}*" if isinstance(cell, str) else ", ".join(cell) for cell in row) + " |")
    lines += ["", "## What is asked", ""]
    for reader, (_, function, _) in MATRIX.items():
        lines.append(f"* {reader}: {' '.join(function.__doc__.split())}")
    lines += linux_lines()
    return "\n".join(lines) + "\n"


def check_page(path, write):
    if write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(page())
        return 0
    with open(path, encoding="utf-8") as file:
        if file.read() == page():
            return 0
    print(f"{path} is not what the matrix says: run {sys.argv[0]} --page {path} --write")
    return 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--page")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if given.page:
        return check_page(given.page, given.write)
    try:
        return check(*given.arguments)
    except Missing as missing:
        print(f"skipped: {missing}")
        return 77


if __name__ == "__main__":
    sys.exit(main())
