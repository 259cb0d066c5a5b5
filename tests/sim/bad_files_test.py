"""Files that a user gets wrong: images that cannot be loaded, dumps that cannot be written.

usage: bad_files_test.py VMCORE_VP FIRMWARE.elf
"""
import os
import resource
import signal
import struct
import sys
import unittest

from refusals import Refusals


def limit_file_size():
    """Writes beyond 1 MiB fail with EFBIG, as they fail with ENOSPC on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


def no_file_size():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


class BadFiles(Refusals):
    # Images

    def test_no_firmware(self):
        self.refused(r"-bios: no firmware", firmware=None)
        self.refused(r"-bios none: nothing to run", firmware="none")

    def test_missing_firmware(self):
        self.refused(r"-bios: cannot read '/nonexistent': No such file", firmware="/nonexistent")
        self.refused(r"-bios: cannot read '/': it is a directory", firmware="/")
        self.refused(r"empty", firmware=self.path("empty", b""))

    def test_file_that_never_ends(self):
        self.refused(r"-bios: cannot read '/dev/zero': it is too long", firmware="/dev/zero")

    def test_file_of_absurd_length(self):
        long = self.path("long", b"")
        os.truncate(long, 1 << 40)
        self.refused(r"-bios: cannot read '.*long': it is too long", firmware=long)

    def test_file_that_fails_while_it_is_read(self):
        self.refused(r"-bios: cannot read '/proc/self/mem': Input/output error", firmware="/proc/self/mem")

    def test_truncated_elf(self):
        for length in (5, 20, 63, 64, 100, 2000, 10000):
            cut = self.path("cut.elf", self.elf(length=length))
            self.refused(r"-bios '.*cut.elf': (truncated|not a readable ELF file)", firmware=cut)

    def test_elf_for_another_machine(self):
        other = self.path("x86.elf", self.elf(18, struct.pack("<H", 62)))
        self.refused(r"machine 62, expected RISC-V", firmware=other)
        narrow = self.path("rv32.elf", self.elf(4, b"\x01"))
        self.refused(r"rv32.elf", firmware=narrow)
        object_file = self.path("object.elf", self.elf(16, struct.pack("<H", 1)))
        self.refused(r"type 1, expected an executable", firmware=object_file)

    def test_image_outside_ram(self):
        blob = self.path("blob", b"x" * 4096)
        self.refused(r"0x40000000..0x40000fff lies outside RAM", "-device", f"loader,file={blob},addr=0x40000000")
        self.refused(r"lies outside", "-device", f"loader,file={blob},addr=0xfffffffffffffff0")
        self.refused(r"lies outside RAM", firmware=self.path("big", b"\x13" * (2 << 20)), *["-m", "1M"])

    def test_images_that_overlap(self):
        blob = self.path("blob", b"x" * 4096)
        self.refused(r"overlaps -bios", "-device", f"loader,file={blob},addr=0x80000000")

    def test_raw_image_without_an_address(self):
        self.refused(r"needs addr=", "-device", f"loader,file={self.path('blob', b'x')}")

    def test_device_tree_that_is_none(self):
        self.refused(r"-dtb '.*': not a usable device tree", "-dtb", self.path("dtb", b"no tree"))

    # The board's device tree

    def test_device_tree_that_cannot_be_written(self):
        self.refused(r"-M dumpdtb: cannot create '/nonexistent/x': No such file", "-M", "virt,dumpdtb=/nonexistent/x")
        self.refused(r"-M dumpdtb: cannot write '.*x.dtb': File too large", "-M", f"virt,dumpdtb={self.path('x.dtb')}",
                     preexec_fn=no_file_size)

    # Dumps

    def test_unwritable_dump(self):
        for expected, file in ((r"--dump: .*/nonexistent/vmcore", "/nonexistent/vmcore"),
                               (r"--dump: .*[Dd]irectory", self.directory.name)):
            run = self.refused(expected, "--dump", file, "-device", "vmcoreinfo")
            self.assertEqual(run.stdout, "", "the guest ran although its dump has no place")

    @unittest.skipIf("ASAN_OPTIONS" in os.environ, "the sanitizer needs descriptors of its own")
    def test_too_few_descriptors_for_servers_and_dumps(self):
        def few(count):
            return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))

        for count in range(4, 7):
            self.refused(r": Too many open files$", "--dump", self.path("vmcore"), "-device", "vmcoreinfo",
                         preexec_fn=few(count))
        self.refused(r"cannot serve clients and dumps: Too many open files$", preexec_fn=few(4))

    def test_full_device(self):
        self.refused(r"cannot write '/dev/full': No space left on device", "--dump", "/dev/full", "-device", "vmcoreinfo")

    def test_full_disk(self):
        self.refused(r"vmcore.*File too large", "--dump", self.path("vmcore"), "-device", "vmcoreinfo",
                     preexec_fn=limit_file_size)

    def test_full_disk_keeps_the_dump_before(self):
        old = self.path("vmcore", b"the dump before")
        self.refused(r"vmcore.*File too large", "--dump", old, "-device", "vmcoreinfo", preexec_fn=limit_file_size)
        with open(old, "rb") as file:
            self.assertEqual(file.read(), b"the dump before")

    def test_dump_options(self):
        self.refused(r"--dump-format: 'coff', expected elf", "--dump-format", "coff")
        self.refused(r"--dump-on: 'lunch', expected exit, panic or publish", "--dump-on", "lunch")
        self.refused(r"--dump: given twice, expected once", "--dump", self.path("one"), "--dump", self.path("two"))
        for arguments in (["--dump-on", "panic"], ["--dump-format", "elf"]):
            self.refused(rf"{arguments[0]}: no dump to write, expected --dump FILE beside it", *arguments)
            self.refused(rf"{arguments[0]}: no dump to write", *arguments, "-qmp", f"unix:{self.path('qmp')}")
        self.refused(r"--rescue: no dump to write, expected --dump FILE or -qmp beside it", "--rescue")


unittest.main(argv=sys.argv[:1], verbosity=2)
