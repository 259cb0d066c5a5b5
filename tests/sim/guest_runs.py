"""What tests of whole runs share: a directory of their own, and guests that run in it. Their command line begins with
VMCORE_VP FIRMWARE_DIRECTORY."""
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

VMCORE_VP, FIRMWARE = sys.argv[1:3]


def firmware(name):
    return os.path.join(FIRMWARE, f"{name}.elf")


class GuestRuns(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def run_guest(self, name, *arguments, status=0):
        run = subprocess.run([VMCORE_VP, "-nographic", "-bios", firmware(name), *arguments], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, status, run.stderr)
        return run

    def digest(self, path):
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def start(self, name, first_line, *arguments):
        """A guest that never ends by itself, running."""
        process = subprocess.Popen([VMCORE_VP, "-nographic", "-bios", firmware(name), *arguments],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), first_line)
        return process

    def wait_until_main_has_begun(self, process):
        """What comes before is the dynamic linker's, which knows nothing of the simulator's way with signals."""
        for _ in range(6000):
            with open(f"/proc/{process.pid}/status") as status:
                caught = [int(line.split()[1], 16) for line in status if line.startswith("SigCgt")]
            if caught[0] >> (signal.SIGTERM - 1) & 1:
                return
            time.sleep(0.01)
        self.fail("the simulator takes no signals")

    def start_idle(self, *arguments):
        return self.start("idle", "idle\n", *arguments)
