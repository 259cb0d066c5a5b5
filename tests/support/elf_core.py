"""Reads ELF64 cores, independently of the code that writes them (System V ABI, chapters 4 and 5)."""
import mmap
import struct
from collections import namedtuple

Note = namedtuple("Note", "name type desc")
Load = namedtuple("Load", "paddr vaddr filesz memsz offset flags align")

PT_LOAD, PT_NOTE = 1, 4
NT_PRSTATUS, NT_PRFPREG = 1, 2
EM_RISCV = 243


class Core:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # sparse cores may be larger than memory
        ident = self.data[:16]
        assert ident[:4] == b"\x7fELF" and ident[4] == 2 and ident[5] == 1, f"{path}: not a little-endian ELF64 file"
        (self.type, self.machine, _, _, self.phoff, self.shoff, _, self.ehsize, self.phentsize, phnum, _, _, _) = \
            struct.unpack_from("<HHIQQQIHHHHHH", self.data, 16)
        self.loads, self.notes, self.note_ends = [], [], []
        for index in range(phnum):
            kind, flags, offset, vaddr, paddr, filesz, memsz, align = \
                struct.unpack_from("<IIQQQQQQ", self.data, self.phoff + index * self.phentsize)
            if kind == PT_LOAD:
                self.loads.append(Load(paddr, vaddr, filesz, memsz, offset, flags, align))
            elif kind == PT_NOTE:
                self._read_notes(offset, filesz)

    def _read_notes(self, offset, size):
        end = offset + size
        self.note_ends.append(end)
        while offset + 12 <= end:
            namesz, descsz, kind = struct.unpack_from("<III", self.data, offset)
            name_at = offset + 12
            desc_at = name_at + (namesz + 3) // 4 * 4
            name = self.data[name_at:name_at + namesz].rstrip(b"\0").decode()
            self.notes.append(Note(name, kind, self.data[desc_at:desc_at + descsz]))
            offset = desc_at + (descsz + 3) // 4 * 4

    def named_notes(self, name):
        return [note for note in self.notes if note.name == name]

    def memory(self, load):
        return self.data[load.offset:load.offset + load.filesz]

    def read(self, paddr, size):
        """Bytes by their physical address, all of one segment."""
        for load in self.loads:
            at = paddr - load.paddr
            if 0 <= at and at + size <= load.filesz:
                return self.data[load.offset + at:load.offset + at + size]
        raise AssertionError(f"{size} bytes at {paddr:#x} are in no segment")

    def riscv64_registers(self, hart=0):
        """pc, x1 to x31 of a hart."""
        return struct.unpack_from("<32Q", self.prstatus()[hart].desc, 112)

    def prstatus(self):
        return [note for note in self.named_notes("CORE") if note.type == NT_PRSTATUS]

    def drop_our_notes(self):
        """Forgets what vmcore-vp tells about the harts and QEMU does not."""
        self.notes = [note for note in self.notes if note.name not in ("VMCORE-VP", "GDB")
                      and not (self.machine == EM_RISCV and note.type == NT_PRFPREG and note.name == "CORE")]
