"""Seeds of the targets that read whole files of guests' formats - ELF, device trees, cores, kdump files - and the builders of
such files, sound ones and wrong ones; seeds.py writes them.
"""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lint"))
import cloud_hypervisor as ch


def elf(segments, machine=243, kind=2, entry=0x80000000, count=None, phoff=64, contents=b"\x13\0\0\0"):
    """Segments: (paddr, filesz, memsz)."""
    count = len(segments) if count is None else count
    start = 64 + 56 * len(segments)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, entry, phoff, 0, 0, 64, 56,
                                                            count, 0, 0, 0)
    table = b"".join(struct.pack("<IIQQQQQQ", 1, 7, start, paddr, paddr, filesz, memsz, 4096)
                     for paddr, filesz, memsz in segments)
    return header + table + contents


def device_tree(nodes, version=17, strings=b""):
    def word(number):
        return struct.pack(">I", number)

    structure = word(1) + b"\0\0\0\0" + nodes + word(2) + word(9)
    reserved, at = bytes(16), 40
    offsets = at + len(reserved), at + len(reserved) + len(structure)
    total = offsets[1] + len(strings)
    return struct.pack(">10I", 0xD00DFEED, total, *offsets, at, version, 16, 0, len(strings), len(structure)) + reserved + \
        structure + strings


def node(name, inside=b""):
    return struct.pack(">I", 1) + name + b"\0" * (4 - len(name) % 4) + inside + struct.pack(">I", 2)


def prop(offset, value):
    return struct.pack(">III", 3, len(value), offset) + value + b"\0" * (-len(value) % 4)


def board(shape, *files, address=0x80100000):
    files = list(files) + [b""] * (4 - len(files))
    return b"B" + bytes([shape]) + b"".join(struct.pack("<H", len(each)) + each for each in files) + \
        struct.pack("<Q", address)


def elf_image_seeds():
    one = [(0x80000000, 4, 4)]
    yield "elf-small", b"E" + elf(one)
    yield "elf-bss", b"E" + elf([(0x80000000, 4, 0x10000), (0x80200000, 0, 0x1000)])
    yield "elf-other-machine", b"E" + elf(one, machine=62)
    yield "elf-object", b"E" + elf(one, kind=1)
    yield "elf-huge-bss", b"E" + elf([(0x80000000, 4, 2**63)])
    yield "elf-many-large-segments", b"E" + elf([(0x80000000, 4, 4 << 20)] * 64)
    yield "elf-nothing", b"E" + elf([])
    yield "elf-truncated", b"E" + elf(one, count=200)
    yield "elf-headers-nowhere", b"E" + elf(one, phoff=2**64 - 8)
    yield "elf-xnum", b"E" + elf(one, count=0xFFFF)
    chosen = node(b"chosen", prop(0, b"console=x\0"))
    tree = device_tree(prop(9, b"model\0") + chosen + node(b"soc", node(b"serial@10000000")), strings=b"bootargs\0model\0")
    for shape in range(4):
        yield "dtb-" + ("plain", "bootargs", "initrd", "both")[shape], b"D" + bytes([shape]) + tree
    yield "dtb-no-chosen", b"D\3" + device_tree(b"")
    yield "dtb-version-16", b"D\3" + device_tree(chosen, version=16, strings=b"bootargs\0")
    yield "dtb-deep", b"D\3" + device_tree(node(b"a", node(b"b", node(b"c", node(b"d")))))
    yield "dtb-short", b"D\3" + tree[:30]
    yield "json-settings", b'J{"cpu": {"dmi": false, "quantum": "2.5 us"}, "fw_cfg.dma_burst": 16}'
    yield "json-escapes", b'J{"cpu": {"quantum": "1\\u0020\\u006es"}}'
    yield "json-nul", b'J{"fw_cfg": {"dma_burst": "16\\u0000x"}}'
    yield "json-wrong", b'J{"cpu": {"dmi": [1, {"a": 2}, null, 1e300]}}'
    yield "json-deep", b"J" + b'{"a":' * 40 + b"1" + b"}" * 40
    yield "json-no-object", b"J[]"
    yield "board-elf", board(1, elf(one))
    yield "board-linux", board(1 + 2 + 4 + 8 + 16, elf(one), b"kernel", b"initrd", tree)
    yield "board-loader", board(1 + 32 + 64, elf(one), b"", b"raw")
    yield "board-loader-far", board(1 + 32 + 64, elf(one), b"", b"raw", address=2**64 - 2)
    yield "board-elf-at-the-end", board(1 + 2, elf([(2**64 - 4, 4, 4)]), b"kernel")


