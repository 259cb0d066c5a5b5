"""Dumps over QMP of a simulator that goes on meanwhile.

usage: dump_protocol_test.py VMCORE_VP FIRMWARE_DIRECTORY
"""
import hashlib
import os
import select
import signal
import socket
import stat
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "conformance", "qtest"))
import elf_core
from dump_support import (ALL_MEMORY, BOARD, BUSY, COUNT, COUNTER, DumpTest, MEBIBYTE, RAM, RAM_SIZE, TIMEOUT,
                          VMCORE_VP, children, descriptors, ended, until)
from qmp import Qmp, QmpError
from qtest import Machine


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


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
