"""Two emulators that are given the same steps, and the first answer in which they differ."""
import os
import tempfile
from collections import namedtuple

import qemu
from qtest import Machine, StartError
from steps import render

BATCH = 40000  # bytes of lines sent before their answers are read: they fit into the socket's buffer

# index: of the step in its sequence; line: of the qtest protocol; answers: of the two sides.
Difference = namedtuple("Difference", "index line answers")


class Lost(Exception):
    """A side answers no more: it has ended, or takes longer than a line may."""

    def __init__(self, side, answers, cause):
        super().__init__(f"{side}: {cause}")
        self.side, self.answers = side, answers


class Side:
    """One emulator. What goes to it and comes from it passes here, so that a test can falsify it."""

    def __init__(self, name, binary, options):
        self.name = name
        self.machine = Machine(binary, *options)

    def send(self, lines):
        self.machine.qtest.send_bytes("".join(line + "\n" for line in lines).encode())

    def receive(self, lines):
        """The answers to lines that were sent."""
        answers = []
        try:
            for _ in lines:
                answers.append(self.machine.qtest.receive())
        except (OSError, ConnectionError) as error:
            raise Lost(self.name, answers, error) from None
        return answers

    def ask(self, lines):
        self.send(lines)
        return self.receive(lines)

    def reset(self):
        try:
            self.machine.qmp.execute("system_reset")
            self.machine.qmp.wait_for("RESET")
        except (OSError, ConnectionError) as error:
            raise Lost(self.name, [], error) from None

    def close(self):
        self.machine.close()


class Emulator:
    """What a side is made from: the path of a simulator, or the word qemu."""

    def __init__(self, given, profile, side=Side):
        self.is_qemu = given == "qemu"
        self.binary = qemu.find_qemu(profile.target) if self.is_qemu else given
        self.name = "QEMU" if self.is_qemu else "vmcore-vp"
        self.side = side


class Pair:
    """Both sides, started when they are first needed. A context manager.

    Each sequence begins with the same state on both: after a reset, RAM that is looked at zero, the DMA register empty.
    """

    def __init__(self, profile, left, right):
        self.profile, self.emulators = profile, (left, right)
        self.names = [left.name, right.name]
        self._directory = tempfile.TemporaryDirectory(prefix="differential-")
        self.sides = []

    def start(self):
        """Starts both. What QEMU adds to its items for devices that only it has is given to the other side as files."""
        options = self.profile.options(self._directory.name)
        extra = []
        for emulator in sorted(self.emulators, key=lambda emulator: not emulator.is_qemu):
            own = self.profile.qemu_only if emulator.is_qemu else self.profile.ours_only
            side = emulator.side(emulator.name, emulator.binary, [*options, *own(self._directory.name),
                                                                  *([] if emulator.is_qemu else extra)])
            self.sides.append(side)
            if emulator.is_qemu and not extra:
                extra = self._files_of(side, options)
        if self.emulators[1].is_qemu and not self.emulators[0].is_qemu:
            self.sides.reverse()
        for side in self.sides:
            fw_cfg = self.profile.fw_cfg(side.machine.qtest)
            keys = {file.name: (file.key, file.size) for file in fw_cfg.directory()}
            if side is not self.sides[0] and keys != self.profile.keys:
                raise AssertionError(f"the directories differ: {self.profile.keys} and {keys}")
            self.profile.keys = keys

    def _files_of(self, qemu_side, options):
        """-fw_cfg options with all files of QEMU that vmcore-vp's board has not by itself."""
        ours = ("bios-geometry", "bootorder", "etc/boot-fail-wait", "etc/vmcoreinfo", "etc/e820", "opt/")
        fw_cfg = self.profile.fw_cfg(qemu_side.machine.qtest)
        options = []
        for file in fw_cfg.directory():
            if file.name.startswith(ours):
                continue
            path = os.path.join(self._directory.name, file.name.replace("/", "-"))
            with open(path, "wb") as copy:
                copy.write(fw_cfg.dma_read(file.key, file.size) if file.size else b"")
            options += ["-fw_cfg", f"name={file.name},file={path}"]
        return options

    def stop(self):
        for side in self.sides:
            side.close()
        self.sides = []

    def begin(self):
        """Brings both sides into the state in which a sequence begins."""
        if not self.sides:
            self.start()
        profile = self.profile
        lines = [*profile.trigger(profile.FORMS[0], profile.HOLE), f"memset 0x{profile.ARENA:x} 0x{profile.ARENA_SIZE:x} 0x0",
                 *(f"memset 0x{start:x} 0x{size:x} 0x0" for start, size in profile.windows)]
        for side in self.sides:
            side.ask(lines)
            side.reset()

    def run(self, steps):
        """Both sides through all steps. Returns the first difference or None."""
        try:
            self.begin()
            return self._compare(steps)
        except Lost as lost:
            self.stop()
            return Difference(len(steps) - 1, f"begin or reset: {lost}", ("", ""))
        except StartError as error:
            self.stop()
            raise AssertionError(f"an emulator did not start: {error}") from None

    def _compare(self, steps):
        lines, owners, size = [], [], 0
        for index, step in enumerate(steps):
            if step.kind == "reset":
                difference = self._exchange(lines, owners)
                if difference:
                    return difference
                lines, owners, size = [], [], 0
                for side in self.sides:
                    side.reset()
                continue
            rendered = render(self.profile, step)
            lines += rendered
            owners += [index] * len(rendered)
            size += sum(map(len, rendered))
            if size >= BATCH:
                difference = self._exchange(lines, owners)
                if difference:
                    return difference
                lines, owners, size = [], [], 0
        return self._exchange(lines, owners)

    def _exchange(self, lines, owners):
        if not lines:
            return None
        lost, replies = None, []
        for side in self.sides:
            try:
                side.send(lines)
            except OSError:
                pass  # receiving says what has happened
        for side in self.sides:
            try:
                replies.append(side.receive(lines))
            except Lost as error:
                lost = error
                replies.append(error.answers)
        for number, line in enumerate(lines):
            answers = tuple(answers[number] if number < len(answers) else f"no answer ({lost})" for answers in replies)
            if answers[0] != answers[1]:
                if lost:
                    self.stop()
                return Difference(owners[number], line, answers)
        if lost:
            self.stop()
            return Difference(owners[-1], "all", (f"no answer ({lost})",) * 2)
        return None

    def close(self):
        self.stop()
        self._directory.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
