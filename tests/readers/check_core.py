#!/usr/bin/env python3
"""Asks a real reader about the cores of write_known_core and compares its answers with what is in them.

usage: check_core.py WRITER CHECK

Exit status 0 when the reader finds everything, 1 when not, 77 when the reader is not installed.
"""

import re
import shutil
import subprocess
import sys
import tempfile

# What write_known_core.cpp puts in: register i of a hart (pc, x1 .. x31) is its first value plus i.
HARTS = [0x80000100, 0xffffffe012345000]
ABI_NAMES = ("pc ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 "
             "s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6").split()
VMCOREINFO = ["OSRELEASE=6.1.0-known", "PAGESIZE=4096", "SYMBOL(swapper_pg_dir)=ffffffff81234000",
              "NUMBER(phys_ram_base)=2147483648", "NUMBER(VA_BITS)=39"]
VMCOREINFO_SIZE = sum(len(line) + 1 for line in VMCOREINFO)
LOADS = {"riscv64": [(0x1000, 0xf000), (0x80000000, 0x200000), (0x100000000, 0x1000)],
         "riscv32": [(0x1000, 0xf000), (0x80000000, 0x200000)]}
STATE_SIZE = 24 + 16  # our own note, with one CSR: readers pass over it
PRSTATUS_SIZE = {"riscv64": 376, "riscv32": 204}


class Mismatch(Exception):
    pass


def run(*command):
    if not shutil.which(command[0]):
        print(f"skipped: {command[0]} is not installed")
        sys.exit(77)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False,
                          encoding="utf-8", errors="replace", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                                                                   "LC_ALL": "C"})
    print(f"$ {' '.join(command)}\n{done.stdout}")
    if done.returncode != 0:
        raise Mismatch(f"{command[0]} ends with status {done.returncode}")
    return done.stdout


def expect(condition, text):
    if not condition:
        raise Mismatch(text)


def expect_text(text, wanted):
    expect(wanted in text, f"not in the answer: {wanted!r}")


def eu_readelf(directory):
    """Decodes both harts' NT_PRSTATUS and prints the VMCOREINFO text (elfutils decodes riscv64 only)."""
    text = run("eu-readelf", "-n", f"{directory}/riscv64.elf")
    expect(not re.search("invalid|error|cannot", text, re.IGNORECASE), "eu-readelf complains")
    for line in VMCOREINFO:
        expect_text(text, line)
    harts = text.split("PRSTATUS")[1:]
    expect(len(harts) == len(HARTS), f"{len(harts)} PRSTATUS notes decoded")
    for index, (hart, first) in enumerate(zip(harts, HARTS)):
        expect(re.search(rf"\bpid: {index + 1}\b", hart), f"pid of hart {index}")
        values = {name: int(value, 0) % 2**64 for name, value in re.findall(r"\b(\w+): +(-?\w+)", hart.split("pc:")[1])}
        values["pc"] = int(re.search(r"\bpc: (\w+)", hart)[1], 0)
        for i, name in enumerate(ABI_NAMES):
            expect(values.get("s0" if name == "fp" else name) == first + i, f"register {name} of hart {index}")


def readelf(directory):
    """Lists header, segments and notes, and finds nothing to complain about."""
    for target, loads in LOADS.items():
        text = run("readelf", "-hlnW", f"{directory}/{target}.elf")
        expect(not re.search("warning|error|corrupt", text, re.IGNORECASE), "readelf complains")
        expect(re.search(r"Type: +CORE", text), "type")
        expect(re.search(r"Machine: +RISC-V", text), "machine")
        expect(re.search(rf"Size of this header: +{64 if target == 'riscv64' else 52} ", text), "e_ehsize")
        expect(re.search(r"Number of section headers: +0\b", text), "section headers")
        headers = re.findall(r"^ +(NOTE|LOAD) +0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) .*?(\w+)$", text, re.MULTILINE)
        expect([header[0] for header in headers] == ["NOTE"] + ["LOAD"] * len(loads), "kinds of segments")
        for header, (base, size) in zip(headers[1:], loads):
            offset, vaddr, paddr, filesz, memsz, align = (int(number, 16) for number in header[1:])
            expect((vaddr, paddr, filesz, memsz) == (base, base, size, size), f"segment at {base:#x}")
            expect(offset % 4096 == 0 and align == 0, f"place of the segment at {base:#x}")
        notes = re.findall(r"^ +(\S+) +0x(\w+)\t", text, re.MULTILINE)
        expect(notes == [("CORE", f"{PRSTATUS_SIZE[target]:08x}")] * 2 + [("VMCORE-VP", f"{STATE_SIZE:08x}")] * 2 +
               [("VMCOREINFO", f"{VMCOREINFO_SIZE:08x}")],
               f"notes are {notes}")


def gdb(directory):
    """Finds both harts, every register, and memory at both ends of the map."""
    for target in LOADS:
        commands = ["core-file " + f"{directory}/{target}.elf", "info threads"]
        for index in range(len(HARTS)):
            commands += [f"thread {index + 1}", "echo registers of hart:\\n",
                         "info registers " + " ".join(ABI_NAMES)]
        commands += ["echo memory:\\n", "x/s 0x1000", "x/s 0x80002000", "x/2wx 0x801ffff8"]
        if target == "riscv64":
            commands += ["x/s 0x100000800"]
        commands += ["x/wx 0x80200000", "echo end\\n"]  # gdb answers with the status of its last command
        arguments = [part for command in commands for part in ("-ex", command)]
        text = run("gdb-multiarch", "-nx", "-batch", "-iex", "set debuginfod enabled off", *arguments)
        expect("Couldn't find general-purpose registers" not in text, "gdb finds no registers")
        harts = {}
        threads = re.findall(r"^[* ] +(\d+) +(?:LWP|process|Thread) (\d+)", text, re.MULTILINE)
        expect(sorted(pid for _, pid in threads) == ["1", "2"], f"threads are {threads}")
        for (_, pid), part in zip(sorted(threads), text.split("registers of hart:")[1:]):
            harts[int(pid) - 1] = part.split("memory:")[0]
        for index, hart in enumerate(HARTS):
            first = hart if target == "riscv64" else hart & 0xffffffff
            for i, name in enumerate(ABI_NAMES):
                expect(re.search(rf"^{name} +0x{first + i:x}\b", harts[index], re.MULTILINE),
                       f"{target}: register {name} of hart {index}")
        memory = text.split("memory:")[1]
        expect(re.search(r'^0x1000:\s+"mask rom"', memory, re.MULTILINE), "ROM")
        expect(re.search(r'^0x80002000:\s+"known text in memory"', memory, re.MULTILINE), "RAM")
        expect(re.search(r"^0x801ffff8:\s+0x9abcdef0\s+0x12345678", memory, re.MULTILINE), "end of RAM")
        if target == "riscv64":
            expect(re.search(r'^0x100000800:\s+"above 4 GiB"', memory, re.MULTILINE), "RAM above 4 GiB")
        expect_text(memory, "Cannot access memory at address 0x80200000")


def main():
    writer, check = sys.argv[1:]
    checks = {"eu_readelf": eu_readelf, "readelf": readelf, "gdb": gdb}
    with tempfile.TemporaryDirectory(prefix="vmcore-readers-") as directory:
        subprocess.run([writer, directory], check=True, timeout=60)
        try:
            checks[check](directory)
        except Mismatch as mismatch:
            print(f"{check}: {mismatch}")
            sys.exit(1)


main()
