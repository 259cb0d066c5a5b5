"""Every place where vmcore-vp is meant to answer otherwise than QEMU 10.0.2. The assertions and the page use this list.

What a guest can see has no place here: there the two are equal.
"""
from collections import namedtuple

# target, row and what: which observation of which row; qemu and ours: the two answers as the rows show them.
Deviation = namedtuple("Deviation", "target row what qemu ours reason")

# Reasons that several observations share.
NO_FILE_LEFT = "a dump that failed leaves no file"
EMPTY_NOTE = "an empty note would tell a reader nothing; a warning says why there is none"
NO_GLOBAL = "-global knows one property only; another is told in one line"
NEGATIVE = "a negative number is refused, QEMU's answer makes no sense"
SNAPSHOT = "the dump is of a snapshot, beside which the guest goes on"
FULL = "the error names the file"
NO_CRASH = "what a test writes never ends the simulator"
CLOCK = "simulated time can be moved without -accel qtest too"

# What a line of qtest is answered that QEMU aborts on.
REFUSED_LINES = {
    "q9": {
        "readb x": "FAIL readb: 'x' is no number of 64 bits",
        "readb 0x1ffffffffffffffff": "FAIL readb: '0x1ffffffffffffffff' is no number of 64 bits",
        "writeq 0x80000000 18446744073709551616": "FAIL writeq: '18446744073709551616' is no number of 64 bits",
        "readb  0x80000000": "FAIL readb: '' is no number of 64 bits",
    },
    "q10": {line: f"FAIL {line.split()[0]} takes more arguments" for line in (
        "readb", "writeb 0x80000000", "read 0x80000000", "write 0x80000000 2", "memset 0x80000000 4",
        "b64write 0x80000000 4", "inb", "outb 0x510", "irq_intercept_in")},
    "q11": {
        "read 0x80000000 0": "FAIL read: 0 bytes, expected 1 to 67108864",
        "read 0x80000000 x": "FAIL read: 'x' is no number of 64 bits",
        "memset 0x80000000 x 1": "FAIL memset: 'x' is no number of 64 bits",
    },
    "q21": {"answer to endianness": "OK little"},
}

DEVIATIONS = [Deviation("riscv64", *fields) for fields in [
    # Command line.
    ("53", "exit status", "-6", "1", "one line of error instead of a failed assertion"),
    ("54", 'says at least 0x10', "yes", "no", NO_GLOBAL),
    ("79a", "says fw_cfg with DMA", "yes", "no", NO_GLOBAL),
    # Notes in the dump.
    ("63", "warnings", "none", "guest note is empty: its header is all zero", EMPTY_NOTE),
    ("63", "notes", "CORE, (no name)", "CORE", EMPTY_NOTE),
    ("72", "warnings", "none", "guest note is not in memory: nothing is mapped", EMPTY_NOTE),
    ("72", "notes", "CORE, (no name)", "CORE", EMPTY_NOTE),
    ("74", "warnings", "none", "guest note is not in memory: nothing is mapped", EMPTY_NOTE),
    ("74", "notes", "CORE, (no name)", "CORE", EMPTY_NOTE),
    ("74a", "warnings", "none", "guest note is only partly in memory: 8 of its 56 bytes are zero in the dump",
     "what is missing in a dump is told"),
    ("74b", "bytes behind desc", "00a5", "a5a5", "the guest's note is copied as it is"),
    # Dumps.
    ("80b", "file is there", "yes", "no", NO_FILE_LEFT),
    ("83", "error", "dump: failed to write elf header: No space left on device",
     "cannot write '/dev/full': No space left on device", FULL),
    ("83a", "error", "dump: failed to write start flat header",
     "cannot write '/dev/full': No space left on device", FULL),
    ("84", "file is there", "yes", "no", NO_FILE_LEFT),
    ("89", "error", "nothing", "parameter 'begin' expects a non-negative address, not -4096", NEGATIVE),
    ("89", "query-dump", "completed, 0 of 16384", "failed, 0 of 0", NEGATIVE),
    ("89a", "error", "dump: no guest memory to dump", "parameter 'length' expects a positive size, not -4096", NEGATIVE),
    ("89a", "file is there", "yes", "no", NO_FILE_LEFT),
    ("91", "cont meanwhile", "There is a dump in process, please wait.", "accepted", SNAPSHOT),
    ("91a", "RESUME before the answer", "no", "yes", SNAPSHOT),
    ("91a", "query-status meanwhile", "no", "yes", SNAPSHOT),
    ("94", "mode", "0o400", "0o600", "the owner may write to his file"),
    ("98", "e_ehsize", "8", "0x40", "the size of the header, which readers check"),
    ("98", "e_phoff", "0xc0", "0x40", "no section headers before the program headers: makedumpfile stumbles over them"),
    # qtest.
    *((row, line, "aborts", answer, NO_CRASH) for row, lines in REFUSED_LINES.items() for line, answer in lines.items()),
    ("q20", "clock_step", "FAIL Unknown command 'clock_step'", "OK 0", CLOCK),
    ("q20", "clock_step 100", "FAIL Unknown command 'clock_step'", "OK 100", CLOCK),
    ("q20", "clock_set 500", "FAIL Unknown command 'clock_set'", "OK 500", CLOCK),
    # QMP.
    ("m1", "capabilities", "oob", "none", "no command is served out of band"),
    ("m6", "single quotes", "return running no, status prelaunch",
     "error class GenericError, desc JSON parse error, syntax error", "JSON has none"),
    ("m8a", "answer", "JSON parse error, duplicate key", "of the last one", "JSON leaves it open"),
    ("m9", "the command behind the nonsense", "carried out", "skipped", "reading goes on with the next line"),
]]

# Rows of the reference that are no test here, and why.
NOT_COMPARED = [
    ("77", "aarch64 only"),
    ("100", "65535 program headers cannot be had from a machine's memory map; tests/models/dump has it"),
]


def find(target, row, what):
    """The deviation declared for an observation, or None."""
    for deviation in DEVIATIONS:
        if (deviation.target, deviation.row, deviation.what) == (target, row, what):
            return deviation
    return None
