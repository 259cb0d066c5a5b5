"""The registers of fw_cfg in its MMIO form, riscv64: rows 1 to 14."""
import fw_cfg
from fw_cfg import MmioFwCfg
from virt import VirtRows

DATA, SELECTOR, DMA = MmioFwCfg.DATA, MmioFwCfg.SELECTOR, MmioFwCfg.DMA


OUR_FILES = ("etc/boot-fail-wait", "etc/vmcoreinfo", "opt/empty", "opt/ten")


class Registers(VirtRows):
    def select_ten(self):
        """Selects the item "HelloWorld"."""
        self.fw_cfg.select(self.ten)

    def test_row_1_after_power_on_the_signature_is_selected(self):
        """6 bytes of data, nothing selected before"""
        machine = self.start(*self.machine_options())
        self.check("data", MmioFwCfg(machine.qtest, self.RAM).data(6), b"QEMU\0\0")

    def test_row_2_a_reset_selects_the_signature(self):
        """3 bytes of an item, system_reset, 5 bytes of data"""
        self.select_ten()
        self.check("before", self.fw_cfg.data(3), b"Hel")
        self.reset()
        self.check("after", self.fw_cfg.data(5), b"QEMU\0")

    def test_row_3_the_dma_register_reads_as_its_signature(self):
        """reads of 1, 2, 4 and 8 bytes of the DMA register"""
        bytes_read = bytes(self.qtest.read_all([(DMA + i, 1) for i in range(8)]))
        self.check("8 bytes", self.qtest.read(DMA, 8), 0x47464320554d4551)
        self.check("single bytes", bytes_read, b"QEMU CFG")
        self.check("2 bytes at +2", self.qtest.read(DMA + 2, 2), 0x554d)
        self.check("4 bytes at +4", self.qtest.read(DMA + 4, 4), 0x47464320)
        self.check("4 bytes at +2, misaligned", self.qtest.read(DMA + 2, 4), 0x4320554d)
        self.check("read of 8 bytes of memory", self.qtest.memory_read(DMA, 8), b"QEMU CFG")

    def test_row_4_the_feature_word_has_dma(self):
        """key 1, 6 bytes"""
        self.check("data", self.fw_cfg.item(fw_cfg.ID, 6), bytes([3, 0, 0, 0, 0, 0]))

    def test_row_5_a_wide_read_past_the_end_is_filled_with_zeros(self):
        """two 8-byte reads of a 10-byte item"""
        self.select_ten()
        values = self.qtest.read_all([(DATA, 8)] * 2)
        self.check("data", [value.to_bytes(8, "little") for value in values], [b"HelloWor", b"ld\0\0\0\0\0\0"])

    def test_row_6_reads_at_the_end_are_zero(self):
        """4-byte read of the signature, then a byte"""
        self.fw_cfg.select(fw_cfg.SIGNATURE)
        self.check("data", self.qtest.read_all([(DATA, 4), (DATA, 1)]), [0x554d4551, 0])

    def test_row_7_data_reads_off_the_base_are_refused(self):
        """1 and 2 bytes at +1, 4 at +4, then 1 at +0"""
        self.select_ten()
        values = self.qtest.read_all([(DATA + 1, 1), (DATA + 1, 2), (DATA + 4, 4)])
        self.check("refused", values, [0, 0, 0])
        self.check("then", self.fw_cfg.data(1), b"H")

    def test_row_8_the_selector_cannot_be_read(self):
        """1, 2, 4 and 8 bytes of the selector"""
        self.select_ten()
        values = self.qtest.read_all([(SELECTOR, width) for width in (1, 2, 4, 8)])
        self.check("values", values, [0, 0, 0, 0])
        self.check("then", self.fw_cfg.data(2), b"He")

    def test_row_9_the_selector_takes_2_bytes_at_its_base_only(self):
        """selector writes of 1, 4 and 8 bytes, and of 2 bytes at +1, in the middle of an item"""
        self.select_ten()
        self.fw_cfg.data(2)
        self.qtest.write_all([(SELECTOR, 1, 0), (SELECTOR, 4, 0), (SELECTOR, 8, 0), (SELECTOR + 1, 2, 0)])
        self.check("then", self.fw_cfg.data(3), b"llo")

    def test_row_10_data_writes_do_nothing(self):
        """data writes of 1, 2, 4 and 8 bytes in the middle of a writable item"""
        self.fw_cfg.select(self.record_key)
        before = self.fw_cfg.data(16)
        self.fw_cfg.select(self.record_key)
        first = self.fw_cfg.data(3)
        self.qtest.write_all([(DATA, width, 0x5a5a5a5a5a5a5a5a & ((1 << 8 * width) - 1)) for width in (1, 2, 4, 8)])
        self.check("offset moved", first + self.fw_cfg.data(13) != before, False)
        self.check("content changed", self.fw_cfg.item(self.record_key, 16) != before, False)

    def test_row_11_the_write_channel_bit_is_ignored(self):
        """key or 0x4000"""
        self.check("data", self.fw_cfg.item(self.ten | 0x4000, 5), b"Hello")

    def test_row_12_there_are_no_architecture_keys(self):
        """key or 0x8000"""
        self.check("data", self.fw_cfg.item(0x8000, 4) + self.fw_cfg.item(self.ten | 0x8000, 4), bytes(8))

    def test_row_13_keys_without_an_item_read_as_zeros(self):
        """keys 0x3f, 0x40, 0x3fff, 0xffff"""
        for key in (0x3f, 0x40, 0x3fff, 0xffff):
            self.check(f"data of key 0x{key:x}", self.fw_cfg.item(key, 4), bytes(4))

    def test_row_14_the_directory_is_big_endian_and_sorted(self):
        """key 0x19"""
        files = self.fw_cfg.directory()
        names = [file.name for file in files]
        count = len(files)
        self.check("sorted by name", names == sorted(names), True)
        self.check("keys", "consecutive from 0x20" if [file.key for file in files] == [*range(0x20, 0x20 + count)]
                   else [file.key for file in files], "consecutive from 0x20")
        self.check("reserved fields", sum(file.reserved for file in files), 0)
        self.check("sizes of our files", [f"{file.name} {file.size}" for file in files if file.name in OUR_FILES],
                   ["etc/boot-fail-wait 4", "etc/vmcoreinfo 16", "opt/empty 0", "opt/ten 10"])
        rest = self.fw_cfg.data(2048 - 64 * count) + self.fw_cfg.data(4)
        self.check("anything behind the last file", any(rest), False)
