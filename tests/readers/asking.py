"""Programs asked about a dump, and what they answer looked through."""
import os
import re
import shutil
import subprocess


class Missing(Exception):
    """A reader is not installed."""


class Mismatch(Exception):
    """A reader did not say what it should."""


def ask(*command, status=0, timeout=280, show=print, **options):
    """What a program prints on both its outputs. Raises Mismatch when it ends in another way than expected.

    show(text): told the command and its answer."""
    if shutil.which(command[0]) is None:
        raise Missing(f"{os.path.basename(command[0])} is not installed")
    done = subprocess.run(command, stdin=options.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=timeout, check=False, encoding="utf-8", errors="replace",
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TERM": "dumb", "HOME": "/nonexistent"},
                          **options)
    show(f"$ {' '.join(command)}\n{done.stdout}")
    expect(status is None or done.returncode == status, f"{command[0]} ends with status {done.returncode}")
    return done.stdout


def ask_python(program, *arguments, **options):
    """What a Python program prints. Debian's own interpreter has the modules of Debian's packages."""
    module = re.search(r"^import (\w+)", program, re.MULTILINE).group(1)
    if subprocess.run(["/usr/bin/python3", "-c", f"import {module}"], capture_output=True).returncode != 0:
        raise Missing(f"the Python module {module} is not installed")
    return ask("/usr/bin/python3", "-c", program, *arguments, **options)


def expect(condition, text):
    if not condition:
        raise Mismatch(text)


def expect_text(text, *wanted):
    for each in wanted:
        expect(each in text, f"not in the answer: {each!r}")


def expect_no_complaint(text, *words):
    found = re.search("|".join(words), text, re.IGNORECASE)
    expect(not found, f"the reader complains: {found and found[0]!r}")
