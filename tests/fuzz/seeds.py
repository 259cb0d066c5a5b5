"""Writes the inputs that fuzzing starts from: corpus/TARGET/seed-NAME, by hand, for the paths that matter.

usage: seeds.py [DIRECTORY]        (default: the corpus beside this script)
"""
import os
import struct
import sys

from file_seeds import cpu_state_seeds, elf_image_seeds, lint_seeds

# fw_cfg: see take_operation() and any_address() of fw_cfg_fuzz.cpp
RAM, RAM_END, NEXT_END, REGISTERS, ROM, LAST, ANY = 0, 2, 3, 4, 5, 6, 7  # any_address()
READ, SKIP, SELECT, WRITE = 2, 4, 8, 16  # DMA control
VMCOREINFO, HELLO, NONE = 0, 1, 2  # files in the order of their keys
DIRECT, STEPPING = b"\0", b"\1"


def ram(offset):
    return struct.pack("<BH", RAM, offset)


def edge(where, away):
    """Bytes before (negative) or behind the end of a region."""
    return bytes([where, 32 + away])


def anywhere(address):
    return bytes([ANY]) + struct.pack("<Q", address)


def dma(at, item, control, length, target, halves=False):
    """A descriptor put at `at`, and started."""
    coded = bytes([length]) if length < 0xE0 else b"\xf0" + struct.pack("<I", length)
    return bytes([0x83 if halves else 3, item]) + at + coded + bytes([SELECT | control]) + target


def poke(at, data):
    return b"\x07" + at + bytes([len(data) - 1]) + data


def select(key):
    return b"\x02" + struct.pack(">H", key)


def read_register(offset, size):
    return bytes([0, offset, {1: 0, 2: 1, 4: 2, 8: 3}[size]])


def debug_read(at, size):
    return b"\x08" + at + bytes([{1: 0, 2: 1, 4: 2, 8: 3}[size]])


RESET_RECORD, RESET, FORGET_POINTERS = b"\x0a", b"\x8e", b"\x0b"


def record(guest_format=1, size=0x240, paddr=0x80000000):
    return struct.pack("<HHIQ", 1, guest_format, size, paddr)


def fw_cfg_seeds():
    at, buffer = ram(0x100), ram(0x800)
    publish = poke(buffer, record()) + dma(at, VMCOREINFO, WRITE, 16, buffer)
    operations = {
        "signature": read_register(0, 4) + read_register(0, 4) + read_register(16, 8) + read_register(20, 4),
        "directory": select(0x19) + read_register(0, 8) * 4 + debug_read(bytes([REGISTERS, 24]), 8),
        "read-item": dma(at, HELLO, READ, 10, buffer),
        "read-past-the-end": dma(at, HELLO, READ, 64, buffer),
        "publish": publish,
        "publish-by-halves": poke(buffer, record()) + dma(at, VMCOREINFO, WRITE, 16, buffer, halves=True),
        "publish-no-format": publish + poke(buffer, record(0)) + dma(at, VMCOREINFO, WRITE, 16, buffer),
        "partial-write-unpublishes": publish + dma(at, VMCOREINFO, WRITE, 4, buffer),
        "write-too-long": publish + dma(at, VMCOREINFO, WRITE, 17, buffer),
        "write-from-nowhere": publish + dma(at, VMCOREINFO, WRITE, 16, anywhere(0x40000000)),
        "write-from-the-edge": publish + dma(at, VMCOREINFO, WRITE, 16, edge(NEXT_END, -8)),
        "write-read-only": dma(at, HELLO, WRITE, 4, buffer),
        "skip-then-read": dma(at, HELLO, SKIP, 4, buffer) + read_register(0, 8) + read_register(0, 2),
        "self-directed": dma(at, HELLO, READ, 16, bytes([REGISTERS, 40])),
        "over-its-descriptor": dma(at, HELLO, READ, 20, at),
        "across-two-memories": dma(at, HELLO, READ, 64, edge(RAM_END, -8)),
        "off-the-edge": dma(at, HELLO, READ, 64, edge(NEXT_END, -8)),
        "descriptor-off-the-edge": dma(edge(NEXT_END, -4), HELLO, READ, 4, buffer),
        "descriptor-in-rom": dma(bytes([ROM]) + struct.pack("<H", 40), HELLO, READ, 4, buffer),
        "into-rom": dma(at, HELLO, READ, 4, bytes([ROM]) + struct.pack("<H", 40)),
        "zero-4-gib": dma(at, NONE, READ, 0xFFFFFFFF, anywhere(0x80000000 - 0x1000)),
        "around-the-address-space": dma(at, NONE, READ, 0x2000, anywhere(2**64 - 0x800)),
        "record-reset": publish + RESET_RECORD + select(0x20) + read_register(0, 8) * 3,
        "device-reset": publish + RESET + read_register(0, 4) + publish,
        "pointers-forgotten": publish + FORGET_POINTERS + publish,
        # streaming width and byte enables: read, write, into RAM
        "streamed-with-enables": b"\x09" + buffer + b"\x81\x03abcdefgh\x03\x02\x01\x00\x01",
        "high-half-kept": b"\x01\x10\x02\0\0\0\1" + b"\x01\x14\x02\x80\0\1\0",
    }
    for name, code in operations.items():
        yield name, DIRECT + code
        if name in ("publish", "off-the-edge", "zero-4-gib", "self-directed", "write-from-the-edge", "pointers-forgotten"):
            yield name + "-in-steps", STEPPING + code