def core(notes, machine=62, kind=4, phoff=64, filesz=None, elf_class=2):
    """Notes: (owner, type, descriptor)."""
    def padded(data):
        return data + b"\0" * (-len(data) % 4)

    contents = b"".join(struct.pack("<III", len(owner), len(text), note_type) + padded(owner) + padded(text)
                        for owner, note_type, text in notes)
    filesz = len(contents) if filesz is None else filesz
    ident = b"\x7fELF" + bytes([elf_class]) + b"\x01\x01" + bytes(9)
    if elf_class == 2:
        return ident + struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, 0, phoff, 0, 0, 64, 56, 1, 0, 0, 0) + \
            struct.pack("<IIQQQQQQ", 4, 0, 120, 0, 0, filesz, filesz, 0) + contents
    return ident + struct.pack("<HHIIIIIHHHHHH", kind, machine, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0) + \
        struct.pack("<IIIIIIII", 4, 84, 0, 0, filesz, filesz, 0, 0) + contents


def cpu_state_seeds():
    prstatus, state = bytes(range(256)) + bytes(80), struct.pack("<II", 1, 440) + bytes(range(216)) * 2
    two = [(b"CORE\0", 1, prstatus)] * 2 + [(b"QEMU\0", 0, state)] * 2
    yield "core", core(two + [(b"VMCOREINFO\0", 0, b"OSRELEASE=6.1\n")])
    yield "core-i386", core([(b"CORE\0", 1, prstatus[:144]), (b"QEMU\0", 0, state)], machine=3)
    yield "core-i386-elf32", core([(b"CORE\0", 1, prstatus[:144]), (b"QEMU\0", 0, state)], machine=3, elf_class=1)
    yield "core-riscv", core([(b"CORE\0", 1, prstatus + bytes(40))], machine=243)
    yield "core-without-qemu", core(two[:2])
    yield "core-one-qemu", core(two[:3])
    yield "core-cut", core(two)[:300]
    yield "core-size-wrong", core([(b"CORE\0", 1, prstatus[:-4])])
    yield "core-past-the-end", core(two, filesz=2**64 - 8)
    yield "core-headers-nowhere", core(two, phoff=2**64 - 8)
    yield "core-executable", core(two, kind=2)
    yield "core-empty", core([])
    yield "core-huge-name", core(two)[:120] + b"\xff" * 4 + core(two)[124:]
    yield "json", b'{"cpus": [{"rax": "0x1", "cr3": 4096, "efer": 1280, "cs": {"selector": 16, "base": 0, "limit": "0xffffffff", ' \
                  b'"flags": "0xa09b00"}, "gdt": {"base": 1, "limit": 127}}, {"eip": 1}]}'
    yield "json-i386", b'{"cpus": [{"eax": 1, "efer": 0}]}'
    yield "json-unknown", b'{"cpus": [{"rxa": 1}]}'
    yield "json-wrong", b'{"cpus": [{"rax": -1}, {"cs": {"limit": 1e99}}, null]}'
    yield "json-deep", b'{"cpus": [' + b'{"cs":' * 40 + b"1" + b"}" * 40 + b"]}"
    yield "json-nul", b'{"cpus": [{"ra\\u0000x": "1\\u0000"}]}'


def lint_notes(order, *texts, harts=1, size=376, pid_at=32):
    def note(owner, kind, text):
        return struct.pack(order + "III", len(owner), len(text), kind) + owner + b"\0" * (-len(owner) % 4) + text + \
            b"\0" * (-len(text) % 4)

    registers = [note(b"CORE\0", 1, struct.pack(order + "I", pid + 1).rjust(pid_at + 4, b"\0").ljust(size, b"\0"))
                 for pid in range(harts)]
    return b"".join(registers) + b"".join(note(b"VMCOREINFO\0", 0, text) for text in texts)


def lint_elf(notes, loads=((0x80000000, 0x1000),), machine=243, order="<", wide=True, phoff=None, phnum=None, sections=0):
    """A core; the loads are (paddr, p_filesz). Their bytes, which nobody looks at, are not there."""
    word, ehsize, phentsize = ("Q", 64, 56) if wide else ("I", 52, 32)
    phoff = ehsize if phoff is None else phoff
    at = phoff + phentsize * (1 + len(loads))
    segments = [(4, at, 0, 0, len(notes))] + [(1, at + len(notes), paddr, paddr, size) for paddr, size in loads]
    table = b"".join(
        struct.pack(order + "IIQQQQQQ", kind, 0, offset, vaddr, paddr, size, size, 0) if wide else
        struct.pack(order + "IIIIIIII", kind, offset, vaddr, paddr, size, size, 0, 0)
        for kind, offset, vaddr, paddr, size in segments)
    header = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9) + \
        struct.pack(order + "HHI3" + word + "IHHHHHH", 4, machine, 1, 0, phoff, at + len(notes) if sections else 0, 0, ehsize,
                    phentsize, phnum or len(segments), 64 if wide else 40, sections, 0)
    return header.ljust(phoff, b"\0") + table + notes + bytes(64 * sections)


