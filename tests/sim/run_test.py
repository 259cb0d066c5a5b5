"""Runs of the simulator as a user sees them: exit status, dumps, signals, determinism, memory.

usage: run_test.py VMCORE_VP FIRMWARE_DIRECTORY
"""
import fcntl
import os
import re
import select
import signal
import subprocess
import sys
import termios
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import elf_core
from guest_runs import VMCORE_VP, GuestRuns, firmware


def processor_time(process):
    """Seconds of processor time that a process has used."""
    with open(f"/proc/{process.pid}/stat") as stat:
        user, system = stat.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Run(GuestRuns):
    def test_the_guest_decides_the_exit_status(self):
        self.assertIn("failed: etc/vmcoreinfo", self.run_guest("vmcoreinfo", status=3).stdout)
        self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", status=0)

    def test_a_console_that_the_host_loses_is_told(self):
        with open("/dev/full", "w") as full:
            run = subprocess.run([VMCORE_VP, "-nographic", "-bios", firmware("vmcoreinfo")], stdin=subprocess.DEVNULL,
                                 stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertEqual(run.returncode, 3)
        self.assertRegex(run.stderr, r"\Avmcore-vp: warning: -serial stdio: cannot write: No space left.*\n\Z")

    def test_help_that_cannot_be_printed_is_an_error(self):
        for option in ("-help", "-version", "--list-config"):
            with open("/dev/full", "w") as full:
                run = subprocess.run([VMCORE_VP, option], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            self.assertEqual((run.returncode, run.stderr),
                             (1, "vmcore-vp: cannot write to standard output: No space left on device\n"))

    def test_the_boards_device_tree_is_written_and_no_guest_runs(self):
        tree = self.path("virt.dtb")
        run = subprocess.run([VMCORE_VP, "-M", f"virt,dumpdtb={tree}", "-bios", "none", "-kernel", firmware("idle"), "-append",
                              "hello", "--set", "device_tree.rng_seed=7"], capture_output=True, text=True, timeout=60)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))
        with open(tree, "rb") as file:
            contents = file.read()
        self.assertEqual(contents[:8], b"\xd0\x0d\xfe\xed" + len(contents).to_bytes(4, "big"))
        self.assertIn(b"hello\0", contents)

    def test_a_closed_standard_descriptor_is_not_taken_by_a_file(self):
        console = self.path("console")
        shell = '"$0" -bios "$1" -serial "file:$2" --dump "$3" --summary 2>&-'
        run = subprocess.run(["sh", "-c", shell, VMCORE_VP, firmware("vmcoreinfo"), console, self.path("vmcore")],
                             stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(run.returncode, 3)
        with open(console) as file:
            self.assertTrue(file.read().endswith("powering off\n"), "stderr went into the console's file")

    def on_terminal(self, *arguments):
        """The simulator on a terminal of its own, in raw mode; the terminal; its mode before."""
        master, terminal = os.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, terminal)
        before = termios.tcgetattr(terminal)
        process = subprocess.Popen([VMCORE_VP, "-nographic", *arguments], stdin=terminal, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True,
                                   preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.addCleanup(process.kill)
        for _ in range(1000):
            if termios.tcgetattr(terminal) != before:
                return process, terminal, before
            time.sleep(0.01)
        self.fail("the terminal was never put in raw mode")

    def test_the_terminal_is_given_back_whatever_signal_ends_the_run(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
            process, terminal, before = self.on_terminal("-bios", firmware("idle"))
            process.send_signal(number)
            process.wait(timeout=20)
            self.assertEqual(termios.tcgetattr(terminal), before, number)

    def test_the_terminal_is_given_back_when_a_signal_ends_the_loading(self):
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        process, terminal, before = self.on_terminal("-bios", pipe)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=20), -signal.SIGINT)
        self.assertEqual(termios.tcgetattr(terminal), before)

    def test_summary_tells_what_happened(self):
        core = self.path("vmcore")
        text = self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "--dump", core, "--summary").stderr
        for expected in (r"guest published +format 1 \(ELF\), \d+ bytes at 0x8", r"simulated time +\d", r"host time +",
                         r"note +CORE, type 1, 376 bytes", r"note +VMCOREINFO, type 0", r"segment +0x80000000\.\.",
                         rf"gdb-multiarch {re.escape(firmware('vmcoreinfo'))} {re.escape(core)}"):
            self.assertRegex(text, expected)

    def test_dump_on_exit_is_the_default(self):
        self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "--dump", self.path("vmcore"))
        self.assertEqual(len(elf_core.Core(self.path("vmcore")).named_notes("VMCOREINFO")), 1)

    def test_dump_without_a_record_says_so(self):
        run = self.run_guest("selftest", "-device", "vmcoreinfo", "--dump", self.path("vmcore"))
        self.assertIn("warning", run.stderr)
        self.assertIn("guest note is not present", run.stderr)
        self.assertEqual(elf_core.Core(self.path("vmcore")).named_notes("VMCOREINFO"), [])

    def test_dump_on_publish_catches_the_guest_in_the_act(self):
        self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "--dump", self.path("early"), "--dump-on", "publish")
        self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "--dump", self.path("late"))
        early, late = elf_core.Core(self.path("early")), elf_core.Core(self.path("late"))
        self.assertEqual(early.named_notes("VMCOREINFO"), late.named_notes("VMCOREINFO"))
        self.assertNotEqual(early.riscv64_registers()[0], late.riscv64_registers()[0], "the same pc")

    def test_the_clock_begins_where_it_is_told(self):
        listed = subprocess.run([VMCORE_VP, "-rtc", "base=2030-06-17T16:01:21", "--list-config"], capture_output=True, text=True,
                                timeout=60).stdout
        self.assertIn("rtc.base=2030-06-17T16:01:21 ", listed)
        both = subprocess.run([VMCORE_VP, "--set", "rtc.base=2001-09-09", "-rtc", "2030-06-17", "--list-config"],
                              capture_output=True, text=True, timeout=60).stdout
        self.assertIn("rtc.base=2001-09-09T00:00:00 ", both, "--set is the nearest to the user's hand")

    def test_the_same_run_twice_gives_the_same_dump_and_simulated_time(self):
        times = []
        for name in ("a", "b"):
            run = self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "--dump", self.path(name), "--summary")
            times.append(re.search(r"simulated time +(.*)", run.stderr).group(1))
        self.assertEqual(times[0], times[1])
        self.assertEqual(self.digest(self.path("a")), self.digest(self.path("b")))

    def test_caches_and_direct_memory_change_nothing_the_guest_leaves(self):
        digests = set()
        for dmi in ("on", "off"):
            for cache in ("on", "off"):
                self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "--dump", self.path("vmcore"), "--set",
                               f"cpu.dmi={dmi}", "--set", f"cpu.block_cache={cache}", "-m", "16M")
                digests.add(self.digest(self.path("vmcore")))
        self.assertEqual(len(digests), 1)

    def test_quantum_changes_nothing_the_guest_leaves(self):
        digests = set()
        for quantum in ("100ns", "10us", "1ms"):
            self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "--dump", self.path("vmcore"), "--quantum", quantum,
                           "-m", "16M")
            digests.add(self.digest(self.path("vmcore")))
        self.assertEqual(len(digests), 1)

    def test_a_reset_boots_again_and_the_dump_has_no_record_of_the_time_before(self):
        run = self.run_guest("reset", "-device", "vmcoreinfo", "--dump", self.path("vmcore"))
        self.assertEqual(run.stdout, "published, resetting\nsecond boot: the record is gone\n")
        self.assertIn("guest note is not present", run.stderr)

    def test_a_reset_waits_for_the_dma_that_asked_for_it(self):
        with open(self.path("word"), "wb") as file:
            file.write(bytes([0x77, 0x77, 0, 0]))
        run = self.run_guest("reset_by_dma", "-fw_cfg", f"name=opt/reset,file={self.path('word')}")
        self.assertEqual(run.stdout.replace("\0", ""), "resetting\nsecond boot\n")

    def test_no_reboot_ends_the_run_at_the_reset(self):
        run = self.run_guest("reset", "-device", "vmcoreinfo", "-no-reboot")
        self.assertEqual(run.stdout, "published, resetting\n")

    def test_more_harts_more_notes(self):
        self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "-smp", "4", "--dump", self.path("vmcore"))
        core = elf_core.Core(self.path("vmcore"))
        pids = [int.from_bytes(note.desc[32:36], "little") for note in core.prstatus()]
        self.assertEqual(pids, [1, 2, 3, 4])

    def test_signals_end_the_run_with_a_dump_and_status_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            core = self.path(f"vmcore-{number}")
            process = self.start_idle("--dump", core)
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=60), 0)
            self.assertGreater(len(elf_core.Core(core).loads), 0)

    def start_pc(self, program, *arguments):
        process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        return process

    def end_pc(self, process):
        process.terminate()
        self.assertEqual(process.communicate(timeout=60), ("", ""))
        self.assertEqual(process.returncode, 0)

    def qtest(self, process, line):
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return process.stdout.readline()

    def test_a_board_without_a_cpu_waits_for_a_signal_that_ends_it_with_status_0(self):
        process = self.start_pc(VMCORE_VP, "-M", "pc")
        self.wait_until_main_has_begun(process)
        self.end_pc(process)

    def test_the_pc_board_is_driven_over_qtest(self):
        blob = self.path("blob")
        with open(blob, "wb") as file:
            file.write(bytes([0xea, 1, 2, 3]))
        process = self.start_pc(
            VMCORE_VP, "-M", "pc", "-qtest", "stdio", "-device", "vmcoreinfo", "-nodefaults", "-display", "none", "-audio", "none",
            "-vga", "none", "-net", "none", "-nic", "none", "-boot", "order=c,strict=on,menu=on", "-m", "5G", "-smp",
            "2,maxcpus=4", "-uuid", "4600cb32-38ec-4b2f-8acb-81c6ea54f2d8", "-device",
            f"loader,file={blob},addr=0xfffffffc,force-raw=on")
        for line, answer in (("inb 0x511", "OK 0x0051"), ("inw 0x511", "OK 0xff45"), ("outw 0x510 2", "OK"),
                             ("inb 0x511", "OK 0x0046"), ("outw 0x510 0x0f", "OK"), ("inb 0x511", "OK 0x0004"),
                             ("readl 0xfffffffc", "OK 0x00000000030201ea"), ("readl 0xffffc", "OK 0x00000000030201ea"),
                             ("writeb 0x17fffffff 5", "OK"), ("readb 0x17fffffff", "OK 0x0000000000000005"),
                             ("readb 0x180000000", "OK 0x0000000000000000"), ("irq_intercept_in ioapic", "OK")):
            self.assertEqual(self.qtest(process, line), answer + "\n", line)
        self.end_pc(process)

    def test_the_program_s_name_chooses_the_board(self):
        for name, arguments, answer in (("vp-system-x86_64", [], "OK 0x0051\n"),
                                        ("vp-system-riscv64", ["-bios", "none"], "OK 0x00ff\n")):
            os.symlink(VMCORE_VP, self.path(name))
            process = self.start_pc(self.path(name), "-qtest", "stdio", "-nodefaults", *arguments)
            self.assertEqual(self.qtest(process, "inb 0x511"), answer)
            self.end_pc(process)

    def test_the_simulator_ends_with_its_parent_when_told_to(self):
        parent_program = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(600)"
        parent = subprocess.Popen([sys.executable, "-c", parent_program, VMCORE_VP, "-nographic", "-bios", firmware("idle"),
                                   "-run-with", "exit-with-parent=on", "--dump", self.path("vmcore")],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(parent.kill)
        self.assertEqual(parent.stdout.readline(), "idle\n")
        parent.kill()
        ended, _, _ = select.select([parent.stdout], [], [], 60)
        self.assertTrue(ended, "the simulator outlived its parent")
        self.assertEqual(parent.stdout.read(), "")
        parent.wait(timeout=60)
        self.assertGreater(len(elf_core.Core(self.path("vmcore")).loads), 0, "it ended as by SIGTERM")

    def test_a_signal_ends_a_guest_that_does_gigabytes_of_dma_in_one_instruction(self):
        process = self.start("hostile", "clearing\n", "-m", "1G")
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 0)

    def test_a_guest_that_waits_for_nothing_takes_no_processor_time(self):
        process = self.start_idle()
        time.sleep(0.5)
        before = processor_time(process)
        time.sleep(1)
        self.assertLess(processor_time(process) - before, 0.1)
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 0)

    @staticmethod
    def resident(process):
        """Bytes of the host's memory."""
        with open(f"/proc/{process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024

    def test_an_idle_board_with_16_gib_takes_less_than_100_mb(self):
        process = self.start_idle("-m", "16G")
        resident = self.resident(process)
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 0)
        limit = 100e6 if "ASAN_OPTIONS" not in os.environ else 1e9  # the sanitizer's shadow counts too
        self.assertLess(resident, limit)

    def test_a_touched_byte_takes_a_host_page_and_all_of_them_take_ram_at_most(self):
        for huge_pages, most_mib in (("on", 128), ("off", 8)):
            process = self.start_pc(VMCORE_VP, "-M", "pc", "-m", "128M", "-qtest", "stdio", "--set", f"ram.huge_pages={huge_pages}")
            self.assertEqual(self.qtest(process, "writeb 0 1"), "OK\n")
            before = self.resident(process)
            for touched in range(2 << 20, 128 << 20, 2 << 20):
                self.assertEqual(self.qtest(process, f"writeb {touched:#x} 1"), "OK\n")
            self.assertLess(self.resident(process) - before, most_mib << 20, huge_pages)
            self.end_pc(process)

    def test_64_gib_of_ram_are_there_on_any_host(self):
        self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "-m", "64G")

    def test_console_goes_to_a_file(self):
        self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "-serial", f"file:{self.path('console')}")
        with open(self.path("console")) as file:
            self.assertIn("powering off", file.read())

    def test_help_version_and_settings(self):
        for option, expected in (("-help", r"--dump-on EVENT"), ("-help", r"force-legacy=on\|off version 1"), ("-version", r"vmcore-vp \d+\.\d+"),
                                 ("--list-config", r"cpu\.quantum=10 us")):
            run = subprocess.run([VMCORE_VP, option], capture_output=True, text=True, timeout=60)
            self.assertEqual(run.returncode, 0)
            self.assertRegex(run.stdout, expected)

    def test_settings_from_a_file(self):
        with open(self.path("settings.json"), "w") as file:
            file.write('{"cpu": {"clock_period": "10 ns", "dmi": false}, "fw_cfg": {"dma_burst": 8}}')
        slow = self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "--config", self.path("settings.json"), "--summary")
        fast = self.run_guest("vmcoreinfo", "-device", "vmcoreinfo", "--summary")
        self.assertEqual(slow.stdout, fast.stdout)
        self.assertNotEqual(re.search(r"simulated time.*", slow.stderr).group(0),
                            re.search(r"simulated time.*", fast.stderr).group(0))


unittest.main(argv=sys.argv[:1], verbosity=2)
