"""fw_cfg in its I/O-port form, and vmcoreinfo, on x86_64's pc: rows 15 to 18, some of 19 to 57, and items i1 to i16."""
import fw_cfg
from dumps import Dump
from fw_cfg import ERROR, READ, SELECT, WRITE, PortFwCfg
from notes import NOTE, TEXT, record
from rows import Rows

RAM, RAM_END = 0x100000, 8 << 20  # the lowest MiB has holes on a PC
HOLE = 0x20000000
MARK = 0xa5
SELECTOR, DATA = PortFwCfg.SELECTOR, PortFwCfg.DATA
BOARD = ["-M", "pc", "-m", "8M", "-nodefaults"]


class PcRows(Rows):
    options = [*BOARD, "-device", "vmcoreinfo", "-fw_cfg", "name=opt/ten,string=HelloWorld"]

    def setUp(self):
        super().setUp()
        self.fw_cfg = PortFwCfg(self.qtest, RAM)
        keys = {file.name: file.key for file in self.fw_cfg.directory()}
        self.ten, self.record_key = keys["opt/ten"], keys["etc/vmcoreinfo"]
        self.fw_cfg.select(self.ten)

    def reset(self):
        self.qmp.execute("system_reset")
        self.qmp.wait_for("RESET")

    def mark(self, size=64):
        self.qtest.memory_set(self.fw_cfg.data_at, size, MARK)

    def result(self, size):
        return self.qtest.memory_read(self.fw_cfg.data_at, size)


class Ports(PcRows):
    def test_row_1_after_a_reset_the_signature_is_selected(self):
        """3 bytes of an item, system_reset, 5 bytes of data"""
        self.fw_cfg.data(3)
        self.reset()
        self.check("data", self.fw_cfg.data(5), b"QEMU\0")

    def test_row_11_the_write_channel_bit_is_ignored(self):
        """key or 0x4000"""
        self.check("data", self.fw_cfg.item(self.ten | 0x4000, 5), b"Hello")

    def test_row_13_keys_without_an_item_read_as_zeros(self):
        """keys 0x3f, 0x40, 0x3fff, 0xffff"""
        for key in (0x3f, 0x40, 0x3fff, 0xffff):
            self.check(f"data of key 0x{key:x}", self.fw_cfg.item(key, 4), bytes(4))

    def test_row_14_the_directory_is_big_endian_and_sorted(self):
        """key 0x19"""
        files = self.fw_cfg.directory()
        names = [file.name for file in files]
        self.check("sorted by name", names == sorted(names), True)
        self.check("keys are consecutive from 0x20", [file.key for file in files] == [*range(0x20, 0x20 + len(files))],
                   True)
        self.check("sizes", [f"{file.name} {file.size}" for file in files
                             if file.name in ("etc/boot-fail-wait", "etc/vmcoreinfo", "opt/ten")],
                   ["etc/boot-fail-wait 4", "etc/vmcoreinfo 16", "opt/ten 10"])

    def test_row_15_a_byte_of_the_selector_port_is_data(self):
        """inb 0x510, then inb 0x511"""
        self.check("inb 0x510", self.qtest.port_in(SELECTOR, 1), ord("H"))
        self.check("inb 0x511", self.qtest.port_in(DATA, 1), ord("e"))

    def test_row_16_wide_reads_of_the_selector_are_refused(self):
        """inw 0x510, inl 0x510, then inb 0x511"""
        self.check("inw", self.qtest.port_in(SELECTOR, 2), 0)
        self.check("inl", self.qtest.port_in(SELECTOR, 4), 0)
        self.check("then", self.fw_cfg.data(1), b"H")

    def test_row_16a_wide_reads_from_the_data_port_are_split(self):
        """inw 0x511, inl 0x511, each on a new selection"""
        self.check("inw", self.qtest.port_in(DATA, 2), 0xff00 + ord("H"))
        self.check("then", self.fw_cfg.data(1), b"e")
        self.fw_cfg.select(self.ten)
        self.check("inl", self.qtest.port_in(DATA, 4), 0x51ffff00 + ord("H"))
        self.check("then after inl", self.fw_cfg.data(1), b"e")

    def test_row_16b_nothing_is_between_data_and_dma(self):
        """inb, inw and inl of 0x512 and 0x513"""
        self.check("0x512", [self.qtest.port_in(0x512, width) for width in (1, 2, 4)], [0xff, 0xffff, 0x4551ffff])
        self.check("0x513", [self.qtest.port_in(0x513, width) for width in (1, 2, 4)], [0xff, 0x51ff, 0x4d4551ff])
        self.check("then", self.fw_cfg.data(1), b"H")

    def test_row_17_other_writes_are_ignored(self):
        """outw 0x511, outl 0x510, outb 0x510, outb 0x511, outw 0x50f, outw 0x512, each in the middle of an item"""
        for port, width in ((DATA, 2), (SELECTOR, 4), (SELECTOR, 1), (DATA, 1), (0x50f, 2), (0x512, 2)):
            self.fw_cfg.select(self.ten)
            self.fw_cfg.data(2)
            self.qtest.port_out(port, width, 0)
            self.check(f"out{'?bw?l'[width]} 0x{port:x}: then", self.fw_cfg.data(2), b"ll")

    def test_row_18_the_dma_ports_read_as_the_signature(self):
        """inl 0x514, inl 0x518, then inb, inw and inl at every offset"""
        self.check("inl", [self.qtest.port_in(port, 4) for port in (0x514, 0x518)], [0x554d4551, 0x47464320])
        self.check("inb", bytes(self.qtest.port_in(0x514 + i, 1) for i in range(8)), b"QEMU CFG")
        self.check("inw", [self.qtest.port_in(0x514 + i, 2) for i in range(8)],
                   [0x4551, 0x4d45, 0x554d, 0x2055, 0x4320, 0x4643, 0x4746, 0xff47])
        self.check("inl at every offset", [self.qtest.port_in(0x514 + i, 4) for i in range(8)],
                   [0x554d4551, 0x20554d45, 0x4320554d, 0x46432055, 0x47464320, 0xff474643, 0xffff4746, 0xffffff47])


