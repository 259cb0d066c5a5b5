"""The DMA engine of fw_cfg on riscv64: rows 19 to 47e."""
import fw_cfg
from fw_cfg import ERROR, READ, SELECT, SKIP, WRITE, MmioFwCfg
from virt import HOLE, ROM, UART_SCRATCH, VirtRows

ABSENT, INVALID = 0x3f, 0x3fff  # a key in range without an item, and one out of range
MARK = 0xa5                     # what memory holds that nothing has written


class DmaRows(VirtRows):
    def select(self, key):
        """The control bits that select a key."""
        return key << 16 | SELECT

    def mark(self, size=64):
        """Fills the place for data with a pattern."""
        self.qtest.memory_set(self.fw_cfg.data_at, size, MARK)

    def result(self, size):
        return self.qtest.memory_read(self.fw_cfg.data_at, size)

    def memory(self, address, size):
        return self.qtest.memory_read(address, size)

    def writable(self, content=b"0123456789abcdef"):
        """Gives the one writable item a known content, and selects it."""
        self.assertEqual(self.fw_cfg.dma_write(self.record_key, content), 0)
        self.fw_cfg.select(self.record_key)


class Transfers(DmaRows):
    def test_row_19_select_and_read_copies_the_item(self):
        """SELECT+READ of 10 bytes of a 10-byte item"""
        self.mark()
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | READ, 10), 0)
        self.check("data", self.result(10), b"HelloWorld")
        rest = self.memory(self.fw_cfg.descriptor_at + 4, 12)
        self.check("length and address changed", rest != fw_cfg.descriptor(0, 10, self.fw_cfg.data_at)[4:], False)

    def test_row_20_a_read_past_the_end_is_filled_with_zeros(self):
        """READ of 16 bytes of a 10-byte item"""
        self.mark()
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | READ, 16), 0)
        self.check("data", self.result(16), b"HelloWorld" + bytes(6))
        self.check("bytes behind", self.memory(self.fw_cfg.data_at + 16, 4), bytes([MARK] * 4))

    def test_row_21_a_read_at_the_end_gives_zeros(self):
        """READ of 4 bytes, without SELECT, at the end of an item"""
        self.fw_cfg.dma(self.select(self.ten) | READ, 10)
        self.mark()
        self.check("control", self.fw_cfg.dma(READ, 4), 0)
        self.check("data", self.result(5), bytes(4) + bytes([MARK]))

    def test_row_22_dma_and_the_data_register_share_the_offset(self):
        """SKIP 4, 1 byte of data register, READ 2 by DMA, 1 byte of data register"""
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | SKIP, 4), 0)
        self.check("data register", self.fw_cfg.data(1), b"o")
        self.fw_cfg.dma(READ, 2)
        self.check("DMA", self.result(2), b"Wo")
        self.check("data register again", self.fw_cfg.data(1), b"r")

    def test_row_23_a_skip_past_the_end_is_no_error(self):
        """SKIP 100 of a 10-byte item"""
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | SKIP, 100), 0)
        self.check("data register", self.fw_cfg.data(2), bytes(2))

    def test_row_24_without_a_mode_nothing_moves(self):
        """control 0 with length 7, and SELECT only with length 7"""
        self.fw_cfg.select(self.ten)
        self.fw_cfg.data(2)
        self.mark()
        self.check("control", self.fw_cfg.dma(0, 7), 0)
        self.check("data register", self.fw_cfg.data(1), b"l")
        self.check("control of SELECT", self.fw_cfg.dma(self.select(self.ten), 7), 0)
        self.check("data register after SELECT", self.fw_cfg.data(1), b"H")
        self.check("memory", self.result(1), bytes([MARK]))

    def test_row_25_read_wins_over_write_and_skip(self):
        """READ+WRITE and READ+SKIP of 4 bytes on a writable item"""
        for name, mode in (("READ+WRITE", READ | WRITE), ("READ+SKIP", READ | SKIP)):
            self.writable()
            self.mark()
            self.check(f"{name}: control", self.fw_cfg.dma(mode, 4), 0)
            self.check(f"{name}: memory", self.result(5), b"0123" + bytes([MARK]))
            self.check(f"{name}: item", self.fw_cfg.item(self.record_key, 4), b"0123")

    def test_row_26_write_wins_over_skip(self):
        """WRITE+SKIP of 4 bytes on a writable item"""
        self.writable()
        self.qtest.memory_write(self.fw_cfg.data_at, b"wxyz")
        self.check("control", self.fw_cfg.dma(WRITE | SKIP, 4), 0)
        self.check("item", self.fw_cfg.item(self.record_key, 6), b"wxyz45")

    def test_row_27_a_write_to_a_read_only_item_fails_and_advances_the_offset(self):
        """WRITE of 4 bytes to a read-only item"""
        self.qtest.memory_write(self.fw_cfg.data_at, b"wxyz")
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | WRITE, 4), ERROR)
        self.check("data register", self.fw_cfg.data(1), b"o")
        self.check("content", self.fw_cfg.item(self.ten, 10), b"HelloWorld")

    def test_row_28_unknown_bits_and_a_preset_error_are_ignored(self):
        """READ of 4 bytes with ERROR, and with bits 5 to 15"""
        for name, bits in (("ERROR", ERROR), ("bits 5 to 15", 0xffe0)):
            self.mark()
            self.check(f"{name}: control", self.fw_cfg.dma(self.select(self.ten) | READ | bits, 4), 0)
            self.check(f"{name}: data", self.result(5), b"Hell" + bytes([MARK]))

    def test_row_29_an_invalid_key_reads_as_zeros_and_refuses_writes(self):
        """READ, WRITE and SKIP of 4 bytes on key 0x3fff"""
        self.mark()
        self.check("READ: control", self.fw_cfg.dma(self.select(INVALID) | READ, 4), 0)
        self.check("READ: data", self.result(5), bytes(4) + bytes([MARK]))
        self.check("WRITE: control", self.fw_cfg.dma(self.select(INVALID) | WRITE, 4), ERROR)
        self.check("SKIP: control", self.fw_cfg.dma(self.select(INVALID) | SKIP, 4), 0)

    def test_row_30_an_absent_key_refuses_writes(self):
        """WRITE of 4 bytes on key 0x3f"""
        self.check("control", self.fw_cfg.dma(self.select(ABSENT) | WRITE, 4), ERROR)

    def test_row_31_length_0_is_never_an_error(self):
        """READ and WRITE of 0 bytes on a read-only item, READ of 0 bytes to unmapped memory"""
        self.check("READ: control", self.fw_cfg.dma(self.select(self.ten) | READ, 0), 0)
        self.check("WRITE: control", self.fw_cfg.dma(self.select(self.ten) | WRITE, 0), 0)
        self.check("READ to nowhere: control", self.fw_cfg.dma(self.select(self.ten) | READ, 0, HOLE), 0)

    def test_row_44_data_may_overlap_the_descriptor(self):
        """READ of 16 bytes onto the descriptor itself"""
        at = self.fw_cfg.descriptor_at
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | READ, 16, at), 0)
        self.check("descriptor afterwards", self.memory(at, 16), bytes(4) + b"oWorld" + bytes(6))

    def test_row_45_nothing_needs_alignment(self):
        """descriptor and data at odd addresses"""
        self.mark()
        control = self.fw_cfg.dma(self.select(self.ten) | READ, 10, self.fw_cfg.data_at + 3,
                                  at=self.fw_cfg.descriptor_at + 5)
        self.check("control", control, 0)
        self.check("data", self.memory(self.fw_cfg.data_at + 2, 12), bytes([MARK]) + b"HelloWorld" + bytes([MARK]))

    def test_row_47c_a_huge_skip_stops_at_the_end(self):
        """SKIP 0xffffffff, and SKIP 9, of a 10-byte item"""
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | SKIP, 0xffffffff), 0)
        self.check("data register", self.fw_cfg.data(1), bytes(1))
        self.check("control of 9", self.fw_cfg.dma(self.select(self.ten) | SKIP, 9), 0)
        self.check("data register after 9", self.fw_cfg.data(2), b"d\0")

    def test_row_47e_an_invalid_key_selected_by_dma_reads_as_zeros(self):
        """SELECT of key 0x3fff, then the data register"""
        self.fw_cfg.dma(self.select(INVALID))
        self.check("data register", self.fw_cfg.data(2), bytes(2))