def lint_kdump(notes, pages=((0, 512, 0), (0, 10, 1)), order="<", wide=True, machine=b"riscv64", block=512, status=1):
    """Pages are (offset or 0 for behind the descriptors, size, flags)."""
    header = (b"KDUMP   " + struct.pack(order + "I", 6) + b"".join(
        field.ljust(65, b"\0") for field in (b"Linux", b"", b"6.1", b"#1", machine, b""))).ljust(424 if wide else 412, b"\0")
    sub_blocks = 1 + (104 + len(notes)) // block
    header += struct.pack(order + "5I", status, block, sub_blocks, 2, 0x1000)
    at = block + (104 if wide else 80)
    if wide:
        sub = struct.pack(order + "QIIQQQQQQQQQQQ", 0x80000000, 1, 0, 0, 0, 0, 0, at, len(notes), 0, 0, 0, 0, 0x1000)
    else:
        sub = struct.pack(order + "5IQIQIQIQQQ", 0x80000000, 1, 0, 0, 0, 0, 0, at, len(notes), 0, 0, 0, 0, 0x1000)
    bitmap = bytes([(1 << len(pages)) - 1]).ljust(block, b"\0")
    data = (1 + sub_blocks + 2) * block + 24 * len(pages)
    descriptors = b"".join(struct.pack(order + "QIIQ", offset or data, size, flags, 0) for offset, size, flags in pages)
    return header.ljust(block, b"\0") + (sub + notes).ljust(sub_blocks * block, b"\0") + bitmap * 2 + descriptors + bytes(block)


def lint_flat(*records, version=1, end=True):
    flat = (b"makedumpfile\0\0\0\0" + struct.pack(">QQ", 1, version)).ljust(4096, b"\0")
    for offset, data in records:
        flat += struct.pack(">qq", offset, len(data)) + data
    return flat + (struct.pack(">qq", -1, -1) if end else b"")


def lint_seeds():
    text = b"OSRELEASE=6.12.1\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffff\nNUMBER(phys_ram_base)=2147483648\n" \
        b"NUMBER(PAGE_OFFSET)=0xff\n"
    notes = lint_notes("<", text, harts=2)
    cpus = [ch.made_up_cpu(0xffffffff81000010 + number) for number in range(3)]
    files = {
        "elf": lint_elf(notes),
        "elf-big-endian-32": lint_elf(lint_notes(">", text, size=148, pid_at=24), machine=40, order=">", wide=False),
        "elf-two-notes": lint_elf(lint_notes("<", text, text)),
        "elf-384": lint_elf(lint_notes("<", text, size=384)),
        "elf-as-qemu": lint_elf(notes, phoff=192),
        "elf-sections": lint_elf(notes, sections=2),
        "elf-xnum": lint_elf(notes, phnum=0xFFFF, sections=1),
        "elf-headers-cut": lint_elf(notes, phnum=5000),
        "elf-around": lint_elf(notes, loads=((2**64 - 4096, 2**64 - 1),)),
        "elf-hexadecimal": lint_elf(lint_notes("<", b"NUMBER(phys_ram_base)=0x80000000\nPAGESIZE=3\n")),
        "elf-cut": lint_elf(notes)[:200],
        "elf-cloud-hypervisor": b"".join(ch.core(cpus, bytes(512))),
        "elf-cloud-hypervisor-plugged": b"".join(ch.core(cpus, bytes(512), booted=2)),
        "kdump": lint_kdump(notes),
        "kdump-32": lint_kdump(lint_notes("<", text, size=204, pid_at=24), wide=False, machine=b"riscv32"),
        "kdump-big-endian": lint_kdump(lint_notes(">", text), order=">"),
        "kdump-incomplete": lint_kdump(notes, status=9),
        "kdump-unknown": lint_kdump(notes, machine=b"Unknown"),
        "kdump-bad-pages": lint_kdump(notes, pages=((2**64 - 1, 512, 0), (0, 512, 1), (0, 600, 2), (0, 1, 3), (0, 9, 0x20))),
        "kdump-cut": lint_kdump(notes)[:-600],
        "kdump-huge-bitmap": lint_kdump(notes)[:436] + b"\xff\xff\xff\x7f" + lint_kdump(notes)[440:],
        "flat-elf": lint_flat((64, lint_elf(notes)[64:]), (0, lint_elf(notes)[:64])),
        "flat-overlaps": lint_flat((0, lint_kdump(notes)), (100, b"x" * 50), (50, b"y" * 60), (140, b"z" * 20)),
        "flat-cut": lint_flat((0, lint_elf(notes)), end=False)[:-5],
        "flat-nowhere": lint_flat((2**63 - 2, b"ab")),
        "flat-version": lint_flat(version=2),
        "migration": b"QEVM" + bytes(12),
    }
    for name, data in files.items():
        yield name, b"\x02" + data
