"""A simulator or emulator that runs a guest: its consoles read and typed at, and driven over QMP."""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from qmp import Qmp, QmpError

TAIL = 2000  # bytes of the console that an error shows


class GuestFailure(Exception):
    """The guest did not do what was waited for; the text has the end of its console and where its harts are."""


class Console:
    """One of the guest's consoles: all that it has printed, and how far it has been looked through."""

    def __init__(self, connection, on_output):
        self.connection, self.on_output = connection, on_output
        self.connection.settimeout(None)
        self.printed, self.from_here = b"", 0
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                data = self.connection.recv(65536)
            except OSError:
                data = b""
            with self.changed:
                self.printed += data
                self.changed.notify_all()
            if not data:
                return
            if self.on_output:
                self.on_output(data)

    def find(self, pattern, seconds):
        """Waits for what matches a pattern of bytes, behind what the last call found. The match, or None."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                alive = self.reader.is_alive()
                found = re.search(pattern, self.printed[self.from_here:], re.MULTILINE)
                if found:
                    self.from_here += found.end()
                    return found
                left = end - time.monotonic()
                if left <= 0 or not alive:
                    return None
                self.changed.wait(min(left, 1))

    def type(self, text):
        self.connection.sendall(text if isinstance(text, bytes) else text.encode())


class GuestMachine:
    """The process, its consoles and its QMP. The guest is held until `run`, so that no event is missed."""

    def __init__(self, simulator, *arguments, on_output=None, virtio_console=False):
        """on_output(bytes): called with what the guest prints, by the threads that read it.
        virtio_console: the guest has a second console, hvc0."""
        self.directory = tempfile.TemporaryDirectory(prefix="vmcore-guest-")
        self.consoles, self.qmp = {}, None
        names = ["ttyS0", "hvc0"] if virtio_console else ["ttyS0"]
        listeners = [self._listen(name) for name in (*names, "qmp")]
        self.command = [simulator, *arguments, "-display", "none", "-serial", f"unix:{self._path('ttyS0')}", "-S",
                        "-chardev", f"socket,path={self._path('qmp')},id=qmp", "-mon", "chardev=qmp,mode=control"]
        if virtio_console:
            self.command += ["-device", "virtio-serial-device", "-chardev", f"socket,path={self._path('hvc0')},id=hvc0",
                             "-device", "virtconsole,chardev=hvc0"]
        if "qemu" in os.path.basename(simulator):
            self.command += ["-monitor", "none"]
        else:
            self.command += ["-run-with", "exit-with-parent=on"]  # whatever ends this program
        # A group of its own: Ctrl-C is for the program that waits, which ends its simulator itself.
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True)
        try:
            connections = [self._accept(listener) for listener in listeners]
            self.consoles = {name: Console(each, on_output) for name, each in zip(names, connections)}
            self.qmp = Qmp(connections[-1], timeout=600).negotiate()
        except BaseException:
            self.end()
            raise
        finally:
            for listener in listeners:
                listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def _path(self, name):
        return os.path.join(self.directory.name, name)

    def _listen(self, name):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._path(name))
        listener.listen(1)
        listener.settimeout(0.2)
        return listener

    def _accept(self, listener):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                return listener.accept()[0]
            except TimeoutError:
                if self.process.poll() is not None:
                    raise GuestFailure(f"{self.command[0]} ended with status {self.process.returncode}: {self.complaints()}") from None
        raise GuestFailure(f"{self.command[0]} does not connect to its sockets")

    def complaints(self):
        """What the simulator itself printed. Waits for its end."""
        return self.process.communicate(timeout=60)[0].decode(errors="replace").strip()

    @property
    def printed(self):
        """All that the guest has printed at its serial console."""
        return self.consoles["ttyS0"].printed

    def run(self):
        """Lets the guest go, or go on."""
        self.qmp.execute("cont")

    def wait_for(self, pattern, seconds, console="ttyS0"):
        """Waits until the guest has printed what matches a pattern of bytes, behind what the last call found. Returns the match."""
        found = self.consoles[console].find(pattern, seconds)
        if not found:
            raise GuestFailure(self._why(f"the guest has not printed {pattern.decode(errors='replace')!r} in {seconds:.0f} s", console))
        return found

    def _why(self, what, console="ttyS0"):
        text = [what]
        try:
            self.process.wait(timeout=1)
            text.append(f"the simulator ended with status {self.process.returncode}: {self.complaints()}")
        except subprocess.TimeoutExpired:
            try:
                text.append(self.qmp.monitor("info registers -a"))
            except (OSError, ValueError):
                text.append("QMP does not answer")
        text.append(f"the end of {console}:\n" + self.consoles[console].printed[-TAIL:].decode(errors="replace"))
        return "\n".join(text)

    def type(self, text, console="ttyS0"):
        """Types a text."""
        self.consoles[console].type(text)

    def ask(self, prompt, line, seconds=60, console="ttyS0"):
        """Types a line at a prompt and returns what the guest answers until the next one, the echo left out."""
        self.type(line + "\r", console)
        self.wait_for(re.escape(line.encode()) + rb"\r*\n", seconds, console)
        answer = self.wait_for(rb"(?s)\A(.*?)" + re.escape(prompt.encode()), seconds, console).group(1)
        return answer.decode(errors="replace").replace("\r", "")

    def check_dump(self, path, form):
        """Finds out before a long boot whether a dump can be written: GuestFailure tells what is wrong with its options."""
        directory = os.path.dirname(os.path.abspath(path))
        if os.path.isdir(path) or not os.path.isdir(directory) or not os.access(directory, os.W_OK):
            raise GuestFailure(f"--output: '{path}', expected a file in a directory that can be written")
        formats = self.qmp.execute("query-dump-guest-memory-capability")["formats"]
        if form not in formats:
            raise GuestFailure(f"--format: '{form}', expected one of {', '.join(formats)}")

    def dump(self, path, form="elf", **arguments):
        """Writes a dump of the running or held guest."""
        try:
            self.qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{os.path.abspath(path)}", format=form, **arguments)
        except QmpError as error:
            raise GuestFailure(f"{path}: {error}") from None

    def wait_for_end(self, seconds):
        """Waits until the simulator has ended by itself. Returns its exit status."""
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise GuestFailure(self._why(f"the guest has not ended in {seconds} s")) from None
        for console in self.consoles.values():
            console.reader.join(timeout=60)
        return self.process.returncode

    def end(self):
        """Ends the simulator, whatever it does."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process.stdout.close()
        for connection in (*(console.connection for console in self.consoles.values()), *filter(None, [self.qmp])):
            connection.close()
        self.directory.cleanup()
