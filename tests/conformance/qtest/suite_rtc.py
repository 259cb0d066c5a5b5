"""The real-time clock of the virt board, riscv64: rows r1 to r15. Time moves while the harts run, which have no guest."""
from rows import Rows
from virt import BOARD

RTC = 0x101000
TIME_LOW, TIME_HIGH, ALARM_LOW, ALARM_HIGH, IRQ_ENABLED, CLEAR_ALARM, ALARM_STATUS, CLEAR_INTERRUPT = range(0, 0x20, 4)
PLIC = 0xc000000
SOURCE = 11
CLAIM = 0x200004
START = 1704067200 * 10**9  # 2024-01-01T00:00:00
HOUR = 3600 * 10**9
MASK = (1 << 64) - 1


class Rtc(Rows):
    options = [*BOARD, "-rtc", "base=2024-01-01T00:00:00,clock=vm"]

    def setUp(self):
        super().setUp()
        self.own = self.start(*self.options)  # whose time has not moved
        self.own.qtest.write(PLIC + 4 * SOURCE, 4, 1)
        self.own.qtest.write(PLIC + 0x2000, 4, 1 << SOURCE)

    def read(self, offset, width=4):
        return self.own.qtest.read(RTC + offset, width)

    def write(self, offset, value, width=4):
        self.own.qtest.write(RTC + offset, width, value & (1 << 8 * width) - 1)

    def now(self):
        low = self.read(TIME_LOW)
        return low | self.read(TIME_HIGH) << 32

    def set_now(self, value):
        self.write(TIME_LOW, value)
        self.write(TIME_HIGH, value >> 32)

    def set_alarm(self, value):
        self.write(ALARM_HIGH, value >> 32)
        self.write(ALARM_LOW, value)

    def asserted(self):
        """Whether the line was asserted since the last call: then the PLIC's source is claimed and completed."""
        claimed = self.own.qtest.read(PLIC + CLAIM, 4)
        self.own.qtest.write(PLIC + CLAIM, 4, claimed)
        return claimed == SOURCE

    def pass_time(self, nanoseconds):
        """At least that much: the harts run meanwhile."""
        before = self.now()
        self.own.qmp.execute("cont")
        while (self.now() - before) & MASK < nanoseconds:
            pass
        self.own.qmp.execute("stop")

    def reset(self):
        self.own.qmp.execute("system_reset")
        self.own.qmp.wait_for("RESET")
        self.own.qtest.write(PLIC + 4 * SOURCE, 4, 1)
        self.own.qtest.write(PLIC + 0x2000, 4, 1 << SOURCE)

    def test_row_r1_time_begins_where_it_is_told(self):
        """base=2024-01-01T00:00:00, 2030-06-17T16:01:21, 2001-09-09, 1970-01-01"""
        self.check("2024-01-01T00:00:00", self.now(), START)
        for base in ("2030-06-17T16:01:21", "2001-09-09", "1970-01-01"):
            self.own = self.start(*BOARD, "-rtc", f"base={base},clock=vm")
            self.check(base, self.now(), {"2030-06-17T16:01:21": 1907942481, "2001-09-09": 999993600}.get(base, 0) * 10**9)

    def test_row_r2_all_other_registers_begin_with_0(self):
        """high half of the time, before the low half was read; alarm, enable, clear, status; 0x20"""
        self.check("registers", [self.read(offset) for offset in range(4, 0x24, 4)], [0] * 8)

    def test_row_r3_accesses_have_4_bytes(self):
        """reads and writes of 1 and 2 bytes, and 4 bytes at +2, of the alarm; of 8 bytes, which qtest cuts in two"""
        self.write(ALARM_HIGH, 0x22222222)
        self.write(ALARM_LOW, 0x11111111)
        for width, offset in ((1, 0), (1, 1), (2, 0), (2, 2), (4, 2)):
            self.check(f"read of {width} at {offset}", self.read(ALARM_LOW + offset, width), 0)
            self.write(ALARM_LOW + offset, 0x3333333333333333, width)
        self.check("then", self.read(ALARM_LOW, 8), 0x2222222211111111)

    def test_row_r4_the_high_half_is_latched_by_the_low_half(self):
        """time 0x1_fffffff0 read; time passes until 0x2_00000000, high half; 7 written to the high half"""
        self.set_now(0x1fffffff0)
        self.check("time", self.now(), 0x1fffffff0)
        self.own.qmp.execute("cont")
        while self.read(TIME_LOW) >= 0xf0000000:
            pass
        self.own.qmp.execute("stop")
        self.check("high half", self.read(TIME_HIGH), 2)
        self.write(TIME_HIGH, 7)
        self.check("after a write", self.read(TIME_HIGH), 2)
        self.read(TIME_LOW)
        self.check("after a read of the low half", self.read(TIME_HIGH), 7)

    def test_row_r5_an_alarm_for_a_time_that_has_come_rings_at_once(self):
        """enabled; alarms for now, an hour ago, 0"""
        self.write(IRQ_ENABLED, 1)
        for what, when in (("now", START), ("an hour ago", START - HOUR), ("0", 0)):
            self.set_alarm(when)
            self.check(what, [self.read(ALARM_STATUS), self.asserted()], [0, True])
            self.write(CLEAR_INTERRUPT, 0)

    def test_row_r6_an_alarm_rings_when_its_time_has_come(self):
        """enabled; an alarm in a millisecond; status, line; 2 ms pass"""
        self.write(IRQ_ENABLED, 1)
        self.set_alarm(START + 10**6)
        self.check("before", [self.read(ALARM_STATUS), self.asserted()], [1, False])
        self.pass_time(2 * 10**6)
        self.check("after", [self.read(ALARM_STATUS), self.asserted()], [0, True])
        self.check("alarm", self.read(ALARM_LOW, 8), START + 10**6)

    def test_row_r7_the_high_half_of_an_alarm_starts_nothing(self):
        """the high half of an alarm in a second, its low half; then 0 to the high half"""
        self.write(IRQ_ENABLED, 1)
        self.write(ALARM_HIGH, START >> 32)
        self.check("high half", self.read(ALARM_STATUS), 0)
        self.write(ALARM_LOW, START + 10**9)
        self.check("low half", self.read(ALARM_STATUS), 1)
        self.write(ALARM_HIGH, 0)
        self.check("of the past", [self.read(ALARM_STATUS), self.asserted()], [1, False])

    def test_row_r8_a_new_alarm_replaces_one_that_runs(self):
        """an alarm in 1 ms, then one in an hour; 2 ms pass; one in 1 ms, then one of the past; 2 ms pass"""
        self.write(IRQ_ENABLED, 1)
        self.set_alarm(START + 10**6)
        self.set_alarm(START + HOUR)
        self.pass_time(2 * 10**6)
        self.check("after 2 ms", [self.read(ALARM_STATUS), self.asserted()], [1, False])
        self.set_alarm(self.now() + 10**6)
        self.set_alarm(START)
        self.check("one of the past", [self.read(ALARM_STATUS), self.asserted()], [0, True])
        self.write(CLEAR_INTERRUPT, 0)
        self.pass_time(2 * 10**6)
        self.check("2 ms later", [self.read(ALARM_STATUS), self.asserted()], [0, False])

    def test_row_r9_an_alarm_can_be_stopped_and_its_interrupt_can_not(self):
        """an alarm in 1 ms, stopped; 2 ms pass; an alarm of the past, stopped; enabled"""
        self.set_alarm(START + 10**6)
        self.write(CLEAR_ALARM, 0)
        self.check("stopped", [self.read(ALARM_STATUS), self.read(ALARM_LOW, 8) == START + 10**6], [0, True])
        self.write(IRQ_ENABLED, 1)
        self.pass_time(2 * 10**6)
        self.check("2 ms later", self.asserted(), False)
        self.write(IRQ_ENABLED, 0)
        self.set_alarm(START)
        self.write(CLEAR_ALARM, 1)
        self.write(IRQ_ENABLED, 1)
        self.check("one that has rung", self.asserted(), True)

    def test_row_r10_setting_the_time_moves_no_alarm_that_runs(self):
        """an alarm in an hour, the time set 2 hours on; an alarm in 1 ms, the time set an hour back; 2 ms pass"""
        self.write(IRQ_ENABLED, 1)
        self.set_alarm(START + HOUR)
        self.set_now(START + 2 * HOUR)
        self.pass_time(10**6)
        self.check("on", [self.read(ALARM_STATUS), self.asserted()], [1, False])
        now = self.now()
        self.set_alarm(now + 10**6)
        self.set_now(now - HOUR)
        self.pass_time(2 * 10**6)
        self.check("back", [self.read(ALARM_STATUS), self.asserted()], [0, True])

    def test_row_r11_each_write_that_enables_asserts_the_line_anew(self):
        """an alarm of the past; 1, 1, 0, 0xffffffff, 2 and 3 to enable; interrupt cleared, 1 to enable"""
        self.set_alarm(START)
        self.check("not enabled", self.asserted(), False)
        for what, value, asserts in (("1", 1, True), ("1 again", 1, True), ("0", 0, False), ("0xffffffff", 0xffffffff, True),
                                     ("2", 2, False), ("3", 3, True)):
            self.write(IRQ_ENABLED, value)
            self.check(what, [self.read(IRQ_ENABLED), self.asserted()], [value & 1, asserts])
        self.write(CLEAR_INTERRUPT, 0)
        self.write(IRQ_ENABLED, 1)
        self.check("cleared", self.asserted(), False)

    def test_row_r12_an_interrupt_waits_until_it_is_enabled(self):
        """an alarm in 1 ms, not enabled; 2 ms pass; enabled"""
        self.set_alarm(START + 10**6)
        self.pass_time(2 * 10**6)
        self.check("rung", [self.read(ALARM_STATUS), self.asserted()], [0, False])
        self.write(IRQ_ENABLED, 1)
        self.check("enabled", self.asserted(), True)

    def test_row_r13_an_alarm_too_far_away_is_late_already(self):
        """alarms 2^63 - 1 and 2^63 + 1e9 ns ahead of the time at the start; 1 ms passes"""
        self.write(IRQ_ENABLED, 1)
        for what, when, asserts in (("2^63 - 1", START + (1 << 63) - 1, False), ("2^63 + 1e9", START + (1 << 63) + 10**9, True)):
            self.set_alarm(when)
            self.check(what, [self.read(ALARM_STATUS), self.asserted()], [1, False])
            self.pass_time(10**6)
            self.check(f"{what}, 1 ms later", [self.read(ALARM_STATUS), self.asserted()], [int(not asserts), asserts])
            self.write(CLEAR_INTERRUPT, 0)

    def test_row_r14_time_wraps(self):
        """time 2^64 - 1; 1 ms passes"""
        self.set_now(MASK)
        self.check("time", self.now(), MASK)
        self.pass_time(10**6)
        self.check("below an hour", self.now() < HOUR, True)

    def test_row_r15_a_reset_keeps_the_time_and_forgets_the_alarm(self):
        """time 0x7_00000005 read, enabled, an alarm of the past, one in 1 ms; system_reset; enabled, 2 ms pass"""
        self.set_now(0x700000005)
        self.now()
        self.write(IRQ_ENABLED, 1)
        self.set_alarm(0)
        self.set_alarm(0x700000005 + 10**6)
        self.reset()
        self.check("registers", [self.read(offset) for offset in range(4, 0x24, 4)], [7] + [0] * 7)
        self.check("time", self.now(), 0x700000005)
        self.write(IRQ_ENABLED, 1)
        self.pass_time(2 * 10**6)
        self.check("2 ms later", self.asserted(), False)
