"""Tests of real guests, one to a process: a program's cases are functions, one of which is named on the command line."""
import os
import sys
import tempfile

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", room) for room in ("support", "readers")]
import linux_guest
import qemu
from asking import Missing
from guest_files import GuestFiles, NotFetched
from guest_machine import GuestFailure, GuestMachine

SKIPPED = 77
BOOT = 600  # seconds that a boot may take on a busy machine


class Case:
    """What a case gets: the simulator, the files of guests, and a directory of its own."""

    def __init__(self, simulator, files, directory):
        self.simulator, self.files, self.directory = simulator, files, directory

    def path(self, name):
        return os.path.join(self.directory, name)

    def qemu(self):
        path = qemu.find_qemu()
        if path is None:
            raise Missing("qemu-system-riscv64 8 or later is not installed")
        return path

    def linux(self, deed, *more, memory="256M", harts=1, command_line="", simulator=None, modules=("qemu_fw_cfg",), **options):
        """Debian's kernel on the simulator, not started."""
        initrd = linux_guest.write_initrd(self.files, self.path("initrd"), modules)
        return GuestMachine(simulator or self.simulator,
                            *linux_guest.options(self.files, initrd, deed, memory, harts, command_line), *more, **options)

    def boot(self, machine):
        return linux_guest.boot(machine, BOOT, print)


def main(cases):
    """Runs the case that is named: VMCORE_VP DIRECTORY CASE."""
    by_name = {case.__name__: case for case in cases}
    if len(sys.argv) != 4 or sys.argv[3] not in by_name:
        sys.exit(f"usage: {sys.argv[0]} VMCORE_VP DIRECTORY CASE, CASE one of {', '.join(by_name)}")
    with tempfile.TemporaryDirectory(prefix="vmcore-guest-") as directory:
        try:
            by_name[sys.argv[3]](Case(linux_guest.simulator(sys.argv[1]), GuestFiles(sys.argv[2]), directory))
        except (Missing, NotFetched) as missing:
            print(f"skipped: {missing}")
            return SKIPPED
        except GuestFailure as failure:
            print(failure)
            return 1
    return 0
