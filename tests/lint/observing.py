"""What the installed readers do with a dump, in the words of vmcore-lint, and the comparison with what it says.

Only readers are asked whose installed version is the one that the verdict is about, or one that acts alike.
"""
import json
import os
import re
import shutil
import subprocess
import sys

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
    whole = re.search(r"\b(pc|rip):", said) and "cannot get content of note" not in said
    return ("yes" if whole else "partly") if "PRSTATUS" in said else "no", said


def readelf(path, _paddr, _vaddr):
    said = ask("readelf", "-nW", path)
    if said is None:
        return None
    if "Not an ELF file" in said:
        return "unsupported", said
    return ("partly" if "Warning" in said else "yes") if "PRSTATUS" in said else "no", said


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
