"""The RAM and registers of which QEMU's golden dumps are, as dumps in our own layout in every reader: with the kernel's symbols
crash shows system, backtrace, tasks and log, gdb the way into panic(), drgn the tasks, and makedumpfile filters.

usage: golden_readers_test.py VMCORE_VP DIRECTORY [GOLDEN]

DIRECTORY is where fetch put the guests, for the symbols; GOLDEN (else the environment's VMCORE_GOLDEN) is described in golden.py.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", *room) for room in (("support",), ("readers",), ("conformance",))]
import golden
from asking import Missing
from guest_files import GuestFiles, NotFetched
from kernel_readers import READERS, Kernel, opens
from linux_cells import BEYOND, FORMATS

SKIPPED = 77
TASKS = ["golden-init", "kthreadd", "golden-alpha", "golden-beta", "golden-gamma"]


def kernel_of(files, directory):
    """The kernel with its symbols; NotFetched when those are another kernel's."""
    kernel = Kernel("x86_64", GuestFiles(directory), "golden.mode=crash", TASKS)
    note = files.bytes("elf-head.bin")
    release = re.search(rb"OSRELEASE=(\S+)", note).group(1).decode()
    kernel.offset = int(re.search(rb"KERNELOFFSET=(\w+)", note).group(1), 16)
    fetched = os.path.basename(kernel.files.kernel("x86_64")).partition("-")[2]
    if fetched != release:
        raise NotFetched(f"the golden memory is of {release}, and x86_64 in {directory} has {fetched}")
    return kernel


def check(vmcore_vp, files, kernel):
    """What is wrong, a line each."""
    faults = []
    with files.machine(vmcore_vp) as machine:
        for name in FORMATS:
            path = golden.dump(machine, "vmcore", format=name)
            for reader in READERS:
                failure = opens(reader, kernel, path)
                limit = BEYOND.get((reader, "x86_64"), {}).get(name)
                print(f"=== {name}: {reader}: {failure or 'opens'}")
                if failure and not limit:
                    faults.append(f"{reader}, {name}: {failure}")
                if not failure and limit:
                    faults.append(f"{reader}, {name}: opens, though declared not to: {limit}")
            os.unlink(path)
    return faults


def main():
    vmcore_vp, directory = os.path.abspath(sys.argv[1]), sys.argv[2]
    try:
        with golden.find(*sys.argv[3:]) as files:
            faults = check(vmcore_vp, files, kernel_of(files, directory))
    except (golden.NotThere, Missing, NotFetched) as missing:
        print(f"skipped: {missing}")
        return SKIPPED
    print(*faults, sep="\n")
    return 1 if faults else 0


sys.exit(main())
