"""./dev guest with options that are wrong: one line says which, and what was expected, before anything boots.

usage: guest_options_test.py VMCORE_VP DIRECTORY
"""
import os
import subprocess
import sys

from guest_case import SKIPPED
from guest_files import GuestFiles, NotFetched

GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest.py")


def expect_refusal(*options, beginning):
    ended = subprocess.run([sys.executable, GUEST, *sys.argv[1:3], "u-boot", *options], stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, timeout=300)
    assert ended.returncode == 1, ended
    assert ended.stderr.startswith(beginning) and ended.stderr.count("\n") == 1, ended.stderr
    assert "booting" not in ended.stdout, ended.stdout


def main():
    files = GuestFiles(sys.argv[2])
    try:
        files.opensbi(), files.u_boot()
    except NotFetched as missing:
        print(f"skipped: {missing}")
        return SKIPPED
    expect_refusal("--format", "core", beginning="guest: --format: 'core', expected one of elf, kdump-zlib, ")
    expect_refusal("--output", "/no/such/file", beginning="guest: --output: '/no/such/file', expected a file in a directory")
    expect_refusal("--output", "/", beginning="guest: --output: '/', expected a file in a directory")
    return 0


sys.exit(main())
