"""The PLIC of the virt board with two harts, riscv64: rows p1 to p19. Sources and lines are driven and seen over qtest."""
from rows import Rows
from virt import BOARD

PLIC = 0xc000000
PENDING = 0x1000
UART = 0x10000000
CONTEXTS = 4
PATH = "/machine/unattached/device[2]"
LINES = {0: "S of hart 0", 1: "S of hart 1", 2: "M of hart 0", 3: "M of hart 1"}  # the outputs, by number


def enable(context, word=0):
    return 0x2000 + 0x80 * context + 4 * word


def threshold(context):
    return 0x200000 + 0x1000 * context


def claim(context):
    return threshold(context) + 4


class Plic(Rows):
    options = [*BOARD, "-smp", "2"]

    def setUp(self):
        super().setUp()
        self.own = self.start(*self.options)  # interception and reset are for the life of a machine
        self.own.qtest.command(f"irq_intercept_out {PATH}")

    def read(self, offset, width=4):
        return self.own.qtest.read(PLIC + offset, width)

    def write(self, offset, value, width=4):
        self.own.qtest.write(PLIC + offset, width, value)

    def written(self, offset, *values):
        """What is read back of each value that is written."""
        back = []
        for value in values:
            self.write(offset, value)
            back.append(self.read(offset))
        return back

    def drive(self, source, level):
        self.own.qtest.command(f"set_irq_in {PATH} unnamed-gpio-in {source} {level}")

    def lines(self):
        """What the lines have done since the last call."""
        self.own.qtest.command("endianness")
        seen = [text.split() for text in self.own.qtest.interrupts]
        self.own.qtest.interrupts.clear()
        return sorted(f"{LINES[int(number)]} {what}s" for _, what, number in seen)

    def enable_five(self, *contexts):
        """Sources 1 to 5 with priority 1, enabled for the contexts."""
        for context in contexts:
            self.write(enable(context), 0x3e)
        for source in range(1, 6):
            self.write(4 * source, 1)

    def test_row_p1_priorities_and_thresholds_keep_three_bits(self):
        """1, 7, 8, 9 and 0xffffffff written to priorities 1 and 95 and to the thresholds"""
        for name, offset in [("priority 1", 4), ("priority 95", 4 * 95),
                             *((f"threshold {context}", threshold(context)) for context in range(CONTEXTS))]:
            self.check(name, self.written(offset, 1, 7, 8, 9, 0xffffffff), [1, 7, 0, 1, 7])

    def test_row_p2_registers_that_are_not_there_ignore_writes(self):
        """0x3 to priorities 0 and 96, to pending, to words 3 and 31 of enable, to enable, threshold and claim of context 4"""
        offsets = [0, 4 * 96, 0xffc, PENDING, PENDING + 8, 0x1ffc, enable(0, 3), enable(0, 31), enable(4), 0x1ffffc,
                   threshold(0) + 8, threshold(0) + 0xffc, threshold(4), claim(4), 0x5ffffc]
        self.check("read back", [self.written(offset, 3)[0] for offset in offsets], [0] * len(offsets))

    def test_row_p3_every_bit_of_enable_is_kept(self):
        """0xffffffff written to the words 0 to 2 of every context, then 0x10"""
        for context in range(CONTEXTS):
            for word in range(3):
                self.check(f"word {word} of context {context}", self.written(enable(context, word), 0xffffffff, 0x10),
                           [0xffffffff, 0x10])

    def test_row_p4_accesses_have_4_bytes(self):
        """reads and writes of 1 and 2 bytes of a priority, and 4 bytes at +2; of 8 bytes, which qtest cuts in two"""
        self.write(4, 3)
        for width, offset in ((1, 4), (2, 4), (2, 6), (4, 6)):
            self.check(f"read of {width} at {offset}", self.read(offset, width), 0)
            self.write(offset, 0x05050505 & (1 << 8 * width) - 1, width)
        self.check("then", self.read(4), 3)
        self.write(8, 0x600000005, 8)
        self.check("8 bytes written", [self.read(8), self.read(12)], [5, 6])
        self.check("8 bytes read", self.read(8, 8), 0x600000005)

    def test_row_p5_each_context_has_its_line(self):
        """source 5, enabled for one context after the other: assertion, claim by every context, completion"""
        for context, line in enumerate((2, 0, 3, 1)):
            self.enable_five(context)
            self.drive(5, 1)
            self.check(f"assertion, context {context}", self.lines(), [f"{LINES[line]} raises"])
            self.check(f"claims, context {context}", [self.read(claim(each)) for each in range(CONTEXTS)],
                       [5 if each == context else 0 for each in range(CONTEXTS)])
            self.check(f"claimed, context {context}", self.lines(), [f"{LINES[line]} lowers"])
            self.drive(5, 0)
            self.write(claim(context), 5)
            self.write(enable(context), 0)
            self.check(f"completion, context {context}", [self.lines(), self.read(PENDING)], [[], 0])

    def test_row_p6_a_lowered_source_stays_pending(self):
        """source 5 up and down, then a claim"""
        self.enable_five(0)
        self.drive(5, 1)
        self.drive(5, 0)
        self.check("pending", self.read(PENDING), 0x20)
        self.check("lines", self.lines(), ["M of hart 0 raises"])
        self.check("claim", self.read(claim(0)), 5)

    def test_row_p7_a_source_that_stays_high_is_silent_after_completion(self):
        """source 5 up, claim, completion"""
        self.enable_five(0)
        self.drive(5, 1)
        self.read(claim(0))
        self.lines()
        self.write(claim(0), 5)
        self.check("pending", self.read(PENDING), 0)
        self.check("lines", self.lines(), [])

    def test_row_p8_an_assertion_while_claimed_counts_after_completion(self):
        """source 5 up, claim, up again without having been down, claim, completion"""
        self.enable_five(0)
        self.drive(5, 1)
        self.read(claim(0))
        self.drive(5, 1)
        self.check("pending", self.read(PENDING), 0x20)
        self.check("claim", self.read(claim(0)), 0)
        self.lines()
        self.write(claim(0), 5)
        self.check("lines", self.lines(), ["M of hart 0 raises"])
        self.check("claim after completion", self.read(claim(0)), 5)

    def test_row_p9_the_highest_priority_then_the_lowest_number_is_claimed(self):
        """sources 1 to 5 with priorities 1, 3, 3, 2, 7, and threshold 3, then 1, then 0"""
        self.enable_five(0)
        for source, priority in zip(range(1, 6), (1, 3, 3, 2, 7)):
            self.write(4 * source, priority)
            self.drive(source, 1)
        for value, claims in ((3, [5, 0]), (1, [2, 3, 4, 0]), (0, [1, 0])):
            self.write(threshold(0), value)
            self.check(f"claims at {value}", [self.read(claim(0)) for _ in claims], claims)
        self.check("pending", self.read(PENDING), 0)

    def test_row_p10_a_priority_or_a_threshold_moves_the_line(self):
        """source 5 up: threshold 1, 0, priority 0, 1"""
        self.enable_five(0)
        self.drive(5, 1)
        self.lines()
        for what, offset, value, moved in (("threshold 1", threshold(0), 1, "lowers"), ("threshold 0", threshold(0), 0, "raises"),
                                           ("priority 0", 20, 0, "lowers"), ("priority 1", 20, 1, "raises")):
            self.write(offset, value)
            self.check(what, self.lines(), [f"M of hart 0 {moved}"])

    def test_row_p11_enabling_moves_no_line_by_itself(self):
        """source 5 up, enabled: reads of threshold and pending, a claim by another context; disabled: completions of 200
        and 40, priority 0, a threshold that is not there, another context's threshold"""
        self.write(20, 1)
        self.drive(5, 1)
        self.write(enable(0), 0x20)
        self.check("enabled", self.lines(), [])
        self.read(threshold(0))
        self.read(PENDING)
        self.check("reads", self.lines(), [])
        self.check("another's claim", self.read(claim(1)), 0)
        self.check("lines", self.lines(), ["M of hart 0 raises"])
        self.write(enable(0), 0)
        self.write(claim(0), 200)
        self.write(0, 1)
        self.write(4 * 96, 1)
        self.write(PENDING, 1)
        self.write(threshold(4), 1)
        self.check("disabled", self.lines(), [])
        self.write(claim(0), 40)
        self.check("a completion", self.lines(), ["M of hart 0 lowers"])
        self.write(enable(0), 0x20)
        self.write(threshold(3), 1)
        self.check("another's threshold", self.lines(), ["M of hart 0 raises"])

    def test_row_p12_one_context_claims_for_all(self):
        """source 5 enabled for the contexts 0, 1 and 2: claims by 1, then 0; completion by 0"""
        self.enable_five(0, 1, 2)
        self.drive(5, 1)
        self.check("assertion", self.lines(), ["M of hart 0 raises", "M of hart 1 raises", "S of hart 0 raises"])
        self.check("claims", [self.read(claim(1)), self.read(claim(0))], [5, 0])
        self.check("lines", self.lines(), ["M of hart 0 lowers", "M of hart 1 lowers", "S of hart 0 lowers"])
        self.drive(5, 1)
        self.write(claim(0), 5)
        self.check("completion", self.lines(), ["M of hart 0 raises", "M of hart 1 raises", "S of hart 0 raises"])

    def test_row_p13_a_context_completes_what_is_not_enabled_there(self):
        """source 5 claimed by context 0 and up again, completed by context 3"""
        self.enable_five(0)
        self.drive(5, 1)
        self.read(claim(0))
        self.drive(5, 1)
        self.lines()
        self.write(claim(3), 5)
        self.check("lines", self.lines(), ["M of hart 0 raises"])

    def test_row_p14_completions_of_nothing_are_ignored(self):
        """source 5 claimed and up again: completions of 0, 4, 96 and 0xffffffff"""
        self.enable_five(0)
        self.drive(5, 1)
        self.read(claim(0))
        self.drive(5, 1)
        self.lines()
        for source in (0, 4, 96, 0xffffffff):
            self.write(claim(0), source)
        self.check("lines", self.lines(), [])

    def test_row_p15_source_0_never_interrupts(self):
        """source 0 up, everything enabled, priority 0 written; then source 95"""
        for word in range(3):
            self.write(enable(0, word), 0xffffffff)
        self.write(0, 7)
        self.drive(0, 1)
        self.check("pending", self.read(PENDING), 1)
        self.check("claim", self.read(claim(0)), 0)
        self.drive(95, 1)
        self.write(4 * 95, 1)
        self.check("pending of 95", self.read(PENDING + 8), 0x80000000)
        self.check("claim of 95", self.read(claim(0)), 95)

    def test_row_p16_a_reset_forgets_everything(self):
        """sources 4 and 5 up, 4 claimed, system_reset; enabled again; 4 up again without having been down"""
        self.enable_five(0)
        self.write(threshold(1), 3)
        self.drive(4, 1)
        self.drive(5, 1)
        self.check("claim", self.read(claim(0)), 4)
        self.own.qmp.execute("system_reset")
        self.own.qmp.wait_for("RESET")
        self.check("registers", [self.read(offset) for offset in (16, 20, PENDING, enable(0), threshold(1), claim(0))], [0] * 6)
        self.lines()
        self.enable_five(0)
        self.check("enabled again", self.lines(), [])
        self.drive(4, 1)
        self.check("up again", self.lines(), ["M of hart 0 raises"])

    def test_row_p17_the_uart_is_source_10(self):
        """interrupts of the empty transmitter enabled; identity read; disabled and enabled; with context 1 enabled"""
        uart = self.own.qtest
        self.write(enable(1), 1 << 10)
        self.write(40, 1)
        uart.write(UART + 1, 1, 2)
        self.check("enabled", [self.lines(), self.read(PENDING)], [["S of hart 0 raises"], 0x400])
        self.check("identity", uart.read(UART + 2, 1), 2)
        self.check("after it was read", [self.lines(), self.read(PENDING)], [[], 0x400])
        self.check("claim", self.read(claim(1)), 10)
        self.write(claim(1), 10)
        uart.write(UART + 1, 1, 0)
        uart.write(UART + 1, 1, 2)
        self.check("enabled again", self.read(PENDING), 0x400)

    ASSERTING = {("read", 0), ("write", 0, 65), ("write", 1, 3), ("write", 2, 0), ("write", 2, 1)}

    def test_row_p18_some_accesses_to_the_uart_assert_its_line_anew(self):
        """transmitter interrupt enabled and claimed, then each access; whether source 10 is pending behind it"""
        uart = self.own.qtest
        self.write(enable(1), 1 << 10)
        self.write(40, 1)
        uart.write(UART + 1, 1, 2)
        accesses = [("read", 0), ("read", 1), ("read", 3), ("read", 4), ("read", 5), ("read", 6), ("read", 7), ("write", 1, 2),
                    ("write", 1, 3), ("write", 3, 3), ("write", 4, 8), ("write", 7, 9), ("write", 2, 0), ("write", 2, 1),
                    ("write", 0, 65), ("read", 2)]
        for what, offset, *value in accesses:
            self.read(claim(1))
            self.write(claim(1), 10)
            if what == "read":
                uart.read(UART + offset, 1)
            else:
                uart.write(UART + offset, 1, value[0])
            self.check(f"{what} at {offset}" + "".join(f" of {each}" for each in value), bool(self.read(PENDING) & 0x400),
                       (what, offset, *value) in self.ASSERTING)

    def test_row_p19_the_lines_are_inputs_of_the_harts(self):
        """irq_intercept_in of hart 1; source 5 for context 2, then for context 3"""
        machine = self.own = self.start(*self.options)
        machine.qtest.command("irq_intercept_in /machine/soc0/harts[1]")
        for context, expected in ((2, ["IRQ raise 11", "IRQ lower 11"]), (3, ["IRQ raise 9", "IRQ lower 9"])):
            self.enable_five(context)
            self.drive(5, 1)
            self.read(claim(context))
            self.write(claim(context), 5)
            self.write(enable(context), 0)
            machine.qtest.command("endianness")
            self.check(f"context {context}", list(machine.qtest.interrupts), expected)
            machine.qtest.interrupts.clear()
