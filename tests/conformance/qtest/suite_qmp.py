"""QMP itself, riscv64: rows m1 to m20."""
import os
import signal

from virt import BOARD, VirtRows
from rows import Rows

STATUS = b'{"execute": "query-status"}'


class Protocol(Rows):
    options = BOARD

    def ask(self, *messages):
        """Sends messages as bytes and returns as many answers."""
        self.qmp.send_bytes(b"".join(messages))
        return [self.qmp.answer() for _ in messages]

    def check_error(self, what, answer, kind, text):
        self.check(what, f"{answer['error']['class']}: {answer['error']['desc']}", f"{kind}: {text}")

    def test_row_m1_the_greeting(self):
        """the first message"""
        greeting = self.machine.qmp.greeting
        self.check("members", list(greeting["QMP"]), ["version", "capabilities"])
        self.check("members of version", sorted(greeting["QMP"]["version"]), ["package", "qemu"])
        self.check("members of qemu", sorted(greeting["QMP"]["version"]["qemu"]), ["major", "micro", "minor"])
        self.check("capabilities", greeting["QMP"]["capabilities"], ["oob"])

    def test_row_m2_negotiation_comes_first(self):
        """query-status, a bogus capability, qmp_capabilities twice"""
        machine = self.start(*BOARD, negotiate=False)
        ask = machine.qmp.ask
        self.check_error("before", ask({"execute": "query-status"}), "CommandNotFound",
                         "Expecting capabilities negotiation with 'qmp_capabilities'")
        self.check("class with a bogus capability", ask({"execute": "qmp_capabilities",
                   "arguments": {"enable": ["bogus"]}})["error"]["class"], "GenericError")
        self.check("qmp_capabilities", ask({"execute": "qmp_capabilities"}), {"return": {}})
        self.check_error("again", ask({"execute": "qmp_capabilities"}), "CommandNotFound",
                         "Capabilities negotiation is already complete, command ignored")
        self.check("query-status", ask({"execute": "query-status"})["return"], {"status": "prelaunch", "running": False})

    def test_row_m3_unknown_commands(self):
        """nope"""
        self.check_error("answer", self.qmp.ask({"execute": "nope"}), "CommandNotFound",
                         "The command nope has not been found")

    def test_row_m4_answers_carry_the_id(self):
        """id 1, "x", null, [1, {"a": 2}], 1.5, with results and with errors"""
        for sent in (1, "x", None, [1, {"a": 2}], 1.5):
            answer = self.qmp.ask({"execute": "query-status", "id": sent})
            self.check(f"id {sent!r}", "id" in answer and answer["id"] == sent, True)
        self.check("id of an error", self.qmp.ask({"execute": "nope", "id": 7})["id"], 7)
        self.check("id without a command", self.qmp.ask({"id": 8}), {"id": 8, "error": {
            "class": "GenericError", "desc": "QMP input lacks member 'execute'"}})
        self.check("id when none was sent", "id" in self.qmp.ask({"execute": "query-status"}), False)

    def test_row_m5_answers_end_with_carriage_return_and_newline(self):
        """query-status"""
        self.qmp.send_bytes(STATUS)
        line = self.qmp.receive_line()
        self.check("end", repr(line[-2:]), repr(b"\r\n"))

    def test_row_m6_messages_need_no_line_each(self):
        """two in one go without newline; one in three pieces; one over several lines; single quotes"""
        running = [{"return": {"status": "prelaunch", "running": False}}]
        self.check("two in one", self.ask(STATUS, STATUS), running * 2)
        for piece in (STATUS[:6], STATUS[6:15]):
            self.qmp.send_bytes(piece)
        self.check("three pieces", self.ask(STATUS[15:]), running)
        self.check("several lines", self.ask(b'{\n  "execute" :\r\n\t"query-status"\n}\n'), running)
        self.check("single quotes", self.ask(b"{'execute': 'query-status'}"), running)

    def test_row_m7_what_is_no_command(self):
        """{}, [], 1, "x", and members of wrong types"""
        for text, error in (
                ("{}", "QMP input lacks member 'execute'"),
                ("[]", "QMP input must be a JSON object"),
                ("1\n", "QMP input must be a JSON object"),
                ('"x"', "QMP input must be a JSON object"),
                ('{"execute": 1}', "QMP input member 'execute' must be a string"),
                ('{"execute": "query-status", "arguments": 1}', "QMP input member 'arguments' must be an object"),
                ('{"execute": "query-status", "foo": 1}', "QMP input member 'foo' is unexpected"),
                ('{"execute": "query-status", "arguments": {"a": 1}}', "Parameter 'a' is unexpected")):
            self.check_error(text.strip(), self.ask(text.encode())[0], "GenericError", error)

    def test_row_m8_json_errors_leave_the_connection_usable(self):
        """lines that are no JSON, each followed by query-status"""
        for text in ('{"execute": "query-status"]', "}", '{"execute" "x"}', '{"a": }', "nonsense",
                     '{"execute": "query-status",}', '{"execute": "unterminated',
                     '{"execute": "query-status", "execute": "stop"}'):
            answer = self.ask(text.encode() + b"\n")[0]
            self.check(f"{text}: class", answer["error"]["class"], "GenericError")
            self.check(f"{text}: says JSON parse error", answer["error"]["desc"].startswith("JSON parse error"),
                       True)
            self.check(f"{text}: then", self.ask(STATUS)[0]["return"]["status"], "prelaunch")

    def test_row_m9_where_reading_goes_on_after_nonsense(self):
        """a byte 0xff and a command on one line, then another command"""
        self.qmp.send_bytes(b"\xff" + STATUS + b'\n{"execute": "query-status", "id": 2}\n')
        answers = []
        while not answers or answers[-1].get("id") != 2:
            answers.append(self.qmp.answer())
        self.check("first answer", answers[0]["error"]["class"], "GenericError")
        self.check("the command behind the nonsense", "carried out" if len(answers) == 3 else "skipped", "carried out")
        self.check("the command on the next line", answers[-1]["return"]["status"], "prelaunch")

    def test_row_m10_nesting_is_limited(self):
        """1100 open brackets"""
        machine = self.start(*BOARD)
        machine.qmp.send_bytes(b"[" * 1100 + b"\n")
        self.check_error("answer", machine.qmp.answer(), "GenericError", "JSON nesting depth limit exceeded")

    def test_row_m11_deep_but_not_too_deep(self):
        """an id of 500 brackets"""
        nested = b"[" * 500 + b"]" * 500
        answer = self.ask(b'{"execute": "query-status", "id": ' + nested + b"}")[0]
        self.check("status", answer["return"]["status"], "prelaunch")


