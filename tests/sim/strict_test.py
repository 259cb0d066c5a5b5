"""Strict mode: what the guest does that no driver should rely on is told, with its pc.

usage: strict_test.py VMCORE_VP FIRMWARE_DIRECTORY
"""
import os
import random
import re
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "conformance", "qtest"))
from qtest import Machine

VMCORE_VP, FIRMWARE = sys.argv[1:3]
LINE = re.compile(r"vmcore-vp: warning: (fw_cfg|vmcoreinfo): pc 0x([0-9a-f]+) of hart 0: (.+)")
STRICT = ("--set", "fw_cfg.strict=on")


class Strict(unittest.TestCase):
    def run_guest(self, name, *arguments):
        return subprocess.run([VMCORE_VP, "-nographic", "-bios", os.path.join(FIRMWARE, f"{name}.elf"), "-device",
                               "vmcoreinfo", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120)

    def text_range(self, name):
        """Of the executable part: the addresses of its PT_LOADs."""
        with open(os.path.join(FIRMWARE, f"{name}.elf"), "rb") as file:
            image = file.read()
        offset, size, count = struct.unpack_from("<Q", image, 32)[0], *struct.unpack_from("<HH", image, 54)
        for index in range(count):
            kind, flags, _, address, _, length = struct.unpack_from("<IIQQQQ", image, offset + index * size)
            if kind == 1 and flags & 1:
                return address, address + length
        self.fail("no code")

    def test_a_clean_driver_is_not_reported(self):
        run = self.run_guest("vmcoreinfo", *STRICT)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_the_selftest_is_reported_at_its_own_instructions_and_sees_no_difference(self):
        plain = self.run_guest("selftest")
        self.assertEqual(plain.returncode, 0)
        self.assertEqual([line for line in plain.stderr.splitlines() if LINE.match(line)], [])
        first, end = self.text_range("selftest")
        reports = []
        for extra in ((), ("--set", "cpu.block_cache=off"), ("--set", "cpu.dmi=off")):
            strict = self.run_guest("selftest", *STRICT, *extra)
            self.assertEqual((strict.returncode, strict.stdout), (plain.returncode, plain.stdout))
            found = [LINE.match(line) for line in strict.stderr.splitlines()]
            found = [match.groups() for match in found if match]
            self.assertTrue(found)
            for _, pc, text in found:
                self.assertTrue(first <= int(pc, 16) < end, (pc, text))
            reports.append(found)
        selections = [pc for _, pc, text in reports[0] if "selected, which is out of range" in text]
        self.assertEqual(len(selections), len(set(selections)), "once for each instruction")
        self.assertEqual(reports[0], reports[1])
        self.assertEqual(reports[0], reports[2])
        self.assertTrue(any("which is read-only: refused, but the offset moved to 2" in text
                            for _, _, text in reports[0]), reports[0])

    def test_a_guest_that_repeats_itself_is_told_once(self):
        process = subprocess.Popen([VMCORE_VP, "-nographic", "-bios", os.path.join(FIRMWARE, "hostile.elf"), *STRICT],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "clearing\n")
        first = [process.stderr.readline() for _ in range(2)]  # each clearing selects and reads
        process.terminate()
        rest = process.communicate(timeout=60)[1].splitlines()
        self.assertRegex(first[0], "key 0x3fff selected, which is out of range")
        self.assertRegex(first[1], "DMA READ of 4294967295 bytes while no item is selected")
        self.assertLessEqual(len(rest), 1, rest)

    def test_what_comes_from_outside_is_told_as_such_and_not_without_end(self):
        for board, select in (("virt", "writew 0x10100008 0x{:x}"), ("pc", "outw 0x510 0x{:x}")):
            options = ["-bios", "none"] if board == "virt" else []
            with Machine(VMCORE_VP, "-M", board, "-nodefaults", *options, *STRICT) as machine:
                machine.qtest.ask_all([select.format(0x1f + (number << 8)) for number in range(1, 0x40)] * 2)
                machine.qtest.ask_all([select.format(0x201f + number) for number in range(100)])
                lines = machine.errors().splitlines()
            self.assertEqual(len(lines), 101, lines)
            self.assertRegex(lines[0], "^vmcore-vp: warning: fw_cfg: from outside: key 0x[0-9a-f]{4} selected, which ")
            self.assertRegex(lines[100], "100 reports, more are not shown")

    def test_random_accesses_have_the_same_answers_in_both_modes(self):
        answers = []
        for options in ((), STRICT):
            chance = random.Random(20261121)
            with Machine(VMCORE_VP, "-M", "virt", "-bios", "none", "-nodefaults", "-device", "vmcoreinfo",
                         *options) as machine:
                lines = []
                for _ in range(2000):
                    width = chance.choice("bwlq")
                    address = 0x10100000 + chance.randrange(0x20)
                    lines += [f"write{width} 0x{address:x} 0x{chance.getrandbits(64):x}",
                              f"writew 0x10100008 0x{chance.choice((0, 1, 0x19, 0x22, 0x23, 0x3f, 0xffff)) << 8:x}",
                              f"write 0x80000000 16 0x{chance.getrandbits(32) & 0x1f:08x}{chance.randrange(64):08x}"
                              f"{0x80001000:016x}",
                              "writeq 0x10100010 0x8000000000", f"read{width} 0x{address:x}", "read 0x80000000 16",
                              "read 0x80001000 64"]
                answers.append(machine.qtest.ask_all(lines))
        self.assertEqual(answers[0], answers[1])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
