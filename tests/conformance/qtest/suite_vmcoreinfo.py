"""The record in etc/vmcoreinfo and the note it points to, riscv64: rows 56 to 78."""
import struct

from dumps import Dump
from fw_cfg import ERROR, SELECT, WRITE
from notes import NOTE, TEXT, elf_note, record
from virt import HOLE, VirtRows

MEBIBYTE = 1 << 20
RESET_RECORD = bytes([1] + [0] * 15)


class NoteRows(VirtRows):
    """A note in memory at `note_at`; dumps hold one page of RAM besides the notes."""

    def setUp(self):
        super().setUp()
        self.note_at = self.RAM + 0x10000
        self.qtest.memory_write(self.note_at, NOTE)
        self.reset()

    def write_record(self, data, offset=0):
        return self.fw_cfg.dma_write(self.record_key, data, offset)

    def publish(self, note=None, **fields):
        """Writes a record, and the note it points to."""
        if note is not None:
            self.qtest.memory_write(self.note_at, note)
            fields.setdefault("size", len(note))
        self.assertEqual(self.write_record(record(**{"paddr": self.note_at, **fields})), 0)

    def content(self):
        return self.fw_cfg.item(self.record_key, 16)

    def dump(self):
        """A dump of the first page of RAM."""
        dump = Dump(self.machine, self.file("core"), begin=self.RAM, length=4096)
        self.assertIsNone(dump.error)
        return dump

    def check_dump(self, warnings, names):
        """A dump, its warnings, and the names of its notes."""
        dump = self.dump()
        self.check("warnings", dump.warnings, warnings)
        self.check("notes", [note.name or "(no name)" for note in dump.core.notes], names)
        return dump

    def check_withdrawn(self, warning="guest note is not present"):
        self.check_dump([warning], ["CORE"])

    def check_published(self, desc=TEXT):
        dump = self.check_dump([], ["CORE", "VMCOREINFO"])
        self.check("desc is the guest's", dump.core.notes[-1].desc == desc, True)


class Record(NoteRows):
    """What the host makes of the record."""

    def test_row_56_the_record_after_reset(self):
        """16 bytes of etc/vmcoreinfo, by the data register and by DMA"""
        self.check("data register", self.content(), RESET_RECORD)
        self.check("DMA", self.fw_cfg.dma_read(self.record_key, 16), RESET_RECORD)

    def test_row_57_a_published_note_is_the_last_note_of_the_dump(self):
        """a record of 16 bytes, a valid note"""
        self.publish()
        self.check_published()

    def test_row_58_no_record_no_note(self):
        """no write"""
        self.check_withdrawn()

    def test_row_59_format_0_withdraws_the_record(self):
        """a valid record, then one with guest_format 0"""
        self.publish()
        self.publish(guest_format=0)
        self.check_withdrawn()

    def test_row_60_other_formats_are_unsupported(self):
        """guest_format 2 and 0xffff"""
        for number in (2, 0xffff):
            self.publish(guest_format=number)
            self.check(f"warnings for {number}", self.dump().warnings, [f"guest note format is unsupported: {number}"])

    def test_row_61_the_size_has_a_minimum(self):
        """size 0 and 11"""
        for size in (0, 11):
            self.publish(size=size)
            self.check(f"warnings for {size}", self.dump().warnings, [f"guest note size is invalid: {size}"])

    def test_row_62_the_size_covers_the_whole_note(self):
        """size 12, and the size of the note without its padding"""
        for name, size in (("12", 12), ("without padding", 12 + 12 + len(TEXT))):
            self.publish(size=size)
            self.check(f"warnings for {name}", self.dump().warnings, ["Invalid guest note header"])

    def test_row_63_a_header_of_zeros(self):
        """size 12, header all zero"""
        self.publish(bytes(12))
        self.check_dump([], ["CORE", "(no name)"])

    def test_row_64_a_bigger_size_changes_nothing(self):
        """size of the note + 100, and 1 MiB"""
        for name, size in (("+ 100", len(NOTE) + 100), ("1 MiB", MEBIBYTE)):
            self.publish(size=size)
            dump = self.dump()
            self.check(f"{name}: warnings", dump.warnings, [])
            self.check(f"{name}: desc is the guest's", dump.core.notes[-1].desc == TEXT, True)

    def test_row_65_the_size_has_a_maximum(self):
        """size 1 MiB + 1"""
        self.publish(size=MEBIBYTE + 1)
        self.check_withdrawn("guest note size is invalid: 1048577")

    def test_row_66_name_and_desc_have_a_maximum(self):
        """namesz and descsz 0x7fffffff, and 0xffffffff"""
        for size in (0x7fffffff, 0xffffffff):
            for name, header in (("namesz", (size, 4, 0)), ("descsz", (4, size, 0))):
                self.publish(struct.pack("<III", *header) + bytes(32))
                self.check(f"warnings for {name} 0x{size:x}", self.dump().warnings, ["Invalid guest note header"])

    def test_row_67_a_write_of_the_first_half_withdraws_the_record(self):
        """a valid record, then its first 8 bytes again"""
        self.publish()
        self.check("control", self.write_record(record()[:8]), 0)
        self.check("record changed", self.content() != record(paddr=self.note_at), False)
        self.check_withdrawn()

    def test_row_68_a_write_without_host_format_withdraws_the_record(self):
        """a valid record, then 14 bytes at offset 2"""
        self.publish()
        self.check("control", self.write_record(record(paddr=self.note_at)[2:], offset=2), 0)
        self.check_withdrawn()

    def test_row_69_a_write_of_17_bytes_fails_and_keeps_the_record(self):
        """a valid record, then 17 bytes"""
        self.publish()
        self.check("control", self.write_record(bytes(17)), ERROR)
        self.check_published()

    def test_row_70_a_write_at_the_end_fails_and_keeps_the_record(self):
        """a valid record, 16 bytes read, then 16 written without SELECT"""
        self.publish()
        self.fw_cfg.dma_read(self.record_key, 16)
        self.check("control", self.fw_cfg.dma(WRITE, 16), ERROR)
        self.check_published()

    def test_row_71_a_write_from_unmapped_memory_clears_the_content_only(self):
        """a valid record, then 16 bytes from where nothing is"""
        self.publish()
        self.check("control", self.fw_cfg.dma(self.record_key << 16 | SELECT | WRITE, 16, HOLE), ERROR)
        self.check("content", self.content(), bytes(16))
        self.check_withdrawn("guest note size is invalid: 0")

    def test_row_72_a_write_from_over_the_end_of_ram_is_half_zeros(self):
        """a valid record, then 16 bytes of which 8 are in RAM"""
        self.publish()
        source = self.RAM_END - 8
        self.qtest.memory_write(source, record()[:8])
        self.check("control", self.fw_cfg.dma(self.record_key << 16 | SELECT | WRITE, 16, source), ERROR)
        self.check("content is 8 new bytes and 8 zeros", self.content() == record()[:8] + bytes(8), True)
        self.check_dump([], ["CORE", "(no name)"])

    def test_row_73_the_guest_may_write_host_format(self):
        """host_format 0x1234"""
        self.publish(host_format=0x1234)
        self.check("content", self.content()[:2], bytes([0x34, 0x12]))
        self.check_published()

    def test_row_75_a_reset_clears_the_record(self):
        """a valid record, then system_reset"""
        self.publish(host_format=0x1234)
        self.reset()
        self.check("content", self.content(), RESET_RECORD)
        self.check_withdrawn()


