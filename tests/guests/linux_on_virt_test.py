"""Debian's kernel, unmodified, on the board: its own driver writes etc/vmcoreinfo, and its dumps open.

usage: linux_on_virt_test.py VMCORE_VP DIRECTORY CASE

DIRECTORY is where fetch put the guests. `SIMULATOR=qemu-system-riscv64` looks at QEMU instead.
"""
import struct
import sys

from guest_case import BOOT, main  # which lets the others be found
import elf_core
import linux_console
import linux_readers

FORMAT_ELF = 1


def expect_record(record, core, release):
    """What the driver wrote, read back by the guest, is where the dump has the note, and the dump's note is what lies there."""
    assert record.bytes == struct.pack("<HHIQ", 0, FORMAT_ELF, record.size, record.paddr), record.bytes.hex()
    notes = core.named_notes("VMCOREINFO")
    assert len(notes) == 1, f"{len(notes)} notes VMCOREINFO"
    in_memory = core.read(record.paddr, record.size)
    name_size, size, kind = struct.unpack("<III", in_memory[:12])
    assert (name_size, kind) == (11, 0) and in_memory[12:23] == b"VMCOREINFO\0", in_memory[:24]
    assert notes[0].desc == in_memory[24:24 + size], "the dump's note is not the kernel's"
    assert f"OSRELEASE={release}\n".encode() in notes[0].desc


def publishes(case, harts, memory="256M"):
    with case.linux("idle", harts=harts, memory=memory) as machine:
        record = case.boot(machine)
        machine.dump(case.path("core"))
        machine.dump(case.path("kdump"), "kdump-raw-zlib")
    core = elf_core.Core(case.path("core"))
    expect_record(record, core, case.files.release())
    assert record.release == case.files.release()
    states = [note for note in core.notes if note.type == elf_core.NT_PRSTATUS and note.name == "CORE"]
    assert len(states) == harts, f"{len(states)} notes of registers"
    log = linux_readers.log_by_makedumpfile(case.files, case.path("core"))
    assert "Run /init as init process" in log, "the log ends too early"
    assert linux_readers.size_by_makedumpfile(case.files, case.path("core")) < 64 << 20
    assert linux_readers.log_by_makedumpfile(case.files, case.path("kdump")) == log


def one_hart_publishes_its_note(case):
    publishes(case, 1)


def two_harts_publish_one_note(case):
    publishes(case, 2)


def eight_harts_publish_one_note(case):
    publishes(case, 8)


def memory_of_128_MiB_is_enough(case):
    publishes(case, 1, "128M")


def console_is_that_of_qemu(case):
    consoles = []
    for simulator, options in ((case.qemu(), linux_console.SAME_HART), (case.simulator, [])):
        with case.linux("poweroff", *options, simulator=simulator) as machine:
            machine.run()
            assert machine.wait_for_end(BOOT) == 0
            consoles.append(machine.printed)
    found = linux_console.differences(*consoles)
    print(*found, sep="\n")
    assert not found, f"{len(found)} lines differ"


def power_off_ends_the_run(case):
    with case.linux("poweroff") as machine:
        case.boot(machine)
        machine.wait_for(rb"reboot: Power down", BOOT)
        event = machine.qmp.wait_for("SHUTDOWN")
        assert event["data"] == {"guest": True, "reason": "guest-shutdown"}, event
        assert machine.wait_for_end(60) == 0


def reboot_starts_the_machine_again(case):
    with case.linux("reboot") as machine:
        first = case.boot(machine)
        machine.qmp.wait_for("RESET")
        second = case.boot(machine)
        assert (first.size, first.bytes[:8]) == (second.size, second.bytes[:8])


def panic_under_no_reboot_ends_in_a_dump(case):
    """The kernel's own policy `panic=-1` resets the machine, which under -no-reboot is the end of the run."""
    dump = case.path("core")
    with case.linux("panic", "-no-reboot", "--dump", dump, "--dump-on", "exit", command_line="panic=-1") as machine:
        record = case.boot(machine)
        machine.wait_for(rb"Kernel panic - not syncing: sysrq triggered crash", BOOT)
        assert machine.wait_for_end(BOOT) == 0
    expect_record(record, elf_core.Core(dump), case.files.release())
    log = linux_readers.log_by_makedumpfile(case.files, dump)
    assert "sysrq triggered crash" in log


def record_makes_the_dump(case):
    """--dump-on publish: right behind the store by which the driver started the transfer."""
    dump = case.path("core")
    with case.linux("idle", "--dump", dump, "--dump-on", "publish") as machine:
        record = case.boot(machine)
    expect_record(record, elf_core.Core(dump), case.files.release())
    assert "Run /init as init process" in linux_readers.log_by_makedumpfile(case.files, dump)


def drgn_and_crash_find_the_guest(case):
    dump, kdump, vmlinux = case.path("core"), case.path("kdump"), case.files.vmlinux()
    python = case.files.python_with_drgn()
    with case.linux("idle", harts=2) as machine:
        case.boot(machine)
        machine.dump(dump)
        machine.dump(kdump, "kdump-raw-zstd")
    for path, with_python in ((dump, None), (dump, python), (kdump, python)):
        tasks, command_line = linux_readers.tasks_by_drgn(vmlinux, path, with_python)
        names = {task.pid: task.name for task in tasks}
        assert names[1] == "init" and names[2] == "kthreadd" and "sleep" in names.values(), names
        assert "guest=idle" in command_line
    system, backtrace, log, tasks = linux_readers.by_crash(case.files, dump, "sys", "bt -a", "log", "ps")
    assert f"RELEASE: {case.files.release()}" in system and "CPUS: 2" in system, system
    assert "Run /init as init process" in log
    assert "kthreadd" in tasks and "sleep" in tasks
    assert backtrace.count("PID: ") == 2, backtrace


sys.exit(main([one_hart_publishes_its_note, two_harts_publish_one_note, eight_harts_publish_one_note,
               memory_of_128_MiB_is_enough, console_is_that_of_qemu, power_off_ends_the_run, reboot_starts_the_machine_again,
               panic_under_no_reboot_ends_in_a_dump, record_makes_the_dump, drgn_and_crash_find_the_guest]))
