"""Debian's kernel with the devices of virtio: a root file system on a disk, and a console.

usage: linux_disk_test.py VMCORE_VP DIRECTORY CASE

DIRECTORY is where fetch put the guests. `SIMULATOR=qemu-system-riscv64` looks at QEMU instead.
"""
import sys

from guest_case import BOOT, main  # which lets the others be found
import disk_image
import linux_guest

MODULES = ["qemu_fw_cfg", "virtio_mmio", "virtio_blk", *disk_image.MODULES]
PROMPT = "~ # "
ANSWER = 120  # seconds that an answer of the shell may take
WRITTEN = "dd if=/dev/urandom of=/root/noise bs=64k count=64 2>/dev/null; sync; md5sum < /root/noise > /root/sum; cat /root/sum"


def root_is_a_disk_that_keeps_what_is_written(case):
    """What one run has written and synced is read back by another, from the image."""
    image = disk_image.make(case.files, case.directory)
    sums = []
    for command in (WRITTEN, "md5sum < /root/noise | diff - /root/sum && cat /root/sum"):
        with case.linux("disk", "-no-reboot", *linux_guest.disk_options(image), modules=MODULES) as machine:
            case.boot(machine)
            machine.wait_for(rb"guest: the disk says: a disk of virtio", BOOT)
            machine.wait_for(PROMPT.encode(), BOOT)
            sums.append(machine.ask(PROMPT, command, ANSWER).strip())
            machine.ask(PROMPT, "mount -o remount,ro /", ANSWER)
            machine.type("poweroff -f\r")
            assert machine.wait_for_end(BOOT) == 0
    assert sums[0] == sums[1] and len(sums[0]) > 32, sums


def shell_is_on_the_virtio_console(case):
    with case.linux("shell", "-no-reboot", modules=["qemu_fw_cfg", "virtio_mmio"], command_line="console=hvc0",
                    virtio_console=True) as machine:
        case.boot(machine)
        machine.wait_for(PROMPT.encode(), BOOT, "hvc0")
        assert machine.ask(PROMPT, "echo $((6 * 7)); tty", console="hvc0").split() == ["42", "/dev/hvc0"]
        lines = machine.ask(PROMPT, "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i + 1)); done", ANSWER, "hvc0").split("\n")
        assert lines[:2000] == [f"line {number}" for number in range(2000)], lines
        machine.type("poweroff -f\r", "hvc0")
        assert machine.wait_for_end(BOOT) == 0


def shell_is_on_the_serial_console(case):
    with case.linux("shell", "-no-reboot") as machine:
        case.boot(machine)
        machine.wait_for(PROMPT.encode(), BOOT)
        assert machine.ask(PROMPT, "echo $((6 * 7)); tty", ANSWER).split() == ["42", "/dev/ttyS0"]
        long = "x" * 800  # more than the receiver's FIFO has room for
        assert machine.ask(PROMPT, f"echo {long} | wc -c", ANSWER).split() == ["801"]
        machine.type("sh -c 'echo asleep $((6 * 7)); exec sleep 1000'\r")
        machine.wait_for(rb"asleep 42\r?\n", ANSWER)
        machine.type("\x03")  # the terminal's driver makes a signal of it
        machine.wait_for(PROMPT.encode(), BOOT)
        machine.type("poweroff -f\r")
        assert machine.wait_for_end(BOOT) == 0


sys.exit(main([root_is_a_disk_that_keeps_what_is_written, shell_is_on_the_virtio_console, shell_is_on_the_serial_console]))
