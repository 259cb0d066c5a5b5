"""What vmcore-lint says about a dump, compared with what the installed readers do with it.

usage: readers_test.py VMCORE_LINT VMCORE_VP FIRMWARE.elf ours_elf|qemu_elf|qemu_kdump|qemu_flattened|altered

Only readers are asked whose installed version is the one that the verdict is about, or one that acts alike.
"""
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.join(os.path.dirname(__file__), "..", "support"), os.path.dirname(__file__)]
import make_dumps
import qemu
from qmp import Qmp

PYTHON = "/usr/bin/python3"  # whose modules drgn and kdumpfile are
DRGN = """
import drgn, sys
program = drgn.Program()
program.set_core_dump(sys.argv[1])
print("opened", program.flags & drgn.ProgramFlags.IS_LINUX_KERNEL == drgn.ProgramFlags.IS_LINUX_KERNEL)
print("read", program.read(int(sys.argv[2], 0), 8, sys.argv[3] == "physical").hex())
"""
KDUMPFILE = """
import kdumpfile, sys
dump = kdumpfile.kdumpfile(sys.argv[1])
print("opened", all(name in dump.attr for name in ("arch.name", "linux.uts.release", "linux.vmcoreinfo.raw")))
print("read", dump.read(kdumpfile.KDUMP_MACHPHYSADDR, int(sys.argv[2], 0), 8).hex())
"""


def ask(*command):
    """What a reader prints; None when it is not installed."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, encoding="utf-8",
                          errors="replace", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"})
    return done.stdout


def has_module(name):
    return os.path.exists(PYTHON) and subprocess.run([PYTHON, "-c", f"import {name}"], capture_output=True).returncode == 0


# Each gives the reader's own verdict and what it printed, or None when it is not here to ask.

def gdb(path, _paddr, vaddr):
    said = ask("gdb-multiarch", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", f"core-file {path}", "-ex",
               "echo pc=", "-ex", "output/x $pc", "-ex", "echo \\nmemory", "-ex", f"x/2wx {vaddr:#x}")
    if said is None:
        return None
    if "not a core dump" in said:
        return "unsupported" if "not recognized" in said else "no", said
    whole = re.search(r"^pc=0x", said, re.M) and re.search(r"^memory.*:\s+0x\w+\s+0x", said, re.M)
    return "yes" if whole else "partly", said


def drgn(path, paddr, vaddr):
    """By virtual address where the file has those; the page tables of which a kdump file tells are not in these dumps."""
    if not has_module("drgn"):
        return None
    with open(path, "rb") as file:
        is_elf = file.read(4) == b"\x7fELF"
    said = ask(PYTHON, "-c", DRGN, path, hex(vaddr if is_elf else paddr), "virtual" if is_elf else "physical")
    whole = "opened True" in said and re.search("^read", said, re.M)
    return ("yes" if whole else "partly") if "opened" in said else "no", said


def libkdumpfile(path, paddr, _vaddr):
    if not has_module("kdumpfile"):
        return None
    said = ask(PYTHON, "-c", KDUMPFILE, path, hex(paddr))
    if not re.search("^read", said, re.M):
        return "no", said
    return "yes" if "opened True" in said else "partly", said


def eu_readelf(path, _paddr, _vaddr):
    said = ask("eu-readelf", "-n", path)
    if said is None:
        return None
    if "not a valid ELF file" in said:
        return "unsupported", said
    return ("yes" if re.search(r"\b(pc|rip):", said) else "partly") if "PRSTATUS" in said else "no", said


def readelf(path, _paddr, _vaddr):
    said = ask("readelf", "-nW", path)
    if said is None:
        return None
    if "Not an ELF file" in said:
        return "unsupported", said
    return "yes" if "PRSTATUS" in said else "no", said


OBSERVERS = {"gdb": gdb, "drgn": drgn, "libkdumpfile": libkdumpfile, "eu-readelf": eu_readelf, "readelf": readelf}


def makedumpfile_stops(path):
    """The complaint with which it gives up, in whatever build: the reading of headers and names comes first."""
    said = ask("makedumpfile", "-f", "-d", "31", path, path + ".out")
    return None if said is None else said


def lint(program, path, status=None):
    done = subprocess.run([program, "--json", path], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), f"exit status {done.returncode}: {done.stderr}"
    report = json.loads(done.stdout)
    refused = any(reader["verdict"] == "no" for reader in report["readers"])
    assert done.returncode == int(refused), f"exit status {done.returncode}, refused: {refused}"
    assert status in (None, done.returncode), f"exit status {done.returncode}"
    return report


def quotes(report, reader):
    """The messages that lint foretells of a reader."""
    for finding in report["findings"]:
        for effect in finding["effects"]:
            if effect["reader"] == reader and effect["verdict"] == "no":
                yield from re.findall(r"says (?:\"(.+?)\"|'(.+?)')", effect["consequence"])


def compare(program, path, paddr=0x80000000, vaddr=0x80000000, but=()):
    """Every reader does what lint says; returns lint's report. `but`: readers whose verdict is about another version."""
    report = lint(program, path)
    verdicts = {reader["name"]: reader["verdict"] for reader in report["readers"]}
    failures, asked = [], 0
    for name, observe in OBSERVERS.items():
        seen = None if name in but else observe(path, paddr, vaddr)
        if seen is None:
            continue
        asked += 1
        print(f"{os.path.basename(path)}: {name}: lint {verdicts[name]}, in truth {seen[0]}")
        foretold = [one or other for one, other in quotes(report, name)]
        if verdicts[name] != seen[0] and not (seen[0] == "unsupported" and verdicts[name] == "no"):
            failures.append(f"{name}: lint says {verdicts[name]}, but it is {seen[0]}:\n{seen[1]}")
        elif verdicts[name] == "no" and foretold and not any(quote in seen[1] for quote in foretold):
            failures.append(f"{name} says none of {foretold} but:\n{seen[1]}")
    stops = makedumpfile_stops(path)
    foretold = [one or other for one, other in quotes(report, "makedumpfile")]
    if stops is not None and foretold:
        asked += 1
        if not any(quote in stops for quote in foretold):
            failures.append(f"makedumpfile says none of {foretold} but:\n{stops}")
    assert not failures, "\n".join(failures)
    if asked == 0:
        print("skipped: no reader is installed")
        sys.exit(77)
    return report


