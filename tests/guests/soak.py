#!/usr/bin/env python3
"""A busy guest for as long as one likes, stopped, continued, dumped and debugged all the while.

usage: soak.py VMCORE_VP VMCORE_LINT DIRECTORY [--minutes N] [--harts N] [--memory SIZE] [--seed N] [--keep DIRECTORY]

The guest - Debian's Linux - computes sums whose result it knows, sorts, copies random numbers, and prints a line each second
of its own time. Once a second of the host's the soak does one of what ACTIONS lists. It is a finding, and exit status 1, when
- a dump fails, a reader does not open it, or its log is not the kernel's;
- an ELF dump of the held guest differs from `pmemsave` of the same moment;
- the guest computes a wrong sum, its seconds are not one apart, or none comes for three minutes;
- the simulator ends, keeps a descriptor or a process, or grows after half the time.
The dump of a finding is kept. DIRECTORY is where fetch put guests and readers.
"""
import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", room) for room in ("support", "readers")]
import elf_core
import linux_guest
import linux_readers
from asking import Mismatch, Missing
from guest_files import GuestFiles, NotFetched
from guest_machine import GuestFailure, GuestMachine
from qmp import QmpError

RAM = 0x80000000
BOOT = 600
NO_TICK = 180  # seconds of the host without one of the guest
GROWTH = 32 << 20  # bytes that the simulator may be larger at the end than at half the time


class Finding(Exception):
    pass


def sizes(process):
    """Resident anonymous bytes, descriptors and children of the simulator."""
    with open(f"/proc/{process.pid}/status") as file:
        anonymous = int(re.search(r"RssAnon:\s+(\d+) kB", file.read()).group(1)) * 1024
    children = []
    for task in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{task}/children") as file:
            children += file.read().split()
    return anonymous, len(os.listdir(f"/proc/{process.pid}/fd")), len(children)


class Seconds:
    """The guest's own: each is looked at once."""

    def __init__(self, machine):
        self.machine, self.looked_through, self.last, self.at = machine, 0, None, time.monotonic()

    def look(self):
        printed = self.machine.printed
        end = printed.rfind(b"\n") + 1
        text, self.looked_through = printed[self.looked_through:end], end
        if b"guest: WRONG" in text or b"Oops" in text or b"BUG:" in text or b"stall" in text:
            raise Finding(f"the guest complains: {text.decode(errors='replace')}")
        for tick, up in re.findall(rb"guest: tick (\d+) up ([\d.]+)", text):
            tick, up = int(tick), float(up)
            if self.last and not (tick == self.last[0] + 1 and 1 <= up - self.last[1] + 0.011 < 3):
                raise Finding(f"second {tick} of the guest is at {up}, the one before was {self.last}")
            self.last, self.at = (tick, up), time.monotonic()
        if time.monotonic() - self.at > NO_TICK:
            raise Finding(f"no second of the guest for {NO_TICK} s, the last was {self.last}\n{self.machine.qmp.monitor('info registers -a')}")


