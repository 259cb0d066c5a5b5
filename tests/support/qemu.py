"""Runs a guest on QEMU and takes dumps of it over QMP."""
import os
import re
import shutil
import socket
import subprocess

from qmp import Qmp

SKIPPED = 77  # the exit status by which ctest knows a skipped test


def version(path):
    """The version of a QEMU, as "10.0.2"; an empty text when it says none."""
    said = re.search(r"version (\d[\d.]*)", subprocess.run([path, "--version"], capture_output=True, text=True).stdout)
    return said.group(1) if said else ""


def find_qemu(target="riscv64"):
    """The path of a qemu-system-TARGET of version 8 or later, the first whose virt board has vmcoreinfo, or None."""
    path = shutil.which(f"qemu-system-{target}")
    if path is None:
        return None
    return path if int(version(path).partition(".")[0] or 0) >= 8 else None


def run_to_dump(qemu, arguments, dump, directory, formats=("elf",)):
    """Runs QEMU until the guest has powered off, then writes dumps of it: an ELF file under that name, others with their
    format behind it. Returns the console's bytes."""
    console = os.path.join(directory, "qemu-console")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.join(directory, "qmp"))
    listener.listen(1)
    listener.settimeout(60)
    command = [qemu, *arguments, "-display", "none", "-serial", f"file:{console}", "-monitor", "none", "-no-shutdown", "-S",
               "-chardev", f"socket,path={directory}/qmp,id=qmp", "-mon", "chardev=qmp,mode=control"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        qmp = Qmp(listener.accept()[0]).negotiate()
        qmp.execute("cont")  # the guest was held, so that no event is missed
        qmp.wait_for("STOP")
        for name in formats if dump else ():
            path = dump if name == "elf" else f"{dump}.{name}"
            qmp.execute("dump-guest-memory", paging=False, protocol=f"file:{path}", format=name)
        qmp.execute("quit")
        qmp.close()
        process.wait(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
        listener.close()
    with open(console, "rb") as file:
        return file.read()
