"""Runs a guest on QEMU and takes dumps of it over QMP."""
import json
import os
import re
import shutil
import socket
import subprocess

SKIPPED = 77  # the exit status by which ctest knows a skipped test


def find_qemu():
    """The path of a qemu-system-riscv64 whose virt board has vmcoreinfo (version 8 or later), or None."""
    path = shutil.which("qemu-system-riscv64")
    if path is None:
        return None
    version = re.search(r"version (\d+)", subprocess.run([path, "--version"], capture_output=True, text=True).stdout)
    return path if version and int(version.group(1)) >= 8 else None


class Qmp:
    """A client of one QMP socket, on which it listens itself."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.settimeout(60)

    def accept(self):
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(60)
        self.lines = self.connection.makefile("rw")
        self.events = []
        assert "QMP" in json.loads(self.lines.readline())
        self.execute("qmp_capabilities")

    def _receive(self):
        line = self.lines.readline()
        assert line, "QEMU closed its QMP socket"
        return json.loads(line)

    def execute(self, command, **arguments):
        self.lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.lines.flush()
        while True:
            answer = self._receive()
            if "event" in answer:
                self.events.append(answer["event"])
            elif "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']}")
            else:
                return answer["return"]

    def wait_for(self, event):
        while event not in self.events:
            answer = self._receive()
            if "event" in answer:
                self.events.append(answer["event"])

    def close(self):
        self.lines.close()
        self.connection.close()
        self.listener.close()


def run_to_dump(qemu, arguments, dump, directory):
    """Runs QEMU until the guest has powered off, then writes an ELF dump of it. Returns the console's bytes."""
    console = os.path.join(directory, "qemu-console")
    qmp = Qmp(os.path.join(directory, "qmp"))
    command = [qemu, *arguments, "-display", "none", "-serial", f"file:{console}", "-monitor", "none", "-no-shutdown", "-S",
               "-chardev", f"socket,path={directory}/qmp,id=qmp", "-mon", "chardev=qmp,mode=control"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        qmp.accept()
        qmp.execute("cont")  # the guest was held, so that no event is missed
        qmp.wait_for("STOP")
        if dump:
            qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{dump}")
        qmp.execute("quit")
        process.wait(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
        qmp.close()
    with open(console, "rb") as file:
        return file.read()