class PortDma(PcRows):
    def test_row_19_select_and_read_copies_the_item(self):
        """SELECT+READ of 10 bytes of a 10-byte item"""
        self.mark()
        self.check("control", self.fw_cfg.dma(self.ten << 16 | SELECT | READ, 10), 0)
        self.check("data", self.result(11), b"HelloWorld" + bytes([MARK]))

    def test_row_20_a_read_past_the_end_is_filled_with_zeros(self):
        """READ of 16 bytes of a 10-byte item"""
        self.mark()
        self.check("control", self.fw_cfg.dma(self.ten << 16 | SELECT | READ, 16), 0)
        self.check("data", self.result(16), b"HelloWorld" + bytes(6))

    def test_row_27_a_write_to_a_read_only_item_fails_and_advances_the_offset(self):
        """WRITE of 4 bytes to a read-only item"""
        self.check("control", self.fw_cfg.dma(self.ten << 16 | SELECT | WRITE, 4), ERROR)
        self.check("data register", self.fw_cfg.data(1), b"o")
        self.check("content", self.fw_cfg.item(self.ten, 10), b"HelloWorld")

    def test_row_32_a_read_to_unmapped_memory_fails_and_advances(self):
        """READ of 4 bytes to an address where nothing is"""
        self.check("control", self.fw_cfg.dma(self.ten << 16 | SELECT | READ, 4, HOLE), ERROR)
        self.check("data register", self.fw_cfg.data(1), b"o")

    def test_row_33_a_read_over_the_end_of_ram_writes_the_mapped_part(self):
        """READ of 10 bytes to the last 4 bytes of RAM"""
        self.check("control", self.fw_cfg.dma(self.ten << 16 | SELECT | READ, 10, RAM_END - 4), ERROR)
        self.check("last bytes of RAM", self.qtest.memory_read(RAM_END - 4, 4), b"Hell")

    def test_row_38_the_low_half_starts_the_transfer(self):
        """high half 0, then low; low only; 1 and low"""
        at = self.fw_cfg.descriptor_at
        for name, halves, expected in (("0 and low", [0], True), ("low only", [], True), ("1 and low", [1], False)):
            self.mark()
            self.qtest.memory_write(at, fw_cfg.descriptor(self.ten << 16 | SELECT | READ, 4, self.fw_cfg.data_at))
            for half in halves:
                self.fw_cfg.write_dma_high(half)
            self.fw_cfg.write_dma_low(at)
            self.check(f"{name}: transfer", self.result(4) == b"Hell", expected)

    def test_row_40_odd_writes_to_the_dma_ports_are_ignored(self):
        """outb 0x51b, outw 0x51a, outl 0x516"""
        at = self.fw_cfg.descriptor_at
        self.mark()
        self.qtest.memory_write(at, fw_cfg.descriptor(self.ten << 16 | SELECT | READ, 4, self.fw_cfg.data_at))
        self.qtest.port_out(0x51b, 1, at & 0xff)
        self.qtest.port_out(0x51a, 2, fw_cfg.swap(at & 0xffff, 2))
        self.qtest.port_out(0x516, 4, fw_cfg.swap(at, 4))
        self.check("memory", self.result(4), bytes([MARK] * 4))

    def test_row_47a_a_reset_keeps_the_high_half(self):
        """high half 1, system_reset, low half"""
        at = self.fw_cfg.descriptor_at
        self.fw_cfg.write_dma_high(1)
        self.reset()
        self.mark()
        self.qtest.memory_write(at, fw_cfg.descriptor(self.ten << 16 | SELECT | READ, 4, self.fw_cfg.data_at))
        self.fw_cfg.write_dma_low(at)
        self.check("memory", self.result(4), bytes([MARK] * 4))


