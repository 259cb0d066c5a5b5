"""The server of gdb's remote protocol: gdb itself on firmware, beside QEMU where that is installed, and bare packets beside QMP.

usage: gdb_test.py VMCORE_VP FIRMWARE_DIRECTORY
"""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from qemu import find_qemu
from qmp import Qmp, QmpError

VMCORE_VP = FIRMWARE = None
TIMEOUT = 60


def firmware(name):
    return os.path.join(FIRMWARE, name + ".elf")


class Rsp:
    """A client of the remote protocol that acknowledges what it gets."""

    def __init__(self, connection):
        connection.settimeout(TIMEOUT)
        self.connection = connection
        self.waiting = b""

    def send(self, text):
        data = text.encode("latin-1")
        self.connection.sendall(b"$" + data + b"#%02x" % (sum(data) & 255))

    def receive(self):
        """The text of the next packet; None when the server has closed the connection."""
        while True:
            found = re.search(rb"\$([^#]*)#..", self.waiting, re.DOTALL)
            if found:
                self.waiting = self.waiting[found.end():]
                with contextlib.suppress(ConnectionError):  # after its last word the server may be gone
                    self.connection.sendall(b"+")
                return found.group(1).decode("latin-1")
            data = b""
            with contextlib.suppress(ConnectionResetError):  # closed before it had read our last acknowledgement
                data = self.connection.recv(65536)
            if not data:
                return None
            self.waiting += data

    def ask(self, text):
        self.send(text)
        return self.receive()

    def silent(self):
        """Whether nothing comes that was not asked for."""
        return self.ask("vMustReplyEmpty") == ""

    def interrupt(self):
        self.connection.sendall(b"\3")
        return self.receive()

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")


