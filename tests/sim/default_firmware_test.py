"""Kernels on the firmware that QEMU loads by default: OpenSBI, with its reset and power-off.

usage: default_firmware_test.py VMCORE_VP FIRMWARE_DIRECTORY

Exits with 77 when OpenSBI is not installed (Debian: package opensbi).
"""
import os
import subprocess
import sys
import tempfile
import unittest

VMCORE_VP, FIRMWARE = sys.argv[1:3]
SKIPPED = 77
OPENSBI = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin"
KERNEL = os.path.join(FIRMWARE, "sbi_reset.elf")


class DefaultFirmware(unittest.TestCase):
    def run_guest(self, *arguments, seconds=120):
        run = subprocess.run([VMCORE_VP, "-nographic", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=seconds)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return [line.rstrip() for line in run.stdout.splitlines()]

    def boots(self, lines):
        """What the kernel says and how often the firmware has begun."""
        return [line for line in lines if line.endswith(" boot") or line.startswith("OpenSBI")]

    def test_a_kernel_without_firmware_gets_opensbi_which_reboots_and_powers_off(self):
        banner, first, again, second = self.boots(self.run_guest("-kernel", KERNEL))
        self.assertRegex(banner, r"^OpenSBI v\d")
        self.assertEqual((first, again, second), ("first boot", banner, "second boot"))

    def test_every_hart_takes_part(self):
        for harts in (2, 8):
            lines = self.run_guest("-kernel", KERNEL, "-smp", str(harts))
            self.assertEqual(len(self.boots(lines)), 4)
            self.assertIn(f"Platform HART Count       : {harts}", lines)

    def test_the_same_console_in_every_run(self):
        self.assertEqual(self.run_guest("-kernel", KERNEL), self.run_guest("-bios", "default", "-kernel", KERNEL))

    def test_a_reboot_can_end_the_run(self):
        self.assertEqual(len(self.boots(self.run_guest("-kernel", KERNEL, "-no-reboot"))), 2)

    def test_the_firmware_is_told_where_the_kernel_is(self):
        lines = self.run_guest("-kernel", KERNEL, "-no-reboot")
        self.assertIn("Domain0 Next Address      : 0x0000000080200000", lines)
        self.assertIn("Domain0 Next Arg1         : 0x0000000087e00000", lines)

    def test_directories_of_the_user_come_first(self):
        with tempfile.TemporaryDirectory() as directory:
            os.symlink(os.path.abspath(os.path.join(FIRMWARE, "vmcoreinfo.elf")), os.path.join(directory, "fw_dynamic.bin"))
            for bios in ("default", "fw_dynamic.bin"):
                lines = self.run_guest("-L", directory, "-bios", bios, "-device", "vmcoreinfo")
                self.assertIn("powering off", lines[-1])

    def test_without_a_kernel_the_firmware_is_there_alone(self):
        process = subprocess.Popen([VMCORE_VP, "-nographic", "-bios", "default"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        for line in process.stdout:
            if line.startswith("Boot HART MEDELEG"):  # its last
                break
        process.terminate()
        _, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (0, ""))


if not os.path.exists(OPENSBI):
    print(f"skipped: no {OPENSBI}")
    sys.exit(SKIPPED)
unittest.main(argv=sys.argv[:1])
