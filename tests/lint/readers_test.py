"""What vmcore-lint says about a dump, compared with what the installed readers do with it.

usage: readers_test.py VMCORE_LINT VMCORE_VP FIRMWARE.elf ours_elf|qemu_elf|qemu_kdump|qemu_flattened|altered|cloud_hypervisor
"""
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.join(os.path.dirname(__file__), "..", "support"), os.path.dirname(__file__)]
import cloud_hypervisor as ch
import make_dumps
import qemu
from observing import compare, ids
from qmp import Qmp


def ours_elf(program, vmcore_vp, firmware, directory):
    path = f"{directory}/ours.elf"
    subprocess.run([vmcore_vp, "-m", "32M", "-bios", firmware, "-device", "vmcoreinfo", "-serial", "null", "--dump", path],
                   check=True, stdin=subprocess.DEVNULL, timeout=120)
    report = compare(program, path)
    assert ids(report) == {"riscv", "missing-keys"}, f"findings on our own dump: {ids(report)}"


def of_qemu(dump_format):
    def check(program, _vmcore_vp, firmware, directory):
        binary = qemu.find_qemu()
        if binary is None:
            print("skipped: no qemu-system-riscv64 of version 8 or later")
            sys.exit(77)
        ours = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, ours[1]))  # for QEMU, which inherits it
        path = f"{directory}/qemu.{dump_format}"
        dump_of_qemu(binary, firmware, path, dump_format, directory)
        resource.setrlimit(resource.RLIMIT_AS, ours)
        report = compare(program, path, but=("drgn",) if dump_format == "kdump-raw-zlib" else ())
        expected = {"elf": {"phdr-offset", "no-note-section", "ehsize", "unaligned"},
                    "kdump-zlib": {"flattened", "utsname", "phys-base"}, "kdump-raw-zlib": {"utsname", "phys-base"}}
        assert ids(report) == expected[dump_format] | {"riscv", "missing-keys"}, f"findings: {ids(report)}"
    return check


