"""A client of QEMU's qtest line protocol, and a machine: an emulator driven over qtest and QMP.

Works with qemu-system-* and with vmcore-vp.
"""
import base64
import collections
import os
import resource
import select
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "support"))
from qmp import Qmp

QEMU_MEMORY = 6 << 30  # bytes of address space that a QEMU may have
TIMEOUT = 60  # seconds for whatever the emulator is waited for


class QtestError(Exception):
    """An answer other than OK, as it came."""


class Qtest:
    """One connection. Values are in the target's byte order, as a processor of it would load and store them.

    Round trips are what a test waits for, so every command can be sent as one of many: `ask_all` sends lines before it
    reads their answers, and `read_all`/`write_all` do so with accesses.
    """

    BATCH = 200  # lines sent before their answers are read: both fit into the sockets' buffers

    def __init__(self, connection, timeout=60):
        self.connection = connection
        self.connection.settimeout(timeout)
        self.answers = connection.makefile("rb")
        self.interrupts = collections.deque()  # "IRQ raise N" and "IRQ lower N", in the order of their arrival

    def send_bytes(self, data):
        """Sends bytes as they are: part of a line, or many."""
        self.connection.sendall(data)

    def receive(self):
        """The next line that is an answer, without its end."""
        while True:
            line = self.answers.readline()
            if not line:
                raise ConnectionError("the qtest connection was closed")
            text = line.decode("utf-8", "replace").rstrip("\n")
            if not text.startswith("IRQ "):
                return text
            self.interrupts.append(text)

    def ask(self, line):
        """The answer to one line, whatever it is."""
        self.send_bytes(line.encode() + b"\n")
        return self.receive()

    def ask_all(self, lines):
        """The answers to lines that each have exactly one (blank lines have none)."""
        answers = []
        for start in range(0, len(lines), self.BATCH):
            batch = lines[start:start + self.BATCH]
            self.send_bytes("".join(line + "\n" for line in batch).encode())
            answers += [self.receive() for _ in batch]
        return answers

    @staticmethod
    def value(answer):
        """What stands behind OK. Raises QtestError when the answer is another."""
        word, _, rest = answer.partition(" ")
        if word != "OK":
            raise QtestError(answer)
        return rest

    def command(self, line):
        return self.value(self.ask(line))

    # Single accesses: 1, 2, 4 or 8 bytes of memory, 1, 2 or 4 of a port.

    def read(self, address, width):
        return int(self.command(f"read{'?bw?l???q'[width]} 0x{address:x}"), 16)

    def write(self, address, width, value):
        self.command(f"write{'?bw?l???q'[width]} 0x{address:x} 0x{value:x}")

    def port_in(self, port, width):
        return int(self.command(f"in{'?bw?l'[width]} 0x{port:x}"), 16)

    def port_out(self, port, width, value):
        self.command(f"out{'?bw?l'[width]} 0x{port:x} 0x{value:x}")

    def read_all(self, accesses):
        """The values of many reads, given as pairs of address and width."""
        lines = [f"read{'?bw?l???q'[width]} 0x{address:x}" for address, width in accesses]
        return [int(self.value(answer), 16) for answer in self.ask_all(lines)]

    def write_all(self, accesses):
        """Makes many writes, given as triples of address, width and value."""
        lines = [f"write{'?bw?l???q'[width]} 0x{address:x} 0x{value:x}" for address, width, value in accesses]
        for answer in self.ask_all(lines):
            self.value(answer)

    # Memory.

    def memory_read(self, address, size):
        return bytes.fromhex(self.command(f"read 0x{address:x} 0x{size:x}")[2:])

    def memory_write(self, address, data):
        self.command(f"write 0x{address:x} 0x{len(data):x} 0x{data.hex()}")

    def memory_read_base64(self, address, size):
        return base64.b64decode(self.command(f"b64read 0x{address:x} 0x{size:x}"))

    def memory_write_base64(self, address, data):
        self.command(f"b64write 0x{address:x} 0x{len(data):x} {base64.b64encode(data).decode()}")

    def memory_set(self, address, size, byte):
        self.command(f"memset 0x{address:x} 0x{size:x} 0x{byte:x}")

    def close(self):
        self.answers.close()
        self.connection.close()


