"""The core that vmcore-vp leaves of the firmware, opened by real readers; what they say is compared with the core's bytes
and with the firmware's symbols.

usage: firmware_core_test.py VMCORE_VP FIRMWARE.elf eu_readelf|readelf|gdb
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import elf_core


def ask(*command):
    if shutil.which(command[0]) is None:
        print(f"skipped: {command[0]} is not installed")
        sys.exit(77)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, "LC_ALL": "C"})
    print(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
    assert done.returncode == 0, f"{command[0]}: exit status {done.returncode}"
    return done.stdout


def symbol_address(firmware, name):
    for line in ask("readelf", "-sW", firmware).splitlines():
        words = line.split()
        if len(words) == 8 and words[7] == name:
            return int(words[1], 16)
    raise AssertionError(f"{firmware}: no symbol {name}")


def bytes_at(core, address, size):
    for load in core.loads:
        if load.paddr <= address < load.paddr + load.filesz:
            return core.memory(load)[address - load.paddr:][:size]
    raise AssertionError(f"0x{address:x} is not in the core")


def eu_readelf(path, core, _firmware):
    """PRSTATUS decoded with the registers, VMCOREINFO as text."""
    answer = ask("eu-readelf", "-n", path)
    assert f"{len(core.named_notes('CORE')[0].desc)}" in answer and "PRSTATUS" in answer, "no PRSTATUS"
    pc = core.riscv64_registers()[0]
    assert re.search(rf"\bpc: +0x0*{pc:x}\b", answer), f"pc 0x{pc:x} is not among the registers"
    for line in core.named_notes("VMCOREINFO")[0].desc.decode().splitlines():
        assert line in answer, f"VMCOREINFO line {line!r} is not shown"


def readelf(path, core, _firmware):
    """Every note and segment where the core says it is."""
    answer = ask("readelf", "-lnW", path)
    assert "CORE (core file)" in answer or "Core file" in answer.replace("CORE", "Core"), "not taken for a core"
    for load in core.loads:
        line = rf"LOAD +0x{load.offset:06x} 0x{load.vaddr:016x} 0x{load.paddr:016x} 0x{load.filesz:06x} 0x{load.memsz:06x}"
        assert re.search(line, answer), f"no line like {line}"
    assert re.search(r"CORE +0x00000178\s+NT_PRSTATUS", answer), "no NT_PRSTATUS of 376 bytes"
    size = len(core.named_notes("VMCOREINFO")[0].desc)
    assert re.search(rf"VMCOREINFO +0x{size:08x}", answer), "no VMCOREINFO note of the right size"


def gdb(path, core, firmware):
    """All registers, memory at a variable of the firmware, its value, and the way back from power-off to the start."""
    answer = ask("gdb-multiarch", "-nx", "-batch", "-ex", "set backtrace past-main on", "-ex", "info registers",
                 "-ex", "x/6gx &boot_report", "-ex", "print boot_report.magic", "-ex", "bt", firmware, path)
    names = "pc ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6".split()
    for name, value in zip(names, core.riscv64_registers()):
        assert re.search(rf"^{name} +0x{value:x}\b", answer, re.MULTILINE), f"register {name} is not 0x{value:x}"
    shown = [int(word, 16) for word in re.findall(r"0x[0-9a-f]{16}\b", "\n".join(
        line.split(":", 1)[1] for line in answer.splitlines() if "<boot_report" in line))]
    address = symbol_address(firmware, "boot_report")
    assert shown == list(struct.unpack("<6Q", bytes_at(core, address, 48))), f"boot_report shown as {shown}"
    assert '"VMCOREVP"' in answer, "boot_report.magic has another value"
    frames = re.findall(r"^#\d+ .*?(\w+) \(", answer, re.MULTILINE)
    assert frames[-3:] == ["poweroff", "main", "_start"], f"backtrace: {frames}"


def main():
    vmcore_vp, firmware, reader = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "vmcore.elf")
        subprocess.run([vmcore_vp, "-bios", firmware, "-device", "vmcoreinfo", "-serial", "null", "--dump", path],
                       check=True, stdin=subprocess.DEVNULL, timeout=120)
        {"eu_readelf": eu_readelf, "readelf": readelf, "gdb": gdb}[reader](path, elf_core.Core(path), firmware)


main()