class Soak:
    def __init__(self, options, machine, work):
        self.options, self.machine, self.work = options, machine, work
        self.files, self.random = GuestFiles(options.directory), random.Random(options.seed)
        self.dump, self.counts = os.path.join(work, "dump"), {}

    # What a dump must be.

    def open(self, form):
        path = self.dump
        told = subprocess.run([self.options.lint, path], capture_output=True, text=True, timeout=120)
        readable = f"registers of {self.options.harts} CPU" in told.stdout and f"VMCOREINFO of {self.files.release()}" in told.stdout
        by_crash = re.search(r"^  crash +\S+ +yes", told.stdout, re.MULTILINE)
        if told.returncode > 1 or not readable or not by_crash:  # 1: one of all the readers misses something
            raise Finding(f"{form}: vmcore-lint ends with status {told.returncode}: {told.stdout}{told.stderr}")
        if form in ("elf", "kdump-raw-zlib", "kdump-raw-lzo", "kdump-raw-zstd"):
            try:
                log = linux_readers.log_by_makedumpfile(self.files, path, show=lambda _: None)
            except Mismatch as failure:
                raise Finding(f"{form}: makedumpfile: {failure}") from failure
            if "Run /init as init process" not in log:
                raise Finding(f"{form}: the log is not the kernel's: {log[-500:]}")

    # Actions.

    def dump_live(self):
        form = self.random.choice(["elf", "kdump-zlib", "kdump-raw-zlib", "kdump-raw-lzo", "kdump-raw-snappy", "kdump-raw-zstd"])
        self.machine.dump(self.dump, form)
        self.open(form)

    def dump_beside_the_guest(self):
        self.machine.dump(self.dump, "elf", detach=True)
        while self.machine.qmp.execute("query-dump")["status"] == "active":
            time.sleep(0.05)
        told = self.machine.qmp.execute("query-dump")
        if told["status"] != "completed":
            raise Finding(f"a detached dump is {told}")
        self.open("elf")

    def dump_held(self):
        """Held, the guest's memory does not change: a dump and `pmemsave` have the same bytes."""
        memory = os.path.join(self.work, "memory")
        self.machine.qmp.execute("stop")
        self.machine.dump(self.dump)
        size = os.path.getsize(self.dump) and max(load.filesz for load in elf_core.Core(self.dump).loads if load.paddr == RAM)
        self.machine.qmp.execute("pmemsave", val=RAM, size=size, filename=memory)
        self.machine.run()
        with open(memory, "rb") as file:
            if file.read() != elf_core.Core(self.dump).read(RAM, size):
                raise Finding("the dump of the held guest has other bytes than pmemsave")
        self.open("elf")

    def stop_and_go(self):
        for _ in range(self.random.randrange(1, 20)):
            self.machine.qmp.execute("stop")
            time.sleep(self.random.random() / 50)
            self.machine.run()
            time.sleep(self.random.random() / 50)

    def debug(self):
        """gdb comes, looks, steps and goes."""
        steps = ["-ex", "stepi"] * self.random.randrange(0, 4)
        told = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-ex", "set architecture riscv:rv64", "-ex",
                               f"target remote {self.work}/gdb", "-ex", "info registers pc", *steps, "-ex", "info threads", "-ex",
                               "detach"], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        if told.returncode != 0 or not re.search(r"^pc\s+0x", told.stdout, re.MULTILINE) or "detached" not in told.stdout:
            raise Finding(f"gdb ends with status {told.returncode}: {told.stdout}{told.stderr}")
        if self.machine.qmp.execute("query-status")["status"] != "running":
            raise Finding("the guest does not run when gdb has gone")

    def ask(self):
        for command in ("info registers -a", "info mtree", f"xp/8xg {RAM:#x}"):
            if not self.machine.qmp.monitor(command):
                raise Finding(f"no answer to {command}")

    ACTIONS = [dump_live, dump_live, dump_live, dump_beside_the_guest, dump_held, stop_and_go, debug, ask]

    def one(self):
        action = self.random.choice([each for each in self.ACTIONS if each.__name__ != "debug" or self.options.gdb])
        self.counts[action.__name__] = self.counts.get(action.__name__, 0) + 1
        action(self)

    def go_on(self):
        seconds, start = Seconds(self.machine), time.monotonic()
        end, middle, told = start + 60 * self.options.minutes, None, start
        first = sizes(self.machine.process)
        while time.monotonic() < end:
            began = time.monotonic()
            self.one()
            seconds.look()
            if middle is None and began > (start + end) / 2:
                middle = sizes(self.machine.process)
            if began - told >= 60:
                told = began
                print(f"  {(began - start) / 60:5.0f} min  guest second {seconds.last}, {sum(self.counts.values())} actions, "
                      f"{sizes(self.machine.process)[0] >> 20} MiB", flush=True)
            time.sleep(max(0, began + 1 - time.monotonic()))
        time.sleep(1)
        last = sizes(self.machine.process)
        if last[1] != first[1] or last[2]:
            raise Finding(f"{first[1]} descriptors have become {last[1]}, and {last[2]} processes are left")
        if middle and last[0] > middle[0] + GROWTH:
            raise Finding(f"the simulator has grown from {middle[0] >> 20} to {last[0] >> 20} MiB in the second half")
        if not seconds.last:
            raise Finding("the guest has not told a single second: the soak was too short, or the guest hangs")
        return seconds.last, last


def parse():
    parser = argparse.ArgumentParser(prog="soak.py", description="a busy guest, stopped, dumped and debugged")
    for name in ("simulator", "lint", "directory"):
        parser.add_argument(name)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--harts", type=int, default=1)
    parser.add_argument("--memory", default="128M")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", default="build/soak", help="where the dump and the console of a finding go (%(default)s)")
    options = parser.parse_args()
    options.simulator, options.lint = linux_guest.simulator(options.simulator), os.path.abspath(options.lint)
    said = subprocess.run([options.simulator, "-help"], capture_output=True, text=True, check=False).stdout
    options.gdb = bool(re.search(r"^\s*-gdb\b", said, re.MULTILINE) and shutil.which("gdb-multiarch"))
    return options


def soak(options, work):
    files = GuestFiles(options.directory)
    initrd = linux_guest.write_initrd(files, os.path.join(work, "initrd"))
    arguments = linux_guest.options(files, initrd, "busy", options.memory, options.harts)
    if options.gdb:
        arguments += ["-gdb", f"unix:{work}/gdb,server=on,wait=off"]
    with GuestMachine(options.simulator, *arguments) as machine:
        run = Soak(options, machine, work)
        try:
            linux_guest.boot(machine, BOOT)
            print(f"soak: seed {options.seed}, {options.minutes:g} minutes, {options.harts} harts, "
                  f"{'with' if options.gdb else 'WITHOUT'} gdb", flush=True)
            second, (anonymous, descriptors, _) = run.go_on()
            print(f"soak: nothing found; guest second {second}, {anonymous >> 20} MiB, {descriptors} descriptors; "
                  + ", ".join(f"{count} {name}" for name, count in sorted(run.counts.items())))
        except (Finding, GuestFailure, QmpError, OSError, subprocess.TimeoutExpired) as finding:
            os.makedirs(options.keep, exist_ok=True)
            if os.path.exists(run.dump):
                shutil.copy(run.dump, os.path.join(options.keep, "guest-dump"))
            with open(os.path.join(options.keep, "guest-console"), "wb") as file:
                file.write(machine.printed)
            raise GuestFailure(f"seed {options.seed}: {finding}; the dump and the console are in {options.keep}") from finding


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was begun is ended in order
    options = parse()
    try:
        with tempfile.TemporaryDirectory(prefix="vmcore-soak-") as work:
            soak(options, work)
    except KeyboardInterrupt:
        print("\nsoak: interrupted")
        return 130
    except (GuestFailure, Missing, NotFetched) as failure:
        print(f"soak: {failure}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