class StartError(Exception):
    """The emulator ended instead of coming up: `status` is its exit status (negative: the signal), `errors` its stderr."""

    def __init__(self, status, errors):
        super().__init__(f"exit status {status}: {errors}")
        self.status, self.errors = status, errors


class Machine:
    """A running emulator, its processors held (-S), with a `qtest` and a `qmp` connection. A context manager.

    This side listens and the emulator connects, as in QEMU's own tests. `monitor` says by which options QMP is asked
    for: "chardev" (-chardev and -mon) or "qmp" (-qmp). `negotiate=False` leaves QMP as it greets.
    """

    def __init__(self, binary, *options, monitor="chardev", held=True, negotiate=True):
        self._directory = tempfile.TemporaryDirectory(prefix="machine-")
        self.directory = self._directory.name
        self.qtest = self.qmp = None
        self._process = self._process_handle = None
        listeners = {name: self._listen(name) for name in ("qtest", "qmp")}
        control = {
            "chardev": ["-chardev", f"socket,path={self.path('qmp')},id=qmp0", "-mon", "chardev=qmp0,mode=control"],
            "qmp": ["-qmp", f"unix:{self.path('qmp')}"],
        }[monitor]
        self.command = [binary, *options, "-display", "none", "-qtest", f"unix:{self.path('qtest')}",
                        "-qtest-log", "/dev/null", *control, *(["-S"] if held else [])]
        try:
            with open(self.path("stderr"), "wb") as errors:
                self._process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                                 stderr=errors, cwd=self.directory)
            self._process_handle = os.pidfd_open(self._process.pid)
            if "qemu-system" in os.path.basename(binary):  # a guest's longest transfers make QEMU take all of the host
                resource.prlimit(self._process.pid, resource.RLIMIT_AS, (QEMU_MEMORY, QEMU_MEMORY))
            self._connect(listeners, negotiate)
        except BaseException:
            self.close()
            raise
        finally:
            for listener in listeners.values():
                listener.close()

    def _connect(self, listeners, negotiate):
        try:
            self.qtest = Qtest(self._accept(listeners["qtest"]), TIMEOUT)
            self.qmp = Qmp(self._accept(listeners["qmp"]), TIMEOUT)
            if negotiate:
                self.qmp.negotiate()
        except ConnectionError:  # an emulator can connect before it finds what is wrong
            raise StartError(self.wait(), self.errors()) from None

    def _listen(self, name):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path(name))
        listener.listen(1)
        return listener

    def _accept(self, listener):
        """The connection that the emulator makes; StartError as soon as it has ended instead."""
        ready, _, _ = select.select([listener, self._process_handle], [], [], TIMEOUT)
        if listener in ready:
            return listener.accept()[0]
        if self._process_handle in ready:
            raise StartError(self._process.wait(), self.errors())
        raise TimeoutError(f"no connection from the emulator: {self.command}: {self.errors()}")

    def path(self, name):
        """A path of that name in a directory which goes when the machine does."""
        return os.path.join(self.directory, name)

    def errors(self):
        """What the emulator has written to stderr until now."""
        with open(self.path("stderr"), encoding="utf-8", errors="replace") as file:
            return file.read()

    @property
    def process_id(self):
        return self._process.pid

    def wait(self):
        """Waits for the end of the emulator. Returns its exit status, negative for a signal."""
        return self._process.wait(TIMEOUT)

    def terminate(self):
        """Asks the emulator to end by SIGTERM. Returns its exit status."""
        self._process.terminate()
        return self.wait()

    def close(self):
        """Ends the emulator, if it has not ended by itself, and removes its files."""
        for connection in (self.qtest, self.qmp):
            if connection is not None:
                connection.close()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process_handle is not None:
            os.close(self._process_handle)
            self._process_handle = None
        self._directory.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
