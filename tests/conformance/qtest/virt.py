"""Rows on riscv64's virt board: 8 MiB of RAM, no firmware, vmcoreinfo, two files of ours."""
import fw_cfg
from rows import Rows

HOLE = 0x12000000  # nothing is mapped here
ROM = 0x1000
UART_SCRATCH = 0x10000007
FINISHER = 0x100000
BOARD = ["-M", "virt", "-m", "8M", "-bios", "none", "-nodefaults", "-serial", "null"]


class VirtRows(Rows):
    RAM, RAM_SIZE = 0x80000000, 8 << 20
    RAM_END = RAM + RAM_SIZE
    ROM_DESCRIPTOR = ROM + 0x1000  # in mask ROM: reads 4 bytes of the signature to ROM_TARGET
    ROM_TARGET = RAM + 0x3000

    @classmethod
    def machine_options(cls):
        in_rom = fw_cfg.descriptor(fw_cfg.SIGNATURE << 16 | fw_cfg.SELECT | fw_cfg.READ, 4, cls.ROM_TARGET)
        return [*BOARD, "-device", "vmcoreinfo", "-fw_cfg", "name=opt/ten,string=HelloWorld",
                "-fw_cfg", f"name=opt/empty,file={cls.file('empty', b'')}",
                "-device", f"loader,file={cls.file('rom', in_rom)},addr=0x{cls.ROM_DESCRIPTOR:x},force-raw=on"]

    def setUp(self):
        super().setUp()
        self.fw_cfg = fw_cfg.MmioFwCfg(self.qtest, self.RAM)
        keys = {file.name: file.key for file in self.fw_cfg.directory()}
        self.ten, self.record_key = keys["opt/ten"], keys["etc/vmcoreinfo"]

    def reset(self):
        self.qmp.execute("system_reset")
        self.qmp.wait_for("RESET")
