"""What fetch put into its directory: the files of guests and the commands of readers, by name."""
import glob
import lzma
import os
import shutil


class NotFetched(Exception):
    """A part is not there, or a program is not installed; the text says how to get it."""


# How a reader of another architecture is run. aarch64 without pointer authentication, which takes longer than all else there.
EMULATED = {"riscv64": ["qemu-riscv64-static"], "aarch64": ["qemu-aarch64-static", "-cpu", "cortex-a57"]}


class GuestFiles:
    """The directory that fetch filled. A file that is missing raises NotFetched when it is asked for."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)

    def has(self, part):
        return os.path.isdir(os.path.join(self.directory, part))

    def part(self, name):
        if not self.has(name):
            raise NotFetched(f"{name} is not in {self.directory}; tests/guests/fetch {self.directory} {name} fetches it")
        return os.path.join(self.directory, name)

    def only(self, part, pattern):
        found = glob.glob(os.path.join(glob.escape(self.part(part)), pattern), recursive=True)
        if len(found) != 1:
            raise NotFetched(f"{part}/{pattern}: {len(found)} files, expected one; remove {self.part(part)} and fetch it again")
        return found[0]

    def kernel(self, architecture="riscv64"):
        return self.only(architecture, "boot/vmlinu[xz]-*")

    def release(self):
        """The kernel's own name of its version, as `uname -r` prints it."""
        return os.path.basename(self.kernel()).partition("-")[2]

    def vmlinux(self, architecture="riscv64"):
        return self.only("riscv64-symbols" if architecture == "riscv64" else architecture, "vmlinux")

    def opensbi(self):
        return self.only("opensbi", "**/fw_dynamic.bin")

    def u_boot(self):
        return self.only("u-boot", "**/u-boot.bin")

    def busybox(self, architecture="riscv64"):
        return contents(self.only(architecture, "**/bin/busybox"))

    def module(self, name, architecture="riscv64"):
        return contents(self.only(architecture, f"**/{name}.ko*"))

    def foreign(self, program, architecture="riscv64"):
        """The command that runs a program of riscv64-readers or aarch64-readers."""
        part = f"{architecture}-readers"
        emulator, *options = EMULATED[architecture]
        root = self.part(part)
        if shutil.which(emulator) is None:
            raise NotFetched(f"{emulator} is not installed; `./dev setup guest` installs it")
        return [emulator, *options, "-L", root, self.only(part, f"usr/bin/{program}")]

    def python_with_drgn(self):
        """The command of the Python that has Debian 13's drgn: the part's own loader and libraries, nothing of this machine."""
        root = self.part("drgn")
        libraries = os.path.join(root, "usr/lib/x86_64-linux-gnu")
        return ["env", f"PYTHONHOME={root}/usr", f"PYTHONPATH={root}/usr/lib/python3/dist-packages",
                f"{libraries}/ld-linux-x86-64.so.2", "--library-path", libraries, self.only("drgn", "usr/bin/python3.[0-9]*")]


def contents(path):
    with (lzma.open if path.endswith(".xz") else open)(path, "rb") as file:
        return file.read()
