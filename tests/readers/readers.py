"""One function for each reader: it opens a dump of the known machine and compares the reader's answers with what is in it.

Each takes the path, the format and the target of a dump; its first line says what is asked, for docs/readers.md.
"""
import os
import re

from asking import Mismatch, ask, ask_python, expect, expect_no_complaint, expect_text
from known import (HARTS, HIGH_BASE, RAM_BASE, RAM_SIZE, RELEASE, TARGETS, VMCOREINFO, VMCOREINFO_SIZE, register)


def ram_of(path):
    with open(os.path.join(os.path.dirname(path), "ram"), "rb") as file:
        return file.read()


def eu_readelf(path, _format, target):
    """`eu-readelf -n`: decodes every CPU's NT_PRSTATUS and prints the VMCOREINFO text"""
    text = ask("eu-readelf", "-n", path)
    expect_no_complaint(text, "invalid", "error", "cannot")
    expect_text(text, *VMCOREINFO)
    harts = text.split("PRSTATUS")[1:]
    expect(len(harts) == HARTS, f"{len(harts)} PRSTATUS notes decoded")
    names = {"riscv64": {"x1": "ra", "x2": "sp", "x10": "a0"}, "x86_64": {"rax": "rax", "rsp": "rsp"},
             "aarch64": {"x0": "x0", "x30": "x30"}}[target]
    for hart, part in enumerate(harts):
        expect(re.search(rf"\bpid: {hart + 1}\b", part), f"pid of CPU {hart}")
        for ours, theirs in names.items():
            shown = re.search(rf"\b{theirs}: +(-?\w+)", part)
            expect(shown and int(shown[1], 0) % 2**64 == register(ours, hart), f"register {theirs} of CPU {hart}")


def readelf(path, _format, target):
    """`readelf -hlnW`: lists header, segments and notes, and has nothing to complain about"""
    wanted = TARGETS[target]
    text = ask("readelf", "-hlnW", path)
    expect_no_complaint(text, "warning", "error", "corrupt")
    expect(re.search(r"Type: +CORE", text), "type")
    expect(re.search(rf"Machine: +{wanted.machine}", text), "machine")
    expect(re.search(rf"Size of this header: +{64 if wanted.bits == 64 else 52} ", text), "e_ehsize")
    expect(re.search(r"Number of section headers: +0\b", text), "section headers")
    headers = re.findall(r"^ +(NOTE|LOAD) +0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) .*?(\w+)$", text, re.MULTILINE)
    expect([header[0] for header in headers] == ["NOTE"] + ["LOAD"] * len(wanted.loads), "kinds of segments")
    for header, (base, size) in zip(headers[1:], wanted.loads):
        offset, vaddr, paddr, filesz, memsz, align = (int(number, 16) for number in header[1:])
        expect((vaddr, paddr, filesz, memsz) == (base, base, size, size), f"segment at {base:#x}")
        expect(offset % 4096 == 0 and align == 0, f"place of the segment at {base:#x}")
    notes = re.findall(r"^ +(\S+) +0x(\w+)\t", text, re.MULTILINE)
    expect([owner for owner, _ in notes].count("VMCOREINFO") == 1, f"notes are {notes}")
    expect(notes[-1] == ("VMCOREINFO", f"{VMCOREINFO_SIZE:08x}"), f"the last note is {notes[-1]}")
    sizes = [size for owner, size in notes if owner == "CORE" and int(size, 16) == wanted.prstatus_size]
    expect(len(sizes) == HARTS, f"notes are {notes}")
    if wanted.other_notes:
        expect([owner for owner, _ in notes].count(wanted.other_notes) == HARTS, f"notes are {notes}")


