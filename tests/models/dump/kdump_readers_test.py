#!/usr/bin/env python3
"""Asks readers about kdump files of both layouts, of a machine whose every byte is known.

usage: kdump_readers_test.py KDUMP_FROM_CORE READER

Exit status 0 when the reader finds everything in every file, 1 when not, 77 when the reader is not installed.
"""
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "support"))
import kdump

CODECS = {"zlib": kdump.ZLIB, "lzo": kdump.LZO, "snappy": kdump.SNAPPY, "zstd": kdump.ZSTD}
RELEASE = "6.1.0-known"
TEXT = {"riscv64": f"OSRELEASE={RELEASE}\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffffffff81234000\n"
                   "NUMBER(phys_ram_base)=2147483648\nNUMBER(VA_BITS)=39\n",
        "x86_64": f"OSRELEASE={RELEASE}\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffffffff81234000\n"
                  "NUMBER(phys_base)=-241172480\n"}
PHYS_BASE = {"riscv64": 0x80000000, "x86_64": 2**64 - 241172480}
MACHINE = {"riscv64": 243, "x86_64": 62}
PRSTATUS = {"riscv64": 376, "x86_64": 336}
PAGE = 4096


class Mismatch(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Mismatch(text)


def memory_blocks():
    """ROM that ends inside a page, RAM with zeros, text, noise and patterns, RAM above 4 GiB, and so high that
    there is a gap in the bitmaps."""
    noise = random.Random(20260102)
    ram = bytearray()
    for page in range(300):
        kind = page % 6
        if kind == 0:
            ram += bytes(PAGE)
        elif kind == 1:
            ram += noise.randbytes(PAGE)
        elif kind == 2:
            ram += (f"page {page} of known memory\n" * 200).encode()[:PAGE]
        elif kind == 3:
            ram += bytes(PAGE - 1) + b"\1"
        elif kind == 4:
            ram += b"".join(struct.pack("<Q", 0xffffffe000000000 + noise.randrange(1 << 16) * 64) for _ in range(PAGE // 8))
        else:
            ram += bytes(noise.choice(b"abcdefgh") for _ in range(PAGE))
    return [(0x1000, b"mask rom" * 100), (0x80000000, bytes(ram)), (0x100000000, noise.randbytes(2 * PAGE)),
            (1 << 36, noise.randbytes(PAGE))]


def note(name, kind, desc):
    pad = lambda data: data + bytes(-len(data) % 4)
    return struct.pack("<III", len(name) + 1, len(desc), kind) + pad(name + b"\0") + pad(desc)


def write_core(path, target, blocks):
    harts = [struct.pack("<32xI", index + 1).ljust(PRSTATUS[target], b"\0") for index in range(2)]
    notes = b"".join(note(b"CORE", 1, desc) for desc in harts) + note(b"VMCOREINFO", 0, TEXT[target].encode())
    offset = 64 + 56 * (1 + len(blocks))
    headers = struct.pack("<IIQQQQQQ", 4, 0, offset, 0, 0, len(notes), len(notes), 0)
    place = offset + len(notes)
    for base, data in blocks:
        headers += struct.pack("<IIQQQQQQ", 1, 0, place, base, base, len(data), len(data), 0)
        place += len(data)
    with open(path, "wb") as file:
        file.write(struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 4, MACHINE[target], 1, 0, 64, 0, 0, 64, 56,
                               1 + len(blocks), 0, 0, 0))
        file.write(headers + notes + b"".join(data for _, data in blocks))


def known_pages(blocks):
    """What each page holds; the rest of a page that memory covers in part is zeros."""
    pages = {}
    for base, data in blocks:
        for at in range(0, len(data), PAGE):
            pages[(base + at) // PAGE] = data[at:at + PAGE].ljust(PAGE, b"\0")
    return pages


def run(*command, **options):
    if not shutil.which(command[0]):
        print(f"skipped: {command[0]} is not installed")
        sys.exit(77)
    done = subprocess.run(command, stderr=subprocess.STDOUT, timeout=120, check=False, **options)
    expect(done.returncode == 0, f"{' '.join(command)}: status {done.returncode}, {done.stdout}")
    return done.stdout


class Files:
    """The kdump files of one target, made when they are asked for."""

    def __init__(self, writer, directory, target, blocks):
        self.writer, self.directory, self.target, self.pages = writer, directory, target, known_pages(blocks)
        self.core = f"{directory}/{target}.elf"
        write_core(self.core, target, blocks)

    def make(self, name, layout="portable"):
        path = f"{self.directory}/{self.target}.{layout}.{name}"
        subprocess.run([self.writer, self.core, path, name, self.target, layout], check=True, timeout=60,
                       stderr=subprocess.DEVNULL)
        return path


def check_own(files):
    """The reader of these tests: header, notes and every page, in both forms and layouts."""
    for layout in ("portable", "qemu"):
        for codec, flag in CODECS.items():
            for name in (f"kdump-{codec}", f"kdump-raw-{codec}"):
                dump = kdump.Kdump(files.make(name, layout))
                what = f"{files.target} {layout} {name}"
                expect(dump.flattened == (name == f"kdump-{codec}"), f"{what}: form")
                expect((dump.status, dump.block_size, dump.nr_cpus, dump.dump_level) == (flag, PAGE, 2, 1), f"{what}: header")
                expect(dump.max_mapnr == max(dump.pages) + 1 == dump.max_mapnr_32, f"{what}: max_mapnr")
                expect(dump.vmcoreinfo == TEXT[files.target].encode(), f"{what}: VMCOREINFO")
                expect(dump.notes.endswith(note(b"VMCOREINFO", 0, dump.vmcoreinfo)), f"{what}: notes")
                if layout == "portable":
                    expect((dump.sysname, dump.release, dump.machine) == ("Linux", RELEASE, files.target), f"{what}: utsname")
                    expect(dump.version and dump.phys_base == PHYS_BASE[files.target], f"{what}: version and phys_base")
                expect(sorted(dump.pages) == sorted(files.pages), f"{what}: pages")
                for number, content in files.pages.items():
                    expect(dump.page(number) == content, f"{what}: page {number:#x}")
                for before, after in zip(sorted(dump.records), sorted(dump.records)[1:]):
                    expect(sum(before) <= after[0], f"{what}: records overlap at {after[0]}")


def check_makedumpfile(files):
    """makedumpfile -R makes the raw form of the flattened one, byte for byte."""
    for layout in ("portable", "qemu"):
        for codec in CODECS:
            rebuilt = f"{files.directory}/rebuilt"
            with open(files.make(f"kdump-{codec}", layout), "rb") as flattened:
                run("makedumpfile", "-R", rebuilt, stdin=flattened, stdout=subprocess.PIPE)
            with open(rebuilt, "rb") as one, open(files.make(f"kdump-raw-{codec}", layout), "rb") as other:
                expect(one.read() == other.read(), f"{files.target} {layout} {codec}: -R differs from raw")
            os.remove(rebuilt)


def main():
    writer, reader = sys.argv[1:]
    check = {"own": check_own, "makedumpfile": check_makedumpfile}[reader]
    with tempfile.TemporaryDirectory(prefix="vmcore-kdump-") as directory:
        for target in MACHINE:
            try:
                check(Files(writer, directory, target, memory_blocks()))
            except (Mismatch, kdump.BadKdump) as mismatch:
                print(f"{reader}: {mismatch}")
                sys.exit(1)


main()
