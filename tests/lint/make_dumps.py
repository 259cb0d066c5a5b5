"""Small dumps of every kind and with every fault, for readers and for vmcore-lint. Memory is 64 KiB of known bytes."""
import struct
import zlib

PAGE = 4096
MEMORY = bytes(range(256)) * (16 * PAGE // 256)
PC = 0x80000A5C

MACHINES = {  # e_machine, size of NT_PRSTATUS, where the pid and the registers are, which register is the pc
    "riscv64": (243, 376, 32, 112, 0),
    "x86_64": (62, 336, 32, 112, 16),
}

KERNEL = {
    "OSRELEASE": "6.12.1", "PAGESIZE": "4096", "SYMBOL(init_uts_ns)": "ffffffff81c0d4a0",
    "SYMBOL(_stext)": "ffffffff80002000", "SYMBOL(swapper_pg_dir)": "ffffffff81e00000", "SIZE(page)": "64",
    "OFFSET(page.flags)": "0", "NUMBER(phys_base)": "0", "NUMBER(VA_BITS)": "39", "NUMBER(phys_ram_base)": "2147483648",
    "NUMBER(PAGE_OFFSET)": "0xffffffd600000000", "NUMBER(VMALLOC_START)": "0xffffffc600000000",
    "NUMBER(VMALLOC_END)": "0xffffffd5ffffffff", "NUMBER(VMEMMAP_START)": "0xffffffc500000000",
    "NUMBER(VMEMMAP_END)": "0xffffffc5ffffffff", "NUMBER(MODULES_VADDR)": "0xffffffff02000000",
    "NUMBER(MODULES_END)": "0xffffffff80000000", "NUMBER(KERNEL_LINK_ADDR)": "0xffffffff80000000",
    "NUMBER(va_kernel_pa_offset)": "0xfffffffeffe00000",
}


def text(without=(), **changed):
    keys = {key: value for key, value in {**KERNEL, **changed}.items() if key not in without}
    return "".join(f"{key}={value}\n" for key, value in keys.items()).encode()


def note(owner, kind, desc):
    def pad(data):
        return data + bytes(-len(data) % 4)
    return struct.pack("<III", len(owner) + 1, len(desc), kind) + pad(owner + b"\0") + pad(desc)


def notes(machine, vmcoreinfos, size=None, qemu=False):
    _, right_size, pid_at, registers_at, pc_index = MACHINES[machine]
    desc = bytearray(max(size or right_size, right_size))
    struct.pack_into("<I", desc, pid_at, 1)
    struct.pack_into("<Q", desc, registers_at + 8 * pc_index, PC)
    found = note(b"CORE", 1, bytes(desc[:size or right_size]))
    if qemu:
        found += note(b"QEMU", 0, struct.pack("<II", 1, 440).ljust(440, b"\0"))
    return found + b"".join(note(b"VMCOREINFO", 0, each) for each in vmcoreinfos)


def elf(machine="riscv64", vmcoreinfos=(text(),), prstatus=None, phoff=64, sections=0, vaddr=0xffffffd600000000, base=0x80000000,
        align=0, cut=0, phentsize=56, qemu=False, more_notes=b"", padded=True, notes_size=None, note_align=0):
    """more_notes: bytes behind the notes. padded: the last note is. notes_size: p_filesz of the notes, if not theirs."""
    content = notes(machine, vmcoreinfos, prstatus, qemu) + more_notes
    if not padded:
        content = content[:len(content) - -len(vmcoreinfos[-1]) % 4]
    at = phoff + 2 * 56
    start = (at + len(content) + PAGE - 1) // PAGE * PAGE
    end = start + len(MEMORY)
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 4, MACHINES[machine][0], 1, 0, phoff,
                                                       end if sections else 0, 0, 64, phentsize, 2, 64, sections, 0)
    size = notes_size or len(content)
    table = struct.pack("<IIQQQQQQ", 4, 0, at, 0, 0, size, size, note_align) + \
        struct.pack("<IIQQQQQQ", 1, 0, start, vaddr, base, len(MEMORY), len(MEMORY), align)
    file = (header.ljust(phoff, b"\0") + table + content).ljust(start, b"\0") + MEMORY + bytes(64 * sections)
    return file[:len(file) - cut]


def kdump(machine="x86_64", vmcoreinfos=(text(),), utsname=("Linux", "(none)", "6.12.1", "#1 SMP", None), phys_base=0, base=0,
          cut=0, status=1, has_note=True, has_place=True, notes_size=None):
    """Of VMCOREINFO: has_note, it is among the notes; has_place, the sub-header's offset_vmcoreinfo is set."""
    content = notes(machine, vmcoreinfos)
    first, count = base // PAGE, len(MEMORY) // PAGE
    max_mapnr = first + count
    half = (max_mapnr + 8 * PAGE - 1) // (8 * PAGE)
    header = b"KDUMP   " + struct.pack("<I", 6) + b"".join(
        (machine if field is None else field).encode().ljust(65, b"\0") for field in utsname)
    header = header.ljust(424, b"\0") + struct.pack("<10I", status, PAGE, 2, 2 * half, max_mapnr, 0, 0, 0, 0, 1)
    text_at = PAGE + 104 + content.find(b"VMCOREINFO\0") + 12
    text_size = len(vmcoreinfos[0]) if vmcoreinfos and has_place else 0
    if not has_note:
        content = content.replace(b"VMCOREINFO\0", b"something.\0")
    sub = struct.pack("<QIIQQQQQQQQQQQ", phys_base, 1, 0, 0, 0, text_at if text_size else 0, text_size, PAGE + 104,
                      notes_size or len(content), 0, 0, 0, 0, max_mapnr) + content
    bitmap = bytearray(half * PAGE)
    for number in range(first, first + count):
        bitmap[number // 8] |= 1 << number % 8
    at = (1 + 2 + 2 * half) * PAGE + 24 * count
    descriptors, data = b"", b""
    for index in range(count):
        packed = zlib.compress(MEMORY[index * PAGE:][:PAGE], 1)
        descriptors += struct.pack("<QIIQ", at + len(data), len(packed), 1, 0)
        data += packed
    file = header.ljust(PAGE, b"\0") + sub.ljust(2 * PAGE, b"\0") + bytes(bitmap) * 2 + descriptors + data
    return file[:len(file) - cut]


def flat(file, piece=65536):
    head = (b"makedumpfile".ljust(16, b"\0") + struct.pack(">QQ", 1, 1)).ljust(4096, b"\0")
    for at in range(0, len(file), piece):
        head += struct.pack(">qq", at, len(file[at:at + piece])) + file[at:at + piece]
    return head + struct.pack(">qq", -1, -1)
