#!/usr/bin/env python3
"""redump takes a core as it is on the disk: whole, or cut off anywhere, which is an error of one line.

usage: redump_test.py REDUMP WRITE_KNOWN_CORE
"""
import os
import subprocess
import sys
import tempfile


def main():
    redump, write_known_core = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="vmcore-redump-") as directory:
        subprocess.run([write_known_core, directory], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(f"{directory}/riscv64.elf", "rb") as file:
            core = file.read()
        cut, output = f"{directory}/cut", f"{directory}/output"
        for size in (len(core), len(core) - 1, len(core) // 2, 8192, 500, 60, 0):
            with open(cut, "wb") as file:
                file.write(core[:size])
            done = subprocess.run([redump, cut, output, "elf"], capture_output=True, text=True, timeout=60, check=False)
            lines = [line for line in done.stderr.splitlines() if line.startswith(redump)]
            whole = size == len(core)
            good = done.returncode == (0 if whole else 1) and len(lines) == (0 if whole else 1) and \
                os.path.exists(output) == whole and (whole or cut in lines[0])
            if not good:
                sys.exit(f"{size} of {len(core)} bytes: status {done.returncode}, {done.stderr}")
            if whole:
                os.remove(output)


main()