def ids(report):
    return {finding["id"] for finding in report["findings"]}


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
        "x86-without-note": (elf(vmcoreinfos=[], **x86), {"no-vmcoreinfo"}),
        "x86-of-qemu-without-note": (elf(vmcoreinfos=[], qemu=True, **x86), {"no-vmcoreinfo", "qemu-without-vmcoreinfo"}),
        "x86-physical": (elf(machine="x86_64", base=0, vaddr=0), {"physical-only"}),
        "x86-cut": (elf(cut=len(make_dumps.MEMORY) - 4, **x86), {"segments-cut"}),
        "kdump": (kdump(), set()),
        "kdump-riscv": (kdump("riscv64", phys_base=0x80000000, base=0x80000000), {"riscv"}),
        **{f"kdump-no-{what}": (kdump(utsname=uts[:i] + [""] + uts[i + 1:]), {"utsname"})
           for i, what in ((0, "sysname"), (2, "release"), (3, "version"), (4, "machine"))},
        "kdump-no-vmcoreinfo": (kdump(vmcoreinfos=[]), {"no-vmcoreinfo"}),
        "kdump-no-note": (kdump(has_note=False), {"no-vmcoreinfo-note"}),
        "kdump-no-place": (kdump(has_place=False), {"no-vmcoreinfo-place"}),
        "kdump-flat": (make_dumps.flat(kdump()), {"flattened"}),
        "elf-flat": (make_dumps.flat(elf(**x86)), {"flattened"}),
    }
    for name, (content, found) in dumps.items():
        path = f"{directory}/{name}"
        with open(path, "wb") as file:
            file.write(content)
        is_x86 = "x86" in name or ("kdump" in name and "riscv" not in name) or "flat" in name
        # Debian's drgn knows no kdump files of riscv64; of a dump cut off all memory is missing here.
        but = {"kdump-riscv": ("drgn",), "x86-cut": ("libkdumpfile",)}.get(name, ())
        report = compare(program, path, 0 if is_x86 else 0x80000000, x86["vaddr"] if is_x86 else 0xffffffd600000000, but)
        assert ids(report) == found, f"{name}: findings {ids(report)}"


CHECKS = {"ours_elf": ours_elf, "qemu_elf": of_qemu("elf"), "qemu_kdump": of_qemu("kdump-raw-zlib"),
          "qemu_flattened": of_qemu("kdump-zlib"), "altered": altered}


def main():
    program, vmcore_vp, firmware, check = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="vmcore-lint-") as directory:
        CHECKS[check](program, vmcore_vp, firmware, directory)


main()
