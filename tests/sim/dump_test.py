"""Dumps of a simulator that goes on meanwhile, and where they can go.

usage: dump_test.py VMCORE_VP FIRMWARE_DIRECTORY
"""
import contextlib
import hashlib
import os
import pty
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import tty
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "conformance", "qtest"))
import elf_core
from qmp import Qmp, QmpError
from qtest import Machine

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


class Snapshots(DumpTest):
    """dump-guest-memory of a guest that counts."""

    def setUp(self):
        super().setUp()
        other = os.path.join(self.directory, "other")
        self.machine = Machine(VMCORE_VP, *BOARD, "-qmp", f"unix:{other},server=on,wait=off")
        self.addCleanup(self.machine.close)
        self.qmp, self.qtest = self.machine.qmp, self.machine.qtest
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(other)
        self.other = Qmp(connection).negotiate()
        self.addCleanup(self.other.close)
        for index, word in enumerate(COUNT):
            self.qtest.write(RAM + 4 * index, 4, word)

    def pipe(self):
        """The reading end of a pipe that the simulator knows as `pipe`: a dump goes on only as it is read."""
        reader, writer = os.pipe()
        reading = os.fdopen(reader, "rb")
        self.addCleanup(reading.close)
        self.qmp.give_descriptor("pipe", writer)
        os.close(writer)
        return reading

    def count(self):
        return self.qtest.read(COUNTER, 8)

    def let_count(self):
        before = self.count()
        self.qmp.execute("cont")
        until(lambda: self.count() != before, "the guest counts")

    def dump(self, protocol, **arguments):
        return self.qmp.execute("dump-guest-memory", paging=False, protocol=protocol, **arguments)

    def send_dump(self, protocol):
        """A dump whose answer is not waited for, under way."""
        self.qmp.send_bytes(b'{"execute": "dump-guest-memory", "arguments": {"paging": false, "protocol": "%s"}}\n'
                            % protocol.encode())
        until(lambda: self.other.execute("query-dump")["status"] == "active", "the dump begins")

    def writer(self):
        """A handle of the process that writes the dump under way."""
        [process] = children(self.machine.process_id)
        handle = os.pidfd_open(process)
        self.addCleanup(os.close, handle)
        return process, handle

    def completed(self):
        return self.qmp.wait_for("DUMP_COMPLETED")["data"]

    def test_a_detached_dump_is_of_its_instant_though_the_guest_goes_on(self):
        self.let_count()
        self.qmp.execute("stop")
        at_the_instant = self.count()
        self.dump(f"file:{self.path('waited-for')}")
        reader = self.pipe()
        self.dump("fd:pipe", detach=True)
        self.let_count()
        self.assertEqual(self.qmp.execute("query-dump")["status"], "active")
        written = reader.read()
        with open(self.path("waited-for"), "rb") as file:
            self.assertEqual(hashlib.sha256(written).hexdigest(), hashlib.sha256(file.read()).hexdigest())
        self.assertGreater(self.count(), at_the_instant)
        self.assertEqual(self.completed(),
                         {"result": {"status": "completed", "completed": ALL_MEMORY, "total": ALL_MEMORY}})

    def test_a_running_guest_stops_for_the_instant_only(self):
        self.let_count()
        self.qmp.take_events()
        reader = self.pipe()
        self.dump("fd:pipe", detach=True)
        self.assertEqual(self.qmp.take_events(), ["STOP", "RESUME"])
        self.assertEqual(self.qmp.execute("query-status")["status"], "running")
        reader.read()
        self.assertEqual(self.completed()["result"]["status"], "completed")
        self.assertEqual(self.qmp.take_events(), [])

    def test_no_simulated_time_passes(self):
        def clock():
            return self.qtest.read(0x0200bff8, 8)
        before = clock()
        self.dump(f"file:{self.path('one')}", detach=True)
        self.completed()
        self.dump(f"file:{self.path('two')}")
        self.assertEqual(clock(), before)

    def test_progress_is_that_of_the_writer(self):
        self.qtest.memory_set(RAM, RAM_SIZE, 0x55)
        reader = self.pipe()
        self.dump("fd:pipe", detach=True)
        until(lambda: self.qmp.execute("query-dump")["total"] == ALL_MEMORY, "the size is known")
        seen = [self.qmp.execute("query-dump")["completed"]]
        for _ in range(3):
            reader.read(8 * MEBIBYTE)
            until(lambda: self.qmp.execute("query-dump")["completed"] > seen[-1], "the dump goes on")
            seen.append(self.qmp.execute("query-dump")["completed"])
            self.assertLess(seen[-1], ALL_MEMORY)
        self.assertRegex(self.qmp.monitor("info dump"), r"\AStatus: active\r\nFinished: \d+\.\d\d %\r\n\Z")
        reader.read()
        self.completed()
        self.assertEqual(self.qmp.execute("query-dump"),
                         {"status": "completed", "completed": ALL_MEMORY, "total": ALL_MEMORY})

    def test_others_are_answered_while_a_client_waits_for_its_dump(self):
        reader = self.pipe()
        self.let_count()
        self.send_dump("fd:pipe")
        for command in ("cont", "dump-guest-memory"):
            arguments = {"paging": False, "protocol": "file:x"} if command != "cont" else {}
            with self.assertRaisesRegex(QmpError, BUSY):
                self.other.execute(command, **arguments)
        self.assertEqual(self.other.execute("query-status")["status"], "paused")
        self.qmp.send_bytes(b'{"execute": "query-status"}')
        reader.read()
        self.assertEqual(self.qmp.answer(), {"return": {}})
        self.assertEqual(self.qmp.answer()["return"]["status"], "running")

    def test_a_stop_meanwhile_holds_the_guest_afterwards(self):
        reader = self.pipe()
        self.let_count()
        self.send_dump("fd:pipe")
        self.other.execute("stop")
        reader.read()
        self.assertEqual(self.qmp.answer(), {"return": {}})
        self.assertEqual(self.qmp.execute("query-status")["status"], "paused")

    def test_the_monitor_waits_for_its_dump_too(self):
        self.assertEqual(self.qmp.monitor(f'dump-guest-memory "{self.path("core")}"'), "")
        self.assertGreater(len(elf_core.Core(self.path("core")).loads), 0)
        self.assertEqual(self.qmp.monitor("info dump"), "Status: completed\r\n")

    def test_quit_ends_the_writer_and_leaves_nothing(self):
        self.pipe()
        self.dump("fd:pipe", detach=True)
        _, writer = self.writer()
        self.qmp.execute("quit")
        self.assertEqual(self.machine.wait(), 0)
        self.assertTrue(ended(writer))
        self.assertIn("the dump was given up: the run has ended", self.completed()["error"])

    def test_the_end_of_the_guest_ends_the_writer(self):
        self.pipe()
        self.dump("fd:pipe", detach=True)
        _, writer = self.writer()
        self.qtest.write(0x100000, 4, 0x5555)
        self.assertEqual(self.machine.wait(), 0)
        self.assertTrue(ended(writer))

    def test_a_signal_ends_a_dump_that_is_waited_for(self):
        self.pipe()
        self.send_dump("fd:pipe")
        _, writer = self.writer()
        self.assertEqual(self.machine.terminate(), 0)
        self.assertTrue(ended(writer))
        self.assertRegex(self.qmp.answer()["error"]["desc"], "the dump was given up: the simulator was told to end")

    def test_a_writer_that_dies_is_a_failed_dump_and_nothing_more(self):
        before = descriptors(self.machine.process_id)
        for detach in (True, False):
            self.pipe()
            if detach:
                self.dump("fd:pipe", detach=True)
            else:
                self.send_dump("fd:pipe")
            process, _ = self.writer()
            os.kill(process, signal.SIGKILL)
            result = self.completed()
            self.assertEqual(result["result"]["status"], "failed")
            self.assertRegex(result["error"], r"\Afd:pipe: the process that wrote the dump was ended by signal 9 \(Killed\)\Z")
            if not detach:
                self.assertEqual(self.qmp.answer()["error"]["desc"], result["error"])
            self.assertEqual(children(self.machine.process_id), [], "no zombie")
        self.dump(f"file:{self.path('core')}")
        self.assertEqual(self.qmp.execute("query-dump")["status"], "completed")
        self.assertEqual(descriptors(self.machine.process_id), before, "no descriptor is left")

    def test_the_writer_dies_with_the_simulator(self):
        self.pipe()
        self.dump("fd:pipe", detach=True)
        _, writer = self.writer()
        os.kill(self.machine.process_id, signal.SIGKILL)
        self.assertTrue(ended(writer))

    def test_a_signal_to_all_processes_of_the_terminal_is_for_the_simulator(self):
        reader = self.pipe()
        self.dump("fd:pipe", detach=True)
        process, _ = self.writer()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            os.kill(process, number)
        reader.read()
        self.assertEqual(self.completed()["result"]["status"], "completed")

    def test_a_reader_that_goes_is_an_error(self):
        reader = self.pipe()
        self.dump("fd:pipe", detach=True)
        reader.close()
        self.assertRegex(self.completed()["error"], r"'fd:pipe': Broken pipe")

    def test_a_socket_can_take_a_dump(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.qmp.give_descriptor("socket", theirs.fileno())
        theirs.close()
        self.dump("fd:socket", detach=True)
        with ours.makefile("rb") as file:
            self.assertGreater(len(file.read()), ALL_MEMORY)
        self.assertEqual(self.completed()["result"]["status"], "completed")

    def test_a_client_sees_its_connection_closed_though_a_dump_is_written(self):
        reader = self.pipe()
        self.dump("fd:pipe", detach=True)
        self.other.connection.shutdown(socket.SHUT_WR)
        self.assertEqual(self.other.lines.readline(), b"")
        self.assertEqual(self.qmp.execute("query-dump")["status"], "active")
        reader.read()

    def test_the_reader_of_a_closed_pipe_sees_its_end_though_a_dump_is_written(self):
        reader = self.pipe()
        other, passed = os.pipe()
        self.addCleanup(os.close, other)
        self.qmp.give_descriptor("other", passed)
        os.close(passed)
        self.dump("fd:pipe", detach=True)
        self.qmp.execute("closefd", fdname="other")
        self.assertTrue(select.select([other], [], [], TIMEOUT)[0])
        self.assertEqual(os.read(other, 1), b"")
        self.assertEqual(self.qmp.execute("query-dump")["status"], "active")
        reader.read()

    def test_a_descriptor_of_the_simulator_is_none_of_its_clients(self):
        os.symlink("/dev/stdout", self.path("link"))
        for name in ("/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd/1", "/proc/self/fd/2", self.path("link"),
                     f"/proc/{self.machine.process_id}/fd/1", "/proc/thread-self/fd/1", "/dev/../dev//fd/1"):
            for command, arguments in (("dump-guest-memory", {"paging": False, "protocol": f"file:{name}"}),
                                       ("pmemsave", {"val": RAM, "size": 1, "filename": name}),
                                       ("memsave", {"val": RAM, "size": 1, "filename": name})):
                with self.assertRaisesRegex(QmpError, f"'{name}' is a descriptor of the simulator, expected a file"):
                    self.qmp.execute(command, **arguments)
        with open(self.path("core"), "wb"):
            os.symlink(self.path("core"), self.path("to-a-file"))
        self.dump(f"file:{self.path('to-a-file')}")
        self.assertGreater(os.path.getsize(self.path("core")), 0)

    def test_a_name_with_a_nul_is_an_error(self):
        name = self.path("cut\0.elf")
        for command, arguments in (("dump-guest-memory", {"paging": False, "protocol": f"file:{name}"}),
                                   ("pmemsave", {"val": RAM, "size": 1, "filename": name}),
                                   ("memsave", {"val": RAM, "size": 1, "filename": name}),
                                   ("human-monitor-command", {"command-line": f'pmemsave {RAM} 1 "{name}"'})):
            with self.assertRaisesRegex(QmpError, "Parameter '.*' expects a string without NUL"):
                self.qmp.execute(command, **arguments)
        self.assertEqual(os.listdir(self.directory), ["other"])

    def test_a_directory_that_is_gone_is_an_error_before_the_dump(self):
        with self.assertRaisesRegex(QmpError, "Could not create '.*/missing/core': No such file or directory"):
            self.dump(f"file:{self.path('missing/core')}", detach=True)
        self.assertEqual(self.qmp.execute("query-dump")["status"], "none")

    def test_settings_are_those_of_the_command_line(self):
        with Machine(VMCORE_VP, *BOARD, "--set", "dump.layout=qemu") as machine:
            machine.qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{self.path('qemu')}")
        self.dump(f"file:{self.path('portable')}")
        self.assertEqual([elf_core.Core(self.path(name)).phoff for name in ("qemu", "portable")], [192, 64])

    def test_a_fifo_is_written_to_when_it_is_read(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        self.dump(f"file:{fifo}", detach=True)
        self.assertEqual(self.qmp.execute("query-dump")["status"], "active")
        with open(fifo, "rb") as file:
            self.assertGreater(len(file.read()), ALL_MEMORY)
        self.assertEqual(self.completed()["result"]["status"], "completed")
        self.assertTrue(stat.S_ISFIFO(os.stat(fifo).st_mode))


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