class Commands(Rows):
    options = BOARD

    def test_row_m12_queries(self):
        """query-name, query-uuid, query-target, query-kvm, query-memory-size-summary, query-current-machine"""
        for name, answer in (("query-name", {}), ("query-uuid", {"UUID": "00000000-0000-0000-0000-000000000000"}),
                             ("query-target", {"arch": "riscv64"}), ("query-kvm", {"enabled": False, "present": False}),
                             ("query-memory-size-summary", {"base-memory": 8 << 20})):
            self.check(name, self.qmp.ask({"execute": name}).get("return"), answer)

    def test_row_m13_the_version(self):
        """query-version"""
        version = self.qmp.execute("query-version")
        self.check("equal to the greeting's", version == self.qmp.greeting["QMP"]["version"], True)

    def test_row_m14_the_commands_are_listed(self):
        """query-commands"""
        names = {command["name"] for command in self.qmp.execute("query-commands")}
        for name in ("qmp_capabilities", "query-status", "query-commands", "stop", "cont", "system_reset", "quit", "getfd",
                     "closefd", "dump-guest-memory", "query-dump", "query-dump-guest-memory-capability"):
            self.check(name, name in names, True)

    def test_row_m15_harts_are_listed(self):
        """query-cpus-fast of a machine with 2 harts"""
        harts = self.start(*BOARD, "-smp", "2").qmp.execute("query-cpus-fast")
        self.check("cpu-index", [hart["cpu-index"] for hart in harts], [0, 1])
        self.check("target", [hart["target"] for hart in harts], ["riscv64"] * 2)

    def test_row_m16_stop_and_cont_are_told(self):
        """stop, cont, cont, stop, stop on a held machine"""
        machine = self.start(*BOARD)
        qmp = machine.qmp
        machine.qtest.write(VirtRows.RAM, 4, 0x10500073)  # wfi, and a jump back to it
        machine.qtest.write(VirtRows.RAM + 4, 4, 0xffdff06f)
        for name, command, events, status in (
                ("stop", "stop", [], "prelaunch"), ("cont", "cont", ["RESUME"], "running"),
                ("cont again", "cont", [], "running"), ("then stop", "stop", ["STOP"], "paused"),
                ("stop again", "stop", [], "paused")):
            qmp.execute(command)
            self.check(f"{name}: events before the answer", qmp.take_events(), events)
            self.check(f"{name}: status", qmp.execute("query-status")["status"], status)

    def test_row_m17_a_reset_is_told(self):
        """system_reset on a held machine"""
        machine = self.start(*BOARD)
        machine.qmp.execute("system_reset")
        event = machine.qmp.wait_for("RESET")
        self.check("data", event["data"], {"guest": False, "reason": "host-qmp-system-reset"})
        self.check("members", sorted(event), ["data", "event", "timestamp"])
        self.check("members of timestamp", sorted(event["timestamp"]), ["microseconds", "seconds"])
        self.check("status", machine.qmp.execute("query-status")["status"], "prelaunch")

    def test_row_m18_files_are_handed_over(self):
        """getfd with and without a descriptor, of a name with a digit first; closefd twice"""
        descriptor = os.open("/dev/null", os.O_WRONLY)
        self.addCleanup(os.close, descriptor)
        ask = lambda name, **arguments: self.qmp.ask({"execute": name, "arguments": arguments})
        self.check("without", ask("getfd", fdname="a")["error"]["desc"], "No file descriptor supplied via SCM_RIGHTS")
        self.check("without a name", ask("getfd")["error"]["desc"], "Parameter 'fdname' is missing")
        self.check("with", self.qmp.give_descriptor("a", descriptor), {"return": {}})
        self.check("the same name again", self.qmp.give_descriptor("a", descriptor), {"return": {}})
        self.check("a name with a digit first", self.qmp.give_descriptor("1a", descriptor)["error"]["desc"],
                   "Parameter 'fdname' expects a name not starting with a digit")
        self.check("closefd", ask("closefd", fdname="a"), {"return": {}})
        self.check("closefd again", ask("closefd", fdname="a")["error"]["desc"],
                   "File descriptor named 'a' not found")

    def test_row_m19_quit_ends_with_0(self):
        """quit"""
        machine = self.start(*BOARD)
        self.check("answer", machine.qmp.ask({"execute": "quit"}), {"return": {}})
        event = machine.qmp.wait_for("SHUTDOWN")
        self.check("event", event["data"], {"guest": False, "reason": "host-qmp-quit"})
        self.check("exit status", machine.wait(), 0)

    def test_row_m20_signals_end_with_0(self):
        """SIGTERM, and SIGINT, on a held and on a running machine"""
        for name, number, running in (("SIGTERM", signal.SIGTERM, False), ("SIGINT", signal.SIGINT, False),
                                      ("SIGTERM, running", signal.SIGTERM, True)):
            machine = self.start(*BOARD)
            if running:
                machine.qmp.execute("cont")
            os.kill(machine.process_id, number)
            event = machine.qmp.wait_for("SHUTDOWN")
            self.check(f"{name}: event", event["data"], {"guest": False, "reason": "host-signal"})
            self.check(f"{name}: exit status", machine.wait(), 0)

    def test_row_m21_qmp_by_its_own_option(self):
        """-qmp unix:P instead of -chardev and -mon"""
        machine = self.start(*BOARD, monitor="qmp")
        self.check("status", machine.qmp.execute("query-status")["status"], "prelaunch")

    def test_row_m22_either_connection_may_be_closed(self):
        """QMP closed, then qtest asked; qtest closed, then QMP asked"""
        machine = self.start(*BOARD)
        machine.qmp.close()
        self.check("qtest", machine.qtest.ask("endianness"), "OK little")
        machine = self.start(*BOARD)
        machine.qtest.close()
        self.check("QMP", machine.qmp.execute("query-status")["status"], "prelaunch")
