"""gdb commands that find a guest in a vmcore-vp that is dead (a core file) or held (a live process), and write its vmcore.

    gdb -batch -x share/vmcore_vp_gdb.py -ex 'vmcore-vp-dump OUT' build/release/bin/vmcore-vp CORE

The simulator needs no debug information: all that is read is the structure vmcore_post_mortem_block, which
models/dump/post_mortem.h describes. docs/post-mortem.md is the manual.
"""
import os
import re
import struct
from collections import namedtuple

import gdb

MAGIC = b"vmcore-vp board\0"
SYMBOL = "vmcore_post_mortem"
VERSION = 1
BLOCK = struct.Struct("<16sII16sQQQQQQQ")  # as vmcore_post_mortem_block on a 64-bit little-endian host
RANGE = struct.Struct("<QQQ")
RUN = struct.Struct("<QQ")
RECORD = struct.Struct("<HHIQ")
MOST_ENTRIES = 65536  # of ranges or register runs; more means that the memory is damaged

PAGE = 4096
CHUNK = 1 << 20
MAX_NOTE = 1 << 20

Target = namedtuple("Target", "machine prstatus_size pid_offset registers_offset names")
TARGETS = {
    "riscv64": Target(243, 376, 32, 112, ["pc"] + [f"x{number}" for number in range(1, 32)]),
    "x86_64": Target(62, 336, 32, 112, "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp "
                     "ss fs_base gs_base ds es fs gs".split()),
}

Range = namedtuple("Range", "base size host")
Record = namedtuple("Record", "present host_format guest_format size paddr")


def read(address, size):
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.error as error:
        raise gdb.GdbError(f"vmcore-vp: {size} bytes of the simulator at {address:#x} cannot be read: {error}; a core file "
                           "must have anonymous memory (/proc/PID/coredump_filter, bit 0)") from None


def is_block(address):
    try:
        return bytes(gdb.selected_inferior().read_memory(address, len(MAGIC))) == MAGIC
    except gdb.error:
        return False


def search_for_block():
    """Where there are no symbols: the magic in what is mapped of the program."""
    try:
        mappings = gdb.execute("info proc mappings", to_string=True)
    except gdb.error:
        return None
    for line in mappings.splitlines():
        found = re.match(r"\s*0x([0-9a-f]+)\s+0x([0-9a-f]+)\s.*\S*/\S*vmcore-vp\S*\s*$", line)
        if not found:
            continue
        start, end = (int(number, 16) for number in found.groups())
        while start < end:
            try:
                at = gdb.selected_inferior().search_memory(start, end - start, MAGIC)
            except gdb.error:
                break
            if at is None:
                break
            if at % 8 == 0 and BLOCK.unpack(read(at, BLOCK.size))[1:3] == (VERSION, BLOCK.size):
                return at
            start = at + 1
    return None


def find_block():
    if not gdb.selected_inferior().threads():
        raise gdb.GdbError("vmcore-vp: expected a core file or a process of vmcore-vp")
    try:
        address = int(gdb.parse_and_eval(f"(unsigned long)&{SYMBOL}"))
    except gdb.error:
        address = None
    if address is None or not is_block(address):
        address = search_for_block()
    if address is None:
        raise gdb.GdbError("vmcore-vp: no board found; expected gdb to be started with the very program that ran, as in "
                           "'gdb vmcore-vp CORE'")
    return address


def read_table(address, count, entry):
    if count > MOST_ENTRIES:
        raise gdb.GdbError(f"vmcore-vp: {count} entries in a table at {address:#x}: the memory is damaged")
    return list(entry.iter_unpack(read(address, count * entry.size))) if count else []


class Board:
    """The guest, out of the memory of the simulator."""

    def __init__(self):
        (_, version, size, target, ranges, range_at, cpus, runs_per_cpu, run_at, record_at, present_at) = \
            BLOCK.unpack(read(find_block(), BLOCK.size))
        if version != VERSION or size < BLOCK.size:
            raise gdb.GdbError(f"vmcore-vp: the simulator's structure is of version {version}, expected {VERSION}")
        if ranges == 0:
            raise gdb.GdbError("vmcore-vp: the simulator has no board: not yet, or not any more")
        self.target = target.rstrip(b"\0").decode(errors="replace")
        self.ranges = [Range(*entry) for entry in read_table(range_at, ranges, RANGE)]
        self.cpus = []
        if cpus:
            runs = read_table(run_at, min(cpus, MOST_ENTRIES) * runs_per_cpu, RUN)
            for first in range(0, len(runs), runs_per_cpu):
                values = b"".join(read(at, 8 * min(count, 64)) for at, count in runs[first:first + runs_per_cpu])
                self.cpus.append(struct.unpack(f"<{len(values) // 8}Q", values))
        self.record = Record(read(present_at, 1) != b"\0", *RECORD.unpack(read(record_at, 16))) if record_at else None

    def read_guest(self, paddr, size):
        """Guest memory; None where not all of it is RAM or ROM."""
        for each in self.ranges:
            if each.base <= paddr and paddr + size <= each.base + each.size:
                return read(each.host + paddr - each.base, size)
        return None

    def note(self):
        """The guest's ELF note and None, or None and why there is none."""
        record = self.record
        if record is None:
            return None, "the board has no vmcoreinfo device"
        if not record.present:
            return None, "the guest has published none"
        if record.guest_format != 1 or not 12 <= record.size <= MAX_NOTE:
            return None, f"the guest's record is unusable: format {record.guest_format}, {record.size} bytes"
        header = self.read_guest(record.paddr, 12)
        if header is None:
            return None, f"the guest's record points at {record.paddr:#x}, where no memory is"
        name_size, desc_size, _ = struct.unpack("<III", header)
        size = 12 + (name_size + 3) // 4 * 4 + (desc_size + 3) // 4 * 4
        whole = self.read_guest(record.paddr, size) if size <= record.size else None
        if whole is None or name_size == 0:
            return None, f"what lies at {record.paddr:#x} is no ELF note of at most {record.size} bytes"
        return whole, None


