"""The command line on riscv64: rows 48 to 55, and 79."""
import fw_cfg
from rows import Rows
from virt import BOARD, VirtRows


class Options(Rows):
    def refused(self, *options):
        """Starts a machine that must not come up: records exit status and number of lines, returns what was said."""
        status, errors = self.start_fails(*BOARD, *options)
        self.check("exit status", status, 1)
        self.check("lines of error", len(errors.splitlines()), 1)
        return errors

    def guest(self, *options):
        """The fw_cfg of a machine with these options, and what the machine said on stderr."""
        machine = self.start(*BOARD, *options)
        return fw_cfg.MmioFwCfg(machine.qtest, VirtRows.RAM), machine.errors()

    def test_row_48_names_outside_opt_are_warned_about(self):
        """-fw_cfg name=foo,string=x"""
        guest, errors = self.guest("-fw_cfg", "name=foo,string=x")
        self.check("warnings that name opt/", sum("warning" in line and "opt/" in line for line in errors.splitlines()), 1)
        self.check("data", guest.item(guest.key("foo"), 2), b"x\0")

    def test_row_48a_names_in_opt_are_not(self):
        """-fw_cfg opt/foo,string=x"""
        guest, errors = self.guest("-fw_cfg", "opt/foo,string=x")
        self.check("warnings", errors.count("warning"), 0)
        self.check("data", guest.item(guest.key("opt/foo"), 2), b"x\0")

    def test_row_49_names_have_55_characters(self):
        """-fw_cfg with names of 55 and 56 characters"""
        longest = "opt/" + "n" * 51
        guest, _ = self.guest("-fw_cfg", f"name={longest},string=x")
        self.check("size with 55", guest.find(longest).size, 1)
        errors = self.refused("-fw_cfg", f"name={longest}n,string=x")
        self.check("says name too long (max. 55 char)", "name too long (max. 55 char)" in errors, True)

    def test_row_50_an_empty_string_is_no_source(self):
        """-fw_cfg name=opt/a,string="""
        errors = self.refused("-fw_cfg", "name=opt/a,string=")
        self.check("says name, plus exactly one of", "name, plus exactly one of" in errors, True)

    def test_row_50a_two_sources_are_one_too_many(self):
        """-fw_cfg name=opt/a,string=x,file=F"""
        path = self.file("source", b"y")
        errors = self.refused("-fw_cfg", f"name=opt/a,string=x,file={path}")
        self.check("says name, plus exactly one of", "name, plus exactly one of" in errors, True)

    def test_row_50b_a_source_is_needed(self):
        """-fw_cfg name=opt/a"""
        errors = self.refused("-fw_cfg", "name=opt/a")
        self.check("says name, plus exactly one of", "name, plus exactly one of" in errors, True)

    def test_row_50c_a_file_must_exist(self):
        """-fw_cfg name=opt/a,file=F, where F does not exist"""
        errors = self.refused("-fw_cfg", f"name=opt/a,file={self.file('missing')}")
        self.check("names the file", self.file("missing") in errors, True)
        self.check("says why", "No such file or directory" in errors, True)

    def test_row_51_an_empty_file_is_an_item_of_0_bytes(self):
        """-fw_cfg name=opt/empty,file=F, where F is empty"""
        guest, _ = self.guest("-fw_cfg", f"name=opt/empty,file={self.file('empty', b'')}")
        self.check("size", guest.find("opt/empty").size, 0)
        self.check("data", guest.item(guest.key("opt/empty"), 2), bytes(2))

    def test_row_52_a_name_can_be_given_once(self):
        """-fw_cfg name=opt/a,string=x twice"""
        errors = self.refused(*["-fw_cfg", "name=opt/a,string=x"] * 2)
        self.check("says duplicate", "duplicate fw_cfg file name: opt/a" in errors, True)

    def test_row_52a_the_name_of_a_device_is_taken(self):
        """-fw_cfg name=etc/vmcoreinfo,string=x -device vmcoreinfo"""
        status, errors = self.start_fails(*BOARD, "-fw_cfg", "name=etc/vmcoreinfo,string=x", "-device", "vmcoreinfo")
        self.check("exit status", status, 1)
        self.check("says duplicate", "duplicate fw_cfg file name: etc/vmcoreinfo" in errors, True)

    def test_row_53_there_is_room_for_32_files(self):
        """33 files by -fw_cfg"""
        options = [option for i in range(33) for option in ("-fw_cfg", f"name=opt/{i},string=x")]
        status, errors = self.start_fails(*BOARD, *options)
        self.check("exit status", status, -6)
        self.check("lines of error", len(errors.splitlines()), 1)

    def test_row_54_file_slots_have_a_minimum(self):
        """-global fw_cfg_mem.x-file-slots=8"""
        errors = self.refused("-global", "fw_cfg_mem.x-file-slots=8")
        self.check("says at least 0x10", '"file_slots" must be at least 0x10' in errors, True)

    def test_row_55_the_reboot_timeout_has_a_range(self):
        """-boot reboot-timeout=70000"""
        errors = self.refused("-boot", "reboot-timeout=70000")
        self.check("names the timeout", "timeout" in errors, True)

    def test_row_55a_the_splash_time_has_a_range(self):
        """-boot splash-time=-1"""
        errors = self.refused("-boot", "splash-time=-1")
        self.check("names the splash time", "splash-time" in errors, True)

    def test_row_55b_a_reboot_timeout_is_a_file(self):
        """-boot reboot-timeout=15"""
        guest, _ = self.guest("-boot", "reboot-timeout=15")
        self.check("etc/boot-fail-wait", guest.item(guest.key("etc/boot-fail-wait"), 5), bytes([15, 0, 0, 0, 0]))

    def test_row_55c_no_reboot_timeout_is_minus_1(self):
        """no -boot"""
        guest, _ = self.guest()
        self.check("etc/boot-fail-wait", guest.item(guest.key("etc/boot-fail-wait"), 5), b"\xff\xff\xff\xff\0")
        self.check("etc/boot-menu-wait is there", "etc/boot-menu-wait" in [file.name for file in guest.directory()], False)

    def test_row_55d_a_splash_time_is_a_file(self):
        """-boot splash-time=12"""
        guest, _ = self.guest("-boot", "splash-time=12")
        self.check("etc/boot-menu-wait", guest.item(guest.key("etc/boot-menu-wait"), 3), bytes([12, 0, 0]))

    def test_row_79_one_vmcoreinfo_device_is_allowed(self):
        """-device vmcoreinfo twice"""
        errors = self.refused(*["-device", "vmcoreinfo"] * 2)
        self.check("says at most one", "at most one vmcoreinfo device is permitted" in errors, True)

    def test_row_79a_vmcoreinfo_needs_dma(self):
        """-device vmcoreinfo -global fw_cfg_mem.dma_enabled=off"""
        errors = self.refused("-device", "vmcoreinfo", "-global", "fw_cfg_mem.dma_enabled=off")
        self.check("says fw_cfg with DMA", "vmcoreinfo device requires fw_cfg with DMA" in errors, True)

    def test_row_79b_without_the_device_there_is_no_file(self):
        """no -device vmcoreinfo"""
        guest, _ = self.guest()
        self.check("etc/vmcoreinfo is there", "etc/vmcoreinfo" in [file.name for file in guest.directory()], False)
