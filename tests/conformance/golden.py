"""What QEMU 7.2 left of an x86_64 machine with 96 MiB of RAM on which Debian's kernel stopped in panic(), and that machine here.

A directory, named by the environment's VMCORE_GOLDEN, holds ram.bin and bios-fffc0000.bin (or both as .zst), elf-head.bin (the
start of QEMU's ELF dump, up to the end of the notes), fwcfg-vmcoreinfo.bin (the record that the guest had written) and SHA256SUMS
of everything, the dumps included.
"""
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "qtest"))
from fw_cfg import publish
from qtest import Machine

RAM_SIZE = 96 << 20


class NotThere(Exception):
    """The directory, or what it takes to read it; the text says which."""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Golden:
    """The files of the directory, those that are compressed unpacked into another one."""

    def __init__(self, directory, unpacked):
        self.directory, self.unpacked = os.path.abspath(directory), unpacked
        self.sums = {}
        for line in read(os.path.join(directory, "SHA256SUMS")).decode().splitlines():
            digest, name = line.split()
            self.sums[name] = digest

    def path(self, name):
        path = os.path.join(self.directory, name)
        if os.path.exists(path):
            return path
        packed, path = path + ".zst", os.path.join(self.unpacked, name)
        if not os.path.exists(path):
            subprocess.run(["zstd", "-dq", packed, "-o", path], check=True)
            assert sha256(read(path)) == self.sums[name], f"{packed} is not the file that SHA256SUMS tells of"
        return path

    def bytes(self, name):
        return read(self.path(name))

    def options(self):
        """The command line by which vmcore-vp becomes that machine; what the guest has written is not in it."""
        loader = [f"loader,file={self.path('ram.bin')},addr=0,force-raw=on",
                  f"loader,file={self.path('bios-fffc0000.bin')},addr=0xfffc0000,force-raw=on"]
        return ["-M", "pc", "-m", str(RAM_SIZE >> 20) + "M", "-device", "vmcoreinfo", "-device", loader[0], "-device", loader[1],
                "--cpu-state", self.path("elf-head.bin")]

    @contextlib.contextmanager
    def machine(self, vmcore_vp, *more):
        """The machine, stopped, its guest's record written by the guest's own way."""
        with Machine(vmcore_vp, *self.options(), *more) as machine:
            publish(machine, self.bytes("fwcfg-vmcoreinfo.bin"))
            yield machine


@contextlib.contextmanager
def find(directory=None):
    """The Golden of that directory, else of VMCORE_GOLDEN's. NotThere tells why there is none."""
    directory = directory or os.environ.get("VMCORE_GOLDEN", "")
    if not directory:
        raise NotThere("VMCORE_GOLDEN names no directory with QEMU's dumps")
    if not os.path.exists(os.path.join(directory, "SHA256SUMS")):
        raise NotThere(f"{directory} has no SHA256SUMS")
    if shutil.which("zstd") is None:
        raise NotThere("no zstd to unpack memory with")
    with tempfile.TemporaryDirectory(prefix="golden-") as unpacked:
        yield Golden(directory, unpacked)


def dump(machine, name, **arguments):
    """Writes a dump over QMP; returns its path, in the machine's own directory."""
    path = machine.path(name)
    machine.qmp.execute("dump-guest-memory", **{"paging": False, "protocol": f"file:{path}", **arguments})
    return path
