"""Takes dumps over QMP and reads them, for the rows about vmcoreinfo and dumps."""
import os
import re

import elf_core
from qmp import QmpError

WARNING = re.compile(r"warning: .*?((?:guest note|Invalid guest note|Failed to read).*)")
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def warnings(text):
    """What the dump engine warned about, without addresses and the program's and the file's name."""
    return [ADDRESS.sub("", found.group(1)) for found in map(WARNING.search, text.splitlines()) if found]


class Dump:
    """One dump-guest-memory: `error` is the text of a refusal or None, `core` the file read, `warnings` what was said."""

    def __init__(self, machine, path, **arguments):
        self.path = path
        if os.path.isfile(path):
            os.remove(path)  # of an earlier dump: nobody may write to it
        said = len(machine.errors())
        try:
            machine.qmp.execute("dump-guest-memory", **{"paging": False, "protocol": f"file:{path}", **arguments})
            self.error = None
        except QmpError as error:
            self.error = error.text
        self.warnings = warnings(machine.errors()[said:])

    @property
    def core(self):
        """Without vmcore-vp's own notes about the harts, which QEMU has not."""
        core = elf_core.Core(self.path)
        core.drop_our_notes()
        return core

    @property
    def exists(self):
        return os.path.exists(self.path)