class Guest:
    """A simulator, or a QEMU, with QMP and a server for gdb."""

    def __init__(self, test, name, *arguments, program=None):
        self.test = test
        self.directory = test.enterContext(tempfile.TemporaryDirectory(prefix="vmcore-vp-"))
        listener = test.enterContext(socket.socket(socket.AF_UNIX))
        listener.bind(self.path("qmp"))
        listener.listen(1)
        listener.settimeout(TIMEOUT)
        self.process = subprocess.Popen(
            [program or VMCORE_VP, "-M", "virt", "-m", "32", "-bios", firmware(name), "-device", "vmcoreinfo", "-display", "none",
             "-serial", "file:" + self.path("console"), "-chardev", f"socket,path={self.path('qmp')},id=m", "-mon",
             "chardev=m,mode=control", "-gdb", f"unix:{self.path('gdb')},server=on,wait=off", *arguments],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        test.addCleanup(self.stop)
        self.qmp = Qmp(listener.accept()[0]).negotiate()
        test.addCleanup(self.qmp.close)

    def stop(self):
        self.process.kill()
        self.process.communicate()

    def path(self, name):
        return os.path.join(self.directory, name)

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        self.test.addCleanup(connection.close)
        connection.connect(self.path("gdb"))
        return Rsp(connection)

    def attach(self):
        client = self.connect()
        client.ask("?")
        return client

    def status(self):
        return self.qmp.execute("query-status")["status"]

    def await_status(self, wanted):
        deadline = time.monotonic() + TIMEOUT
        while self.status() != wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.status()

    def events(self):
        self.qmp.execute("query-status")
        names = [event["event"] for event in self.qmp.events]
        self.qmp.events.clear()
        return names

    def gdb(self, *lines, name="vmcoreinfo"):
        """What gdb says to a script of these lines."""
        script = self.path("script")
        with open(script, "w", encoding="ascii") as file:
            file.write("\n".join(["set pagination off", "set confirm off", f"target remote {self.path('gdb')}", *lines]))
        said = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-x", script, firmware(name)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
        return said.stdout


class Agreement(unittest.TestCase):
    """gdb's server and QMP are of one mind."""

    def test_a_held_guest_stays_prelaunch_and_runs_for_gdb(self):
        guest = Guest(self, "idle", "-S")
        client = guest.attach()
        self.assertEqual(guest.status(), "prelaunch")
        client.send("c")
        self.assertEqual(guest.await_status("running"), "running")
        self.assertEqual(guest.events(), ["RESUME"])

    def test_attaching_stops_the_guest_and_detaching_lets_it_run(self):
        guest = Guest(self, "idle")
        client = guest.attach()
        self.assertEqual(guest.status(), "paused")
        self.assertEqual(client.ask("D"), "OK")
        self.assertEqual(guest.status(), "running")
        self.assertEqual(guest.events(), ["STOP", "RESUME"])

    def test_a_breakpoint_is_the_run_state_debug(self):
        guest = Guest(self, "idle", "-S")
        client = guest.attach()
        self.assertEqual(client.ask("Z0,80000000,4"), "OK")
        self.assertEqual(client.ask("c"), "T05thread:01;")
        self.assertEqual(guest.status(), "debug")
        self.assertEqual(client.register(32), 0x80000000)
        self.assertEqual(guest.events(), ["RESUME", "STOP"])
        self.assertEqual(client.ask("s"), "T05thread:01;")
        self.assertEqual(client.register(32), 0x80000004)
        self.assertEqual(guest.events(), ["RESUME", "STOP"])

    def test_cont_of_qmp_goes_on_from_a_breakpoint_and_gdb_is_told_nothing(self):
        guest = Guest(self, "idle", "-S")
        client = guest.attach()
        client.ask("Z0,80000000,4")
        client.ask("c")
        guest.qmp.execute("cont")
        self.assertEqual(guest.await_status("running"), "running")
        guest.qmp.execute("stop")
        self.assertTrue(client.silent())
        client.send("c")
        self.assertEqual(guest.await_status("running"), "running")
        guest.qmp.execute("stop")
        self.assertEqual(client.receive(), "T02thread:01;")

    def test_an_interrupt_pauses_the_guest(self):
        guest = Guest(self, "idle")
        client = guest.attach()
        client.send("c")
        self.assertEqual(client.interrupt(), "T02thread:01;")
        self.assertEqual(guest.status(), "paused")

    def test_a_client_that_vanishes_leaves_the_guest_as_it_is_and_nothing_that_stops_it(self):
        guest = Guest(self, "idle", "-S")
        client = guest.attach()
        client.ask("Z0,80000010,2")
        client.connection.close()
        client = guest.connect()
        self.assertEqual(guest.status(), "prelaunch")
        client.send("c")
        self.assertEqual(guest.await_status("running"), "running")
        client.connection.close()
        time.sleep(0.1)
        self.assertEqual(guest.status(), "running")

    def test_a_reset_of_a_stopped_guest_begins_at_the_reset_vector(self):
        guest = Guest(self, "idle", "-S")
        client = guest.attach()
        client.ask("Z0,80000000,4")
        client.ask("c")
        self.assertEqual(client.ask("qRcmd," + b"reset".hex()), "OK")
        self.assertEqual(guest.status(), "prelaunch")
        self.assertEqual(client.register(32), 0x1000)
        self.assertEqual(client.ask("c"), "T05thread:01;")
        self.assertEqual(client.register(32), 0x80000000)

    def test_the_end_of_the_run_has_an_exit_code(self):
        guest = Guest(self, "vmcoreinfo", "-S")
        client = guest.attach()
        self.assertEqual(client.ask("c"), "W00")
        self.assertIsNone(client.receive())
        self.assertEqual(guest.process.wait(timeout=TIMEOUT), 0)

    def test_a_power_off_that_pauses_is_a_stop(self):
        guest = Guest(self, "vmcoreinfo", "-S", "-no-shutdown")
        client = guest.attach()
        self.assertEqual(client.ask("c"), "T03thread:01;")
        self.assertEqual(guest.status(), "shutdown")
        self.assertEqual(client.ask("c"), "T03thread:01;", "only a reset makes it run")

    def test_killing_ends_the_simulator(self):
        guest = Guest(self, "idle")
        guest.attach().send("k")
        self.assertEqual(guest.process.wait(timeout=TIMEOUT), 0)

    def test_a_dump_over_qmp_tells_a_waiting_client_nothing(self):
        guest = Guest(self, "idle")
        client = guest.attach()
        client.send("c")
        guest.await_status("running")
        guest.qmp.execute("dump-guest-memory", paging=False, protocol="file:" + guest.path("core"))
        self.assertEqual(guest.status(), "running")
        self.assertEqual(client.interrupt(), "T02thread:01;", "the first that it hears")

    def test_damaged_and_hostile_packets_do_no_harm(self):
        guest = Guest(self, "idle", "-S")
        client = guest.attach()
        client.connection.sendall(b"$g#00")
        self.assertEqual(client.connection.recv(1)[:1] in (b"-", b"+"), True)
        client.connection.sendall(b"\0\xff$" + b"}" * 100000 + b"#00")
        for packet in ("m0,ffffffffffffffff", "Z2,0,0", "vCont;s:ffff", "P20=", "qRcmd,zz", "X80000000,10:a", "Hg-9"):
            self.assertIn(client.ask(packet), ("E22", "E14"), packet)
        self.assertEqual(client.ask("QStartNoAckMode"), "OK")
        self.assertEqual(client.register(32), 0x1000)

    def test_memory_is_read_without_an_effect(self):
        guest = Guest(self, "idle", "-S")
        client = guest.attach()
        self.assertEqual(client.ask("m90000000,4"), "E14")
        self.assertEqual(client.ask("M80001000,4:01020304"), "OK")
        self.assertEqual(client.ask("m80001000,4"), "01020304")
        self.assertEqual(client.ask("Z0,80000000,4"), "OK")
        code = client.ask("m80000000,4")
        self.assertEqual(client.ask("z0,80000000,4"), "OK")
        self.assertEqual(client.ask("m80000000,4"), code)

    def test_the_monitor_sees_memory_through_the_page_tables_too(self):
        guest = Guest(self, "idle", "-S")
        client = guest.attach()
        # Sv39 with one leaf, which maps a gigabyte at 0xffffffc000000000 to RAM.
        for packet in ("M80001000,8:0102030405060708", "M80100800,8:cf00002000000000",
                       "P1c2=0001080000000080", "P41=0100000000000000"):
            self.assertEqual(client.ask(packet), "OK")
        self.assertEqual(client.ask("mffffffc000001000,8"), "0102030405060708")
        self.assertIn("0x0807060504030201", guest.qmp.monitor("x/1xg 0xffffffc000001000"))
        self.assertIn("Cannot access memory", guest.qmp.monitor("x/1xg 0x80001000"))
        self.assertIn("0x0807060504030201", guest.qmp.monitor("xp/1xg 0x80001000"))
        guest.qmp.execute("memsave", val=0xffffffc000001000, size=8, filename=guest.path("saved"))
        with open(guest.path("saved"), "rb") as file:
            self.assertEqual(file.read(), bytes(range(1, 9)))
        with self.assertRaisesRegex(QmpError, "Invalid addr 0x0000000080001000/size 8 specified"):
            guest.qmp.execute("memsave", val=0x80001000, size=8, filename=guest.path("refused"))
        self.assertFalse(os.path.exists(guest.path("refused")))


class Exactness(unittest.TestCase):
    """Stops change nothing of a run."""

    def run_with(self, *points):
        guest = Guest(self, "selftest", "-S", "-smp", "2", "--summary")
        client = guest.attach()
        for point in points:
            self.assertEqual(client.ask(point), "OK")
        stops = 0
        client.send("c")
        while (answer := client.receive()).startswith("T05"):
            stops += 1
            client.send("c")
        said = guest.process.communicate(timeout=TIMEOUT)[1]
        with open(guest.path("console"), "rb") as file:
            console = file.read()
        found = re.search(r"simulated time\s+(.*)\n.* for (\d+) instructions", said)
        return answer, found.groups(), console, stops

    def test_breakpoints_and_watchpoints_change_no_count_and_no_time(self):
        plain = self.run_with()
        symbols = subprocess.run(["nm", firmware("selftest")], stdout=subprocess.PIPE, text=True, check=True).stdout
        put = int(re.search(r"^(\w+) . uart_put$", symbols, re.MULTILINE).group(1), 16)
        stopped = self.run_with(f"Z0,{put:x},2", "Z3,10000005,1")
        self.assertEqual(stopped[:3], plain[:3])
        self.assertEqual(plain[3], 0)
        self.assertGreater(stopped[3], 100)


@unittest.skipIf(shutil.which("gdb-multiarch") is None, "gdb-multiarch is not installed")
class Gdb(unittest.TestCase):
    # What both emulators are to answer alike.
    STEPS = ["break main", "continue", "python",
             "for i in range(100):",
             "    gdb.execute('stepi', to_string=True)",
             "    print('pc', hex(int(gdb.parse_and_eval('$pc'))))",
             "end", "info registers", "tbreak vmcoreinfo_publish", "continue", "backtrace", "finish", "x/2gx 0x1000"]
    WATCHES = ["break main", "continue", "watch boot_report.note_address", "rwatch boot_report.device_tree",
               "awatch boot_report.record_verified", "continue", "print/x $pc", "continue", "print/x $pc"]
    REGISTERS = ["print/x $mstatus", "print/x $priv", "print/x $satp", "set $fa0.double = 1.5", "print $fa0", "set $fcsr = 0xff",
                 "print/x $frm", "print/x $fflags", "set $mscratch = 0x1234", "print/x $mscratch", "set $pc = 0x80000000",
                 "print/x $pc", "set $a0 = 7", "print $a0", "set {long}0x80001000 = 0x55", "x/gx 0x80001000"]

    def compare(self, *lines):
        """The script on both; returns what gdb said to ours. How gdb leaves is no part of it: the guest may end meanwhile."""
        def said(**options):
            return Guest(self, "vmcoreinfo", "-S", **options).gdb(*lines, "echo the end\\n").partition("the end")[0]
        ours = said()
        if qemu := find_qemu():
            self.assertEqual(ours, said(program=qemu))
        return ours

    def test_every_step_ends_where_it_does_on_qemu(self):
        said = self.compare(*self.STEPS)
        self.assertEqual(said.count("pc 0x"), 100)
        self.assertIn("Value returned is $1 = VMCOREINFO_OK", said)

    def test_watchpoints_show_the_record_being_written(self):
        said = self.compare(*self.WATCHES)
        self.assertRegex(said, r"Hardware watchpoint 2: boot_report.note_address\s+Old value = 0\s+New value = 2147")

    def test_registers_are_read_and_written(self):
        said = self.compare(*self.REGISTERS)
        self.assertIn("double = 1.5}", said)
        self.assertIn("= 0x1234", said)

    def test_threads_are_harts(self):
        guest = Guest(self, "vmcoreinfo", "-S", "-smp", "2")
        said = guest.gdb("break main", "continue", "info threads", "thread apply all print $mhartid")
        self.assertRegex(said, r"\* 1 +Thread 1\.1 \(CPU#0 \[running\]\) main")
        self.assertRegex(said, r"  2 +Thread 1\.2 \(CPU#1 \[halted \]\) park")
        self.assertRegex(said, r"Thread 2 .*\n\$1 = 1")

    def test_a_dump_from_gdb_opens_in_gdb_where_the_guest_stopped(self):
        guest = Guest(self, "vmcoreinfo", "-S")
        said = guest.gdb("break vmcoreinfo_publish", "continue", f"monitor dump {guest.path('core')}", "monitor info status")
        self.assertIn("VM status: paused (debug)", said)
        opened = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", "backtrace",
                                 firmware("vmcoreinfo"), guest.path("core")], stdout=subprocess.PIPE, text=True, timeout=TIMEOUT)
        self.assertRegex(opened.stdout, r"#0 +vmcoreinfo_publish ")

    def test_the_guest_ends_as_ever_after_gdb_has_left(self):
        guest = Guest(self, "vmcoreinfo", "-S")
        guest.gdb("break main", "continue", "detach")
        self.assertEqual(guest.process.wait(timeout=TIMEOUT), 0)
        with open(guest.path("console"), encoding="ascii") as file:
            self.assertTrue(file.read().endswith("done, powering off\n"))

    def test_monitor_commands_answer(self):
        guest = Guest(self, "idle", "-S")
        said = guest.gdb("monitor help", "monitor info registers", "monitor nonsense", "monitor quit", name="idle")
        for line in ("system_reset", " mhartid  0000000000000000", "unknown command: 'nonsense'"):
            self.assertIn(line, said)
        self.assertEqual(guest.process.wait(timeout=TIMEOUT), 0)

    def test_a_port_of_this_host_serves_gdb(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen([VMCORE_VP, "-bios", firmware("idle"), "-serial", "null", "-S", "-gdb", f"tcp::{port}"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", port))
                break
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        with connection:
            self.assertEqual(Rsp(connection).ask("?"), "T05thread:01;")
        with open(f"/proc/{process.pid}/net/tcp", encoding="ascii") as table:
            listening = [line.split()[1] for line in table if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")]
        self.assertEqual(listening, [f"0100007F:{port:04X}"], "nobody else's")


if __name__ == "__main__":
    FIRMWARE = sys.argv.pop()
    VMCORE_VP = sys.argv.pop()
    unittest.main()
