"""What a kernel prints here and on QEMU, compared: the differences that are meant, and what changes from run to run."""
import re

# QEMU's hart without what this platform's has not: the hypervisor extension and counters to be programmed.
SAME_HART = ["-cpu", "rv64,h=off,zihpm=off,pmu-mask=0"]

# Line by line: what depends on how long things take, or on the day.
VOLATILE = [
    (r"^\[ *\d+\.\d+\] ", ""),
    (r"deferred pages initialised in \d+ms", "deferred pages initialised"),
    (r"audit\(\d+\.\d+:\d+\)", "audit()"),
    (r"Ratio of byte access time to unaligned word access is \d+\.\d+, unaligned accesses are \w+", "Ratio of access times"),
    (r"setting system clock to .*", "setting system clock"),
]

# What only QEMU's board has. Here there is neither PCI nor flash memory, which is no part of the board.
ONLY_QEMU = [
    r"pci-host-generic 30000000\.pci: ",
    r"pci_bus 0000:00: ",
    r"pci 0000:00:00\.0: ",
]

# The same line with other numbers: the device tree there is larger by those devices, and so is what the kernel keeps of it.
OTHER_NUMBERS = [
    r"(Memory: )\d+K/(\d+K available \(.*, )\d+(K reserved, 0K cma-reserved\))",
    r"(NODE_DATA\(0\) allocated \[mem 0x)[0-9a-f]+-0x[0-9a-f]+",
    r"(software IO TLB: mapped \[mem 0x)[0-9a-f]+-0x[0-9a-f]+",
    r"(guest: vmcoreinfo is at 0x)[0-9a-f]+",
    r"(guest: record [0-9a-f]{16})[0-9a-f]{16}",
]


def lines(console):
    """What was printed, with what is volatile taken out."""
    result = []
    for line in console.decode(errors="replace").replace("\r", "").splitlines():
        for pattern, text in VOLATILE:
            line = re.sub(pattern, text, line)
        for pattern in OTHER_NUMBERS:
            line = re.sub(pattern, lambda found: "".join(f"{group}#" for group in found.groups()), line)
        result.append(line.rstrip())
    return result


def differences(qemus, ours):
    """The lines that only one of them has, each with its side in front, without those that are meant. Threads of the kernel
    print when they come to it, so that the order is not compared."""
    qemus, ours = lines(qemus), lines(ours)
    found = []
    for line in dict.fromkeys(qemus):
        missing = qemus.count(line) - ours.count(line)
        if missing > 0 and not any(re.match(pattern, line) for pattern in ONLY_QEMU):
            found += [f"only QEMU: {line}"] * missing
    for line in dict.fromkeys(ours):
        found += [f"only here: {line}"] * max(0, ours.count(line) - qemus.count(line))
    return found
