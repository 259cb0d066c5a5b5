"""Options that a user gets wrong.

usage: bad_options_test.py VMCORE_VP FIRMWARE.elf
"""
import os
import socket
import struct
import subprocess
import sys
import unittest

from refusals import FIRMWARE, VMCORE_VP, Refusals


class BadOptions(Refusals):
    def test_disks(self):
        disk = self.path("disk", bytes(512))
        qcow2 = self.path("qcow2", b"QFI\xfb" + bytes(508))
        self.refused("-drive: '/nowhere': cannot open the disk image: No such file.*readonly=on", "-drive", "file=/nowhere")
        self.refused("-drive: '.*qcow2': looks like a disk image of format qcow2, expected a raw one", "-drive",
                     f"file={qcow2}")
        self.refused("-drive: format=qcow2, expected raw", "-drive", f"file={qcow2},format=qcow2")
        self.refused("-drive: '/dev/null': not a regular file or a block device", "-drive", "file=/dev/null")
        self.refused("-drive: if=ide, expected none or virtio", "-drive", f"file={disk},if=ide")
        self.refused("-drive: the id is missing", "-drive", f"file={disk},if=none")
        self.refused("-drive: the id 'x' is there twice", *["-drive", f"file={disk},if=none,id=x"] * 2)
        self.refused("-drive: unknown property 'colour'", "-drive", f"file={disk},colour=red")
        self.refused("drive x is not there, expected -drive if=none", "-device", "virtio-blk-device,drive=x")
        self.refused("drive x is in use by another device", "-drive", f"file={disk},if=none,id=x",
                     *["-device", "virtio-blk-device,drive=x"] * 2)
        self.refused("'virtio-blk', expected virtio-blk-device", "-device", "virtio-blk,drive=x")
        self.refused("no slot is left, expected 8 virtio devices at most", *["-device", "virtio-rng-device"] * 9)
        self.refused("no slot is left", *["-drive", f"file={disk}"] * 9)
        self.refused("the pc board has no place for virtio devices", "-M", "pc", "-drive", f"file={disk}", firmware=None)
        self.refused("-global: 'a.b=c', expected virtio-mmio.force-legacy=on|off", "-global", "a.b=c")

    def test_consoles(self):
        bus = ["-device", "virtio-serial-device"]
        console = ["-device", "virtconsole,chardev=c"]
        self.refused("no place for it, expected one -device virtio-serial-device before", *console, *bus)
        self.refused("chardev c is not there", *bus, *console)
        self.refused("no place for it", *bus, "-chardev", "null,id=c", *console, "-device", "virtconsole,chardev=d")
        self.refused("-serial stdio: -chardev stdio has standard input and output", *bus, "-chardev", "stdio,id=c", *console,
                     "-serial", "stdio")
        self.refused("-chardev stdio: -qtest or QMP has standard", *bus, "-chardev", "stdio,id=c", *console, "-qmp", "stdio")
        self.refused("-chardev file:/nowhere/x: cannot create the file", *bus, "-chardev", "file,path=/nowhere/x,id=c",
                     *console)
        self.refused("-chardev: the path is missing", "-chardev", "file,id=c")
        self.refused("-mon: chardev c is null, expected socket or stdio", "-chardev", "null,id=c", "-mon",
                     "chardev=c,mode=control")

    def test_unknown_option_names_the_nearest(self):
        self.refused(r"-seriel: unknown option, did you mean -serial\?", "-seriel", "stdio")
        self.refused(r"--dmup: unknown option, did you mean --dump\?", "--dmup", "f")
        self.refused(r"-qqqqqq: unknown option; -help lists", "-qqqqqq")

    def test_argument_that_is_no_option(self):
        self.refused(r"'vmlinux': not an option", "vmlinux")

    def test_missing_value(self):
        self.refused(r" -m: expected a value behind it$", "-m")
        self.refused(r" -bios: expected a value behind it$", "-bios")
        self.refused(r" --dump: expected a value behind it$", "--dump")
        self.refused(r" -nographic: takes no value$", "-nographic=yes")

    def test_where_gdb_is_to_be_served(self):
        for endpoint in ("", "1234", "tcp:1234x", "udp::1"):
            self.refused(r"-gdb: .*expected tcp:\[HOST\]:PORT", "-gdb", endpoint)
        for port in ("0", "65536", "-1", "", "x", "99999999999"):
            self.refused(rf"-gdb: port '{port}', expected a number from 1 to 65535", "-gdb", f"tcp::{port}")
        self.refused(r"-gdb: host 'example', expected an IPv4 address", "-gdb", "tcp:example:1234")
        self.refused(r"-gdb: server=off, expected server=on", "-gdb", "tcp::1234,server=off")
        self.refused(r"-gdb: unknown property 'to'", "-gdb", "tcp::1234,to=9")
        self.refused(r"-gdb: the board has no CPU that runs, expected -M virt", "-M", "pc", "-gdb", "unix:" + self.path("gdb"),
                     firmware=None)

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen(1)
            port = taken.getsockname()[1]
            self.refused(rf"-gdb tcp:127\.0\.0\.1:{port}: cannot listen: Address already in use, expected",
                         "-gdb", f"tcp::{port}")

    def test_ram_size(self):
        for size in ("0", "65G", "-5", "12x", "", "1.5G", "18446744073709551616", "99999999999T"):
            self.refused(r"-m: ", "-m", size)

    def test_number_of_harts(self):
        for harts in ("0", "9", "x", "-1"):
            self.refused(r"-smp: .*expected", "-smp", harts)
        self.refused(r"-smp: maxcpus=1, expected at least the 2 of cpus", "-smp", "2,maxcpus=1")
        self.refused(r"-smp: 9, expected 1 to 8", "-smp", "2,maxcpus=9")
        self.refused(r"-smp: unknown property 'sockets'", "-smp", "2,sockets=1")

    def test_uuid(self):
        for uuid in ("", "x", "4600cb3238ec4b2f8acb81c6ea54f2d8", "{4600cb32-38ec-4b2f-8acb-81c6ea54f2d8}"):
            self.refused(r"-uuid: '.*', expected xxxxxxxx-", "-uuid", uuid)

    def test_boot(self):
        for timeout in ("70000", "65536", "-2", "soon", ""):
            self.refused(r"-boot reboot-timeout: .*expected -1 to 65535", "-boot", f"reboot-timeout={timeout}")
        for time in ("70000", "65536", "-1", "1k", ""):
            self.refused(r"-boot splash-time: .*expected 0 to 65535", "-boot", f"splash-time={time}")
        self.refused(r"-boot menu: 'maybe'", "-boot", "menu=maybe")
        self.refused(r"-boot strict: 'x'", "-boot", "strict=x")
        self.refused(r"-boot order: 'cz': no drive 'z', expected a to p", "-boot", "cz")
        self.refused(r"-boot order: 'cc': drive 'c' is given twice", "-boot", "order=cc")
        self.refused(r"-boot once: the virt board cannot", "-boot", "once=d")
        self.refused(r"-boot: unknown property 'splash'", "-boot", "splash=x.jpg")

    def test_options_for_what_is_not_there(self):
        for option in ("-display", "-vga", "-audio", "-net", "-nic"):
            self.refused(rf" {option}: 'user', expected none", option, "user")
        self.refused(r"-run-with: unknown property 'chroot'", "-run-with", "chroot=/")
        self.refused(r"-run-with.*'maybe'", "-run-with", "exit-with-parent=maybe")

    def pc_refused(self, expected, *arguments):
        self.refused(expected, "-M", "pc", *arguments, firmware=None)

    def test_machine(self):
        self.refused(r"-M: 'microvm', expected virt or pc", "-M", "microvm")
        self.pc_refused(r"-M: unknown property 'dumpdtb'", "-M", "pc,dumpdtb=x.dtb")

    def test_what_needs_a_cpu_is_refused_on_the_pc_board(self):
        for option in ("-cpu", "-bios", "-kernel", "-initrd", "-append", "-dtb"):
            self.pc_refused(rf" {option}: the pc board has no CPU", option, "qemu64")
        self.pc_refused(r"--dump: the board has no CPU", "--dump", self.path("vmcore"))
        self.pc_refused(r"-serial: the pc board has no serial port", "-serial", "stdio")
        self.pc_refused(r"-rtc: the pc board has no clock", "-rtc", "base=utc")
        self.pc_refused(r"-device pvpanic-mmio: the pc board has no place for it", "-device", "pvpanic-mmio")
        self.pc_refused(r"-device loader,cpu-num: 0, expected none", "-device", "loader,addr=0,cpu-num=0")

    def test_options_of_the_pc_board(self):
        self.pc_refused(r"-smp: cpus=256, expected 1 to 255", "-smp", "256")
        self.pc_refused(r"-boot order: 'p', expected .*a, b, c, d and n", "-boot", "p")
        self.pc_refused(r"-boot reboot-timeout: 70000, expected -1 to 65535", "-boot", "reboot-timeout=70000")
        self.pc_refused(r"-boot splash-time: '-1', expected 0 to 65535", "-boot", "splash-time=-1")
        self.pc_refused(r"-uuid: '1', expected", "-uuid", "1")
        self.pc_refused(r"-device vmcoreinfo: at most one", "-device", "vmcoreinfo", "-device", "vmcoreinfo")
        blob = self.path("blob", b"x" * 4096)
        self.pc_refused(r"lies outside RAM", "-device", f"loader,file={blob},addr=0xd0000000,force-raw=on")
        self.pc_refused(r"needs addr=", "-device", f"loader,file={blob},force-raw=on")
        self.pc_refused(r"force-raw=on", "-device", f"loader,file={FIRMWARE},addr=0x100000")

    def test_cpu_state(self):
        state = self.path("cpus.json", b'{"cpus": [{"rip": 1}]}')
        self.refused(r"--cpu-state: the virt board has CPUs of its own", "--cpu-state", state)
        self.pc_refused(r"--cpu-state: a file with 1 CPUs, -smp says 2", "--cpu-state", state, "-smp", "2")
        self.pc_refused(r"--cpu-state: cannot read '/nonexistent': No such file", "--cpu-state", "/nonexistent")
        wrong = self.path("wrong.json", b'{"cpus": [{"rxa": 1}]}')
        self.pc_refused(r"--cpu-state '.*wrong.json': cpus\[0\].rxa: no such register, did you mean 'rax'", "--cpu-state",
                        wrong)
        cut = self.path("cut.elf", b"\x7fELF\x02\x01\x01")
        self.pc_refused(r"--cpu-state '.*cut.elf': cut off in its ELF header", "--cpu-state", cut)

    def test_a_program_named_for_x86_64_has_the_pc_board(self):
        link = self.path("vp-system-x86_64")
        os.symlink(VMCORE_VP, link)
        self.refused(r"-cpu: the pc board has no CPU", "-cpu", "qemu64", firmware=None, program=link)
        riscv = self.path("vp-system-riscv64")
        os.symlink(VMCORE_VP, riscv)
        self.refused(r"-cpu: 'qemu64', expected rv64", "-cpu", "qemu64", program=riscv)

    def test_cpu(self):
        self.refused(r"-cpu: 'cortex-a53', expected rv64", "-cpu", "cortex-a53")
        self.refused(r"-cpu: 'zzz': no such extension here, expected one of mmu, .*zbs", "-cpu", "rv64,zzz=on")
        self.refused(r"-cpu: 'v=on': no hart here has it", "-cpu", "rv64,v=on")
        self.refused(r"-cpu: 'f': expected NAME=on or NAME=off", "-cpu", "rv64,f")
        self.refused(r"-cpu: 'd=on' needs f=on", "-cpu", "rv64,f=off")

    def test_devices(self):
        self.refused(r"-device: 'vmcoreinf', expected vmcoreinfo", "-device", "vmcoreinf")
        self.refused(r"-device vmcoreinfo: at most one vmcoreinfo device", "-device", "vmcoreinfo", "-device", "vmcoreinfo")
        self.refused(r"-device: unknown property 'x'", "-device", "vmcoreinfo,x=1")
        self.refused(r"loader needs file=F, or addr=A and cpu-num=N", "-device", "loader,addr=0x80000000")
        self.refused(r"loader needs file=F, or addr=A and cpu-num=N", "-device", "loader,cpu-num=0")
        self.refused(r"-device loader,cpu-num: 1, expected 0: the board has one hart", "-device", "loader,addr=0,cpu-num=1")
        self.refused(r"-device loader,cpu-num: 4294967295, expected 0 to 1", "-smp", "2", "-device",
                     "loader,addr=0,cpu-num=0xffffffffffff")
        self.refused(r"-device: pvpanic-mmio is given twice", "-device", "pvpanic-mmio", "-device", "pvpanic-mmio")
        self.refused(r"-device: pvpanic-mmio,events=256, expected 0 to 255", "-device", "pvpanic-mmio,events=256")
        self.refused(r"-device pvpanic-mmio,events: 'x' is not a number", "-device", "pvpanic-mmio,events=x")
        self.refused(r"-device: 'pvpanic-mmo', expected pvpanic-mmio", "-device", "pvpanic-mmo")

    def test_clock(self):
        self.refused(r"-rtc base: '2024-02-30', expected a date", "-rtc", "base=2024-02-30")
        self.refused(r"-rtc: clock=host, expected vm", "-rtc", "base=utc,clock=host")
        self.refused(r"--set rtc.base: 'tomorrow', expected a date", "--set", "rtc.base=tomorrow")
        self.refused(r"--set device_tree.rng_seed: 'x' is not a number", "--set", "device_tree.rng_seed=x")

    def test_what_says_something_about_a_kernel_needs_one(self):
        self.refused(r"-append: only allowed with -kernel", "-append", "quiet")
        self.refused(r"-initrd: only allowed with -kernel", "-initrd", FIRMWARE)

    def test_a_device_tree_that_has_no_chosen(self):
        strings = b""
        words = [1, 0, 2, 9]  # a root without anything
        structure = b"".join(word.to_bytes(4, "big") for word in words)
        header = [0xd00dfeed, 56 + len(structure), 56, 56 + len(structure), 40, 17, 16, 0, len(strings), len(structure)]
        tree = self.path("dtb", b"".join(word.to_bytes(4, "big") for word in header) + bytes(16) + structure)
        self.refused(r"-dtb '.*': no node /chosen, which -append and -initrd need", "-dtb", tree, "-kernel",
                     self.path("kernel", bytes(4)), "-append", "quiet")

    def test_fw_cfg_options(self):
        self.refused(r"name too long", "-fw_cfg", "name=opt/" + "x" * 52 + ",string=a")
        self.refused(r"exactly one of", "-fw_cfg", "name=opt/a,string=")
        self.refused(r"exactly one of", "-fw_cfg", "name=opt/a,string=b,file=c")
        self.refused(r"exactly one of", "-fw_cfg", "name=opt/a")
        self.refused(r"exactly one of", "-fw_cfg", "string=a")
        self.refused(r"cannot read '/nonexistent'", "-fw_cfg", "name=opt/a,file=/nonexistent")
        self.refused(r"-fw_cfg: duplicate fw_cfg file name: opt/a", "-fw_cfg", "name=opt/a,string=b", "-fw_cfg",
                     "opt/a,string=c")

    def test_more_fw_cfg_files_than_slots(self):
        def files(count):
            return [word for i in range(count) for word in ("-fw_cfg", f"name=opt/{i:02},string=x")]

        full = r'-fw_cfg: fw_cfg file "opt/{}": all 32 file slots are taken'
        self.refused(full.format(32 - 3), *files(33))
        self.pc_refused(full.format(32 - 4), *files(33))
        self.refused(r"-device vmcoreinfo: .*all 32 file slots are taken", *files(32 - 3), "-device", "vmcoreinfo")
        run = subprocess.run([VMCORE_VP, "-bios", FIRMWARE, *files(32 - 4), "-device", "vmcoreinfo"],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual((run.returncode, run.stderr), (0, ""), "as many as there are slots")

    def test_fw_cfg_files_of_the_same_name(self):
        self.pc_refused(r"-fw_cfg: duplicate fw_cfg file name: opt/a", "-fw_cfg", "name=opt/a,string=b", "-fw_cfg",
                        "opt/a,string=c")

    def test_a_users_file_in_the_place_of_the_device(self):
        run = subprocess.run([VMCORE_VP, "-bios", FIRMWARE, "-fw_cfg", "name=etc/vmcoreinfo,string=x", "-device",
                              "vmcoreinfo"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, 1)
        self.assertIn("duplicate fw_cfg file name: etc/vmcoreinfo", run.stderr)

    def test_settings(self):
        self.refused(r"--set: no setting 'cpu.quantm', did you mean 'cpu.quantum'\?", "--set", "cpu.quantm=1us")
        self.refused(r"'soon' is not a time", "--set", "cpu.quantum=soon")
        self.refused(r"expected path=value", "--set", "cpu.quantum")
        self.refused(r"'-1 us' is not a time", "--quantum", "-1 us")
        self.refused(r"--quantum: '' is not a time", "--quantum", "")
        self.refused(r"'1001 s' is not a time, .*at most 1000 s", "--set", "cpu.quantum=1001 s")
        self.refused(r"--set cpu.dmi: 'true', expected on or off", "--set", "cpu.dmi=true")
        self.refused(r" fw_cfg.dma_burst: 24, expected a power of two", "--set", "fw_cfg.dma_burst=24")
        self.refused(r"cpu.clock_period: 0", "--set", "cpu.clock_period=0ns")
        self.refused(r"--config: cannot read", "--config", "/nonexistent")
        self.refused(r"expected a JSON object", "--config", self.path("a.json", b"[1, 2"))
        self.refused(r"no setting 'cpu.x'", "--config", self.path("b.json", b'{"cpu": {"x": 1}}'))

    def test_a_name_of_several_lines_stays_in_one(self):
        self.refused(r"no setting 'a\\x0ab'", "--config", self.path("c.json", b'{"a\\nb": 1}'))
        self.refused(r"cannot read '/none\\x1b\[31m'", "-device", "loader,file=/none\x1b[31m")

    def test_a_warning_about_a_name_of_several_lines_stays_in_one(self):
        run = subprocess.run([VMCORE_VP, "-fw_cfg", "name=a\nb,string=c", "--list-config"], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stderr, r"\Avmcore-vp: warning: -fw_cfg: 'a\\x0ab': [^\n]*\n\Z")

    def test_an_elf_file_whose_segments_do_not_fit_ram_together(self):
        segment = struct.pack("<IIQQQQQQ", 1, 7, 0, 0x80000000, 0x80000000, 0, 128 << 20, 4096)
        header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 243, 1, 0x80000000, 64, 0, 0, 64, 56, 100, 0, 0, 0)
        self.refused(r"segments of more than 134217728 bytes in memory together", firmware=self.path("a.elf", header + segment * 100))

    def test_a_run_longer_than_simulated_time_can_tell(self):
        self.refused(r"SystemC: simulation time", "--set", "bus.latency=1000s", "--set", "serial.poll_interval=0s",
                     "--quantum", "1000s")

    def test_serial(self):
        self.refused(r"-serial", "-serial", "tcp:localhost:1")
        self.refused(r"-serial: given twice", "-serial", "null", "-serial", "null")
        self.refused(r"/nonexistent/x", "-serial", "file:/nonexistent/x")
        self.refused(r"/nonexistent/x", "-serial", "unix:/nonexistent/x")


unittest.main(argv=sys.argv[:1], verbosity=2)
