#!/usr/bin/env python3
"""Reads dumps of random guests back, by the standard library alone, and compares every byte of their memory.

usage: random_dumps_test.py WRITE_RANDOM_DUMPS SEED COUNT

Guest N is made of seed SEED + N; a failure names it, so that SEED + N and a COUNT of 1 show it again.
"""
import bisect
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "support"))
import elf_core
import kdump

SMALL = 64 << 20  # bytes; what is larger was hardly ever touched, and is looked at where the file has no hole


class Mismatch(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Mismatch(text)


class Memory:
    """What the guest had: ranges, and the parts of them that are not zeros."""

    def __init__(self, path):
        with open(f"{path}.json", encoding="ascii") as file:
            told = json.load(file)
        self.page_sizes, self.dumps, self.ranges = told["page_sizes"], told["dumps"], [tuple(each) for each in told["ranges"]]
        with open(f"{path}.bytes", "rb") as file:
            self.parts = [(address, file.read(size)) for address, size in told["parts"]]
        self.starts = [address for address, _ in self.parts]

    def read(self, address, size):
        """The bytes there; zeros where nothing is."""
        found = bytearray(size)
        for start, data in self.parts[max(0, bisect.bisect_right(self.starts, address) - 1):]:
            if start >= address + size:
                break
            first, end = max(start, address), min(start + len(data), address + size)
            if first < end:
                found[first - address:end - address] = data[first - start:end - start]
        return bytes(found)

    def clipped(self, begin, length):
        """The ranges that a filter leaves; begin -1: all."""
        if begin < 0:
            return self.ranges
        cut = ((max(base, begin), min(base + size, begin + length)) for base, size in self.ranges)
        return [(first, end - first) for first, end in cut if first < end]

    def pages(self, size):
        """The numbers of the pages that have a byte of memory."""
        numbers = set()
        for base, length in self.ranges:
            numbers.update(range(base // size, (base + length - 1) // size + 1))
        return sorted(numbers)

    def touched(self, size):
        """The numbers of the pages that may be other than zeros."""
        return {number for start, data in self.parts for number in range(start // size, (start + len(data) - 1) // size + 1)}


def written_parts(path, offset, size):
    """The parts of a file that are no holes, as offset and size."""
    file = os.open(path, os.O_RDONLY)
    try:
        end, at = offset + size, offset
        while at < end:
            try:
                data = os.lseek(file, at, os.SEEK_DATA)
            except OSError:  # there is none behind
                return
            at = min(os.lseek(file, data, os.SEEK_HOLE), end)
            if data < end:
                yield data, at - data
    finally:
        os.close(file)


def check_large_load(memory, path, core, load):
    total = 0
    for offset, size in written_parts(path, load.offset, load.filesz):
        total += size
        expect(total < SMALL, "never-touched memory takes room in the file")
        address = load.paddr + offset - load.offset
        expect(core.data[offset:offset + size] == memory.read(address, size), f"memory at {address:#x}")
    for address, data in memory.parts:
        if load.paddr <= address < load.paddr + load.filesz:
            offset = load.offset + address - load.paddr
            expect(core.data[offset:offset + len(data)] == data, f"memory at {address:#x}")


def check_core(memory, path, layout, limits):
    core = elf_core.Core(path)
    expect([(load.paddr, load.filesz) for load in core.loads] == memory.clipped(*limits),
           f"PT_LOADs {[(hex(load.paddr), hex(load.filesz)) for load in core.loads]}")
    end = max((note_end for note_end in core.note_ends), default=0)
    for load in sorted(core.loads, key=lambda each: each.offset):
        expect(load.memsz == load.filesz, f"p_memsz at {load.paddr:#x}")
        expect(load.offset >= end and (layout == "qemu" or load.offset % 4096 == 0), f"p_offset at {load.paddr:#x}")
        end = load.offset + load.filesz
        if load.filesz < SMALL:
            expect(core.memory(load) == memory.read(load.paddr, load.filesz), f"memory at {load.paddr:#x}")
        else:
            check_large_load(memory, path, core, load)
    expect(end <= len(core.data), "the file is cut off")
    expect(len(core.named_notes("VMCOREINFO")) == 1 and core.named_notes("CORE"), "notes")


def check_kdump(memory, path, layout):
    dump = kdump.Kdump(path)
    expect(dump.block_size == memory.page_sizes[layout], f"block size {dump.block_size}")
    size = dump.block_size
    expect(list(dump.pages) == memory.pages(size), "which pages there are")
    expect(dump.max_mapnr == max(dump.pages) + 1, "max_mapnr")
    touched = memory.touched(size)
    for number in touched:
        expect(dump.page(number) == memory.read(number * size, size), f"page {number:#x}")
    zeros = {place: number for number, place in dump.pages.items() if number not in touched}
    for place, number in zeros.items():  # one place, unless pages of zeros are there more than once
        expect(dump.page(number) == bytes(size), f"page {number:#x}, never touched")
    expect(b"PAGESIZE=%d\n" % memory.page_sizes["portable"] in dump.vmcoreinfo, "VMCOREINFO")


def check_guest(path):
    memory = Memory(path)
    for dump in memory.dumps:
        try:
            if dump["format"] == "elf":
                check_core(memory, dump["file"], dump["layout"], dump["filter"])
            else:
                check_kdump(memory, dump["file"], dump["layout"])
        except (Mismatch, kdump.BadKdump) as mismatch:
            raise Mismatch(f"{dump}: {mismatch}") from mismatch
    formats = {(dump["format"], dump["layout"]) for dump in memory.dumps}
    expect(len(formats) == 2 + 8 + 1, f"formats {sorted(formats)}")
    print(f"{os.path.basename(path)}: {len(memory.ranges)} ranges, {sum(size for _, size in memory.ranges)} bytes, "
          f"{len(memory.dumps)} dumps")


def main():
    writer, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for guest in range(seed, seed + count):
        with tempfile.TemporaryDirectory(prefix="vmcore-random-") as directory:
            try:
                subprocess.run([writer, str(guest), "1", directory], check=True, timeout=120, stderr=subprocess.PIPE)
                check_guest(f"{directory}/{guest}")
            except (Mismatch, subprocess.CalledProcessError) as error:
                sys.exit(f"guest of seed {guest}: {error} {getattr(error, 'stderr', b'').decode()}")


main()
