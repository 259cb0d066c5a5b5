"""The tester on a vmcore-vp that is right, and on one that is falsified on the way: what is wrong must be found and shrunk.

usage: self_test.py VMCORE_VP

The other side is a second vmcore-vp, so no QEMU is needed.
"""
import contextlib
import io
import os
import re
import struct
import sys
import tempfile
import unittest

import differential
from fw_cfg import READ, SELECT, WRITE
from pair import Emulator, Pair, Side
from profiles import PROFILES
from steps import parse, read_script, render, show, step

VMCORE_VP = sys.argv[1]
ROUNDS = 20  # of 1000 steps, within which a fault has to show


class FlippedAnswer(Side):
    """One bit of every 2-byte read of the data register that is not zero."""
    ACCESS = {"riscv64": "readw 0x10100000", "x86_64": "inb 0x510"}
    target = "riscv64"

    def receive(self, lines):
        answers = super().receive(lines)
        for number, line in enumerate(lines):
            if line == self.ACCESS[self.target] and int(answers[number][3:], 16) != 0:
                answers[number] = answers[number][:-1] + f"{int(answers[number][-1], 16) ^ 1:x}"
        return answers


class FlippedPortAnswer(FlippedAnswer):
    target = "x86_64"


class SwallowedLines(Side):
    """Lines that never arrive, and are answered all the same."""

    def swallows(self, line):
        raise NotImplementedError

    def send(self, lines):
        super().send([line for line in lines if not self.swallows(line)])

    def receive(self, lines):
        answers = iter(super().receive([line for line in lines if not self.swallows(line)]))
        return ["OK" if self.swallows(line) else next(answers) for line in lines]


class NoHighHalf(SwallowedLines):
    """The high half of the DMA register cannot be written: a pending one is never there, or stays what it was."""

    def swallows(self, line):
        return line.startswith("writel 0x10100010 ") and not line.endswith(" 0x0")


class WrongControl(Side):
    """The result of a transfer stays out when the item is written: the write of WRITE descriptors loses SELECT."""

    def send(self, lines):
        super().send([self.falsify(line) for line in lines])

    @staticmethod
    def falsify(line):
        if line.startswith("write 0x80001") and " 0x10 0x" in line:
            head, _, data = line.rpartition(" 0x")
            control, = struct.unpack(">I", bytes.fromhex(data[:8]))
            if control & (READ | WRITE | SELECT) == WRITE | SELECT:
                return f"{head} 0x{control & ~WRITE:08x}{data[8:]}"
        return line


class Ended(Side):
    """The emulator ends when key 0x1234 is selected."""

    def send(self, lines):
        if "writew 0x10100008 0x3412" in lines:
            self.machine.terminate()  # before it can answer
        super().send(lines)


class SelfTest(unittest.TestCase):
    def pair(self, profile, faulty=Side):
        profile = PROFILES[profile]()
        pair = Pair(profile, Emulator(VMCORE_VP, profile), Emulator(VMCORE_VP, profile, faulty))
        self.addCleanup(pair.close)
        return pair

    def find(self, profile, faulty):
        """The steps of the script that the tester keeps, and what it prints."""
        keep = tempfile.TemporaryDirectory()
        self.addCleanup(keep.cleanup)
        pair = self.pair(profile, faulty)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            found = any(not differential.run_round(pair, "self", number, 1000, keep.name) for number in range(ROUNDS))
        self.assertTrue(found, f"{faulty.__name__} was not found")
        name, = os.listdir(keep.name)
        path = os.path.join(keep.name, name)
        kept, steps = read_script(path)
        self.assertEqual(kept, profile)
        self.assertIsNotNone(pair.run(steps), "the kept script shows the difference again")
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertTrue(differential.replay(self.pair(profile), path), "and none without the fault")
        return steps, said.getvalue()

    def test_equal_sides_are_equal(self):
        for profile in PROFILES:
            pair = self.pair(profile)
            for number in range(2):
                self.assertTrue(differential.run_round(pair, "self", number, 1000, None))

    def test_a_flipped_answer_is_one_step(self):
        steps, said = self.find("riscv64", FlippedAnswer)
        self.assertEqual([show(step) for step in steps], ["load offset=0x0 width=0x2"])
        self.assertIn("seed self round", said)
        self.assertIn("OK 0x0000000000004551", said)
        self.assertIn("OK 0x0000000000004550", said)

    def test_a_flipped_answer_of_a_port_is_one_step(self):
        steps, _ = self.find("x86_64", FlippedPortAnswer)
        self.assertEqual([show(step) for step in steps], ["load offset=0x0 width=0x1"])

    def test_an_ignored_write_is_the_write_and_what_shows_it(self):
        steps, said = self.find("riscv64", NoHighHalf)
        self.assertLessEqual(len(steps), 4, said)
        self.assertTrue(any(step.kind in ("store", "dma") for step in steps), said)

    def test_a_wrong_transfer_is_one_step(self):
        steps, said = self.find("riscv64", WrongControl)
        self.assertEqual(len(steps), 1, said)
        self.assertEqual(steps[0].values[1] & 31 & ~1, SELECT | WRITE, said)
        self.assertLessEqual(steps[0].values[2], 1, said)

    def test_an_emulator_that_ends_is_a_difference(self):
        pair = self.pair("riscv64", Ended)
        difference = pair.run([step("select", 5), step("data", 1), step("select", 0x1234), step("data", 1)])
        self.assertIsNotNone(difference)
        self.assertRegex("".join(difference.answers), "no answer")
        self.assertIsNone(pair.run([step("select", 5), step("data", 1)]), "and both are there again")

    def test_a_seed_names_a_sequence(self):
        profile = self.pair("riscv64")
        profile.start()
        rounds = [differential.Generator(profile.profile, seed).round(500) for seed in ("7/0", "7/0", "8/0")]
        self.assertEqual(rounds[0], rounds[1])
        self.assertNotEqual(rounds[0], rounds[2])

    def test_steps_survive_their_text(self):
        for name in PROFILES:
            pair = self.pair(name)
            pair.start()
            for one in differential.Generator(pair.profile, "text").round(1000):
                self.assertEqual(parse(show(one)), one)
                self.assertTrue(all(re.match(r"\w+ 0x[0-9a-f]+", line) for line in render(pair.profile, one)), one)

    def test_a_script_that_is_wrong_is_refused_by_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("profile riscv64\n\nselect kye=0x28\n")
            file.flush()
            with self.assertRaisesRegex(ValueError, r"\.txt:3: .*expected select with key"):
                read_script(file.name)


unittest.main(argv=sys.argv[:1], verbosity=2)