def gdb(path, _format, target):
    """`core-file`: finds every CPU, all its registers, and memory at both ends of the map"""
    wanted = TARGETS[target]
    commands = [f"core-file {path}", "info threads"]
    for hart in range(HARTS):
        commands += [f"thread {hart + 1}", "echo registers of a CPU:\\n"]
        for name, _ in wanted.registers:
            commands += [f"echo {name}=", f"output/x ${name}", "echo \\n"]
    commands += ["echo memory:\\n", "x/s 0x1000", "x/s 0x80002000", "x/2wx 0x801ffff8"]
    if wanted.bits == 64:
        commands += ["x/s 0x100000800"]
    commands += ["x/wx 0x80200000", "echo end\\n"]  # gdb answers with the status of its last command
    arguments = [part for command in commands for part in ("-ex", command)]
    text = ask("gdb-multiarch", "-nx", "-batch", "-iex", "set debuginfod enabled off", *arguments)
    expect("Couldn't find general-purpose registers" not in text, "gdb finds no registers")
    expect("Unexpected size of section" not in text, "gdb expects other notes")
    threads = re.findall(r"^[* ] +(\d+) +(?:LWP|process|Thread) (\d+)", text, re.MULTILINE)
    expect(sorted(pid for _, pid in threads) == [str(hart + 1) for hart in range(HARTS)], f"threads are {threads}")
    registers = text.split("registers of a CPU:")[1:]
    mask = 2 ** wanted.bits - 1
    for (_, pid), part in zip(sorted(threads), registers):
        shown = {name: int(value, 16) for name, value in re.findall(r"^([\w.]+)=0x(\w+)$", part, re.MULTILINE)}
        for theirs, ours in wanted.registers:
            value = register(ours, int(pid) - 1)
            expect(shown.get(theirs, -1) & mask == value & mask,
                   f"register {theirs} of CPU {pid} is {shown.get(theirs)}, not {value}")
    memory = text.split("memory:")[1]
    expect(re.search(r'^0x1000:\s+"mask rom"', memory, re.MULTILINE), "ROM")
    expect(re.search(r'^0x80002000:\s+"known text in memory"', memory, re.MULTILINE), "RAM")
    expect(re.search(r"^0x801ffff8:\s+0x9abcdef0\s+0x12345678", memory, re.MULTILINE), "end of RAM")
    if wanted.bits == 64:
        expect(re.search(r'^0x100000800:\s+"above 4 GiB"', memory, re.MULTILINE), "RAM above 4 GiB")
    expect_text(memory, "Cannot access memory at address 0x80200000")


def crash(path, _format, _target):
    """`crash --osrelease`: the kernel's release, out of the VMCOREINFO note"""
    expect_text(ask("crash", "--osrelease", path), RELEASE)


READ_BY_KDUMPFILE = """
import kdumpfile, sys
dump = kdumpfile.kdumpfile(file=sys.argv[1])
print("release", dump.attr["linux.vmcoreinfo.lines.OSRELEASE"], dump.attr["linux.uts.release"])
ram = open(sys.argv[2], "rb").read()
base = int(sys.argv[3])
for at in range(0, len(ram), 4096):
    if dump.read(kdumpfile.KDUMP_MACHPHYSADDR, base + at, 4096) != ram[at:at + 4096]:
        sys.exit(f"the page at {base + at:#x} differs")
print("rom", bytes(dump.read(kdumpfile.KDUMP_MACHPHYSADDR, 0x1000, 8)))
if sys.argv[4] == "64":
    print("high", bytes(dump.read(kdumpfile.KDUMP_MACHPHYSADDR, 0x100000800, 11)))
print("all pages are equal")
"""


def libkdumpfile(path, _format, target):
    """its Python module: the release, and every page of memory by its physical address"""
    ram = os.path.join(os.path.dirname(path), "ram")
    text = ask_python(READ_BY_KDUMPFILE, path, ram, str(RAM_BASE), str(TARGETS[target].bits))
    expect_text(text, f"release {RELEASE} {RELEASE}", "all pages are equal", "rom b'mask rom'")
    if TARGETS[target].bits == 64:
        expect_text(text, "high b'above 4 GiB'")


READ_BY_DRGN = """
import drgn, sys
program = drgn.Program()
program.set_core_dump(sys.argv[1])
assert program.flags & drgn.ProgramFlags.IS_LINUX_KERNEL
print("platform", program.platform.arch.name)
if sys.argv[1].endswith(".elf"):
    ram = open(sys.argv[2], "rb").read()
    assert program.read(int(sys.argv[3]), len(ram), True) == ram
    print("high", program.read(0x100000800, 11, True))
"""


def drgn(path, format_name, target):
    """`Program.set_core_dump()`: takes it for a Linux kernel of that architecture; of ELF files all RAM, by physical
    address (in kdump files it finds memory by way of a real kernel's page tables only)"""
    ram = os.path.join(os.path.dirname(path), "ram")
    text = ask_python(READ_BY_DRGN, path, ram, str(RAM_BASE))
    expect_text(text, f"platform {target.upper()}")
    if format_name == "elf":
        expect_text(text, "high b'above 4 GiB'")


def makedumpfile(path, format_name, _target):
    """`makedumpfile -R`: turns a flattened file into the very bytes of the raw form"""
    again = path + ".rearranged"
    with open(path, "rb") as flattened:
        ask("makedumpfile", "-R", again, stdin=flattened)
    with open(again, "rb") as file, open(path.replace("kdump-", "kdump-raw-"), "rb") as raw:
        expect(file.read() == raw.read(), f"{format_name}: not the bytes of the raw form")