def cpu_note(target, index, registers):
    desc = bytearray(target.prstatus_size)
    struct.pack_into("<I", desc, target.pid_offset, index + 1)
    struct.pack_into(f"<{len(registers)}Q", desc, target.registers_offset, *registers)
    return struct.pack("<III", 5, len(desc), 1) + b"CORE\0\0\0\0" + bytes(desc)


def headers(target, notes, ranges):
    """ELF header and program headers, and the offsets of the ranges: pages of their own behind the notes."""
    count = 1 + len(ranges)
    notes_at = 64 + 56 * count
    offsets, end = [], notes_at + len(notes)
    for each in ranges:
        end = (end + PAGE - 1) // PAGE * PAGE
        offsets.append(end)
        end += each.size
    table = struct.pack("<IIQQQQQQ", 4, 0, notes_at, 0, 0, len(notes), len(notes), 0)
    for each, offset in zip(ranges, offsets):
        table += struct.pack("<IIQQQQQQ", 1, 0, offset, each.base, each.base, each.size, each.size, 0)
    ident = b"\x7fELF\2\1\1" + bytes(9)
    return ident + struct.pack("<HHIQQQIHHHHHH", 4, target.machine, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0) + table, offsets, end


def copy_memory(file, source, offset):
    """A range into the file, with holes for pages of zeros."""
    zeros = bytes(CHUNK)
    for done in range(0, source.size, CHUNK):
        data = read(source.host + done, min(CHUNK, source.size - done))
        if data == zeros[:len(data)]:
            continue
        for at in range(0, len(data), PAGE):
            page = data[at:at + PAGE]
            if page != zeros[:len(page)]:
                file.seek(offset + done + at)
                file.write(page)


def write_vmcore(path):
    """Returns what to tell the user. The file takes its name when it is complete."""
    board = Board()
    target = TARGETS.get(board.target)
    if target is None:
        raise gdb.GdbError(f"vmcore-vp: the guest is of '{board.target}', expected one of {', '.join(TARGETS)}")
    notes = b"".join(cpu_note(target, index, registers) for index, registers in enumerate(board.cpus))
    guest_note, missing = board.note()
    start, offsets, size = headers(target, notes + (guest_note or b""), board.ranges)
    path = os.path.realpath(os.path.expanduser(path))
    if os.path.exists(path) and not os.path.isfile(path):
        raise gdb.GdbError(f"vmcore-vp: {path}: expected a regular file or none, this is a device, a pipe or a directory")
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(start + notes + (guest_note or b""))
            for each, offset in zip(board.ranges, offsets):
                copy_memory(file, each, offset)
            file.truncate(size)
        os.replace(temporary, path)
    except OSError as error:
        raise gdb.GdbError(f"vmcore-vp: {path}: {error.strerror}") from None
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    told = f"{path}: {size} bytes, registers of {len(board.cpus)} CPUs"
    return told + (", VMCOREINFO" if guest_note else f"\nwarning: no note of the guest: {missing}")


def describe():
    board = Board()
    lines = [f"guest of {board.target}"]
    for each in board.ranges:
        lines.append(f"  memory {each.base:#x}..{each.base + each.size - 1:#x} at {each.host:#x}")
    record = board.record
    if record:
        lines.append(f"  record {'published' if record.present else 'not published'}: host_format {record.host_format:#x}, "
                     f"guest_format {record.guest_format:#x}, size {record.size:#x}, paddr {record.paddr:#x}")
    missing = board.note()[1]
    lines.append("  note   usable" if missing is None else f"  note   none: {missing}")
    names = TARGETS[board.target].names if board.target in TARGETS else []
    for index, registers in enumerate(board.cpus):
        lines.append(f"  CPU {index}")
        named = [f"{name} {value:#x}" for name, value in zip(names, registers)]
        lines += ["    " + "  ".join(named[first:first + 4]) for first in range(0, len(named), 4)]
    return "\n".join(lines)


class Dump(gdb.Command):
    """Write the guest's vmcore: vmcore-vp-dump FILE"""

    def __init__(self):
        super().__init__("vmcore-vp-dump", gdb.COMMAND_DATA, gdb.COMPLETE_FILENAME)

    def invoke(self, argument, from_tty):
        paths = gdb.string_to_argv(argument)
        if len(paths) != 1:
            raise gdb.GdbError("vmcore-vp-dump: expected the name of one file to write")
        print(write_vmcore(paths[0]))


class Info(gdb.Command):
    """Show the guest's memory, its vmcoreinfo record and its registers: vmcore-vp-info"""

    def __init__(self):
        super().__init__("vmcore-vp-info", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(describe())


Dump()
Info()