def note(name, text, kind=0, shape=0, size=None, skip=0, hole=(0xFFFF, 0), name_size=None, text_size=None):
    def padded(data):
        return data + b"\0" * (-len(data) % 4)

    contents = struct.pack("<III", len(name) if name_size is None else name_size,
                           len(text) if text_size is None else text_size, kind) + padded(name) + padded(text)
    size = len(contents) if size is None else size
    return bytes([shape]) + struct.pack("<IbHB", size, skip, *hole) + contents


def note_seeds():
    name = b"VMCOREINFO\0"
    text = b"OSRELEASE=6.1\nNUMBER(phys_ram_base)=2147483648\nSYMBOL(x)=ffff\n"
    yield "valid", note(name, text)
    yield "valid-high", note(name, text, shape=0x80)
    yield "valid-riscv32", note(name, text, shape=1)
    yield "larger-buffer", note(name, text, size=0x1000)
    yield "hexadecimal", note(name, b"NUMBER(phys_ram_base)=0x80000000\n")
    yield "negative", note(name, b"NUMBER(phys_ram_base)=-4096\n")
    yield "no-number", note(name, b"NUMBER(phys_ram_base)=\n")
    yield "too-large-a-number", note(name, b"NUMBER(phys_ram_base)=18446744073709551616\n")
    yield "text-without-newline", note(name, b"NUMBER(phys_ram_base)=1")
    yield "text-with-nul", note(name, b"A=1\0NUMBER(phys_ram_base)=1\n")
    yield "other-name", note(b"LINUX\0", b"text", kind=7)
    yield "unprintable-name", note(b"\x01\xff\n" * 20, b"")
    yield "not-present", note(name, text, shape=0x10)
    yield "format-2", bytes([0x20, 2, 0]) + note(name, text)[1:]
    yield "size-0", note(name, text, size=0)
    yield "size-11", note(name, text, size=11)
    yield "size-1-mib", note(name, text, size=1 << 20)
    yield "size-too-large", note(name, text, size=(1 << 20) + 1)
    yield "huge-name", note(name, text, name_size=0xFFFFFFFD)
    yield "huge-text", note(name, text, text_size=0xFFFFFFFF)
    yield "all-zero", note(b"", b"", size=64)
    yield "straddling-a-hole", note(name, text, hole=(40, 16))
    yield "off-the-end", note(name, text, skip=8)
    yield "before-the-start", note(name, text, shape=0x80, skip=-4)
    yield "around-the-address-space", note(name, text, shape=0x40, text_size=len(text) + 64, size=0x1000)


def arguments(*each, file=b""):
    coded = b"".join(word.encode() + b"\0" for word in each)
    return coded + (b"\0" + file if file else b"")


