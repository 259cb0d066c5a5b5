"""What all suites share: rows of the conformance table as tests, with their observations checked and recorded."""
import os
import re
import tempfile
import unittest

import deviations
from qtest import Machine, StartError

TEST_NAME = re.compile(r"test_row_([a-z]?\d+[a-z]?)_(\w+)")


class Subject:
    """The emulator under test. One per run of the suites, set before they are loaded."""
    target = None  # riscv64 or x86_64
    binary = None
    is_qemu = True
    results = []  # rows, as --record writes them


def show_bytes(data):
    text = data.rstrip(b"\0")
    zeros = len(data) - len(text)
    if text and not all(0x20 <= byte < 0x7f for byte in text):
        return data.hex(" ", -4)
    parts = [f'"{text.decode()}"'] if text else []
    if zeros:
        parts.append("1 zero byte" if zeros == 1 else f"{zeros} zero bytes")
    return " and ".join(parts) or "no bytes"


def show(value):
    """A value as the page prints it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value) if -1000 < value < 10 else f"0x{value:x}"
    if isinstance(value, bytes):
        return show_bytes(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(show(one) for one in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {show(value[key])}" for key in sorted(value)) or "an empty object"
    return "nothing" if value is None else str(value)


class Rows(unittest.TestCase):
    """Tests named test_row_NUMBER_behaviour, whose docstring is the row's input. One observation is one check().

    The tests of a class share one machine, started with `options` by the first that asks for it; each leaves it usable
    for the next, in any order. A row that needs its own starts it with start().
    """
    options = []
    maxDiff = None
    longMessage = True
    shared = None

    @classmethod
    def setUpClass(cls):
        cls.files = tempfile.TemporaryDirectory(prefix="conformance-")
        cls.shared = None

    @classmethod
    def tearDownClass(cls):
        if cls.shared is not None:
            cls.shared.close()
            cls.shared = None
        cls.files.cleanup()

    def setUp(self):
        self.row, title = TEST_NAME.fullmatch(self._testMethodName).groups()
        self.entry = {"row": self.row, "title": title.replace("_", " "),
                       "input": " ".join((self._testMethodDoc or "").split()), "answer": []}
        Subject.results.append(self.entry)

    # Machines.

    @classmethod
    def machine_options(cls):
        """The options of the shared machine; files they name are made here."""
        return cls.options

    @property
    def machine(self):
        cls = type(self)
        if cls.shared is None:
            cls.shared = Machine(Subject.binary, *cls.machine_options())
        return cls.shared

    @property
    def qtest(self):
        return self.machine.qtest

    @property
    def qmp(self):
        return self.machine.qmp

    def start(self, *options, **how):
        """A machine of the row's own, which ends with it."""
        machine = Machine(Subject.binary, *options, **how)
        self.addCleanup(machine.close)
        return machine

    def start_fails(self, *options):
        """Starts a machine that must not come up. Returns exit status and stderr."""
        try:
            with Machine(Subject.binary, *options):
                pass
        except StartError as error:
            return error.status, error.errors
        return self.fail(f"started with {options}")

    @classmethod
    def file(cls, name, content=None):
        """The path of a file of the class, which goes with it; written when there is content."""
        path = os.path.join(cls.files.name, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    # Observations.

    def check(self, what, observed, expected):
        """One observation: recorded, and equal to what QEMU answers, or to our own answer where that is declared."""
        declared = deviations.find(Subject.target, self.row, what)
        if declared is not None:
            self.assertEqual(show(expected), declared.qemu, f"{what}: the declared answer of QEMU")
            expected = declared.qemu if Subject.is_qemu else declared.ours
        self.entry["answer"].append({"what": what, "value": show(observed)})
        self.assertEqual(show(observed), show(expected), what)
