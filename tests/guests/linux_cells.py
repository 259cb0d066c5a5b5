"""Which reader opens which dump of a real Linux kernel: what linux_readers_test.py holds true and docs/readers.md tells."""

RAW = [f"kdump-raw-{name}" for name in ("zlib", "lzo", "snappy", "zstd")]
FLATTENED = [f"kdump-{name}" for name in ("zlib", "lzo", "snappy", "zstd")]
FORMATS = ["elf", *RAW, *FLATTENED]


def all_of(formats, reason):
    return {name: reason for name in formats}


# The formats that a reader does not open whoever wrote the file, and why. It opens all others of ours.
BEYOND = {
    ("gdb", "x86_64"): all_of([*RAW, *FLATTENED], "reads ELF only"),
    ("gdb", "riscv64"): all_of([*RAW, *FLATTENED], "reads ELF only"),
    ("drgn", "x86_64"): all_of(FLATTENED, "asks for `makedumpfile -R`"),
    ("drgn", "riscv64"): all_of([*RAW, *FLATTENED], "its libkdumpfile 0.5.1 does not know riscv64"),
    ("makedumpfile", "x86_64"): {**all_of(RAW, "wants no memory far above RAM, and there is the PC's ROM"),
                                 **all_of(FLATTENED, "reads flattened files with `-R` only")},
    ("makedumpfile", "riscv64"): {"kdump-raw-snappy": "Debian's is built without snappy",
                                  **all_of(FLATTENED, "reads flattened files with `-R` only")},
}

# What it opens of those that QEMU 10.0.2 writes: elf, kdump-zlib and kdump-raw-zlib.
QEMU_OPENS = {
    ("crash", "x86_64"): ["elf", "kdump-raw-zlib", "kdump-zlib"],
    ("crash", "riscv64"): ["elf", "kdump-raw-zlib", "kdump-zlib"],
}

# crash takes more than a minute by emulation, so that it sees one file of a kind.
TOO_LONG = {("crash", "riscv64"): ["kdump-raw-lzo", "kdump-raw-snappy", "kdump-lzo", "kdump-snappy", "kdump-zstd"]}
