"""The guest's vmcore out of a dead or held simulator, by share/vmcore_vp_gdb.py, against the one the simulator writes.

usage: post_mortem_test.py VMCORE_VP FIRMWARE_DIRECTORY SCRIPT
"""
import glob
import os
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import elf_core
from qmp import Qmp

VMCORE_VP = FIRMWARE = SCRIPT = None


def allow_cores():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)


class Gdb(unittest.TestCase):
    def setUp(self):
        if shutil.which("gdb-multiarch") is None:
            self.skipTest("gdb-multiarch is not installed")
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="vmcore-vp-"))

    def path(self, name):
        return os.path.join(self.directory, name)

    def gdb(self, *commands, program=None, core=None, pid=None):
        """What gdb says to the commands, given a core file or a process."""
        arguments = ["gdb-multiarch", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-x", SCRIPT]
        if pid is not None:  # -p would stop at the first command that fails
            arguments += ["-ex", f"attach {pid}"]
        for command in commands:
            arguments += ["-ex", command]
        arguments += [program or VMCORE_VP] + ([core] if core else [])
        done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200,
                              stdin=subprocess.DEVNULL, cwd=self.directory)
        if "ptrace: Operation not permitted" in done.stdout:
            self.skipTest("this host forbids debuggers")
        self.assertNotIn("Traceback", done.stdout)
        return done.stdout

    def start(self, firmware, *arguments, program=None):
        """A held simulator, in self.directory, where the kernel may leave its core. Returns it and its monitor."""
        listener = self.enterContext(socket.socket(socket.AF_UNIX))
        listener.bind(self.path("qmp"))
        listener.listen(1)
        listener.settimeout(60)
        process = subprocess.Popen(
            [program or VMCORE_VP, "-bios", os.path.join(FIRMWARE, firmware), "-serial", "file:" + self.path("console"), "-S",
             "-no-shutdown", "-chardev", f"socket,path={self.path('qmp')},id=q", "-mon", "chardev=q,mode=control", *arguments],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.directory, preexec_fn=allow_cores)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        monitor = Qmp(listener.accept()[0]).negotiate()
        self.addCleanup(monitor.close)
        return process, monitor

    def after_power_off(self, *arguments, program=None):
        """The simulator, held where its guest powered off, and the vmcore that it writes itself."""
        process, monitor = self.start("vmcoreinfo.elf", "-device", "vmcoreinfo", *arguments, program=program)
        monitor.execute("cont")
        monitor.wait_for("STOP")
        monitor.execute("dump-guest-memory", paging=False, protocol="file:" + self.path("own"))
        return process, elf_core.Core(self.path("own"))

    def abort(self, process):
        """The core that the kernel leaves of it, or None where it leaves none here."""
        process.send_signal(signal.SIGABRT)
        self.assertEqual(process.wait(timeout=100), -signal.SIGABRT)
        cores = glob.glob(self.path("core*"))
        return cores[0] if cores else None

    def assert_same(self, path, own):
        """Segments and notes, but for those that only the simulator can know."""
        found = elf_core.Core(path)
        self.assertEqual([(load.paddr, load.memsz) for load in found.loads], [(load.paddr, load.memsz) for load in own.loads])
        for load, theirs in zip(found.loads, own.loads):
            self.assertEqual((load.filesz, load.align, load.offset % 4096), (load.memsz, 0, 0))
            self.assertTrue(found.memory(load) == own.memory(theirs), f"memory at {load.paddr:#x} differs")
        own.drop_our_notes()
        self.assertEqual(found.notes, own.notes)
        self.assertEqual((found.phoff, found.shoff, found.ehsize, found.machine), (64, 0, 64, 243))
        self.assertTrue(any(note.name == "VMCOREINFO" for note in found.notes))


class Process(Gdb):
    def test_a_live_one_gives_the_dump_it_would_write(self):
        process, own = self.after_power_off("-m", "32M", "-smp", "2")
        said = self.gdb("vmcore-vp-dump vmcore", "vmcore-vp-info", "detach", pid=process.pid)
        self.assertIn("registers of 2 CPUs, VMCOREINFO", said)
        self.assert_same(self.path("vmcore"), own)
        self.assertLess(os.stat(self.path("vmcore")).st_blocks * 512, 1 << 20, "zero pages are no holes")
        self.assertIn("memory 0x80000000..0x81ffffff at 0x", said)
        self.assertIn("record published: host_format 0x1, guest_format 0x1, size 0x240", said)
        for index in range(2):
            pc, ra = own.riscv64_registers(index)[:2]
            self.assertIn(f"pc {pc:#x}  x1 {ra:#x}", said)

    def test_one_writes_through_a_symbolic_link(self):
        process, own = self.after_power_off("-m", "16M")
        os.mkdir(self.path("elsewhere"))
        with open(self.path("elsewhere/old"), "wb") as old:
            old.write(b"an older dump")
        os.symlink("elsewhere/old", self.path("vmcore"))
        self.gdb("vmcore-vp-dump vmcore", "detach", pid=process.pid)
        self.assertTrue(os.path.islink(self.path("vmcore")), "the link was replaced")
        self.assertEqual(os.listdir(self.path("elsewhere")), ["old"])
        self.assert_same(self.path("elsewhere/old"), own)

    def test_one_with_notes_about_nothing_gives_memory_and_registers(self):
        process, _ = self.start("idle.elf", "-m", "16M", "-device", "vmcoreinfo")
        said = self.gdb("vmcore-vp-dump vmcore", "vmcore-vp-info", "detach", pid=process.pid)
        self.assertIn("warning: no note of the guest: the guest has published none", said)
        found = elf_core.Core(self.path("vmcore"))
        self.assertEqual([note.name for note in found.notes], ["CORE"])
        self.assertEqual(found.riscv64_registers()[0], 0x1000)

    def test_a_stripped_one_is_found_by_the_magic(self):
        if shutil.which("strip") is None:
            self.skipTest("strip is not installed")
        program = self.path("vmcore-vp-stripped")
        subprocess.run(["strip", "-s", "-o", program, VMCORE_VP], check=True)
        process, own = self.after_power_off("-m", "32M", program=program)
        self.gdb("vmcore-vp-dump vmcore", "detach", program=program, pid=process.pid)
        self.assert_same(self.path("vmcore"), own)


