"""Guests that panic: what becomes of the run, and the dump.

usage: panic_test.py VMCORE_VP FIRMWARE_DIRECTORY
"""
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import elf_core
from guest_runs import VMCORE_VP, GuestRuns


class Panic(GuestRuns):
    def test_dump_on_panic(self):
        run = self.run_guest("vmcoreinfo", "--dump", self.path("vmcore"), "--dump-on", "panic", status=3)
        self.assertTrue(os.path.exists(self.path("vmcore")), run.stderr)

    def trapping_firmware(self):
        """Zeros are an illegal instruction; mtvec is 0, where nothing is."""
        path = self.path("zeros")
        with open(path, "wb") as file:
            file.write(bytes(64))
        return path

    def run_trapping(self, *arguments):
        return subprocess.run([VMCORE_VP, "-nographic", "-bios", self.trapping_firmware(), *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)

    def test_a_trap_loop_is_a_panic_with_a_dump(self):
        vmcore = self.path("vmcore")
        run = self.run_trapping("--dump", vmcore, "--dump-on", "panic")
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stderr, "vmcore-vp: warning: virt.hart0: trap loop: the trap handler at 0x0 traps itself (mcause 0x1)\n")
        self.assertEqual(elf_core.Core(vmcore).riscv64_registers()[0], 0, "its pc")

    def test_a_trap_loop_that_is_no_panic_goes_on(self):
        for choice in (["--set", "cpu.trap_loop_panics=off"], ["-action", "panic=none"], ["-action", "panic=pause"]):
            process = subprocess.Popen([VMCORE_VP, "-nographic", "-bios", self.trapping_firmware(), *choice],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            self.addCleanup(process.kill)
            if "--set" not in choice:
                self.assertIn("trap loop", process.stderr.readline())
            else:
                self.wait_until_main_has_begun(process)
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(timeout=0.3)
            process.terminate()
            self.assertEqual(process.communicate(timeout=60)[1], "")
            self.assertEqual(process.returncode, 0, choice)

    @staticmethod
    def children(process):
        tasks = f"/proc/{process.pid}/task"
        found = ""
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/children") as file:
                found += file.read()
        return found.split()

    def test_a_panic_that_does_not_end_the_run_is_dumped_when_it_happens(self):
        for action in ("pause", "none"):
            vmcore = self.path(action)
            process = subprocess.Popen([VMCORE_VP, "-nographic", "-bios", self.trapping_firmware(), "-action", f"panic={action}",
                                        "--dump", vmcore, "--dump-on", "panic"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(process.kill)
            for _ in range(6000): # until the dump is there, and the process that wrote it has said so
                if os.path.exists(vmcore) and not self.children(process):
                    break
                time.sleep(0.01)
            self.assertIsNone(process.poll(), "the run goes on")
            self.assertEqual(elf_core.Core(vmcore).riscv64_registers()[0], 0)
            process.terminate()
            self.assertEqual(process.wait(timeout=60), 0)

    def test_no_panic_no_dump_and_a_word_about_it(self):
        run = self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "--dump", self.path("vmcore"), "--dump-on", "panic")
        self.assertFalse(os.path.exists(self.path("vmcore")))
        self.assertIn("not written", run.stderr)


unittest.main(argv=sys.argv[:1], verbosity=2)