def option_seeds():
    lines = {
        "usual": "-M virt -m 128M -smp 2 -nographic -bios f -device vmcoreinfo",
        "fw-cfg-string": "-fw_cfg name=opt/x,string=a,,b=c -bios f",
        "fw-cfg-file": "-fw_cfg opt/x,file=f",
        "fw-cfg-no-file": "-fw_cfg opt/x,file=nothing",
        "fw-cfg-own-name": "-fw_cfg name=etc/x,string=a",
        "fw-cfg-both": "-fw_cfg name=opt/x,string=a,file=f",
        "fw-cfg-twice": "-fw_cfg name=opt/x,name=opt/y,string=a",
        "loader": "-device loader,file=f,addr=0x80200000,force-raw=on",
        "device-wrong": "-device vmcoreinf",
        "memory-size": "-m size=1G",
        "memory-too-much": "-m 16777216T",
        "smp-property": "-smp cpus=8",
        "cpu": "-cpu rv64,s=off,zicsr=true,v",
        "serial-socket": "-serial unix:p,,q,server=on,wait=off",
        "serial-wait-only": "-serial unix:p,wait=off",
        "serial-twice": "-serial null -serial stdio",
        "set": "--set cpu.quantum=2.5us --set fw_cfg.dma_burst=512 --set cpu.dmi=off",
        "set-wrong": "--set cpu.quantun=1ns",
        "quantum": "--quantum 1e3ns --list-config",
        "dump": "--dump f --dump-on publish --dump-format elf --summary",
        "dump-format-to-come": "--dump-format kdump-zlib",
        "dumpdtb": "-machine virt,dumpdtb=f",
        "unknown": "-memory 1 --set",
        "not-an-option": "vmlinux",
        "not-built": "-qmp stdio -S -gdb tcp::1",
        "adjacent": "--quantum=10us -m=64M -nographic=1",
        "dashes": "- -- --- -=",
        "help": "-help -version -h",
        "append": "-kernel f -initrd f -dtb f -append quiet",
    }
    for name, line in lines.items():
        yield name, arguments(*line.split(" "), file=b"contents" if "f" in line.split("=") else b"")
    yield "newline-in-a-name", arguments("-fw_cfg", "name=a\nb,string=c")
    yield "long-name", arguments("-fw_cfg", "name=opt/" + "x" * 52 + ",string=c")
    yield "config", arguments("--config", "f", file=b'{"cpu": {"dmi": false, "quantum": "1us"}}')


def protocol_seeds():
    qtest = {
        "read": "readl 0x10100000\nreadq 0x10100010\nread 0x80000000 0x10\n",
        "write": "writew 0x10100008 0x1900\nwrite 0x80000000 4 0x01020304\nwrite 0x80000000 4 0x0g\n",
        "memset": "memset 0x80000000 16 0xff\n",
        "hex": "16 0x00112233445566778899aabbccddeeff\n4 0x1\n4 0x\n0 0x00\n",
        "base64": "b64write 0x80000000 4 AQIDBA==\nAQ== x\nA x\n=AAA x\n!!!! x\n",
        "clock": "clock_step 100\nclock_set -1\nirq_intercept_in /machine/x\n",
        "blanks": "  \n\n a  b \n",
        "cut": "endianness\nread",
    }
    for name, lines in qtest.items():
        yield "qtest-" + name, b"T\x07" + lines.encode()
    qmp = {
        "commands": '{"execute": "qmp_capabilities"}\r\n{"execute": "query-status", "id": 1}\n',
        "arguments": '{"size": 16, "val": -1, "paging": true, "capabilities": ["a", "b"], "execute": "x"}',
        "wrong-types": '{"size": -1, "val": 1.5, "paging": 0, "capabilities": [1], "execute": null, "x": 1}',
        "scalars": '1 true "a\\u0000b" null 18446744073709551616 1e400 -0.0\n',
        "broken": '{"execute": \n{"execute": "a"}\n}}} {"b": 1}\n{"c": 1}\n',
        "surrogates": '{"a": "\\ud800"}\n{"a": "\\ud83d\\ude00"}\n',
        "deep": "[" * 130 + "]" * 130 + '\n{"a": 1}',
        "cut": '{"execute": "quit"',
    }
    for name, text in qmp.items():
        yield "qmp-" + name, b"Q\x07" + text.encode()
    yield "qmp-bad-utf8", b'Q\0{"a": "\xff\xfe"}\n{}'


# virtio: see take_operation() and any_address() of virtio_fuzz.cpp. Operations are for queue 0 unless told.