class Note(NoteRows):
    """What the host makes of the note."""

    def test_row_74_a_note_in_unmapped_memory(self):
        """paddr where nothing is"""
        self.publish(paddr=HOLE)
        self.check_dump([], ["CORE", "(no name)"])

    def test_row_74a_a_note_over_the_end_of_ram(self):
        """a note of which the last 8 bytes are behind RAM"""
        self.note_at = self.RAM_END - (len(NOTE) - 8)
        self.qtest.memory_write(self.note_at, NOTE[:-8])
        self.publish()
        dump = self.check_dump([], ["CORE", "VMCOREINFO"])
        present = len(TEXT) + 2 - 8
        self.check("desc is the part in RAM and zeros", dump.core.notes[-1].desc == TEXT[:present] + bytes(30 - present),
                   True)

    def test_row_74b_padding_and_type_of_the_note(self):
        """n_type 7, padding bytes 0xa5 behind name and desc"""
        self.publish(elf_note(b"VMCOREINFO\0", TEXT, kind=7, pad=b"\xa5"))
        core = self.dump().core
        self.check("type", core.notes[-1].type, 7)
        copied = core.data[core.data.find(b"VMCOREINFO\0"):]
        self.check("byte behind name", copied[11:12], b"\xa5")
        self.check("bytes behind desc", copied[12 + len(TEXT):12 + len(TEXT) + 2], b"\0\xa5")

    def test_row_76_other_names_are_kept(self):
        """notes named "VMCOREINFO" without NUL, "XEN" and none at all"""
        for name, shown in ((b"VMCOREINFO", "VMCOREINFO"), (b"XEN\0", "XEN"), (b"", "(no name)")):
            self.publish(elf_note(name, TEXT))
            dump = self.dump()
            self.check(f"{shown}: warnings", dump.warnings, [])
            self.check(f"{shown}: notes", [note.name or "(no name)" for note in dump.core.notes], ["CORE", shown])
            self.check(f"{shown}: desc is the guest's", dump.core.notes[-1].desc == TEXT, True)

    def test_row_78_phys_base_is_no_matter_on_riscv(self):
        """a note with lines NUMBER(phys_base)= and NUMBER(PHYS_OFFSET)= that are no numbers"""
        text = b"NUMBER(phys_base)=junk\nNUMBER(PHYS_OFFSET)=\n"
        self.publish(elf_note(b"VMCOREINFO\0", text))
        self.check_published(text)