class Record(PcRows):
    def publish(self):
        note_at = RAM + 0x10000
        self.qtest.memory_write(note_at, NOTE)
        self.assertEqual(self.fw_cfg.dma_write(self.record_key, record(paddr=note_at)), 0)

    def dump(self):
        dump = Dump(self.machine, self.file("core"), begin=RAM, length=4096)
        self.assertIsNone(dump.error)
        return dump

    def test_row_56_the_record_after_reset(self):
        """system_reset, 16 bytes of etc/vmcoreinfo"""
        self.reset()
        self.check("content", self.fw_cfg.item(self.record_key, 16), bytes([1] + [0] * 15))

    def test_row_57_a_published_note_is_the_last_note_of_the_dump(self):
        """a record of 16 bytes, a valid note"""
        self.publish()
        dump = self.dump()
        self.check("warnings", dump.warnings, [])
        self.check("last note", dump.core.notes[-1].name, "VMCOREINFO")
        self.check("desc is the guest's", dump.core.notes[-1].desc == TEXT, True)

    def test_row_67_a_write_of_the_first_half_withdraws_the_record(self):
        """a valid record, then its first 8 bytes again"""
        self.publish()
        self.check("control", self.fw_cfg.dma_write(self.record_key, record()[:8]), 0)
        self.check("warnings", self.dump().warnings, ["guest note is not present"])

    def test_row_i16_the_record_of_qemus_own_test(self):
        """{1, 1 MiB, 0xffffff00} written by DMA, read back"""
        written = record(size=1 << 20, paddr=0xffffff00)
        self.check("control", self.fw_cfg.dma_write(self.record_key, written), 0)
        self.check("read back", self.fw_cfg.dma_read(self.record_key, 16) == written, True)


