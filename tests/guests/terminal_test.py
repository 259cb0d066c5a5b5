"""./dev guest on a terminal: login gives it back as it was, and Ctrl-C ends a boot with its simulator.

usage: terminal_test.py VMCORE_VP DIRECTORY
"""
import os
import pty
import select
import subprocess
import sys
import termios
import time

from guest_case import SKIPPED
from guest_files import GuestFiles, NotFetched

HERE = os.path.dirname(os.path.abspath(__file__))


class Terminal:
    """A terminal on which guest.py runs as its foreground."""

    def __init__(self, *arguments):
        self.ours, theirs = pty.openpty()
        self.theirs, self.before = theirs, termios.tcgetattr(theirs)
        self.printed = b""
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "guest.py"), *sys.argv[1:3], *arguments], stdin=theirs,
                                        stdout=theirs, stderr=theirs, start_new_session=True,
                                        preexec_fn=lambda: os.close(os.open(os.ttyname(1), os.O_RDWR)))  # makes it the session's own

    def wait_for(self, text, seconds=300):
        end = time.monotonic() + seconds
        while text not in self.printed:
            assert time.monotonic() < end, f"{text} was not printed: {self.printed[-2000:].decode(errors='replace')}"
            if select.select([self.ours], [], [], 0.5)[0]:
                self.printed += os.read(self.ours, 65536)

    def type(self, data):
        os.write(self.ours, data)

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return file.read().split()

    def expect_end(self, status):
        end = time.monotonic() + 60
        while self.process.poll() is None:
            assert time.monotonic() < end, "it does not end"
            if select.select([self.ours], [], [], 0.2)[0]:
                self.printed += os.read(self.ours, 65536)
        assert self.process.returncode == status, (self.process.returncode, self.printed[-2000:])
        assert termios.tcgetattr(self.theirs) == self.before, "the terminal is not as it was"


def expect_gone(processes):
    left = [each for each in processes if os.path.exists(f"/proc/{each}")]
    assert not left, f"processes are left: {left}"


def main():
    files = GuestFiles(sys.argv[2])
    try:
        files.opensbi(), files.kernel(), files.part("riscv64-readers")
    except NotFetched as missing:
        print(f"skipped: {missing}")
        return SKIPPED
    login = Terminal("login")
    login.wait_for(b"OpenSBI v")
    assert termios.tcgetattr(login.theirs) != login.before, "what is typed does not go to the guest as it is"
    children = login.children()
    login.type(b"\x1dq")
    login.expect_end(0)
    expect_gone(children)

    linux = Terminal("linux", "--without-symbols", "--output", os.devnull)
    linux.wait_for(b"OpenSBI 1")
    children = linux.children()
    linux.type(b"\x03")
    linux.expect_end(130)
    expect_gone(children)
    return 0


sys.exit(main())
