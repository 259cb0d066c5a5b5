#!/usr/bin/env python3
"""Boots real guests on the platform and shows what came of it: the program behind `./dev guest`.

usage: guest.py VMCORE_VP DIRECTORY linux [--without-symbols] [--output FILE] [--format F] [--harts N] [--memory SIZE] [--panic]
       guest.py VMCORE_VP DIRECTORY u-boot
       guest.py VMCORE_VP DIRECTORY login [--harts N] [--memory SIZE]

DIRECTORY is where fetch puts guests and readers; what is missing there is fetched.
"""
import argparse
import os
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..", "readers")]
import linux_guest
import linux_readers
import login
import u_boot_guest
from asking import Mismatch, Missing
from guest_files import GuestFiles, NotFetched
from guest_machine import GuestFailure, GuestMachine
from progress import Progress

BOOT = 600  # seconds that a boot may take on a slow machine


def fetch(files, *parts):
    if not all(files.has(part) for part in parts):
        subprocess.run([os.path.join(HERE, "fetch"), files.directory, *parts], check=True)


def megabytes(size):
    return f"{size / 1e6:.1f} MB"


def last_line(progress):
    """A listener that shows the console's last line while one waits."""
    def listen(data):
        lines = [line for line in data.decode(errors="replace").splitlines() if line.strip()]
        if lines:
            progress.tell("".join(char if char.isprintable() else " " for char in lines[-1]))
    return listen


def boot_and_dump(progress, options, files):
    """Leaves the dump under the output's name."""
    with tempfile.TemporaryDirectory(prefix="vmcore-guest-") as work:
        initrd = linux_guest.write_initrd(files, os.path.join(work, "initrd"))
        arguments = linux_guest.options(files, initrd, "panic" if options.panic else "idle", options.memory, options.harts,
                                        "panic=-1" if options.panic else "")
        with GuestMachine(options.simulator, *arguments, "-no-reboot", "-no-shutdown", on_output=last_line(progress)) as machine:
            machine.check_dump(options.output, options.format)
            progress.begin("booting")
            record = linux_guest.boot(machine, BOOT, progress.done)
            if options.panic:
                machine.wait_for(rb"Kernel panic - not syncing: (.*)", BOOT)
                machine.qmp.wait_for("STOP")
                progress.done("the kernel has panicked")
            progress.begin("writing the dump")
            machine.dump(options.output, options.format)
    facts = os.stat(options.output)
    progress.done(f"{options.output}: {megabytes(facts.st_size)}, {megabytes(facts.st_blocks * 512)} of them on the disk")
    return record


def show_log(progress, options, files):
    progress.begin("makedumpfile reads the kernel's log")
    log = linux_readers.log_by_makedumpfile(files, options.output, show=progress.tell)
    lines = log.strip().splitlines()
    progress.done(f"makedumpfile finds {len(lines)} lines of the kernel's log, the last of them:")
    for line in lines[-3:]:
        progress.say(f"            {line}")
    progress.begin("makedumpfile leaves out what need not be kept")
    progress.done("makedumpfile leaves out free pages, caches and user data: "
                  f"{megabytes(linux_readers.size_by_makedumpfile(files, options.output, show=progress.tell))} are left")


def show_tasks(progress, options, files):
    progress.begin("drgn reads the symbols")
    tasks, command_line = linux_readers.tasks_by_drgn(files.vmlinux(), options.output, files.python_with_drgn(), show=lambda _: None)
    progress.done(f"drgn lists {len(tasks)} tasks of \"{command_line}\":")
    for task in [*tasks[:4], None, *tasks[-2:]]:
        progress.say(f"            {task.pid:5} {task.name}" if task else "              ...")


def show_crash(progress, options, files):
    progress.begin("crash reads the symbols, emulated, for about two minutes")
    system, backtrace, log = linux_readers.by_crash(files, options.output, "sys", "bt", "log", show=lambda _: None)
    progress.done("crash says:")
    for line in [*system.strip().splitlines(), *backtrace.strip().splitlines()[:12]]:
        progress.say(f"            {line}")
    progress.say(f"            and prints {len(log.strip().splitlines())} lines of log")