class Addresses(DmaRows):
    """Where descriptor and data lie."""

    def test_row_32_a_read_to_unmapped_memory_fails_and_advances(self):
        """READ of 4 bytes to an address where nothing is"""
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | READ, 4, HOLE), ERROR)
        self.check("data register", self.fw_cfg.data(1), b"o")

    def test_row_33_a_read_over_the_end_of_ram_writes_the_mapped_part(self):
        """READ of 10 bytes to the last 4 bytes of RAM"""
        target = self.RAM_END - 4
        self.qtest.memory_set(target, 4, MARK)
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | READ, 10, target), ERROR)
        self.check("last bytes of RAM", self.memory(target, 4), b"Hell")
        self.check("data register", self.fw_cfg.data(1), bytes(1))

    def test_row_34_a_descriptor_in_unmapped_memory_does_nothing(self):
        """the DMA register is given an address where nothing is"""
        self.fw_cfg.select(self.ten)
        self.fw_cfg.data(1)
        self.fw_cfg.start_dma(HOLE)
        self.check("data register", self.fw_cfg.data(1), b"e")

    def test_row_35_a_descriptor_over_the_end_of_ram_gets_the_error(self):
        """a descriptor of which the first 8 bytes are in RAM"""
        at = self.RAM_END - 8
        self.qtest.memory_write(at, fw_cfg.descriptor(self.select(fw_cfg.SIGNATURE) | READ, 4, 0)[:8])
        self.fw_cfg.select(self.ten)
        self.fw_cfg.start_dma(at)
        self.check("control", self.fw_cfg.control(at), ERROR)
        self.check("length", self.memory(at + 4, 4), bytes([0, 0, 0, 4]))
        self.check("selection", self.fw_cfg.data(1), b"H")

    def test_row_36_a_descriptor_in_rom_is_executed_and_its_result_lost(self):
        """a descriptor in mask ROM: SELECT+READ of 4 bytes of the signature"""
        self.qtest.memory_set(self.ROM_TARGET, 5, MARK)
        before = self.memory(self.ROM_DESCRIPTOR, 16)
        self.fw_cfg.start_dma(self.ROM_DESCRIPTOR)
        self.check("data", self.memory(self.ROM_TARGET, 5), b"QEMU" + bytes([MARK]))
        self.check("control word in ROM", self.fw_cfg.control(self.ROM_DESCRIPTOR), SELECT | READ)
        self.check("ROM changed", self.memory(self.ROM_DESCRIPTOR, 16) != before, False)

    def test_row_37_a_read_into_rom_fails(self):
        """READ of 4 bytes to mask ROM"""
        before = self.memory(ROM, 16)
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | READ, 4, ROM), ERROR)
        self.check("ROM changed", self.memory(ROM, 16) != before, False)
        self.check("data register", self.fw_cfg.data(1), b"o")

    def test_row_41_dma_into_its_own_registers_is_refused(self):
        """READ of 8 bytes into data and into the DMA register, of 2 bytes into the selector"""
        for name, target, size in (("data", MmioFwCfg.DATA, 8), ("selector", MmioFwCfg.SELECTOR, 2),
                                   ("DMA register", MmioFwCfg.DMA, 8)):
            self.check(f"{name}: control", self.fw_cfg.dma(self.select(self.ten) | READ, size, target), ERROR)
            self.check(f"{name}: data register", self.fw_cfg.data(1), b"HelloWorld"[size:size + 1])

    def test_row_42_its_own_data_register_is_no_source(self):
        """WRITE of 16 bytes from the data register to a writable item"""
        self.writable()
        self.check("control", self.fw_cfg.dma(WRITE, 16, MmioFwCfg.DATA), ERROR)
        self.check("item", self.fw_cfg.item(self.record_key, 16), bytes(16))

    def test_row_43_other_devices_are_targets(self):
        """READ of 1 byte of the signature into the UART's scratch register"""
        self.qtest.write(UART_SCRATCH, 1, 0)
        self.check("control", self.fw_cfg.dma(self.select(fw_cfg.SIGNATURE) | READ, 1, UART_SCRATCH), 0)
        self.check("scratch register", self.memory(UART_SCRATCH, 1), b"Q")

    def test_row_46_addresses_do_not_wrap(self):
        """READ of 10 bytes to 0xfffffffffffffffc"""
        self.check("control", self.fw_cfg.dma(self.select(self.ten) | READ, 10, 2**64 - 4), ERROR)
        self.check("data register", self.fw_cfg.data(1), bytes(1))

    def test_row_47_a_huge_read_of_an_invalid_key_clears_all_ram_above(self):
        """READ of 0x10000000 bytes of key 0x3fff to 64 KiB below the end of RAM (QEMU takes 20 s for 0xffffffff)"""
        target = self.RAM_END - 0x10000
        self.qtest.memory_set(target - 4, 0x10004, MARK)
        self.check("control", self.fw_cfg.dma(self.select(INVALID) | READ, 0x10000000, target), ERROR)
        self.check("bytes before", self.memory(target - 4, 4), bytes([MARK] * 4))
        self.check("bytes from there to the end of RAM", self.memory(target, 0x10000), bytes(0x10000))


