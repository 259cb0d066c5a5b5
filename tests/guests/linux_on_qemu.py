"""Boots Debian's kernel on QEMU until its own driver has published vmcoreinfo and it has panicked; leaves QEMU's dumps.

usage: linux_on_qemu.py riscv64|x86_64 DIRECTORY DUMP

DIRECTORY is where fetch put the guest. DUMP is the ELF file; kdump files and the console lie beside it.
"""
import glob
import lzma
import os
import resource
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import initramfs
import qemu

FORMATS = ("elf", "kdump-zlib", "kdump-raw-zlib")  # what Debian's QEMU writes
MACHINE = {
    "riscv64": ["-M", "virt", "-m", "192M", "-append", "console=ttyS0 panic=-1"],
    "x86_64": ["-M", "pc", "-m", "192M", "-vga", "none", "-append", "console=ttyS0 panic=-1"],
}


def only(pattern):
    found = glob.glob(pattern, recursive=True)
    if len(found) != 1:
        sys.exit(f"{pattern}: {len(found)} files, expected one; fetch the guest first")
    return found[0]


def contents(path):
    with (lzma.open if path.endswith(".xz") else open)(path, "rb") as file:
        return file.read()


def dump_linux(architecture, directory, dump):
    """Writes the dump and returns what the console printed. SystemExit with the reason when that cannot be."""
    emulator = qemu.find_qemu(architecture)
    if emulator is None:
        sys.exit(f"qemu-system-{architecture} 8 or later is not installed")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, before[1]))  # a guest of 192 MiB takes far less
    here = os.path.join(directory, architecture)
    with tempfile.TemporaryDirectory() as work:
        initrd = os.path.join(work, "initrd")
        with open(initrd, "wb") as file:
            file.write(initramfs.that_publishes_and_panics(contents(only(f"{here}/**/bin/busybox")),
                                                           contents(only(f"{here}/**/qemu_fw_cfg.ko*"))))
        console = qemu.run_to_dump(emulator, [*MACHINE[architecture], "-kernel", only(f"{here}/boot/vmlinu[xz]-*"), "-initrd",
                                              initrd, "-device", "vmcoreinfo", "-nodefaults", "-no-reboot"], dump, work, FORMATS)
    resource.setrlimit(resource.RLIMIT_AS, before)
    with open(dump + ".console", "wb") as file:
        file.write(console)
    return console


if __name__ == "__main__":
    print(dump_linux(*sys.argv[1:4]).decode(errors="replace"))
