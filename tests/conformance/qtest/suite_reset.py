"""The test finisher of riscv64's virt, written to over qtest: row 101."""
from rows import Rows
from virt import BOARD, FINISHER


class Finisher(Rows):
    def finish(self, value):
        """Writes to the finisher of a machine, and waits for its end. Checks reason and exit status."""
        machine = self.start(*BOARD)
        machine.qtest.send_bytes(f"writel 0x{FINISHER:x} 0x{value:x}\n".encode())
        event = machine.qmp.wait_for("SHUTDOWN")
        return event["data"]["reason"], machine.wait()

    def test_row_101_pass_ends_the_machine(self):
        """0x5555"""
        reason, status = self.finish(0x5555)
        self.check("reason", reason, "guest-shutdown")
        self.check("exit status", status, 0)

    def test_row_101a_pass_has_a_code(self):
        """0x75555"""
        reason, status = self.finish(0x75555)
        self.check("reason", reason, "guest-shutdown")
        self.check("exit status", status, 7)

    def test_row_101b_fail_is_a_panic(self):
        """0x33333"""
        reason, status = self.finish(0x33333)
        self.check("reason", reason, "guest-panic")
        self.check("exit status", status, 3)

    def test_row_101c_reset_resets(self):
        """0x7777"""
        machine = self.start(*BOARD)
        machine.qtest.write(FINISHER, 4, 0x7777)
        self.check("event", machine.qmp.wait_for("RESET")["data"], {"guest": True, "reason": "guest-reset"})

    def test_row_101d_other_values_do_nothing(self):
        """0x1234 as 4 bytes, 0x5555 as 1 byte, and 0x5555 at +4"""
        machine = self.start(*BOARD)
        machine.qtest.write_all([(FINISHER, 4, 0x1234), (FINISHER, 1, 0x55), (FINISHER + 4, 4, 0x5555)])
        self.check("value read", machine.qtest.read(FINISHER, 4), 0)
        self.check("status", machine.qmp.execute("query-status")["status"], "prelaunch")
        self.check("events", machine.qmp.take_events(), [])
