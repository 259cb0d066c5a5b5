"""U-Boot, for S mode under OpenSBI, on the board: its prompt, fw_cfg driven from it by hand, and Linux booted by it.

usage: u_boot_test.py VMCORE_VP DIRECTORY CASE

DIRECTORY is where fetch put the guests. `SIMULATOR=qemu-system-riscv64` looks at QEMU instead.
"""
import os
import sys

from guest_case import BOOT, main  # which lets the others be found
import elf_core
import linux_guest
import u_boot_guest
from guest_machine import GuestMachine

KERNEL_AT, INITRD_AT = 0x84000000, 0x8a000000


def prompt_of(machine):
    machine.run()
    prompt = u_boot_guest.UBoot(machine)
    prompt.wait_for_prompt(BOOT)
    return prompt


def reads_the_signature_and_the_directory(case):
    with GuestMachine(case.simulator, *u_boot_guest.options(case.files), "-fw_cfg", "name=opt/greeting,string=good day") as machine:
        prompt = prompt_of(machine)
        assert prompt.memory(u_boot_guest.DATA, 1) == b"Q", "what is selected after reset is not the signature"
        prompt.select(u_boot_guest.SIGNATURE)
        assert prompt.word(u_boot_guest.DATA) == int.from_bytes(b"QEMU", "little")
        files = prompt.directory()
        assert list(files) == sorted(files), "the directory is not sorted"
        assert [key for key, _ in files.values()] == list(range(0x20, 0x20 + len(files)))
        assert files["etc/vmcoreinfo"][1] == 16
        key, size = files["opt/greeting"]
        assert prompt.transfer(u_boot_guest.READ | u_boot_guest.SELECT, key, u_boot_guest.BUFFER, size) == 0
        assert prompt.memory(u_boot_guest.BUFFER, size) == b"good day"


def publishes_a_note_that_the_dump_has(case):
    text = b"OSRELEASE=u-boot\nPAGESIZE=4096\n"
    with GuestMachine(case.simulator, *u_boot_guest.options(case.files)) as machine:
        prompt = prompt_of(machine)
        assert prompt.publish(u_boot_guest.note(text), prompt.directory()["etc/vmcoreinfo"]) == 0
        machine.dump(case.path("core"))
    assert [note.desc for note in elf_core.Core(case.path("core")).named_notes("VMCOREINFO")] == [text]


def is_refused_what_cannot_be_written(case):
    with GuestMachine(case.simulator, *u_boot_guest.options(case.files)) as machine:
        prompt = prompt_of(machine)
        write = u_boot_guest.WRITE | u_boot_guest.SELECT
        assert prompt.transfer(write, u_boot_guest.SIGNATURE, u_boot_guest.BUFFER, 4) == 1
        prompt.select(u_boot_guest.SIGNATURE)
        assert prompt.word(u_boot_guest.DATA) == int.from_bytes(b"QEMU", "little")


def boots_linux_which_publishes(case):
    """The whole chain: OpenSBI, U-Boot, the kernel; loaders have brought the images to memory."""
    initrd = linux_guest.write_initrd(case.files, case.path("initrd"))
    loaders = [f"loader,file={file},addr={address:#x},force-raw=on"
               for file, address in ((case.files.kernel(), KERNEL_AT), (initrd, INITRD_AT))]
    with GuestMachine(case.simulator, *u_boot_guest.options(case.files), "-device", loaders[0], "-device", loaders[1]) as machine:
        prompt = prompt_of(machine)
        prompt.ask("setenv bootargs console=ttyS0 guest=idle")
        machine.type(f"booti {KERNEL_AT:#x} {INITRD_AT:#x}:{os.stat(initrd).st_size:x} ${{fdtcontroladdr}}\r")
        record = linux_guest.wait_until_ready(machine, BOOT, print, linux_guest.MILESTONES[1:])
        machine.dump(case.path("core"))
    assert elf_core.Core(case.path("core")).read(record.paddr + 12, 10) == b"VMCOREINFO"


sys.exit(main([reads_the_signature_and_the_directory, publishes_a_note_that_the_dump_has, is_refused_what_cannot_be_written,
               boots_linux_which_publishes]))