def dump_of_qemu(binary, firmware, path, dump_format, directory):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{directory}/qmp")
        listener.listen(1)
        listener.settimeout(60)
        process = subprocess.Popen(
            [binary, "-M", "virt", "-m", "32M", "-bios", firmware, "-device", "vmcoreinfo", "-display", "none", "-serial", "null",
             "-monitor", "none", "-no-shutdown", "-S", "-chardev", f"socket,path={directory}/qmp,id=qmp",
             "-mon", "chardev=qmp,mode=control"], stdin=subprocess.DEVNULL)
        try:
            monitor = Qmp(listener.accept()[0]).negotiate()
            monitor.execute("cont")
            monitor.wait_for("STOP")
            monitor.execute("dump-guest-memory", paging=False, protocol=f"file:{path}", format=dump_format)
            monitor.execute("quit")
            process.wait(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def altered(program, _vmcore_vp, _firmware, directory):
    """One fault at a time. Values: the file, and what is to be found."""
    riscv, x86 = {"base": 0x80000000}, {"machine": "x86_64", "base": 0, "vaddr": 0xffff888000000000}
    text, elf, kdump = make_dumps.text, make_dumps.elf, make_dumps.kdump
    uts = ["Linux", "(none)", "6.12.1", "#1 SMP", None]
    dumps = {
        "good": (elf(**riscv), {"riscv"}),
        "good-x86": (elf(**x86), set()),
        "prstatus-384": (elf(prstatus=384, **riscv), {"riscv", "register-size"}),
        "headers-at-192": (elf(phoff=192, **riscv), {"riscv", "phdr-offset"}),
        "null-section": (elf(sections=1, **riscv), {"riscv", "no-note-section"}),
        "no-swapper": (elf(vmcoreinfos=[text(without=["SYMBOL(swapper_pg_dir)"])], **riscv), {"riscv", "missing-keys"}),
        "no-release": (elf(vmcoreinfos=[text(without=["OSRELEASE"])], **riscv), {"riscv", "missing-keys"}),
        "no-page-size": (elf(vmcoreinfos=[text(without=["PAGESIZE"])], **riscv), {"riscv", "riscv-page-size", "missing-keys"}),
        "page-size-5000": (elf(vmcoreinfos=[text(PAGESIZE="5000")], **riscv), {"riscv", "page-size"}),
        "no-vmcoreinfo": (elf(vmcoreinfos=[], **riscv), {"riscv", "riscv-page-size", "no-vmcoreinfo", "no-kernel-layout"}),
        "x86-without-note": (elf(vmcoreinfos=[], **x86), {"no-vmcoreinfo", "no-kaslr-offset"}),
        "x86-of-qemu-without-note": (elf(vmcoreinfos=[], qemu=True, **x86), {"no-vmcoreinfo", "qemu-without-vmcoreinfo"}),
        "x86-physical": (elf(machine="x86_64", base=0, vaddr=0), {"physical-only"}),
        "x86-cut": (elf(cut=len(make_dumps.MEMORY) - 4, **x86), {"segments-cut"}),
        "x86-note-passes-the-end": (elf(more_notes=struct.pack("<III8s", 5, 440, 0, b"QEMU"), **x86), {"malformed-notes"}),
        "x86-bytes-behind-the-notes": (elf(more_notes=bytes(4), **x86), {"malformed-notes"}),
        "x86-notes-pass-the-file": (elf(notes_size=len(make_dumps.MEMORY) + make_dumps.PAGE, **x86), {"notes-cut"}),
        "x86-notes-of-8": (elf(note_align=8, **x86), {"notes-of-8"}),
        "x86-notes-of-16": (elf(note_align=16, **x86), {"note-align"}),
        "x86-unpadded": (elf(padded=False, **x86), {"unpadded-note"}),
        "kdump": (kdump(), set()),
        "kdump-riscv": (kdump("riscv64", phys_base=0x80000000, base=0x80000000), {"riscv"}),
        **{f"kdump-no-{what}": (kdump(utsname=uts[:i] + [""] + uts[i + 1:]), {"utsname"})
           for i, what in ((0, "sysname"), (2, "release"), (3, "version"), (4, "machine"))},
        "kdump-no-vmcoreinfo": (kdump(vmcoreinfos=[]), {"no-vmcoreinfo", "no-kaslr-offset"}),
        "kdump-no-note": (kdump(has_note=False), {"no-vmcoreinfo-note"}),
        "kdump-no-place": (kdump(has_place=False), {"no-vmcoreinfo-place", "no-kaslr-offset"}),
        "kdump-notes-pass-the-file": (kdump(notes_size=1 << 30), {"notes-cut"}),
        "kdump-bytes-behind-the-notes": (kdump(notes_size=len(make_dumps.notes("x86_64", [text()])) + 4), {"malformed-notes"}),
        "kdump-flat": (make_dumps.flat(kdump()), {"flattened"}),
        "elf-flat": (make_dumps.flat(elf(**x86)), {"flattened"}),
    }
    for name, (content, found) in dumps.items():
        path = f"{directory}/{name}"
        with open(path, "wb") as file:
            file.write(content)
        is_x86 = "x86" in name or ("kdump" in name and "riscv" not in name) or "flat" in name
        # Debian's drgn knows no kdump files of riscv64; of a dump cut off all memory is missing here; of notes cut off none.
        but = {"kdump-riscv": ("drgn",), "x86-cut": ("libkdumpfile",), "x86-notes-pass-the-file": ("libkdumpfile",)}.get(name, ())
        report = compare(program, path, 0 if is_x86 else 0x80000000, x86["vaddr"] if is_x86 else 0xffffffd600000000, but)
        assert ids(report) == found, f"{name}: findings {ids(report)}"


def cloud_hypervisor(program, _vmcore_vp, _firmware, directory):
    """A machine with three CPUs, two of them in a kernel, as Cloud Hypervisor dumps it."""
    path, memory = f"{directory}/core", make_dumps.MEMORY
    cpus = [ch.made_up_cpu(rip) for rip in (0xffffffff81000010, 0xffffffff81000020, 0x401000)]
    always = {"unaligned", "no-vmcoreinfo", "physical-only"}
    for name, ram, booted, found in (("one zone", memory, 3, {"qemu-without-vmcoreinfo"}),
                                     ("high memory", [(0, memory), (ch.HIGH_RAM, memory)], 3,
                                      {"qemu-without-vmcoreinfo", "vaddr-zero"}),
                                     ("a CPU plugged in", memory, 2, {"qemu-without-vmcoreinfo", "malformed-notes", "displaced"}),
                                     ("CPUs plugged in", memory, 1, {"no-kaslr-offset", "malformed-notes", "displaced"})):
        ch.write(path, cpus, ram, booted)
        report = compare(program, path, 0, 0xffffffff81000010)
        assert ids(report) == always | found, f"{name}: findings {ids(report)}"
        registers = {3: 3, 2: 3, 1: 2}[booted]
        assert f"registers of {registers} CPUs, no VMCOREINFO" in report["summary"], report["summary"]


CHECKS = {"ours_elf": ours_elf, "qemu_elf": of_qemu("elf"), "qemu_kdump": of_qemu("kdump-raw-zlib"),
          "qemu_flattened": of_qemu("kdump-zlib"), "altered": altered,
          "cloud_hypervisor": cloud_hypervisor}


def main():
    program, vmcore_vp, firmware, check = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="vmcore-lint-") as directory:
        CHECKS[check](program, vmcore_vp, firmware, directory)


main()
