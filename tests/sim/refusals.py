"""What tests of a user's mistakes share: one clear line on stderr, a non-zero exit status, and no file left behind."""
import os
import subprocess
import sys
import tempfile
import unittest

VMCORE_VP, FIRMWARE = sys.argv[1:3]


class Refusals(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def path(self, name, contents=None):
        path = os.path.join(self.directory.name, name)
        if contents is not None:
            with open(path, "wb") as file:
                file.write(contents)
        return path

    def refused(self, expected, *arguments, firmware=FIRMWARE, program=VMCORE_VP, **popen):
        before = sorted(os.listdir(self.directory.name))
        bios = ["-bios", firmware] if firmware else []
        run = subprocess.run([program, *bios, "-nographic", *arguments], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=60, **popen)
        self.assertNotEqual(run.returncode, 0, f"accepted: {arguments}")
        self.assertGreater(run.returncode, 0, f"died of a signal: {run.stderr}")
        lines = run.stderr.splitlines()
        self.assertEqual(len(lines), 1, f"expected one line, got {lines}")
        self.assertRegex(lines[0], expected)
        self.assertTrue(lines[0].startswith("vmcore-vp: "), lines[0])
        self.assertEqual(before, sorted(os.listdir(self.directory.name)), "files were left behind")
        return run

    def elf(self, position=0, value=b"", length=None):
        """The firmware with bytes replaced and the end cut off."""
        with open(FIRMWARE, "rb") as file:
            data = bytearray(file.read())
        data[position:position + len(value)] = value
        return bytes(data[:length])