class AddressRegister(DmaRows):
    """The two halves of the DMA address."""

    def prepare(self):
        """A descriptor that reads 4 bytes of "HelloWorld"; the place for data is marked."""
        self.mark()
        self.qtest.memory_write(self.fw_cfg.descriptor_at,
                                fw_cfg.descriptor(self.select(self.ten) | READ, 4, self.fw_cfg.data_at))
        return self.fw_cfg.descriptor_at

    def transferred(self):
        return {b"Hell": True, bytes([MARK] * 4): False}[self.result(4)]

    def test_row_38_two_halves_or_the_low_one_start_a_transfer(self):
        """halves 0 and low; low only; 1 and low, then low only"""
        at = self.prepare()
        self.fw_cfg.write_dma_high(at >> 32)
        self.check("high half alone transfers", self.transferred(), False)
        self.fw_cfg.write_dma_low(at & 0xffffffff)
        self.check("then the low half", self.transferred(), True)
        self.prepare()
        self.fw_cfg.write_dma_low(at)
        self.check("low half alone", self.transferred(), True)
        self.prepare()
        self.fw_cfg.write_dma_high(1)
        self.fw_cfg.write_dma_low(at)
        self.prepare()
        self.fw_cfg.write_dma_low(at)
        self.check("low half after a transfer elsewhere", self.transferred(), True)

    def test_row_39_a_high_half_makes_the_address(self):
        """halves 1 and low"""
        at = self.prepare()
        self.fw_cfg.write_dma_high(1)
        self.fw_cfg.write_dma_low(at)
        self.check("transfer", self.transferred(), False)
        self.check("control changed", self.fw_cfg.control() != self.select(self.ten) | READ, False)

    def test_row_40_odd_writes_to_the_dma_register_are_ignored(self):
        """1 byte at +7, 2 at +6, 4 at +2"""
        at = self.prepare()
        dma = MmioFwCfg.DMA
        self.qtest.write_all([(dma + 7, 1, at & 0xff), (dma + 6, 2, fw_cfg.swap(at & 0xffff, 2)),
                              (dma + 2, 4, fw_cfg.swap(at, 4))])
        self.check("transfer", self.transferred(), False)

    def test_row_47a_a_reset_keeps_the_high_half(self):
        """high half 1, system_reset, low half"""
        self.fw_cfg.write_dma_high(1)
        self.reset()
        at = self.prepare()
        self.fw_cfg.write_dma_low(at)
        self.check("transfer", self.transferred(), False)
        self.fw_cfg.write_dma_low(at)
        self.check("transfer with the low half again", self.transferred(), True)

    def test_row_47b_an_8_byte_write_replaces_the_high_half(self):
        """high half 0x12345678, then 8 bytes"""
        at = self.prepare()
        self.fw_cfg.write_dma_high(0x12345678)
        self.fw_cfg.start_dma(at)
        self.check("transfer", self.transferred(), True)

    def test_row_47d_a_pending_high_half_does_not_show(self):
        """high half 0x12345678, then the register is read"""
        self.fw_cfg.write_dma_high(0x12345678)
        value = self.qtest.read(MmioFwCfg.DMA, 8)
        self.fw_cfg.start_dma(HOLE)  # takes the half back
        self.check("value", value, 0x47464320554d4551)
