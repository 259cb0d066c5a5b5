"""Boots Debian's kernel on QEMU until its own driver has published vmcoreinfo and it has panicked; leaves QEMU's dumps.

usage: linux_on_qemu.py GUEST DIRECTORY DUMP

GUEST is one of MACHINE, DIRECTORY where fetch put it. DUMP is the ELF file; kdump files and the console lie beside it.
"""
import os
import resource
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import initramfs
import qemu
from guest_files import GuestFiles, NotFetched

FORMATS = ("elf", "kdump-zlib", "kdump-raw-zlib")  # what Debian's QEMU writes
# The guests: of aarch64 one kernel whose addresses have 48 bits, and one with 52 (FEAT_LPA2) on a processor that has them.
MACHINE = {
    "riscv64": ["-M", "virt", "-m", "192M", "-append", "console=ttyS0 panic=-1 guest=panic"],
    "x86_64": ["-M", "pc", "-m", "192M", "-vga", "none", "-append", "console=ttyS0 panic=-1 guest=panic"],
    "aarch64": ["-M", "virt", "-cpu", "cortex-a57", "-m", "192M", "-append", "console=ttyAMA0 panic=-1 guest=panic"],
    "aarch64_52bit": ["-M", "virt", "-cpu", "max,sve=off,sme=off", "-m", "192M", "-append",
                      "console=ttyAMA0 panic=-1 guest=panic"],
}


def instruction_set(guest):
    return guest.removesuffix("_52bit")


def dump_linux(guest, directory, dump):
    """Writes the dump and returns what the console printed. NotFetched with the reason when that cannot be."""
    emulator = qemu.find_qemu(instruction_set(guest))
    if emulator is None:
        raise NotFetched(f"qemu-system-{instruction_set(guest)} 8 or later is not installed; `./dev setup guest` installs it")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, before[1]))  # a guest of 192 MiB takes far less
    files = GuestFiles(directory)
    with tempfile.TemporaryDirectory() as work:
        initrd = os.path.join(work, "initrd")
        with open(initrd, "wb") as file:
            file.write(initramfs.that_publishes(files.busybox(guest),
                                                [("qemu_fw_cfg", files.module("qemu_fw_cfg", guest))]))
        console = qemu.run_to_dump(emulator, [*MACHINE[guest], "-kernel", files.kernel(guest), "-initrd", initrd, "-device",
                                              "vmcoreinfo", "-nodefaults", "-no-reboot"], dump, work, FORMATS)
    resource.setrlimit(resource.RLIMIT_AS, before)
    with open(dump + ".console", "wb") as file:
        file.write(console)
    return console


if __name__ == "__main__":
    try:
        print(dump_linux(*sys.argv[1:4]).decode(errors="replace"))
    except NotFetched as missing:
        sys.exit(str(missing))
