"""ELF notes and records as a guest leaves them."""
import struct

TEXT = b"OSRELEASE=6.1.0\nPAGESIZE=4096\n"  # 30 bytes, so that the note needs padding


def elf_note(name, desc, kind=0, pad=b"\0"):
    """A note as it lies in memory: header, name and desc, both filled up to words."""
    def filled(part):
        return part + pad * (-len(part) % 4)
    return struct.pack("<III", len(name), len(desc), kind) + filled(name) + filled(desc)


NOTE = elf_note(b"VMCOREINFO\0", TEXT)


def record(guest_format=1, size=len(NOTE), paddr=0, host_format=1):
    """What goes into etc/vmcoreinfo."""
    return struct.pack("<HHIQ", host_format, guest_format, size, paddr)
