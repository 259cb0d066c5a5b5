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
    ("gdb", "aarch64"): all_of([*RAW, *FLATTENED], "reads ELF only"),
    ("gdb", "aarch64_52bit"): all_of([*RAW, *FLATTENED], "reads ELF only"),
    ("drgn", "x86_64"): all_of(FLATTENED, "asks for `makedumpfile -R`"),
    ("drgn", "riscv64"): all_of([*RAW, *FLATTENED], "its libkdumpfile 0.5.1 does not know riscv64"),
    ("drgn", "aarch64"): all_of(FLATTENED, "asks for `makedumpfile -R`"),
    ("drgn", "aarch64_52bit"): all_of(FLATTENED, "asks for `makedumpfile -R`"),
    ("crash", "aarch64_52bit"): all_of(FORMATS, "8.0.6 knows no 52 bits with pages of 4 KiB"),
    ("makedumpfile", "x86_64"): {**all_of(RAW, "wants no memory far above RAM, and there is the PC's ROM"),
                                 **all_of(FLATTENED, "reads flattened files with `-R` only")},
    ("makedumpfile", "riscv64"): {"kdump-raw-snappy": "Debian's is built without snappy",
                                  **all_of(FLATTENED, "reads flattened files with `-R` only")},
    ("makedumpfile", "aarch64"): {"kdump-raw-snappy": "Debian's is built without snappy",
                                  **all_of(FLATTENED, "reads flattened files with `-R` only")},
    ("makedumpfile", "aarch64_52bit"): all_of(FORMATS, "1.7.6 knows no 52 bits with pages of 4 KiB"),
}

# What it opens of those that QEMU 10.0.2 writes: elf, kdump-zlib and kdump-raw-zlib.
QEMU_OPENS = {
    ("crash", "x86_64"): ["elf", "kdump-raw-zlib", "kdump-zlib"],
    ("crash", "riscv64"): ["elf", "kdump-raw-zlib", "kdump-zlib"],
    ("crash", "aarch64"): ["elf", "kdump-raw-zlib", "kdump-zlib"],
}

# crash takes half a minute and more by emulation, so that it sees one file of a kind, and one only of what it does not know.
ONE_OF_A_KIND = ["kdump-raw-lzo", "kdump-raw-snappy", "kdump-lzo", "kdump-snappy", "kdump-zstd"]
TOO_LONG = {
    ("crash", "riscv64"): ONE_OF_A_KIND,
    ("crash", "aarch64"): ONE_OF_A_KIND,
    ("crash", "aarch64_52bit"): [*RAW, *FLATTENED],
}
