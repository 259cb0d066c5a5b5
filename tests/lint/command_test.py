"""The command line of vmcore-lint: what it takes, refuses, and answers by its exit status.

usage: command_test.py VMCORE_LINT
"""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import make_dumps

PROGRAM = os.path.abspath(sys.argv[1])


def run(*arguments, status):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == status, f"{arguments}: exit status {done.returncode}, {done.stdout}{done.stderr}"
    if status == 2:
        assert done.stdout == "" and done.stderr.startswith("vmcore-lint: ") and done.stderr.count("\n") == 1, done
        assert done.stderr[:-1].isprintable(), done
    else:
        assert done.stderr == "", done.stderr
    return done.stdout + done.stderr


def main():
    with tempfile.TemporaryDirectory(prefix="vmcore-lint-") as directory:
        os.chdir(directory)
        for name, content in {"good": make_dumps.elf("x86_64", base=0, vaddr=0xffff888000000000), "flat": make_dumps.flat(
                make_dumps.kdump()), "bad": make_dumps.elf(phoff=192), "text": b"no dump", "empty": b""}.items():
            with open(name, "wb") as file:
                file.write(content)
        os.mkfifo("pipe")
        assert run("good", status=0).startswith("good: ELF core, 64-bit little-endian x86_64")
        assert "makedumpfile" in run("bad", status=1)
        run("--reader", "gdb", "--reader=crash", "bad", status=0)
        run("--reader", "makedumpfile", "bad", status=1)
        run("--reader", "gdb", "flat", status=1)
        report = json.loads(run("--json", "--reader", "crash", "flat", status=0))
        assert [reader["name"] for reader in report["readers"]] == ["crash"], report
        assert "usage:" in run("--help", status=0)
        for arguments, word in ((["text"], "text: no dump, expected"), (["empty"], "empty: empty"), (["."], "directory"),
                                (["pipe"], "pipe"), (["nothing"], "nothing: No such file"), ([], "expected one file"),
                                (["good", "bad"], "expected one file"), (["--reader", "gbd", "good"], "no reader 'gbd'"),
                                (["--jsno", "good"], "--jsno")):
            assert word in run(*arguments, status=2), arguments
        name = "caf\u00e9\x1b[2J\n"  # valid, and yet nothing for a terminal
        os.link("good", name)
        assert run(name, status=0).startswith("caf\u00e9\\x1b[2J\\x0a: ELF core")
        assert json.loads(run("--json", name, status=0))["file"] == name
        for arguments in ([name + "2"], ["--reader", name, "good"], ["--" + name, "good"]):
            assert "\\x1b[2J\\x0a" in run(*arguments, status=2), arguments
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "good"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == 2 and "cannot write" in done.stderr, done


main()
