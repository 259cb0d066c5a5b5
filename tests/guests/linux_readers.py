"""What the readers find in a dump of Debian's kernel for riscv64, each asked for what needs the kernel's own data. They raise
Mismatch when they do not find it, Missing or NotFetched when they are not there."""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "readers"))
from asking import ask, ask_python, expect, expect_text

TASKS = """
import drgn, sys
from drgn.helpers.linux.pid import for_each_task
program = drgn.Program()
program.set_core_dump(sys.argv[1])
program.load_debug_info([sys.argv[2]])
for task in for_each_task(program):
    print("task", int(task.pid), task.comm.string_().decode(errors="replace"))
print("command line", program["saved_command_line"].string_().decode())
"""


class Task:
    def __init__(self, pid, name):
        self.pid, self.name = int(pid), name


def tasks_by_drgn(vmlinux, dump, python=None, show=print):
    """All tasks of the guest and its command line. With a Python of files.python_with_drgn() kdump files are read too."""
    if python:
        text = ask(*python, "-c", TASKS, dump, vmlinux, timeout=600, show=show)
    else:
        text = ask_python(TASKS, dump, vmlinux, timeout=600, show=show)
    expect_text(text, "command line ")
    return [Task(*found) for found in re.findall(r"^task (\d+) (.*)$", text, re.MULTILINE)], \
        re.search(r"^command line (.*)$", text, re.MULTILINE).group(1)


def by_crash(files, dump, *commands, show=print):
    """The answers of crash to commands, in their order. It takes a minute and more, because it is emulated."""
    with tempfile.NamedTemporaryFile("w", suffix=".crash") as script:
        script.write("".join(f"!echo @@@\n{command}\n" for command in commands) + "quit\n")
        script.flush()
        text = ask(*files.foreign("crash"), "--no_scroll", "-s", "-i", script.name, files.vmlinux(), dump, timeout=1200, show=show)
    answers = text.split("@@@\n")[1:]
    expect(len(answers) == len(commands), "crash has not answered every command")
    return answers


def log_by_makedumpfile(files, dump, show=print):
    """The kernel's log. Needs no symbols: the note tells what there is to know."""
    with tempfile.TemporaryDirectory() as directory:
        log = os.path.join(directory, "log")
        ask(*files.foreign("makedumpfile"), "--dump-dmesg", dump, log, show=show)
        with open(log, encoding="utf-8", errors="replace") as file:
            text = file.read()
    expect_text(text, "Linux version ")
    return text


def size_by_makedumpfile(files, dump, show=print):
    """The bytes that are left when what need not be kept is left out: makedumpfile has found the kernel's lists of pages."""
    with tempfile.TemporaryDirectory() as directory:
        small = os.path.join(directory, "small")
        expect_text(ask(*files.foreign("makedumpfile"), "-l", "-d", "31", dump, small, show=show), "The dumpfile is saved to ")
        return os.stat(small).st_size