class Core(Gdb):
    def test_of_gdb_gives_the_dump_the_simulator_would_write(self):
        process, own = self.after_power_off("-m", "32M")
        self.gdb(f"generate-core-file {self.path('made')}", "detach", pid=process.pid)
        self.gdb("vmcore-vp-dump vmcore", core=self.path("made"))
        self.assert_same(self.path("vmcore"), own)

    def test_of_the_kernel_after_sigabrt_gives_it_too(self):
        process, own = self.after_power_off("-m", "1G")
        core = self.abort(process)
        if core is None:
            self.skipTest("the kernel leaves no core here (kernel.core_pattern, RLIMIT_CORE)")
        self.assertLess(os.stat(core).st_blocks * 512, 200 << 20, "memory that nobody touched is in the core")
        self.gdb("vmcore-vp-dump vmcore", core=core)
        self.assert_same(self.path("vmcore"), own)


class Complaints(Gdb):
    def complaint(self, *arguments, **where):
        lines = [line for line in self.gdb(*arguments, **where).splitlines() if line.startswith("vmcore-vp")]
        self.assertEqual(len(lines), 1, lines)
        self.assertEqual(glob.glob(self.path("vmcore*")), [], "something was left behind")
        return lines[0]

    def assert_refused(self, make, kind):
        """As an output, neither what make(path) makes nor a link to it; and both stay what they were."""
        process, _ = self.start("idle.elf", "-m", "16M")
        make(self.path("taken"))
        os.symlink("taken", self.path("link"))
        before = os.stat(self.path("taken"))
        for name in ("taken", "link"):
            said = self.complaint(f"vmcore-vp-dump {name}", "detach", pid=process.pid)
            self.assertIn(os.path.realpath(self.path("taken")) + ": expected a regular file or none", said)
            now = os.stat(self.path("taken"))
            self.assertTrue(kind(now.st_mode), "it was replaced")
            self.assertEqual((now.st_ino, now.st_mtime_ns), (before.st_ino, before.st_mtime_ns))
            self.assertEqual(os.readlink(self.path("link")), "taken")
            self.assertEqual(glob.glob(self.path("taken?*")), [], "something was left behind")

    def test_without_a_core_the_program_alone_is_not_enough(self):
        self.assertIn("expected a core file or a process", self.complaint("vmcore-vp-dump vmcore"))

    def test_a_file_name_is_needed(self):
        self.assertIn("expected the name of one file", self.complaint("vmcore-vp-dump"))

    def test_another_program_has_no_board(self):
        other = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.addCleanup(other.wait)
        self.addCleanup(other.stdin.close)
        self.assertIn("no board found", self.complaint("vmcore-vp-info", "detach", program=shutil.which("cat"), pid=other.pid))

    def test_a_file_that_cannot_be_written_is_named(self):
        process, _ = self.start("idle.elf", "-m", "16M")
        said = self.complaint("vmcore-vp-dump nowhere/vmcore", "detach", pid=process.pid)
        self.assertIn("nowhere/vmcore: No such file or directory", said)

    def test_a_pipe_is_no_place_for_a_file(self):
        self.assert_refused(os.mkfifo, stat.S_ISFIFO)

    def test_a_directory_is_no_place_for_a_file(self):
        self.assert_refused(os.mkdir, stat.S_ISDIR)

    def test_a_damaged_structure_of_another_version_is_refused(self):
        process, _ = self.start("idle.elf", "-m", "16M")
        offset = struct.calcsize("<16s")
        said = self.complaint(f"set var *(int *)((char *)&vmcore_post_mortem + {offset}) = 9", "vmcore-vp-info",
                              f"set var *(int *)((char *)&vmcore_post_mortem + {offset}) = 1", "detach", pid=process.pid)
        self.assertIn("of version 9, expected 1", said)


if __name__ == "__main__":
    VMCORE_VP, FIRMWARE, SCRIPT = (os.path.abspath(argument) for argument in sys.argv[1:4])
    unittest.main(argv=sys.argv[:1], verbosity=2)