def virtio_operation(code, queue=0):
    return next(bytes([byte]) for byte in range(256) if byte % 12 == code and byte // 16 % 4 == queue)


def virtio_set(offset, value):
    return virtio_operation(0) + bytes([offset // 2]) + struct.pack("<I", value)


def virtio_begin(queue=0, features=0, entries=8):
    return (virtio_operation(3) + struct.pack("<IH", features >> 24, features & 0xFFFF) + virtio_operation(4, queue) +
            bytes([entries - 1]) + virtio_operation(5))


def virtio_descriptor(index, where, length, flags, following=0, queue=0):
    """`where` is the code of an address; lengths are even and below 192, or longer."""
    size = bytes([length]) if length % 2 == 0 and length < 0xC0 else b"\xe0" + struct.pack("<I", length)
    return virtio_operation(6, queue) + bytes([index]) + where + size + bytes([flags + 8 * following])


def virtio_offer(head, queue=0):
    return virtio_operation(8, queue) + bytes([head])


def virtio_seeds():
    def buffer(number):
        return bytes([8 * number])

    far, registers = b"\x07" + bytes(7) + b"\x40", b"\x05" + struct.pack("<H", 0)
    request = (virtio_descriptor(0, buffer(0), 16, 1, 1) + virtio_descriptor(1, buffer(4), 513, 2) + virtio_offer(0))
    for version, name in ((0, "legacy"), (1, "modern")):
        disk, console, entropy = (bytes([version + 2 * kind]) for kind in range(3))
        yield f"{name}-disk-read", disk + virtio_begin() + request
        yield f"{name}-disk-loop", disk + virtio_begin() + virtio_descriptor(0, buffer(0), 16, 1, 0) + virtio_offer(0)
        yield f"{name}-disk-far", disk + virtio_begin() + virtio_descriptor(0, far, 0xFFFFFFFF, 0) + virtio_offer(0)
        yield f"{name}-disk-indirect", (disk + virtio_begin(features=1 << 28) + virtio_descriptor(0xC0, buffer(8), 16, 1, 1) +
                                       virtio_descriptor(0xC1, buffer(4), 513, 2) + virtio_descriptor(0, buffer(0), 32, 4) +
                                       virtio_offer(0))
        yield f"{name}-disk-into-registers", (disk + virtio_begin() + virtio_descriptor(0, buffer(0), 16, 1, 1) +
                                             virtio_descriptor(1, registers, 513, 2) + virtio_offer(0))
        yield f"{name}-disk-head", disk + virtio_begin() + virtio_offer(200)
        yield f"{name}-disk-ready", disk + virtio_begin() + virtio_set(0x44, 0) + virtio_set(0x40, 0x80010) + request
        yield f"{name}-console-output", (console + virtio_begin(1) + virtio_descriptor(0, buffer(0), 100, 0, 0, 1) +
                                        virtio_offer(0, 1))
        yield f"{name}-console-input", (console + virtio_begin(0) + virtio_descriptor(0, buffer(0), 100, 2) + virtio_offer(0))
        yield f"{name}-entropy", entropy + virtio_begin() + virtio_descriptor(0, buffer(0), 5000, 2) + virtio_offer(0)


def gdb_seeds():
    def line(*packets):
        return b"".join(b"$" + packet + b"#%02x" % (sum(packet) & 255) for packet in packets)
    sessions = {
        "attach": line(b"qSupported:multiprocess+;swbreak+;hwbreak+", b"?", b"Hgp1.1", b"qfThreadInfo", b"qsThreadInfo", b"vCont?",
                       b"qXfer:features:read:target.xml:0,ffb", b"QStartNoAckMode", b"qAttached", b"qC", b"T2", b"qThreadExtraInfo,p1.2"),
        "registers": line(b"g", b"G" + b"00" * 264, b"p20", b"P20=0010000000000000", b"p1000", b"P1="),
        "memory": line(b"m1000,40", b"M1000,2:a1b2", b"X1000,3:}\x03}\x04}]", b"m0,ffffffffffffffff", b"qCRC:1000,9"),
        "points": line(b"Z0,1000,2", b"Z1,1000,4", b"Z2,1000,8", b"Z3,fffffffffffffff8,8", b"Z4,0,0", b"z0,1000,2", b"Z9,0,0"),
        "running": line(b"c", b"s1000", b"vCont;s:1;c", b"vCont;C05:p1.2;t:p1.-1", b"vCont;t", b"D;1", b"k", b"vKill;1") + b"\3\3",
        "monitor": line(b"qRcmd," + b"dump core".hex().encode(), b"qRcmd,6", b"Qqemu.sstep=5", b"qqemu.sstep", b"qqemu.sstepbits"),
        "damaged": b"+-$g#00$g#zz$$#24$" + b"}" * 100 + b"#00" + b"$g",
    }
    for name, data in sessions.items():
        yield name, b"\x07" + data


def main():
    corpus = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
    for target, seeds in (("fw_cfg", fw_cfg_seeds()), ("virtio", virtio_seeds()), ("note", note_seeds()), ("option", option_seeds()),
                          ("elf_image", elf_image_seeds()), ("cpu_state", cpu_state_seeds()),
                          ("protocol", protocol_seeds()), ("lint", lint_seeds()), ("gdb", gdb_seeds())):
        os.makedirs(os.path.join(corpus, target), exist_ok=True)
        for name, data in seeds:
            with open(os.path.join(corpus, target, "seed-" + name), "wb") as file:
                file.write(data)


main()
