"""A shell of the guest on this terminal. Everything typed goes to the guest, Ctrl-C too; Ctrl-] is ours, and asks what to do."""
import os
import select
import shutil
import subprocess
import sys
import tempfile
import termios
import tty

import disk_image
import linux_guest
from guest_files import NotFetched
from guest_machine import GuestFailure, GuestMachine

ESCAPE = b"\x1d"  # Ctrl-]
HELP = "\r\nguest: q ends the guest, d dumps it to %s, Ctrl-] goes to the guest, anything else goes back\r\n"
BOOT = 600


def add_options(parser):
    parser.add_argument("--console", choices=["ttyS0", "hvc0"], default="ttyS0",
                        help="the serial port, or the virtio console (%(default)s)")
    parser.add_argument("--disk", action="store_true", help="the root file system is ext4 on a virtio disk")


class RawTerminal:
    """This terminal as the guest's; what it was before is brought back, whatever happens. Nothing where there is none."""

    def __enter__(self):
        self.saved = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None
        if self.saved:
            tty.setraw(sys.stdin)
        return self

    def __exit__(self, *_):
        if self.saved:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self.saved)


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def obey(machine, key, options):
    """What stands behind Ctrl-]. Returns whether to go on."""
    if key == b"q":
        return False
    if key == b"d":
        try:
            machine.dump(options.output, options.format)
            show(f"guest: {options.output} is written\r\n".encode())
        except GuestFailure as failure:  # the shell goes on
            show(f"guest: {failure}\r\n".encode())
    elif key == ESCAPE:
        machine.type(ESCAPE, options.console)
    return True


def relay(machine, options):
    """Until the simulator ends, or Ctrl-] q."""
    escaped = False
    while machine.process.poll() is None:
        if not select.select([sys.stdin], [], [], 0.2)[0]:
            continue
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:
            machine.process.wait()  # what is typed came from a file: the guest may answer it
        for byte in (data[at:at + 1] for at in range(len(data))):
            if escaped:
                escaped = False
                if not obey(machine, byte, options):
                    return
            elif byte == ESCAPE:
                escaped = True
                show((HELP % options.output).encode())
            else:
                machine.type(byte, options.console)


def login(options, files):
    modules, extra, deed = ["qemu_fw_cfg"], [], "shell"
    with tempfile.TemporaryDirectory(prefix="vmcore-guest-") as work:
        if options.console == "hvc0" or options.disk:
            modules += ["virtio_mmio"]
        if options.disk:
            modules += ["virtio_blk", *disk_image.MODULES]
            extra += linux_guest.disk_options(disk_image.make(files, work))
            deed = "disk"
        size = shutil.get_terminal_size()
        initrd = linux_guest.write_initrd(files, os.path.join(work, "initrd"), modules)
        arguments = linux_guest.options(files, initrd, deed, options.memory, options.harts,
                                        f"console={options.console} columns={size.columns} rows={size.lines}")
        print(f"guest: boots; Ctrl-] q ends it at any time", flush=True)
        with RawTerminal(), GuestMachine(options.simulator, *arguments, *extra, "-no-reboot", on_output=show,
                                         virtio_console=options.console == "hvc0") as machine:
            machine.run()
            relay(machine, options)
    print("\nguest: has ended")
