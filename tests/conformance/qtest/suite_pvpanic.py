"""The pvpanic device of the virt board, riscv64: rows n1 to n10.

QEMU's virt board has the device on PCI only, where it is set up by hand: the address differs, and events= as the PCI form
tells more by default. What a guest writes and what becomes of it is the same.
"""
import signal

from rows import Rows, Subject
from virt import BOARD

PANICKED, CRASH_LOADED, SHUTDOWN = 1, 2, 4
RUNS = {"held": False}


def options(*more, events=3):
    device = f"pvpanic-pci,addr=2,events={events}" if Subject.is_qemu else f"pvpanic-mmio,events={events}"
    return [*BOARD, "-net", "none", "-device", device, *more]


class Pvpanic(Rows):
    def machine_with(self, *more, events=3, **how):
        """A machine, and the address of its device."""
        machine = self.start(*options(*more, events=events), **how)
        if not Subject.is_qemu:
            return machine, 0x102000
        function, bar = 0x30000000 + (2 << 15), 0x40000000
        machine.qtest.write(function + 0x10, 4, bar)
        machine.qtest.write(function + 4, 2, 2)  # answers in memory
        return machine, bar

    def events_of(self, machine, address, value, width=1):
        """The events of a write."""
        try:
            machine.qtest.write(address, width, value)
        except (ConnectionError, OSError):
            pass  # it ended before it answered
        return self.events_behind(machine)

    @staticmethod
    def events_behind(machine):
        """The events until now. A machine that ends does so at any moment: then all until its end."""
        qmp = machine.qmp
        try:
            for _ in range(2):  # what happens behind an answer is there before the next
                qmp.execute("query-status")
        except (ConnectionError, OSError):
            try:
                while True:
                    qmp.events.append(qmp.receive())
            except (ConnectionError, OSError):
                pass
        events = [event for event in qmp.events if "event" in event]
        qmp.events.clear()
        return [event["event"] + "".join(f" {key}={value}" for key, value in sorted(event.get("data", {}).items()))
                for event in events]

    def ends(self, value, *more):
        for _ in range(5):
            machine, address = self.machine_with(*more, **RUNS)
            events, status = self.events_of(machine, address, value), machine.wait()
            if status != -signal.SIGSEGV or not Subject.is_qemu:  # of which QEMU 10.0.2 dies now and then while it exits
                break
        return events, status

    PANIC = ["GUEST_PANICKED action=poweroff", "STOP", "SHUTDOWN guest=True reason=guest-panic"]
    POWER_OFF = ["GUEST_PVSHUTDOWN", "SHUTDOWN guest=True reason=guest-shutdown"]

    def test_row_n1_the_guest_reads_what_it_may_use(self):
        """events=3, 7, 0, 255: reads of 1 byte at 0 and 1, of 2 at 0"""
        for events in (3, 7, 0, 255):
            machine, address = self.machine_with(events=events)
            self.check(f"events={events}", [machine.qtest.read(address + offset, width) for offset, width in ((0, 1), (1, 1), (0, 2))],
                       [events, events, events * 0x101])

    def test_row_n2_a_panic_ends_the_run(self):
        """1, 3, 5, 7, 0xff to a running guest's device"""
        for value in (1, 3, 5, 7, 0xff):
            events, status = self.ends(value)
            self.check(f"0x{value:x}", events, self.PANIC)
            self.check(f"exit status of 0x{value:x}", status, 0)

    def test_row_n3_a_guest_that_shuts_down_ends_the_run(self):
        """4, 0xfc"""
        for value in (4, 0xfc):
            events, status = self.ends(value)
            self.check(f"0x{value:x}", events, self.POWER_OFF)
            self.check(f"exit status of 0x{value:x}", status, 0)

    def test_row_n4_a_guest_whose_crash_kernel_takes_over_goes_on(self):
        """2, 6, 2 again; then 0, 8, 0xf8"""
        machine, address = self.machine_with(**RUNS)
        for what, value in (("2", 2), ("6", 6), ("2 again", 2)):
            self.check(what, self.events_of(machine, address, value), ["GUEST_CRASHLOADED action=run"])
        for value in (0, 8, 0xf8):
            self.check(f"0x{value:x}", self.events_of(machine, address, value), [])
        self.check("status", machine.qmp.execute("query-status")["status"], "running")

    def test_row_n5_both_bytes_are_the_same_register(self):
        """2 bytes: 0x0002, 0x0200; 1 byte at 1: 2"""
        machine, address = self.machine_with(**RUNS)
        for what, offset, value, width in (("0x0002", 0, 2, 2), ("0x0200", 0, 0x200, 2), ("1 byte at 1", 1, 2, 1)):
            self.check(what, self.events_of(machine, address + offset, value, width), ["GUEST_CRASHLOADED action=run"])

    def test_row_n6_a_panic_can_hold_the_guest(self):
        """-action panic=pause, -no-shutdown: 1; cont"""
        for more in (["-action", "panic=pause"], ["-no-shutdown"]):
            machine, address = self.machine_with(*more, **RUNS)
            name = " ".join(more)
            self.check(name, self.events_of(machine, address, PANICKED), ["GUEST_PANICKED action=pause", "STOP"])
            self.check(f"{name}: status", machine.qmp.execute("query-status")["status"], "guest-panicked")
            machine.qmp.execute("cont")
            self.check(f"{name}: cont", self.events_behind(machine), ["RESUME"])

    def test_row_n7_a_panic_can_be_ignored(self):
        """-action panic=none: 1, 1, then 4"""
        machine, address = self.machine_with("-action", "panic=none", **RUNS)
        self.check("1", self.events_of(machine, address, PANICKED), ["GUEST_PANICKED action=run"])
        self.check("1 again", self.events_of(machine, address, PANICKED), ["GUEST_PANICKED action=run"])
        self.check("4", self.events_of(machine, address, SHUTDOWN), self.POWER_OFF)
        self.check("exit status", machine.wait(), 0)

    def test_row_n8_a_panic_can_be_a_failure(self):
        """-action panic=exit-failure: 1, 4"""
        events, status = self.ends(PANICKED, "-action", "panic=exit-failure")
        self.check("1", events, self.PANIC)
        self.check("exit status of 1", status, 1)
        events, status = self.ends(SHUTDOWN, "-action", "panic=exit-failure")
        self.check("exit status of 4", status, 0)

    def test_row_n9_a_shutdown_can_hold_the_guest(self):
        """-no-shutdown: 4"""
        machine, address = self.machine_with("-no-shutdown", **RUNS)
        self.check("4", self.events_of(machine, address, SHUTDOWN), [*self.POWER_OFF, "STOP"])
        self.check("status", machine.qmp.execute("query-status")["status"], "shutdown")

    def test_row_n10_a_guest_that_is_held_stays_held(self):
        """-S, -action panic=pause: 1"""
        machine, address = self.machine_with("-action", "panic=pause")
        self.check("1", self.events_of(machine, address, PANICKED), ["GUEST_PANICKED action=pause"])
        self.check("status", machine.qmp.execute("query-status")["status"], "prelaunch")