class Items(Rows):
    """What QEMU's own test of fw_cfg looks at, each with the options it uses."""

    def guest(self, *options):
        machine = self.start("-M", "pc", "-nodefaults", *options)
        return PortFwCfg(machine.qtest, RAM)

    def number(self, key, size, *options):
        return int.from_bytes(self.guest(*options).item(key, size), "little")

    def file_content(self, name, size, *options):
        guest = self.guest(*options)
        return guest.item(guest.key(name), size)

    def test_row_i1_signature(self):
        """key 0"""
        self.check("data", self.guest().item(fw_cfg.SIGNATURE, 4), b"QEMU")

    def test_row_i2_features(self):
        """key 1"""
        self.check("value", self.number(fw_cfg.ID, 4), 3)

    def test_row_i3_uuid(self):
        """key 2 with -uuid 4600cb32-38ec-4b2f-8acb-81c6ea54f2d8"""
        data = self.guest("-uuid", "4600cb32-38ec-4b2f-8acb-81c6ea54f2d8").item(fw_cfg.UUID, 16)
        self.check("data", data, bytes.fromhex("4600cb3238ec4b2f8acb81c6ea54f2d8"))

    def test_row_i4_no_uuid(self):
        """key 2 without -uuid"""
        self.check("data", self.guest().item(fw_cfg.UUID, 16), bytes(16))

    def test_row_i5_ram_size(self):
        """key 3, with no -m and with -m 256M"""
        self.check("value", self.number(fw_cfg.RAM_SIZE, 8), 128 << 20)
        self.check("value with 256M", self.number(fw_cfg.RAM_SIZE, 8, "-m", "256M"), 256 << 20)

    def test_row_i6_nographic(self):
        """key 4, with -display none"""
        self.check("value", self.number(fw_cfg.NOGRAPHIC, 2), 0)

    def test_row_i7_nb_cpus(self):
        """key 5, with no -smp, -smp 2, -smp cpus=1,maxcpus=4"""
        for options in ([], ["-smp", "2"], ["-smp", "cpus=1,maxcpus=4"]):
            self.check(f"value with {' '.join(options) or 'nothing'}", self.number(fw_cfg.NB_CPUS, 2, *options),
                       2 if "2" in options else 1)

    def test_row_i8_max_cpus(self):
        """key 0x0f, with no -smp, -smp 2, -smp cpus=1,maxcpus=4"""
        for options, expected in (([], 1), (["-smp", "2"], 2), (["-smp", "cpus=1,maxcpus=4"], 4)):
            self.check(f"value with {' '.join(options) or 'nothing'}", self.number(fw_cfg.MAX_CPUS, 2, *options), expected)

    def test_row_i9_numa(self):
        """key 0x0d"""
        self.check("first 8 bytes", self.number(fw_cfg.NUMA, 8), 0)

    def test_row_i10_boot_menu(self):
        """key 0x0e, with no -boot, menu=on, menu=off"""
        self.check("value", self.number(fw_cfg.BOOT_MENU, 2), 0)
        self.check("value with menu=on", self.number(fw_cfg.BOOT_MENU, 2, "-boot", "menu=on"), 1)
        self.check("value with menu=off", self.number(fw_cfg.BOOT_MENU, 2, "-boot", "menu=off"), 0)

    def test_row_i11_reboot_timeout(self):
        """-boot reboot-timeout=15"""
        data = self.file_content("etc/boot-fail-wait", 5, "-boot", "reboot-timeout=15")
        self.check("etc/boot-fail-wait", data, bytes([15, 0, 0, 0, 0]))

    def test_row_i12_no_reboot_timeout(self):
        """-boot reboot-timeout=-1, and no -boot"""
        self.check("with -1", self.file_content("etc/boot-fail-wait", 5, "-boot", "reboot-timeout=-1"),
                   b"\xff\xff\xff\xff\0")
        self.check("without", self.file_content("etc/boot-fail-wait", 5), b"\xff\xff\xff\xff\0")

    def test_row_i13_splash_time(self):
        """-boot splash-time=12"""
        self.check("etc/boot-menu-wait", self.file_content("etc/boot-menu-wait", 3, "-boot", "splash-time=12"),
                   bytes([12, 0, 0]))

    def test_row_i14_no_splash_time(self):
        """no -boot"""
        names = [file.name for file in self.guest().directory()]
        self.check("etc/boot-menu-wait is there", "etc/boot-menu-wait" in names, False)

    def test_row_i15_ranges_of_boot(self):
        """reboot-timeout 70000 and -2, splash-time 70000 and -1"""
        for option in ("reboot-timeout=70000", "reboot-timeout=-2", "splash-time=70000", "splash-time=-1"):
            status, errors = self.start_fails("-M", "pc", "-nodefaults", "-boot", option)
            self.check(f"{option}: exit status", status, 1)
            self.check(f"{option}: lines of error", len(errors.splitlines()), 1)


class PcLines(PcRows):
    """The qtest protocol where it differs from that of riscv64."""

    def test_row_q19_ports_without_a_device(self):
        """inb, inw and inl of port 0x600, outb, outw, outl"""
        self.check("in", self.qtest.ask_all([f"in{width} 0x600" for width in "bwl"]),
                   ["OK 0x00ff", "OK 0xffff", "OK 0xffffffff"])
        self.check("out", self.qtest.ask_all([f"out{width} 0x600 1" for width in "bwl"]), ["OK", "OK", "OK"])

    def test_row_q20_interrupts_can_be_asked_for(self):
        """irq_intercept_in ioapic"""
        machine = self.start(*BOARD)
        self.check("answer", machine.qtest.ask("irq_intercept_in ioapic"), "OK")

    def test_row_q18_unmapped_memory_answers_ok(self):
        """read and write where nothing is"""
        self.check("answers", self.qtest.ask_all([f"readq 0x{HOLE:x}", f"writeq 0x{HOLE:x} 1"]),
                   ["OK 0x0000000000000000", "OK"])

    def test_row_q25_the_bios_rom(self):
        """write to the ROM below 4 GiB"""
        before = self.qtest.memory_read(0xfffffff0, 16)
        self.check("answer", self.qtest.ask("write 0xfffffff0 2 0x1234"), "OK")
        self.check("ROM changed", self.qtest.memory_read(0xfffffff0, 16) != before, False)

    def test_row_m12_the_target_is_told(self):
        """query-target"""
        self.check("arch", self.qmp.execute("query-target")["arch"], "x86_64")
