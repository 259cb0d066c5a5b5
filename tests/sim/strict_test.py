"""Strict mode: what the guest does that no driver should rely on is told, with its pc.

usage: strict_test.py VMCORE_VP FIRMWARE_DIRECTORY
"""
import os
import re
import struct
import subprocess
import sys
import unittest

VMCORE_VP, FIRMWARE = sys.argv[1:3]
LINE = re.compile(r"vmcore-vp: warning: (fw_cfg|vmcoreinfo): pc 0x([0-9a-f]+) of hart 0: (.+)")
STRICT = ("--set", "fw_cfg.strict=true")


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


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
