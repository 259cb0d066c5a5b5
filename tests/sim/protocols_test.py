"""The simulator under its protocol servers: what QEMU cannot do, or does not survive.

Usage: protocols_test.py VMCORE_VP FIRMWARE_DIRECTORY
"""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "conformance", "qtest"))
import elf_core
from qtest import Machine

VMCORE_VP = FIRMWARE = None
FW_CFG = 0x10100000
RAM = 0x80000000
VIRT = ["-M", "virt", "-bios", "none", "-nodefaults"]


def start_dma(machine, control, length, address):
    """Sends the write that starts a DMA, and does not wait for its answer."""
    machine.qtest.memory_write(RAM, struct.pack(">IIQ", control, length, address))
    descriptor = struct.unpack("<Q", struct.pack(">Q", RAM))[0]
    machine.qtest.send_bytes(f"writeq 0x{FW_CFG + 16:x} 0x{descriptor:x}\n".encode())


def resident(machine):
    """Bytes of host memory that the simulator occupies."""
    with open(f"/proc/{machine.process_id}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class LongTransfers(unittest.TestCase):
    """A DMA of 4 GiB - 1 from a key that is no item, over 8 GiB of RAM that nobody has touched."""

    def setUp(self):
        # A process of the simulation that is in the middle of a transfer at the end keeps what it has: no leak.
        options = os.environ.get("ASAN_OPTIONS", "")
        self.addCleanup(os.environ.__setitem__, "ASAN_OPTIONS", options)
        # What the address sanitizer keeps of freed memory would count as occupied, the more the longer start() asks.
        os.environ["ASAN_OPTIONS"] = options + ":detect_leaks=0:quarantine_size_mb=8"
        self.machine = Machine(VMCORE_VP, *VIRT, "-m", "8G", "-device", "vmcoreinfo")
        self.addCleanup(self.machine.close)

    def start(self):
        """Returns when the transfer has begun: the first byte is cleared."""
        self.machine.qtest.memory_write(RAM + 0x1000, b"x")
        start_dma(self.machine, 0x3fff << 16 | 8 | 2, 0xffffffff, RAM + 0x1000)
        byte = self.machine.path("byte")
        while True:
            self.machine.qmp.execute("pmemsave", val=RAM + 0x1000, size=1, filename=byte)
            with open(byte, "rb") as file:
                if file.read() == b"\0":
                    return

    def test_takes_no_host_memory(self):
        before = resident(self.machine)
        self.start()
        self.assertEqual(self.machine.qtest.receive(), "OK")
        self.assertEqual(self.machine.qtest.memory_read(RAM, 4), bytes(4))
        self.assertLess(resident(self.machine), before + (64 << 20))

    def test_commands_are_answered_meanwhile(self):
        self.start()
        self.assertFalse(self.machine.qmp.execute("query-status")["running"])
        self.machine.qmp.execute("cont")
        self.machine.qmp.execute("stop")
        self.assertEqual(self.machine.qmp.execute("query-status")["status"], "paused")
        self.assertEqual(self.machine.qtest.receive(), "OK")

    def test_quit_ends_the_run_meanwhile(self):
        self.start()
        self.machine.qmp.execute("quit")
        self.assertEqual(self.machine.wait(), 0)

    def test_a_reset_waits_for_its_end(self):
        self.start()
        self.machine.qmp.execute("system_reset")
        self.assertEqual(self.machine.qtest.receive(), "OK")
        self.machine.qmp.wait_for("RESET")
        self.assertEqual(self.machine.qtest.read(FW_CFG, 1), ord("Q"))


class Clients(unittest.TestCase):
    """Clients that come, go and misbehave, at a server."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "qmp")
        # The first client is waited for, so the server listens before the test goes on.
        self.process = subprocess.Popen([VMCORE_VP, *VIRT, "-S", "-qmp", f"unix:{self.path},server=on"],
                                        stdin=subprocess.DEVNULL)
        self.addCleanup(self.end)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def connect(self):
        deadline = time.monotonic() + 30
        while True:
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(30)
            try:
                client.connect(self.path)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                client.close()
                self.assertLess(time.monotonic(), deadline, "nobody listens")
        self.addCleanup(client.close)
        return client, client.makefile("rb")

    def greeted(self):
        client, answers = self.connect()
        self.assertIn(b"QMP", answers.readline())
        client.sendall(b'{"execute": "qmp_capabilities"}\n')
        self.assertEqual(json.loads(answers.readline()), {"return": {}})
        return client, answers

    def ask(self, client, answers, command):
        client.sendall(json.dumps({"execute": command}).encode() + b"\n")
        while True:
            answer = json.loads(answers.readline())
            if "event" not in answer:
                return answer

    def test_the_next_client_is_greeted_when_one_has_gone(self):
        for _ in range(3):
            client, answers = self.greeted()
            self.assertEqual(self.ask(client, answers, "query-status")["return"]["status"], "prelaunch")
            answers.close()
            client.close()

    def test_half_a_command_goes_with_its_client(self):
        client, answers = self.greeted()
        client.sendall(b'{"execute": "qu')
        answers.close()
        client.close()
        client, answers = self.greeted()
        self.assertIn("return", self.ask(client, answers, "query-status"))

    def test_ten_megabytes_in_one_line(self):
        client, answers = self.greeted()
        client.sendall(b'{"execute": "' + b"x" * (10 << 20) + b'"}\n')
        self.assertEqual(json.loads(answers.readline())["error"]["class"], "CommandNotFound")
        client.sendall(b"x" * (10 << 20) + b"\n")
        self.assertEqual(json.loads(answers.readline())["error"]["class"], "GenericError")
        self.assertIn("return", self.ask(client, answers, "query-status"))

    def test_a_client_that_never_reads_harms_nobody(self):
        client, _ = self.greeted()
        command = b'{"execute": "query-commands"}\n' * 1000
        client.settimeout(1)
        try:
            for _ in range(200):
                client.sendall(command)
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            pass
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(30), 0)

    def test_a_client_that_has_said_all_still_gets_its_answer_and_the_next_one_too(self):
        client, answers = self.greeted()
        command = {"execute": "human-monitor-command", "arguments": {"command-line": "xp /60000bx 0x80000000"}}
        client.sendall(json.dumps(command).encode() * 5)
        client.shutdown(socket.SHUT_WR)
        for _ in range(5):
            self.assertIn("return", json.loads(answers.readline()))
        self.assertEqual(answers.readline(), b"")
        self.assertIn("return", self.ask(*self.greeted(), "query-status"))

    def test_a_client_that_leaves_with_answers_waiting_makes_room_for_the_next(self):
        client, answers = self.greeted()
        command = {"execute": "human-monitor-command", "arguments": {"command-line": "xp /60000bx 0x80000000"}}
        client.sendall(json.dumps(command).encode() * 5)
        client.shutdown(socket.SHUT_WR)
        answers.close()
        client.close()
        self.assertIn("return", self.ask(*self.greeted(), "query-status"))

    def test_the_socket_goes_with_the_simulator(self):
        client, answers = self.greeted()
        self.assertIn("return", self.ask(client, answers, "quit"))
        self.assertEqual(self.process.wait(30), 0)
        self.assertFalse(os.path.exists(self.path))

    def test_a_second_simulator_does_not_take_a_socket_over(self):
        client, answers = self.greeted()
        second = subprocess.run([VMCORE_VP, *VIRT, "-S", "-qmp", f"unix:{self.path},server=on"], text=True,
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        self.assertEqual(second.returncode, 1)
        self.assertRegex(second.stderr, r"^vmcore-vp: -qmp unix:.*: somebody listens there already.*\n$")
        self.assertIn("return", self.ask(client, answers, "query-status"))


class Time(unittest.TestCase):
    """Simulated time moves by exactly what clock_step and clock_set ask for."""

    def clock(self, machine):
        """mtime, which counts at 10 MHz."""
        return machine.qtest.read(0x0200bff8, 8)

    def test_steps_add_up_while_the_guest_is_held(self):
        with Machine(VMCORE_VP, *VIRT) as machine:
            self.assertEqual(machine.qtest.command("clock_step 1"), "1")
            self.assertEqual(machine.qtest.command("clock_step 99"), "100")
            self.assertEqual(self.clock(machine), 1)
            self.assertEqual(machine.qtest.command("clock_set 5000000000"), "5000000000")
            self.assertEqual(self.clock(machine), 50000000)
            self.assertEqual(machine.qtest.command("clock_set 1"), "5000000000")

    def test_accesses_take_no_time(self):
        with Machine(VMCORE_VP, *VIRT) as machine:
            machine.qtest.memory_set(RAM, 1 << 20, 0x55)
            self.assertEqual(machine.qtest.command("clock_step 0"), "0")

    def test_a_timer_interrupt_comes_in_its_step(self):
        with Machine(VMCORE_VP, *VIRT) as machine:
            machine.qtest.write(0x02004000, 8, ~0 & 0xffffffffffffffff)
            machine.qtest.command("irq_intercept_in harts[0]")
            machine.qtest.write(0x02004000, 8, 10)
            machine.qtest.command("clock_step 999")
            self.assertEqual(list(machine.qtest.interrupts), [])
            machine.qtest.command("clock_step 1")
            self.assertEqual(list(machine.qtest.interrupts), ["IRQ raise 7"])

    def test_a_step_beyond_the_end_of_time_is_refused(self):
        with Machine(VMCORE_VP, *VIRT) as machine:
            self.assertRegex(machine.qtest.ask("clock_step 0xffffffffffffffff"), "^FAIL clock_step: ")
            self.assertRegex(machine.qtest.ask("clock_set 0xffffffffffffffff"), "^FAIL clock_set: ")

    def test_quit_ends_a_step_of_years(self):
        with Machine(VMCORE_VP, *VIRT) as machine:
            machine.qtest.write(0x02004000, 8, ~0 & 0xffffffffffffffff)
            machine.qtest.send_bytes(b"clock_step 9000000000000000\n" * 2)
            machine.qmp.execute("quit")
            self.assertEqual(machine.wait(), 0)

    def test_with_the_accelerator_qtest_harts_never_run(self):
        with Machine(VMCORE_VP, "-M", "virt", "-bios", os.path.join(FIRMWARE, "vmcoreinfo.elf"), "-nodefaults",
                     "-accel", "qtest", held=False) as machine:
            self.assertEqual(machine.qmp.execute("query-status")["status"], "running")
            machine.qtest.command("clock_step 1000000000")
            self.assertEqual(machine.qmp.execute("query-status")["status"], "running")
            self.assertEqual(machine.terminate(), 0)


class Guests(unittest.TestCase):
    """A guest that runs under QMP."""

    def machine(self, program, *options, held=True):
        started = Machine(VMCORE_VP, "-M", "virt", "-bios", os.path.join(FIRMWARE, program), "-nodefaults",
                          "-device", "vmcoreinfo", *options, held=held)
        self.addCleanup(started.close)
        return started

    def test_runs_to_its_end_when_it_is_let_go(self):
        machine = self.machine("vmcoreinfo.elf")
        machine.qmp.execute("cont")
        self.assertEqual(machine.qmp.wait_for("SHUTDOWN")["data"], {"guest": True, "reason": "guest-shutdown"})
        self.assertEqual(machine.wait(), 0)

    def test_stays_for_inspection_when_its_power_off_pauses_it(self):
        machine = self.machine("vmcoreinfo.elf", "-no-shutdown")
        machine.qmp.execute("cont")
        machine.qmp.wait_for("STOP")
        self.assertEqual(machine.qmp.execute("query-status")["status"], "shutdown")
        dump = machine.path("vmcore")
        machine.qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{dump}")
        self.assertTrue(elf_core.Core(dump).named_notes("VMCOREINFO"))
        machine.qmp.execute("system_reset")
        machine.qmp.execute("cont")
        machine.qmp.wait_for("SHUTDOWN")

    def test_a_detached_dump_is_of_the_moment_at_which_it_was_asked_for(self):
        machine = self.machine("vmcoreinfo.elf", "-no-shutdown")
        machine.qmp.execute("cont")
        machine.qmp.wait_for("STOP")
        dump = machine.path("vmcore")
        machine.qmp.send_bytes(json.dumps({"execute": "dump-guest-memory", "arguments": {
            "paging": False, "detach": True, "protocol": f"file:{dump}"}}).encode() + b'{"execute": "system_reset"}')
        machine.qmp.wait_for("RESET")  # which the dump, of the moment before, does not hold up
        machine.qmp.wait_for("DUMP_COMPLETED")
        self.assertTrue(elf_core.Core(dump).named_notes("VMCOREINFO"))

    def test_a_running_guest_answers_qtest(self):
        machine = self.machine("idle.elf", held=False)
        self.assertEqual(machine.qtest.read(FW_CFG + 16, 8), 0x47464320554d4551)
        self.assertEqual(machine.qmp.execute("query-status")["status"], "running")
        machine.qmp.execute("stop")
        before = machine.qtest.read(0x0200bff8, 8)
        self.assertEqual(machine.qtest.read(0x0200bff8, 8), before, "time stands still")


if __name__ == "__main__":
    VMCORE_VP, FIRMWARE = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1], verbosity=2)
