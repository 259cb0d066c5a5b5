"""Debian's kernel for riscv64 as a guest: the options that boot it, and the lines by which one sees how far it is."""
import os
import re

import initramfs

COMMAND_LINE = "console=ttyS0 earlycon=sbi"

# What the console shows, in this order, and what it means.
MILESTONES = [
    (rb"OpenSBI v([\d.]+)\s", "OpenSBI {} has begun"),
    (rb"Linux version (\S+)\s", "Linux {} has begun"),
    (rb"Run /init as init process", "the kernel is up and runs the first program"),
    (rb"guest: vmcoreinfo is at 0x0*(\S+) \S+\s", "the kernel's own driver has told where its note is: 0x{}"),
    (rb"guest: ready\s", "the guest is ready"),
]


def write_initrd(files, path, modules=("qemu_fw_cfg",)):
    with open(path, "wb") as file:
        file.write(initramfs.that_publishes(files.busybox(), [(name, files.module(name)) for name in modules]))
    return path


def options(files, initrd, deed="idle", memory="256M", harts=1, command_line=""):
    """The command line of vmcore-vp and of QEMU alike."""
    return ["-M", "virt", "-m", memory, "-smp", str(harts), "-bios", files.opensbi(), "-kernel", files.kernel(), "-initrd", initrd,
            "-append", " ".join(filter(None, [COMMAND_LINE, f"guest={deed}", command_line])), "-device", "vmcoreinfo", "-nodefaults"]


def disk_options(image):
    """The disk /dev/vda."""
    return ["-drive", f"file={image},format=raw,if=none,id=disk", "-device", "virtio-blk-device,drive=disk"]


class Record:
    """What the guest's first program tells about the note and the record that the kernel's driver wrote."""

    def __init__(self, console):
        """console: what the guest has printed; the last boot counts."""
        self.release, place, record = (re.findall(pattern, console)[-1].decode() for pattern in (
            rb"guest: release (\S+)", rb"guest: vmcoreinfo is at (\S+ \S+)", rb"guest: record ([0-9a-f]*)"))
        self.paddr, self.size = (int(number, 16) for number in place.split())
        self.bytes = bytes.fromhex(record)


def wait_until_ready(machine, seconds, on_milestone=lambda text: None, milestones=tuple(MILESTONES)):
    """Waits until the first program is done with what it does in every case."""
    for pattern, meaning in milestones:
        found = machine.wait_for(pattern, seconds)
        on_milestone(meaning.format(*(group.decode() for group in found.groups())))
    return Record(machine.printed)


def boot(machine, seconds, on_milestone=lambda text: None):
    """Runs the guest, which was held or runs, until it is ready."""
    machine.run()
    return wait_until_ready(machine, seconds, on_milestone)


def simulator(path):
    """`SIMULATOR` of the environment takes the place of the simulator, so that QEMU can be looked at in the same way."""
    return os.environ.get("SIMULATOR") or os.path.abspath(path)
