"""What the tests of dumps have in common; the program and the firmware are the arguments of theirs."""
import os
import select
import signal
import sys
import tempfile
import time
import unittest

VMCORE_VP, FIRMWARE = sys.argv[1:3]
RAM = 0x80000000
MEBIBYTE = 1 << 20
RAM_SIZE = 32 * MEBIBYTE
ALL_MEMORY = RAM_SIZE + 0xf000  # with the ROM
BOARD = ["-M", "virt", "-m", "32M", "-bios", "none", "-nodefaults"]
COUNTER = RAM + 0x1000
COUNT = [0x00001297, 0x00130313, 0x0062b023, 0xff9ff06f]  # auipc t0, 1; addi t1, t1, 1; sd t1, 0(t0); j -8
BUSY = "There is a dump in process, please wait."
TIMEOUT = 60


def until(condition, what):
    """Waits for something that another process does and tells nobody of."""
    deadline = time.monotonic() + TIMEOUT
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"never: {what}")
        time.sleep(0.001)
    return result


def children(process_id):
    with open(f"/proc/{process_id}/task/{process_id}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def descriptors(process_id):
    return len(os.listdir(f"/proc/{process_id}/fd"))


def ended(handle):
    """Whether a process, given as a pidfd, ends before long."""
    return bool(select.select([handle], [], [], TIMEOUT)[0])


def take_alarm(*_):
    raise TimeoutError("the test hangs")


class DumpTest(unittest.TestCase):
    """What is waited for is another process: an alarm ends a wait that has no end of its own."""

    def setUp(self):
        before = signal.signal(signal.SIGALRM, take_alarm)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.addCleanup(signal.alarm, 0)
        signal.alarm(2 * TIMEOUT)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def path(self, name):
        return os.path.join(self.directory, name)
