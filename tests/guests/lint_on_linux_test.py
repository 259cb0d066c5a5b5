"""What vmcore-lint says about dumps of a real kernel, compared with what the readers do with them: Debian's kernel for x86_64
panics on QEMU, and its memory and CPU are in the dumps of QEMU, of this project and of Cloud Hypervisor (such as it writes them).

usage: lint_on_linux_test.py VMCORE_LINT REDUMP DIRECTORY

DIRECTORY is where fetch put the guest.
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", room) for room in ("support", "readers", "lint")]
import cloud_hypervisor as ch
import elf_core
import linux_on_qemu
import observing
from asking import Missing, ask
from guest_files import GuestFiles, NotFetched
from linux_cells import RAW

SKIPPED = 77

DRGN = """
import drgn, sys
from drgn.helpers.linux.pid import for_each_task
program = drgn.Program()
program.set_core_dump(sys.argv[1])
print("opened")
program.load_debug_info([sys.argv[2]])
print("tasks", [task.comm.string_().decode() for task in for_each_task(program)])
"""
KDUMPFILE = """
import kdumpfile, sys
dump = kdumpfile.kdumpfile(sys.argv[1])
dump.attr["addrxlat.ostype"] = "linux"
print("opened", dump.read(kdumpfile.KDUMP_MACHPHYSADDR, 0x1000, 8).hex())
print("banner", dump.read(kdumpfile.KDUMP_KVADDR, int(sys.argv[2], 0), 14))
"""


def say(command, *arguments):
    return ask(command, *arguments, status=None, timeout=600, show=lambda _: None)


class Kernel:
    """The readers, each of which gives its own verdict on a dump of this kernel and what it printed."""

    def __init__(self, vmlinux, offset):
        self.vmlinux, self.offset = vmlinux, offset

    def symbol(self, name):
        """Where KASLR put it."""
        text = say("gdb-multiarch", "-nx", "-batch", "-ex", "set architecture i386:x86-64",
                   "-ex", f"symbol-file {self.vmlinux} -o {self.offset:#x}", "-ex", f"output/x (unsigned long)&{name}")
        return int(re.search(r"0x\w+$", text).group(), 16)

    def crash(self, path):
        with tempfile.NamedTemporaryFile("w", suffix=".crash") as commands:
            commands.write("sys\nbt\nquit\n")
            commands.flush()
            said = say("crash", "--no_scroll", "-s", "-i", commands.name, self.vmlinux, path)
        return ("yes" if re.search(r"#\d+ \[\w+\] panic at", said) else "partly") if "MACHINE: x86_64" in said else "no", said

    def gdb(self, path):
        said = say("gdb-multiarch", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex", f"core-file {path}",
                   "-ex", f"symbol-file {self.vmlinux} -o {self.offset:#x}", "-ex", "bt", "-ex", "x/s saved_command_line")
        if "not a core dump" in said:
            return "no", said
        return "yes" if re.search(r"^#\d+ .* panic \(", said, re.M) and "panic=-1" in said else "partly", said

    def drgn(self, path):
        said = say(observing.PYTHON, "-c", DRGN, path, self.vmlinux)
        return ("yes" if "'kthreadd'" in said else "partly") if "opened" in said else "no", said

    def libkdumpfile(self, path):
        said = say(observing.PYTHON, "-c", KDUMPFILE, path, hex(self.symbol("linux_banner")))
        return ("yes" if "banner bytearray(b'Linux version " in said else "partly") if "opened" in said else "no", said

    def makedumpfile(self, path):
        small = say("makedumpfile", "-f", "-d", "31", path, path + ".small")
        if "The dumpfile is saved to" in small:
            return "yes", small
        log = say("makedumpfile", "-f", "--dump-dmesg", path, path + ".log")
        return "partly" if "The dmesg log is saved to" in log else "no", small + log

    def eu_readelf(self, path):
        return observing.eu_readelf(path, None, None)

    def readelf(self, path):
        return observing.readelf(path, None, None)

    READERS = {"crash": crash, "gdb": gdb, "drgn": drgn, "libkdumpfile": libkdumpfile, "makedumpfile": makedumpfile,
               "eu-readelf": eu_readelf, "readelf": readelf}

    def judge(self, name, path, report):
        """What is wrong with lint's word, a line each."""
        for reader in report["readers"]:
            verdict = reader["verdict"]
            if reader["name"] not in self.READERS or verdict == "unsupported":
                continue
            truth, said = self.READERS[reader["name"]](self, path)
            print(f"{name}: {reader['name']}: lint {verdict}, in truth {truth}")
            # "partly" of crash: what it cannot check, it does not tell.
            if truth != verdict and not (reader["name"] == "crash" and (truth, verdict) == ("yes", "partly")):
                yield f"{name}: {reader['name']}: lint says {verdict}, but it is {truth}:\n{said[-1500:]}"
            foretold = [one or other for one, other in observing.quotes(report, reader["name"])]
            if verdict == "no" and foretold and not any(quote in said for quote in foretold):
                yield f"{name}: {reader['name']} says none of {foretold} but:\n{said[-1500:]}"


def dumps(redump, theirs, directory):
    """Name, path and lint's exit status, one dump after the other: each is gone when the next is asked for."""
    for form in linux_on_qemu.FORMATS:
        yield f"QEMU's {form}", theirs if form == "elf" else f"{theirs}.{form}", 1
    path = os.path.join(directory, "dump")
    core = elf_core.Core(theirs)
    ram = core.memory(next(load for load in core.loads if load.paddr == 0))
    cpus = [ch.Cpu(one.desc, other.desc) for one, other in zip(core.prstatus(), core.named_notes("QEMU"), strict=True)]
    middle = len(ram) // 2
    for name, more, zones, booted in (("", 0, ram, 1), (" with two zones", 0, [(0, ram[:middle]), (middle, ram[middle:])], 1),
                                      (" with a CPU plugged in", 1, ram, 1)):
        ch.write(path, cpus + cpus[:more], zones, booted)
        yield "Cloud Hypervisor's" + name, path, 1
    for form in ["elf", *RAW, "kdump-zlib"]:
        subprocess.run([redump, theirs, path, form], check=True, timeout=300)
        yield f"our {form}", path, int(form in ("kdump-raw-snappy", "kdump-raw-zstd", "kdump-zlib"))
        os.remove(path)


def main():
    lint, redump, directory = os.path.abspath(sys.argv[1]), *sys.argv[2:4]
    faults = []
    with tempfile.TemporaryDirectory(prefix="vmcore-guest-") as work:
        try:
            vmlinux = GuestFiles(directory).vmlinux("x86_64")
            theirs = os.path.join(work, "qemu")
            console = linux_on_qemu.dump_linux("x86_64", directory, theirs).decode(errors="replace")
            kernel = Kernel(vmlinux, int(re.search(r"Kernel Offset: 0x([0-9a-f]+)", console).group(1), 16))
            for name, path, status in dumps(redump, theirs, work):
                report = observing.lint(lint, path, status)
                text = subprocess.run([lint, path], capture_output=True, text=True, timeout=60).stdout
                lost = [one["name"] for one in report["readers"]
                        if not re.search(rf"^  {one['name']} .*\b{one['verdict']}\b", text, re.M)]
                faults += [f"{name}: the text has not the verdict of {each}" for each in lost]
                faults += kernel.judge(name, path, report)
        except (Missing, NotFetched) as missing:
            print(f"skipped: {missing}")
            return SKIPPED
    print(*faults, sep="\n")
    return 1 if faults else 0


sys.exit(main())
