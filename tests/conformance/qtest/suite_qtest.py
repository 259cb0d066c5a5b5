"""The qtest line protocol itself, riscv64: rows q1 to q20."""
from virt import HOLE, VirtRows

RAM = VirtRows.RAM


class Lines(VirtRows):
    def clear(self):
        self.qtest.memory_set(RAM, 16, 0)

    def after(self, line, size=4):
        """The answer to a line, and what memory holds then."""
        self.clear()
        return [self.qtest.ask(line), self.qtest.memory_read(RAM, size).hex()]

    def fate(self, line):
        """The answer to a line, or "aborts" when the emulator did instead. On a machine of its own."""
        machine = self.start(*self.machine_options())
        try:
            return machine.qtest.ask(line)
        except ConnectionError:
            status = machine.wait()
            return "aborts" if status in (-5, -6) else f"ends with {status}"

    def test_row_q1_the_byte_order_is_told(self):
        """endianness"""
        self.check("answer", self.qtest.ask("endianness"), "OK little")

    def test_row_q2_unknown_commands_are_named(self):
        """bogus; bogus with arguments; ENDIANNESS"""
        self.check("answers", self.qtest.ask_all(["bogus", "bogus with arguments", "ENDIANNESS"]),
                   ["FAIL Unknown command 'bogus'", "FAIL Unknown command 'bogus'", "FAIL Unknown command 'ENDIANNESS'"])

    def test_row_q3_a_space_parts_two_words(self):
        """a space before the command, one behind it, a tab for a space, a carriage return at the end"""
        self.check("before", self.qtest.ask(" endianness"), "FAIL Unknown command ''")
        self.check("behind", self.qtest.ask("endianness "), "OK little")
        self.check("tab", repr(self.qtest.ask(f"readb\t0x{RAM:x}")), repr(f"FAIL Unknown command 'readb\t0x{RAM:x}'"))
        self.check("carriage return", repr(self.qtest.ask("endianness\r")), repr("FAIL Unknown command 'endianness\r'"))

    def test_row_q4_further_words_are_ignored(self):
        """endianness x; readb with three words; writeb with four"""
        self.check("answers", self.qtest.ask_all(["endianness x", f"readb 0x{HOLE:x} x", f"writeb 0x{RAM:x} 1 x"]),
                   ["OK little", "OK 0x0000000000000000", "OK"])

    def test_row_q5_reads_answer_16_digits(self):
        """readb, readw, readl, readq of the bytes ef cd ab 89 67 45 23 01"""
        self.qtest.write(RAM, 8, 0x0123456789abcdef)
        self.check("answers", self.qtest.ask_all([f"read{width} 0x{RAM:x}" for width in "bwlq"]),
                   ["OK 0x00000000000000ef", "OK 0x000000000000cdef", "OK 0x0000000089abcdef", "OK 0x0123456789abcdef"])

    def test_row_q6_reads_and_writes_need_no_alignment(self):
        """writel at +1, readw at +3"""
        self.clear()
        self.check("answers", self.qtest.ask_all([f"writel 0x{RAM + 1:x} 0x11223344", f"readw 0x{RAM + 3:x}"]),
                   ["OK", "OK 0x0000000000001122"])

    def test_row_q7_writes_take_the_low_bytes_of_the_value(self):
        """writeb 0x1ff, writew 0x12345, writel 0x123456789, writel -1"""
        for line, memory in (("writeb 0x80000000 0x1ff", "ff00000000"), ("writew 0x80000000 0x12345", "4523000000"),
                             ("writel 0x80000000 0x123456789", "8967452300"), ("writel 0x80000000 -1", "ffffffff00")):
            self.check(line, self.after(line, 5), ["OK", memory])

    def test_row_q8_numbers_are_decimal_hexadecimal_or_octal(self):
        """readb 2147483648; readb 0x80000000; readb 020000000000, where 0x5a lies"""
        self.qtest.write(RAM, 1, 0x5a)
        self.check("answers", self.qtest.ask_all(["readb 2147483648", "readb 0x80000000", "readb 020000000000"]),
                   ["OK 0x000000000000005a"] * 3)

    def test_row_q9_what_is_no_number_of_64_bits(self):
        """readb x; readb 0x1ffffffffffffffff; writeq 18446744073709551616; two spaces between words"""
        for line in ("readb x", "readb 0x1ffffffffffffffff", "writeq 0x80000000 18446744073709551616",
                     "readb  0x80000000"):
            self.check(line, self.fate(line), "aborts")

    def test_row_q10_missing_arguments(self):
        """each command without its last argument"""
        for line in ("readb", "writeb 0x80000000", "read 0x80000000", "write 0x80000000 2", "memset 0x80000000 4",
                     "b64write 0x80000000 4", "inb", "outb 0x510", "irq_intercept_in"):
            self.check(line, self.fate(line), "aborts")

    def test_row_q11_sizes_that_cannot_be(self):
        """read of 0 bytes, and of x"""
        for line in ("read 0x80000000 0", "read 0x80000000 x", "memset 0x80000000 x 1"):
            self.check(line, self.fate(line), "aborts")

    def test_row_q12_memory_is_read_as_hexadecimal_digits(self):
        """write 0x80000000 8 0x0011223344556677; read of it; capital digits"""
        self.check("answers", self.qtest.ask_all(["write 0x80000000 8 0x0011223344556677", "read 0x80000000 8",
                                                  "write 0x80000000 4 0xABCDEF01", "read 0x80000000 4"]),
                   ["OK", "OK 0x0011223344556677", "OK", "OK 0xabcdef01"])

    def test_row_q13_short_data_are_filled_with_zeros_and_long_ones_cut(self):
        """write of 4 bytes with 2, of 2 bytes with 4, of 2 with half a byte"""
        self.qtest.memory_set(RAM, 8, 0x5a)
        self.check("short", [self.qtest.ask("write 0x80000000 4 0x0011"), self.qtest.memory_read(RAM, 5).hex()],
                   ["OK", "001100005a"])
        self.check("long", self.after("write 0x80000000 2 0xaabbccdd"), ["OK", "aabb0000"])
        self.qtest.memory_set(RAM, 8, 0x5a)
        self.check("half", [self.qtest.ask("write 0x80000000 2 0xa"), self.qtest.memory_read(RAM, 3).hex()],
                   ["OK", "00005a"])

    def test_row_q14_data_have_3_characters_or_more(self):
        """write of 2 bytes with 0x, and with 0"""
        self.check("0x", self.qtest.ask("write 0x80000000 2 0x"), "ERR invalid argument size")
        self.check("0", self.qtest.ask("write 0x80000000 2 0"), "ERR invalid argument size")

    def test_row_q15_a_write_of_0_bytes_does_nothing(self):
        """write of 0 bytes, memset of 0 bytes, b64write of 0 bytes"""
        self.clear()
        self.check("answers", self.qtest.ask_all(["write 0x80000000 0 0x11", "memset 0x80000000 0 1",
                                                  "b64write 0x80000000 0 AAAA"]), ["OK", "OK", "OK"])
        self.check("memory", self.qtest.memory_read(RAM, 4), bytes(4))

    def test_row_q16_memset_takes_a_byte(self):
        """memset 4 0x5a; memset 4 0x1ff"""
        self.check("0x5a", self.after("memset 0x80000000 4 0x5a", 5), ["OK", "5a5a5a5a00"])
        self.check("0x1ff", self.after("memset 0x80000000 4 0x1ff", 5), ["OK", "ffffffff00"])

    def test_row_q17_base64(self):
        """b64write of 4 bytes; b64read of 4 and of 5"""
        self.check("b64write", self.after("b64write 0x80000000 4 3q2+7w==", 5), ["OK", "deadbeef00"])
        self.check("b64read", self.qtest.ask_all(["b64read 0x80000000 4", "b64read 0x80000000 5"]),
                   ["OK 3q2+7w==", "OK 3q2+7wA="])

    def test_row_q18_unmapped_memory_answers_ok(self):
        """reads and writes where nothing is, and over the end of RAM"""
        self.check("reads", self.qtest.ask_all([f"read{width} 0x{HOLE:x}" for width in "bwlq"]),
                   ["OK 0x0000000000000000"] * 4)
        self.check("bytes", self.qtest.ask_all([f"read 0x{HOLE:x} 4", f"b64read 0x{HOLE:x} 4"]),
                   ["OK 0x00000000", "OK AAAAAA=="])
        self.check("writes", self.qtest.ask_all([f"writeq 0x{HOLE:x} 1", f"write 0x{HOLE:x} 4 0x01020304",
                                                 f"memset 0x{HOLE:x} 4 1"]), ["OK", "OK", "OK"])
        self.qtest.memory_set(self.RAM_END - 4, 4, 0x5a)
        self.check("over the end of RAM", self.qtest.memory_read(self.RAM_END - 4, 8), b"ZZZZ" + bytes(4))

    def test_row_q19_ports_answer_4_digits_and_none_is_there(self):
        """inb, inw, inl, outb, outw, outl of port 0x510, on a board without ports"""
        self.check("in", self.qtest.ask_all([f"in{width} 0x510" for width in "bwl"]),
                   ["OK 0x00ff", "OK 0xffff", "OK 0xffffffff"])
        self.check("out", self.qtest.ask_all([f"out{width} 0x510 1" for width in "bwl"]), ["OK", "OK", "OK"])

    def test_row_q20_what_needs_the_accelerator_or_another_target_is_unknown(self):
        """clock_step, clock_step 100, clock_set 5, get_csr, irq_intercept_in and set_irq_in of no device"""
        self.check("answers", self.qtest.ask_all(["clock_step", "clock_step 100", "clock_set 5", "get_csr get 0 0 0"]),
                   [f"FAIL Unknown command '{name}'" for name in ("clock_step", "clock_step", "clock_set", "get_csr")])
        self.check("no device", self.qtest.ask_all(["irq_intercept_in ioapic", "irq_intercept_out ioapic",
                                                    "set_irq_in x y 0 1"]), ["FAIL Unknown device"] * 3)

    def test_row_q21_a_blank_line(self):
        """a blank line, then endianness"""
        self.check("answer to endianness", self.fate("\nendianness"), "aborts")

    def test_row_q22_lines_are_what_ends_with_a_newline(self):
        """half a line, the rest and another; an unfinished line is not answered"""
        self.qtest.send_bytes(b"endia")
        self.qtest.send_bytes(b"nness\nreadb 0x12000000\nendian")
        self.check("answers", [self.qtest.receive(), self.qtest.receive()], ["OK little", "OK 0x0000000000000000"])
        self.qtest.send_bytes(b"ness\n")
        self.check("answer to the rest", self.qtest.receive(), "OK little")

    def test_row_q23_many_lines_in_one_go(self):
        """10000 lines, sent before their answers are read in batches"""
        values = self.qtest.read_all([(HOLE, 1), (RAM, 8)] * 5000)
        self.check("answers", len(values), 10000)

    def test_row_q24_memory_of_a_mebibyte_in_one_line(self):
        """write, read, b64write and b64read of 1 MiB"""
        data = bytes(range(256)) * 4096
        self.qtest.memory_write(RAM + 0x100000, data)
        self.check("read is what was written", self.qtest.memory_read(RAM + 0x100000, len(data)) == data, True)
        self.qtest.memory_write_base64(RAM + 0x200000, data)
        self.check("base64 too", self.qtest.memory_read_base64(RAM + 0x200000, len(data)) == data, True)
