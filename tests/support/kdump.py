"""Reads kdump-compressed files (diskdump, header version 6), raw or flattened, of either class and byte order, independently
of the code that writes them. Only zstd needs more than the standard library: libzstd by ctypes."""
import ctypes
import ctypes.util
import struct
import zlib
from collections import namedtuple

Descriptor = namedtuple("Descriptor", "offset size flags page_flags")

ZLIB, LZO, SNAPPY, INCOMPLETE, ZSTD = 0x1, 0x2, 0x4, 0x8, 0x20


class BadKdump(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise BadKdump(text)


def unflatten(stream):
    """The file that a flattened one stands for, and the records' places as pairs of offset and size."""
    expect(stream[:16] == b"makedumpfile".ljust(16, b"\0"), "signature of the flattened header")
    expect(struct.unpack_from(">QQ", stream, 16) == (1, 1), "type and version of the flattened header")
    records, image, at = [], bytearray(), 4096
    while True:
        offset, size = struct.unpack_from(">qq", stream, at)
        at += 16
        if (offset, size) == (-1, -1):
            break
        expect(offset >= 0 and 0 < size <= len(stream) - at, f"record of {size} bytes at {offset}")
        if len(image) < offset + size:
            image.extend(bytes(offset + size - len(image)))
        image[offset:offset + size] = stream[at:at + size]
        records.append((offset, size))
        at += size
    expect(at == len(stream), "bytes behind the end record")
    return bytes(image), records


def copy_match(out, distance, length):
    expect(0 < distance <= len(out), "match before the page's begin")
    for _ in range(length):
        out.append(out[-distance])


def expand_snappy(data):
    """Snappy's format description, version 2011: a length, then literals and copies."""
    wanted = shift = at = 0
    while True:
        byte = data[at]
        at += 1
        wanted |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            break
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        kind, length = tag & 3, (tag >> 2) + 1
        if kind == 0:
            if length > 60:
                width = length - 60
                length = int.from_bytes(data[at:at + width], "little") + 1
                at += width
            out += data[at:at + length]
            at += length
        elif kind == 1:
            copy_match(out, tag >> 5 << 8 | data[at], (tag >> 2 & 7) + 4)
            at += 1
        else:
            width = 2 if kind == 2 else 4
            copy_match(out, int.from_bytes(data[at:at + width], "little"), length)
            at += width
    expect(len(out) == wanted, "length of a snappy page")
    return bytes(out)


def expand_lzo(data):
    """LZO1X as the kernel's documentation of its stream describes it: literals, and matches that carry 0 to 3 literals."""
    out, at = bytearray(), 0

    def byte():
        nonlocal at
        at += 1
        return data[at - 1]

    def literals(count):
        nonlocal at
        out.extend(data[at:at + count])
        at += count

    def long_length(bits, value):
        """A length whose bits are all zero goes on: 255 for each zero byte, then the byte that is not."""
        if value:
            return value
        value = (1 << bits) - 1
        while (more := byte()) == 0:
            value += 255
        return value + more

    state = 0  # literals copied by the last instruction; 4: four or more
    if data[0] > 17:
        count = byte() - 17
        literals(count)
        state = min(count, 4)
    while True:
        code = byte()
        if code < 16:
            if state == 0:
                literals(3 + long_length(4, code))
                state = 4
                continue
            low = code >> 2 | byte() << 2
            distance, length = (low + 1, 2) if state < 4 else (low + 2049, 3)
            state = code & 3
        elif code < 64:
            bits = 5 if code >= 32 else 3
            length = 2 + long_length(bits, code & ((1 << bits) - 1))
            word = byte() | byte() << 8
            distance, state = (word >> 2) + 1, word & 3
            if code < 32:
                distance += 0x3fff + ((code & 8) << 11)
                if distance == 0x4000:
                    expect(at == len(data), "bytes behind the end of an lzo page")
                    return bytes(out)
        else:
            distance = (byte() << 3) + (code >> 2 & 7) + 1
            length, state = ((code >> 5) + 1, code & 3)
        copy_match(out, distance, length)
        literals(state)


def expand_zstd(data, size):
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    library.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    out = ctypes.create_string_buffer(size + 1)
    length = library.ZSTD_decompress(out, size + 1, data, len(data))
    expect(length <= size, "a zstd page cannot be expanded")
    return out.raw[:length]


class Kdump:
    """One file. `pages` maps page numbers to descriptors; the header's fields are attributes."""

    UTSNAME = ("sysname", "nodename", "release", "version", "machine", "domainname")

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.flattened, self.records = self.data[:12] == b"makedumpfile", []
        if self.flattened:
            self.data, self.records = unflatten(self.data)
        expect(self.data[:8] == b"KDUMP   ", "signature")
        self._order = next((order for order in "<>" if self._numbers("I", 8, order) == (6,)), None)
        expect(self._order, "header version is not 6 in any byte order")
        self._read_headers()
        self._read_pages()

    def _numbers(self, codes, at, order=None):
        return struct.unpack_from((order or self._order) + codes, self.data, at)

    def _read_headers(self):
        for index, name in enumerate(self.UTSNAME):
            setattr(self, name, self.data[12 + 65 * index:77 + 65 * index].partition(b"\0")[0].decode())
        # The class shows by where the block size is.
        self.wide = self._numbers("I", 428)[0] in (4096, 8192, 16384, 32768, 65536)
        (self.status, self.block_size, self.sub_hdr_size, self.bitmap_blocks, self.max_mapnr_32, _, _, _, _, self.nr_cpus) = \
            self._numbers("10I", 424 if self.wide else 412)
        (self.phys_base, self.dump_level, _, _, _, self.offset_vmcoreinfo, self.size_vmcoreinfo, self.offset_note,
         self.size_note, _, _, _, _, self.max_mapnr) = \
            self._numbers("QIIQQQQQQQQQQQ" if self.wide else "IIIIIQIQIQIQQQ", self.block_size)

    def _read_pages(self):
        half = self.bitmap_blocks // 2 * self.block_size
        start = (1 + self.sub_hdr_size) * self.block_size
        first, second = self.data[start:start + half], self.data[start + half:start + 2 * half]
        expect(first == second and len(second) == half, "the two bitmaps differ or are cut off")
        numbers = [byte * 8 + bit for byte, bits in enumerate(second) if bits for bit in range(8) if bits >> bit & 1]
        expect(not numbers or numbers[-1] < self.max_mapnr, "a page behind max_mapnr")
        at = start + 2 * half
        self.data_offset = at + 24 * len(numbers)
        expect(self.data_offset <= len(self.data), "the descriptors are cut off")
        descriptors = struct.iter_unpack(self._order + "QIIQ", self.data[at:self.data_offset])
        self.pages = dict(zip(numbers, map(Descriptor._make, descriptors)))

    @property
    def vmcoreinfo(self):
        return self.data[self.offset_vmcoreinfo:self.offset_vmcoreinfo + self.size_vmcoreinfo]

    @property
    def notes(self):
        return self.data[self.offset_note:self.offset_note + self.size_note]

    def page(self, number):
        offset, size, flags, _ = self.pages[number]
        expect(self.data_offset <= offset and offset + size <= len(self.data), f"page {number:#x} is not in the file")
        packed = self.data[offset:offset + size]
        expect(flags in (0, self.status), f"page {number:#x} has flags {flags:#x}")
        expect((flags == 0) == (size == self.block_size), f"page {number:#x} has {size} bytes and flags {flags:#x}")
        page = {0: bytes, ZLIB: zlib.decompress, LZO: expand_lzo, SNAPPY: expand_snappy,
                ZSTD: lambda data: expand_zstd(data, self.block_size)}[flags](packed)
        expect(len(page) == self.block_size, f"page {number:#x} has {len(page)} bytes")
        return page
