"""Where the dump of --dump can go, and what ends it.

usage: dump_output_test.py VMCORE_VP FIRMWARE_DIRECTORY
"""
import contextlib
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tty
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "conformance", "qtest"))
import elf_core
from dump_support import DumpTest, FIRMWARE, TIMEOUT, VMCORE_VP, children, ended, until
from qmp import Qmp, QmpError


class Outputs(DumpTest):
    """--dump of a guest that publishes its note and ends."""

    def command(self, *arguments, program="vmcoreinfo", console="null"):
        return [VMCORE_VP, "-m", "32M", "-bios", os.path.join(FIRMWARE, f"{program}.elf"), "-device", "vmcoreinfo",
                "-serial", console, *arguments]

    def run_guest(self, *arguments, status=0, console="null", **how):
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        run = subprocess.run(self.command(*arguments, console=console), timeout=TIMEOUT, **how)
        self.assertEqual(run.returncode, status, run.stderr)
        return run

    def start(self, *arguments, program="vmcoreinfo", console="null", **how):
        how = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, **how}
        process = subprocess.Popen(self.command(*arguments, program=program, console=console), **how)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def expected(self):
        """The bytes of the dump."""
        self.run_guest("--dump", self.path("expected"))
        with open(self.path("expected"), "rb") as file:
            return file.read()

    def refused(self, text, *arguments, **how):
        errors = self.run_guest(*arguments, status=1, **how).stderr.decode()
        self.assertRegex(errors, rf"\Avmcore-vp: {text}\n\Z")

    def test_standard_output(self):
        expected = self.expected()
        for name in ("-", "fd:1", "/dev/stdout"):
            self.assertEqual(self.run_guest("--dump", name).stdout, expected, name)

    def test_standard_output_that_is_a_file(self):
        with open(self.path("core"), "wb") as file:
            self.run_guest("--dump", "-", stdout=file)
        with open(self.path("core"), "rb") as file:
            self.assertEqual(file.read(), self.expected())

    def test_standard_output_is_not_shared_with_a_console_or_a_client(self):
        for arguments, owner in ((["-serial", "stdio"], r"the guest's console \(-serial stdio\), expected -serial null.*"),
                                 ([], r"the guest's console \(-serial stdio, the default\).*"),
                                 (["-nographic"], r"the guest's console \(-serial stdio, the default\).*"),
                                 (["-qmp", "stdio"], r"-qtest or QMP, .*")):
            run = subprocess.run([VMCORE_VP, "-bios", "none", "--dump", "-", *arguments], stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=TIMEOUT)
            self.assertEqual((run.returncode, run.stdout), (1, ""))
            self.assertRegex(run.stderr, rf"\Avmcore-vp: --dump -: standard output belongs to {owner}\n\Z")

    def test_a_dump_does_not_share_its_file_with_a_console_or_a_log(self):
        for option in ("-serial", "-qtest-log"):
            for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
                value = f"file:{name}" if option == "-serial" else name
                run = subprocess.run([VMCORE_VP, "-bios", "none", "-nodefaults", "--dump", "-", option, value],
                                     stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)
                self.assertEqual((run.returncode, run.stdout), (1, ""))
                self.assertRegex(run.stderr, rf"\Avmcore-vp: --dump -: {option} {value} is written to the same file or "
                                             r"pipe, expected another one\n\Z")
        with open(self.path("core"), "wb") as file:
            self.assertRegex(self.run_guest("--dump", f"fd:{file.fileno()}", console=f"file:{file.name}", status=1,
                                            pass_fds=[file.fileno()]).stderr.decode(), "same file or pipe")
        with open("/dev/null", "wb") as nothing:
            self.run_guest("--dump", "-", console="file:/dev/null", stdout=nothing)

    def test_the_summary_names_a_debugger_only_for_a_file_that_it_opens(self):
        os.mkfifo(self.path("fifo"))
        self.assertIn(b"open it with", self.run_guest("--dump", self.path("core"), "--summary").stderr)
        for arguments in (["--dump", "-"], ["--dump", "/dev/stdout"],
                          ["--dump", self.path("core"), "--dump-format", "kdump-zlib"]):
            summary = self.run_guest(*arguments, "--summary").stderr
            self.assertIn(b"guest published", summary)
            self.assertNotIn(b"open it with", summary)

    def test_an_inherited_descriptor(self):
        expected = self.expected()
        for form in ("fd:{}", "/dev/fd/{}", "/proc/self/fd/{}"):
            reader, writer = os.pipe()
            process = self.start("--dump", form.format(writer), pass_fds=[writer])
            os.close(writer)
            with os.fdopen(reader, "rb") as file:
                self.assertEqual(file.read(), expected, form)
            self.assertEqual(process.wait(TIMEOUT), 0)

    def test_a_descriptor_that_cannot_be_written_is_refused_before_the_guest_runs(self):
        self.refused("--dump: 'fd:77': descriptor 77 is not open, expected .*", "--dump", "fd:77")
        with open("/dev/null", "rb") as readable:
            self.refused("--dump: 'fd:0': descriptor 0 is open for reading only, expected .*", "--dump", "fd:0",
                         stdin=readable)
        self.refused("--dump: 'fd:x', expected fd:N .*", "--dump", "fd:x")
        with open(self.path("log"), "ab") as log:
            log.write(b"before")
            log.flush()
            run = self.run_guest("--dump", "-", status=1, console="file:" + self.path("console"), stdout=log)
        self.assertRegex(run.stderr.decode(), r"\Avmcore-vp: --dump: '-': descriptor 1 is open for appending to a "
                                              r"file, expected [^\n]*\n\Z")
        self.assertEqual(os.path.getsize(self.path("console")), 0, "the guest has not run")
        with open(self.path("log"), "rb") as log:
            self.assertEqual(log.read(), b"before")

    def test_a_pipe_may_be_open_for_appending(self):
        reader, writer = os.pipe()
        appending = os.open(f"/dev/fd/{writer}", os.O_WRONLY | os.O_APPEND)
        os.close(writer)
        process = self.start("--dump", "-", stdout=appending)
        os.close(appending)
        with os.fdopen(reader, "rb") as file:
            self.assertEqual(file.read(), self.expected())
        self.assertEqual(process.wait(TIMEOUT), 0)

    def test_the_second_dump_for_a_stream_is_a_warning(self):
        run = self.run_guest("--dump", "-", "--dump-on", "publish")
        self.assertEqual(run.stderr, b"")
        self.assertNotEqual(run.stdout, b"")

    def test_a_fifo(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        expected = self.expected()
        process = self.start("--dump", fifo)
        with open(fifo, "rb") as file:
            self.assertEqual(file.read(), expected)
        self.assertEqual(process.wait(TIMEOUT), 0)

    def at_the_dump(self, *arguments, **how):
        """A simulator that writes a dump which nobody reads."""
        os.mkfifo(self.path("fifo"))
        process = self.start("--dump", self.path("fifo"), *arguments, **how)
        [writer] = until(lambda: children(process.pid), "the dump begins")
        handle = os.pidfd_open(writer)
        self.addCleanup(os.close, handle)
        return process, handle

    def test_a_signal_ends_a_dump_that_nobody_reads(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process, writer = self.at_the_dump()
            process.send_signal(number)
            self.assertEqual(process.wait(TIMEOUT), 1)
            self.assertTrue(ended(writer))
            self.assertRegex(process.stderr.read().decode(),
                             r"\Avmcore-vp: .*fifo: the dump was given up: the simulator was told to end\n\Z")
            os.remove(self.path("fifo"))

    def test_an_interrupt_from_the_terminal_ends_it_too(self):
        process, writer = self.at_the_dump(start_new_session=True)
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(TIMEOUT), 1)
        self.assertTrue(ended(writer))
        self.assertEqual(os.listdir(self.directory), ["fifo"])

    def test_two_signals_of_which_the_first_ended_the_guest(self):
        os.mkfifo(self.path("fifo"))
        process = self.start("--dump", self.path("fifo"), program="idle", console="stdio", stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"idle\n")
        process.terminate()
        until(lambda: children(process.pid), "the dump begins")
        process.terminate()
        self.assertEqual(process.wait(TIMEOUT), 1)

    def listen(self):
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.path("qmp"))
        listener.listen()
        return listener

    def accept(self, listener):
        qmp = Qmp(listener.accept()[0]).negotiate()
        self.addCleanup(qmp.close)
        return qmp

    def test_clients_see_the_progress_of_the_last_dump(self):
        listener = self.listen()
        process, _ = self.at_the_dump("-qmp", f"unix:{self.path('qmp')}")
        qmp = self.accept(listener)
        self.assertEqual(qmp.execute("query-dump")["status"], "active")
        qmp.execute("quit")
        self.assertEqual(process.wait(TIMEOUT), 1)

    def quit_before_the_dump(self, commands):
        """A running guest that a client ends with these bytes, whose dump nobody reads."""
        os.mkfifo(self.path("fifo"))
        listener = self.listen()
        process = self.start("--dump", self.path("fifo"), "-qmp", f"unix:{self.path('qmp')}", program="idle")
        qmp = self.accept(listener)
        qmp.send_bytes(commands)
        self.assertEqual(qmp.answer(), {"return": {}})
        return process, qmp

    def test_the_client_that_ended_the_run_sees_the_progress_and_gives_the_dump_up(self):
        process, qmp = self.quit_before_the_dump(b'{"execute": "quit"}')
        until(lambda: qmp.execute("query-dump")["status"] == "active", "the dump begins")
        qmp.execute("quit")
        self.assertEqual(process.wait(TIMEOUT), 1)
        self.assertRegex(process.stderr.read().decode(), "the dump was given up: the simulator was told to end")

    def test_what_a_client_asked_for_behind_its_quit_is_answered(self):
        _, qmp = self.quit_before_the_dump(b'{"execute": "quit"}{"execute": "query-status"}{"execute": "query-name"}')
        self.assertEqual(qmp.answer(), {"return": {"status": "shutdown", "running": False}})
        self.assertEqual(qmp.answer(), {"return": {}})

    def test_nothing_runs_while_the_last_dump_is_written(self):
        listener = self.listen()
        process, _ = self.at_the_dump("-qmp", f"unix:{self.path('qmp')}")
        qmp = self.accept(listener)
        for command in ("cont", "system_reset"):
            with self.assertRaisesRegex(QmpError, "The run has ended, and its dump is being written"):
                qmp.execute(command)
        self.assertEqual(qmp.execute("stop"), {})
        self.assertEqual(qmp.execute("query-status"), {"status": "shutdown", "running": False})
        self.assertEqual(qmp.monitor("info status"), "VM status: paused (shutdown)\r\n")
        with open(self.path("fifo"), "rb") as file:
            file.read()
        self.assertEqual(process.wait(TIMEOUT), 0)

    def test_on_a_terminal_a_line_tells_the_progress_and_goes_again(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        tty.setraw(theirs)
        process, _ = self.at_the_dump(stderr=theirs)
        os.close(theirs)
        seen = self.seen_at(ours, process)
        self.assertTrue(seen.endswith(b"\r\x1b[K"), seen)
        self.assertNotIn(b"\n", seen)

    def test_on_a_terminal_the_line_is_gone_before_a_warning(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        tty.setraw(theirs)
        os.mkfifo(self.path("fifo"))
        process = self.start("--dump", self.path("fifo"), "--rescue", program="idle", console="stdio",
                             stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        self.assertEqual(process.stdout.readline(), b"idle\n")
        process.terminate()
        self.assertRegex(self.seen_at(ours, process), rb"dump: [^\n]*\r\x1b\[K(vmcore-vp: warning: [^\n]*\n)+\Z")

    def seen_at(self, terminal, process):
        """What a dump to the FIFO shows, which is read only once its progress is to be seen."""
        seen = b""
        while not re.search(rb"dump: ", seen):
            self.assertTrue(select.select([terminal], [], [], TIMEOUT)[0])
            seen += os.read(terminal, 4096)
        with open(self.path("fifo"), "rb") as file:
            file.read()
        self.assertEqual(process.wait(TIMEOUT), 0)
        with contextlib.suppress(OSError):  # the end of a terminal that nobody has open any more
            while piece := os.read(terminal, 4096):
                seen += piece
        return seen

    def test_elsewhere_nothing_tells_the_progress(self):
        process, _ = self.at_the_dump()
        with open(self.path("fifo"), "rb") as file:
            file.read(1)
            until(lambda: self.threads_sleep(process), "the simulator waits")
            file.read()
        self.assertEqual(process.communicate(timeout=TIMEOUT)[1], b"")

    @staticmethod
    def threads_sleep(process):
        with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "S"

    def test_raw_kdump_files_are_not_for_streams(self):
        os.mkfifo(self.path("fifo"))
        self.refused(r"--dump: '.*fifo': kdump-raw-zlib needs a file to seek in, expected kdump-zlib for a stream",
                     "--dump", self.path("fifo"), "--dump-format", "kdump-raw-zlib")

    def test_settings_have_values_that_make_sense(self):
        for setting, expected in (("dump.layout=crash", "'crash', expected portable or qemu"),
                                  ("dump.threads=257", "257, expected 0 to 256"),
                                  ("dump.sparse=maybe", "'maybe', .*on.*off.*"),
                                  ("dump.paging=2", "'2', .*on.*off.*")):
            self.refused(rf"--set {setting.split('=')[0]}: {expected}", "--set", setting)
        self.refused("--dump-format: 'bogus', expected elf.*", "--dump-format", "bogus")

    def test_settings_reach_the_dump(self):
        self.run_guest("--dump", self.path("sparse"), "--set", "dump.threads=1")
        self.run_guest("--dump", self.path("full"), "--set", "dump.sparse=off")
        self.run_guest("--dump", self.path("qemu"), "--set", "dump.layout=qemu", "--rescue")
        self.assertGreater(os.stat(self.path("full")).st_blocks, os.stat(self.path("sparse")).st_blocks)
        with open(self.path("full"), "rb") as file:
            self.assertEqual(file.read(), self.expected())
        self.assertEqual(elf_core.Core(self.path("qemu")).phoff, 192)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