def linux(options, files):
    fetch(files, "riscv64", "opensbi", "riscv64-readers")
    with Progress() as progress:
        record = boot_and_dump(progress, options, files)
        progress.say(f"            the note of {record.release}: {record.size} bytes at {record.paddr:#x}")
        show_log(progress, options, files)
    if options.without_symbols:
        print(f"\n  drgn and crash need the kernel's symbols too, 1 GB to fetch: `./dev guest linux` without --without-symbols")
        return
    if not files.has("riscv64-symbols"):
        print("\n  drgn and crash need the kernel's symbols: 1 GB is fetched, once (Ctrl-C leaves it; the dump is there already)")
    fetch(files, "riscv64-symbols", "drgn")
    with Progress() as progress:
        show_tasks(progress, options, files)
        show_crash(progress, options, files)
    print(f"""
  the dump      {options.output}
  symbols       {files.vmlinux()}
  look into it  {" ".join(files.foreign("crash"))} \\
                  {files.vmlinux()} {options.output}
                gdb-multiarch {files.vmlinux()} {options.output}
                drgn -c {options.output} -s {files.vmlinux()}""")


def u_boot(options, files):
    fetch(files, "opensbi", "u-boot")
    with Progress() as progress, GuestMachine(options.simulator, *u_boot_guest.options(files),
                                              on_output=last_line(progress)) as machine:
        machine.check_dump(options.output, options.format)
        progress.begin("booting")
        machine.run()
        prompt = u_boot_guest.UBoot(machine)
        progress.done(f"U-Boot {prompt.wait_for_prompt(BOOT)} is at its prompt")
        signature = prompt.word(u_boot_guest.DATA).to_bytes(4, "little").decode(errors="replace")
        progress.done(f"md.l {u_boot_guest.DATA:#x} reads fw_cfg's signature: \"{signature}\"")
        directory = prompt.directory()
        progress.done(f"md and mw read fw_cfg's directory by DMA: {len(directory)} files")
        for name, (key, size) in directory.items():
            progress.say(f"            key {key:#06x} {size:7} bytes  {name}")
        note = u_boot_guest.note(b"OSRELEASE=u-boot\nPAGESIZE=4096\n")
        if prompt.publish(note, directory["etc/vmcoreinfo"]):
            raise GuestFailure("fw_cfg refuses the record")
        progress.done("and published a note of U-Boot's own through etc/vmcoreinfo")
        machine.dump(options.output, options.format)
        progress.done(f"which is in the dump: eu-readelf -n {options.output}")


def parse():
    parser = argparse.ArgumentParser(prog="./dev guest", description="real guests on the platform")
    parser.add_argument("simulator", help=argparse.SUPPRESS)
    parser.add_argument("directory", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True, metavar="linux|u-boot|login")
    for name, text in [("linux", "boot Debian's kernel, dump it, open the dump"), ("u-boot", "drive fw_cfg from U-Boot's prompt"),
                       ("login", "boot Debian's kernel to a shell on this terminal")]:
        command = commands.add_parser(name, help=text)
        command.add_argument("--output", metavar="FILE", default=f"{name}.vmcore", help="the dump (%(default)s)")
        command.add_argument("--format", default="elf", help="of the dump (%(default)s)")
        if name != "u-boot":
            command.add_argument("--harts", type=int, default=1, metavar="N")
            command.add_argument("--memory", default="256M", metavar="SIZE")
        if name == "linux":
            command.add_argument("--panic", action="store_true", help="the guest crashes its kernel")
            command.add_argument("--without-symbols", action="store_true", help="do not fetch 1 GB of symbols for drgn and crash")
        if name == "login":
            login.add_options(command)
    options = parser.parse_args()
    options.simulator = linux_guest.simulator(options.simulator)
    return options


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was begun is ended in order
    options = parse()
    files = GuestFiles(options.directory)
    try:
        if options.command == "login":
            fetch(files, "riscv64", "opensbi")
        {"linux": linux, "u-boot": u_boot, "login": login.login}[options.command](options, files)
    except KeyboardInterrupt:
        print("\nguest: interrupted")
        return 130
    except subprocess.CalledProcessError:
        return 1  # fetch has said why
    except (GuestFailure, Mismatch, Missing, NotFetched) as failure:
        print(f"guest: {failure}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
