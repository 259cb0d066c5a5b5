"""dump-guest-memory over QMP and the human monitor on riscv64: rows 80 to 99."""
import json
import os
import select
import stat

from dumps import Dump
from rows import Rows
from virt import HOLE, VirtRows

RAM, MEBIBYTE = VirtRows.RAM, 1 << 20
RAM_END = RAM + 32 * MEBIBYTE
BOARD = ["-M", "virt", "-m", "32M", "-bios", "none", "-nodefaults", "-serial", "null"]
WAIT_FOREVER = [0x10500073, 0xffdff06f]  # wfi, and a jump back to it
PR_PID, PR_REGISTERS = 32, 112           # where a note of a processor has its number and its pc


def number(data, offset, size):
    return int.from_bytes(data[offset:offset + size], "little")


def put_together(flattened):
    """The file that a flattened one describes: behind 4096 bytes of header, records of offset, size and bytes."""
    whole, at = bytearray(), 4096
    while True:
        offset, size = (int.from_bytes(flattened[at + 8 * i:at + 8 * i + 8], "big") for i in range(2))
        if offset == size == 2**64 - 1:
            return bytes(whole)
        at += 16
        if len(whole) < offset + size:
            whole.extend(bytes(offset + size - len(whole)))
        whole[offset:offset + size] = flattened[at:at + size]
        at += size


class DumpRows(Rows):
    options = BOARD

    def dump(self, **arguments):
        return Dump(self.machine, self.file("core"), **arguments)

    def state(self, machine=None):
        """query-dump in one line."""
        state = (machine or self.machine).qmp.execute("query-dump")
        return f"{state['status']}, {state['completed']} of {state['total']}"

    def check_refused(self, text, name="", **arguments):
        """A dump that is refused with this text; paths of this run are not part of it."""
        self.qmp.take_events()
        dump = self.dump(**arguments)
        prefix = f"{name}: " if name else ""
        self.check(f"{prefix}error", dump.error and dump.error.replace(self.files.name, "DIR"), text)
        return dump

    def check_loads(self, core, expected):
        """The PT_LOADs as physical address and size, and that the bytes of each are in the file."""
        self.check("PT_LOADs", [f"0x{load.paddr:x} + 0x{load.memsz:x}" for load in core.loads], expected)
        self.check("all bytes in the file", all(len(core.memory(load)) == load.memsz for load in core.loads), True)


class Arguments(DumpRows):
    def test_row_80_begin_needs_length(self):
        """begin only"""
        dump = self.check_refused("Parameter 'length' is missing", begin=RAM)
        self.check("file is there", dump.exists, False)

    def test_row_80a_length_needs_begin(self):
        """length only"""
        dump = self.check_refused("Parameter 'begin' is missing", length=4096)
        self.check("file is there", dump.exists, False)

    def test_row_80b_length_0_is_refused(self):
        """begin 0x80000000, length 0"""
        dump = self.check_refused("parameter 'length' expects a non-zero size", begin=RAM, length=0)
        self.check("file is there", dump.exists, True)
        self.check("query-dump", self.state(), "failed, 0 of 0")
        self.check("events", self.qmp.take_events(), [])

    def test_row_81_kdump_has_no_paging_and_no_filter(self):
        """format kdump-zlib with paging, and with begin and length"""
        text = "kdump-compressed format doesn't support paging or filter"
        paging = self.check_refused(text, "paging", format="kdump-zlib", paging=True)
        self.check("paging: file is there", paging.exists, False)
        filtered = self.check_refused(text, "filter", format="kdump-zlib", begin=RAM, length=4096)
        self.check("filter: file is there", filtered.exists, False)

    def test_row_82_an_unknown_format_is_refused(self):
        """format bogus"""
        self.check_refused("Parameter 'format' does not accept value 'bogus'", format="bogus")

    def test_row_82a_a_descriptor_must_have_been_given(self):
        """protocol fd:nope"""
        self.check_refused("File descriptor named 'nope' has not been found", protocol="fd:nope")

    def test_row_82b_there_are_two_protocols(self):
        """protocol http:x"""
        self.check_refused("parameter 'protocol' must start with 'file:' or 'fd:'", protocol="http:x")

    def test_row_82c_the_directory_must_exist(self):
        """protocol file:DIR/missing/core"""
        self.check_refused("Could not create 'DIR/missing/core': No such file or directory",
                           protocol=f"file:{self.file('missing/core')}")

    def test_row_82d_a_directory_is_no_file(self):
        """protocol file:DIR"""
        self.check_refused("Could not create 'DIR': Is a directory", protocol=f"file:{self.files.name}")

    def test_row_82e_a_file_has_a_name(self):
        """protocol file:"""
        self.check_refused("Could not create '': No such file or directory", protocol="file:")

    def test_row_82f_windows_dumps_are_for_x86(self):
        """format win-dmp"""
        self.check_refused("Windows dump is only available for x86-64", format="win-dmp")

    def test_row_82g_arguments_have_types(self):
        """paging 1; begin "x"; an argument foo; none at all"""
        ask = lambda **arguments: self.qmp.ask({"execute": "dump-guest-memory", "arguments": arguments})["error"]["desc"]
        self.check("paging 1", ask(paging=1, protocol="file:x"), "Invalid parameter type for 'paging', expected: boolean")
        self.check('begin "x"', ask(paging=False, protocol="file:x", begin="x", length=1),
                   "Invalid parameter type for 'begin', expected: integer")
        self.check("foo", ask(paging=False, protocol="file:x", foo=1), "Parameter 'foo' is unexpected")
        self.check("none", ask(), "Parameter 'paging' is missing")

    def test_row_83_a_full_disk_is_an_error(self):
        """protocol file:/dev/full"""
        machine = self.start(*BOARD)
        dump = Dump(machine, "/dev/full")
        self.check("error", dump.error, "dump: failed to write elf header: No space left on device")
        self.check("query-dump", self.state(machine), "failed, 0 of 33615872")
        self.check("events", machine.qmp.take_events(), ["DUMP_COMPLETED"])
        self.check("/dev/full is still a device", stat.S_ISCHR(os.stat("/dev/full").st_mode), True)

    def test_row_83a_a_full_disk_is_an_error_for_kdump_too(self):
        """protocol file:/dev/full, format kdump-zlib"""
        machine = self.start(*BOARD)
        dump = Dump(machine, "/dev/full", format="kdump-zlib")
        self.check("error", dump.error, "dump: failed to write start flat header")
        self.check("query-dump", machine.qmp.execute("query-dump")["status"], "failed")
        self.check("events", machine.qmp.take_events(), ["DUMP_COMPLETED"])

    def test_row_84_a_filter_must_hit_memory(self):
        """begin 0x12000000, where nothing is, length 4096"""
        dump = self.check_refused("dump: no guest memory to dump", begin=HOLE, length=4096)
        self.check("file is there", dump.exists, True)
        self.check("query-dump", self.state(), "failed, 0 of 0")
        self.check("events", self.qmp.take_events(), [])

    def test_row_89_a_negative_begin(self):
        """begin -4096, length 8192"""
        dump = self.dump(begin=-4096, length=8192)
        self.check("error", dump.error, None)
        self.check("query-dump", self.state(), "completed, 0 of 16384")

    def test_row_89a_a_negative_length(self):
        """begin 0x80000000, length -4096"""
        dump = self.dump(begin=RAM, length=-4096)
        self.check("error", dump.error, "dump: no guest memory to dump")
        self.check("file is there", dump.exists, True)


class Content(DumpRows):
    def core(self, **arguments):
        dump = self.dump(**arguments)
        self.assertIsNone(dump.error)
        return dump.core

    def test_row_85_a_filter_is_exact_to_the_byte(self):
        """begin 0x80000800, length 0x3001"""
        pattern = bytes(range(256)) * 64
        self.qtest.memory_write(RAM, pattern)
        core = self.core(begin=RAM + 0x800, length=0x3001)
        self.check_loads(core, ["0x80000800 + 0x3001"])
        self.check("bytes are the guest's", core.memory(core.loads[0]) == pattern[0x800:0x3801], True)
        self.check("query-dump", self.state(), "completed, 12289 of 12289")

    def test_row_86_a_filter_can_be_a_byte_and_end_behind_ram(self):
        """length 1; 4096 bytes of which 256 are RAM"""
        self.check_loads(self.core(begin=RAM, length=1), ["0x80000000 + 0x1"])
        core = self.core(begin=RAM_END - 256, length=4096)
        self.check("PT_LOADs at the end", [f"0x{load.paddr:x} + 0x{load.filesz:x}" for load in core.loads],
                   ["0x81ffff00 + 0x100"])

    def test_row_87_a_filter_can_span_rom_and_ram(self):
        """begin 0xf800, length to 0x80001000"""
        self.check_loads(self.core(begin=0xf800, length=RAM + 0x1000 - 0xf800),
                         ["0xf800 + 0x800", "0x80000000 + 0x1000"])

    def test_row_88_a_filter_can_be_everything(self):
        """begin 0, length 2^63 - 1"""
        self.check_loads(self.core(begin=0, length=2**63 - 1), ["0x1000 + 0xf000", "0x80000000 + 0x2000000"])

    def test_row_90_paging_changes_nothing(self):
        """paging true"""
        core = self.core(paging=True)
        self.check_loads(core, ["0x1000 + 0xf000", "0x80000000 + 0x2000000"])
        self.check("virtual is physical", all(load.vaddr == load.paddr for load in core.loads), True)

    def test_row_94_the_file_is_for_reading(self):
        """mode of the file"""
        dump = self.dump()
        self.check("mode", oct(stat.S_IMODE(os.stat(dump.path).st_mode)), "0o400")

    def test_row_95_rom_and_ram_are_in_the_dump(self):
        """32 MiB of RAM"""
        self.qmp.take_events()
        self.check_loads(self.core(), ["0x1000 + 0xf000", "0x80000000 + 0x2000000"])
        self.check("query-dump", self.state(), "completed, 33615872 of 33615872")
        self.check("events", self.qmp.take_events(), ["DUMP_COMPLETED"])

    def test_row_96_every_hart_has_a_note(self):
        """-smp 2, before the start"""
        machine = self.start(*BOARD, "-smp", "2")
        notes = Dump(machine, self.file("core")).core.notes
        self.check("notes", [(note.name, note.type) for note in notes], [("CORE", 1)] * 2)
        self.check("sizes", [len(note.desc) for note in notes], [376, 376])
        self.check("numbers", [number(note.desc, PR_PID, 4) for note in notes], [1, 2])
        self.check("pc", [number(note.desc, PR_REGISTERS, 8) for note in notes], [0x1000, 0x1000])

    def test_row_98_the_header_of_the_file(self):
        """ELF header, PT_LOAD flags and alignment"""
        core = self.core(begin=RAM, length=4096)
        self.check("e_type", core.type, 4)
        self.check("e_machine", core.machine, 243)
        self.check("e_ehsize", core.ehsize, 8)
        self.check("e_phentsize", core.phentsize, 56)
        self.check("e_phoff", core.phoff, 192)
        self.check("p_flags", core.loads[0].flags, 0)
        self.check("p_align", core.loads[0].align, 0)


class Progress(DumpRows):
    def machine_with_pipe(self):
        """A machine, and the reading end of a pipe that it knows as `pipe`: a dump to it goes on only as it is read."""
        machine = self.start(*BOARD)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        machine.qmp.give_descriptor("pipe", writer)
        os.close(writer)
        return machine, reader

    @staticmethod
    def read_while_waiting(reader, connection):
        """Reads the pipe to its end, slowly while the connection has no answer yet. Returns how many bytes it had."""
        size, patience = 0, 20
        while True:
            if patience > 0 and select.select([connection], [], [], 0.05)[0]:
                patience = 0
            patience -= 1
            data = os.read(reader, 4096 if patience > 0 else MEBIBYTE)
            if not data:
                return size
            size += len(data)

    def test_row_91_a_detached_dump_goes_on_beside_commands(self):
        """detach to a pipe that is hardly read; query-dump, a second dump and cont; then the pipe is read"""
        machine, reader = self.machine_with_pipe()
        qmp = machine.qmp
        self.check("answer", qmp.ask({"execute": "dump-guest-memory", "arguments": {
            "paging": False, "protocol": "fd:pipe", "detach": True}}), {"return": {}})
        second = {"paging": False, "protocol": f"file:{self.file('second')}"}
        for message in ({"execute": "query-dump"}, {"execute": "dump-guest-memory", "arguments": second},
                        {"execute": "cont"}):
            qmp.send_bytes(json.dumps(message).encode() + b"\n")
        size = self.read_while_waiting(reader, qmp.connection)
        query, *refused = [qmp.answer() for _ in range(3)]
        self.check("query-dump meanwhile", query["return"]["status"], "active")
        for name, answer in zip(("second dump", "cont"), refused):
            self.check(f"{name} meanwhile", answer.get("error", {"desc": "accepted"})["desc"],
                       "There is a dump in process, please wait.")
        result = qmp.wait_for("DUMP_COMPLETED")["data"]
        self.check("whole dump in the pipe", size > 33615872, True)
        self.check("event", result, {"result": {"status": "completed", "completed": 33615872, "total": 33615872}})
        self.check("query-dump afterwards", qmp.execute("query-dump")["status"], "completed")

    def test_row_91a_a_detached_dump_of_a_running_guest(self):
        """detach while the guest runs, to a pipe that is read then"""
        machine, reader = self.machine_with_pipe()
        machine.qmp.execute("cont")
        machine.qmp.take_events()
        machine.qmp.execute("dump-guest-memory", paging=False, protocol="fd:pipe", detach=True)
        events = machine.qmp.take_events()
        self.check("STOP before the answer", "STOP" in events, True)
        self.check("RESUME before the answer", "RESUME" in events, False)
        self.check("query-status meanwhile", machine.qmp.execute("query-status")["running"], False)
        with os.fdopen(os.dup(reader), "rb") as file:
            file.read()
        machine.qmp.wait_for("DUMP_COMPLETED")

    def test_row_92_a_running_guest_is_stopped_and_goes_on(self):
        """a dump while the guest runs"""
        machine = self.start(*BOARD)
        for index, word in enumerate(WAIT_FOREVER):
            machine.qtest.write(RAM + 4 * index, 4, word)
        machine.qmp.execute("cont")
        machine.qmp.take_events()
        self.check("error", Dump(machine, self.file("core")).error, None)
        self.check("events before the answer", machine.qmp.take_events(), ["STOP", "DUMP_COMPLETED", "RESUME"])
        self.check("status", machine.qmp.execute("query-status")["status"], "running")

    def test_row_92a_formats_are_told(self):
        """query-dump-guest-memory-capability"""
        formats = self.qmp.execute("query-dump-guest-memory-capability")["formats"]
        self.check("elf is one", "elf" in formats, True)

    def test_row_93_a_raw_kdump_needs_a_file_to_seek_in(self):
        """format kdump-raw-zlib to a pipe"""
        machine, _ = self.machine_with_pipe()
        answer = machine.qmp.ask({"execute": "dump-guest-memory", "arguments": {
            "paging": False, "protocol": "fd:pipe", "format": "kdump-raw-zlib"}})
        self.check("error", answer.get("error", {"desc": None})["desc"], "kdump-raw formats require a seekable file")
        self.check("query-dump", machine.qmp.execute("query-dump")["status"], "none")

    def test_row_97_a_flattened_kdump_is_the_raw_one_in_pieces(self):
        """kdump-zlib, put together, and kdump-raw-zlib of the same machine"""
        self.qtest.memory_write(RAM, bytes(range(256)) * 64)
        flat, raw = (Dump(self.machine, self.file(name), format=name) for name in ("kdump-zlib", "kdump-raw-zlib"))
        self.check("errors", [flat.error, raw.error], [None, None])
        flattened, whole = (self.content(dump) for dump in (flat, raw))
        self.check("magic", flattened[:12], b"makedumpfile")
        self.check("equal", put_together(flattened) == whole, True)

    def content(self, dump):
        with open(dump.path, "rb") as file:
            return file.read()

    def test_row_99_one_format_at_a_time(self):
        """the human monitor's -z -l; -R alone; info dump"""
        path = self.file("core")
        say = lambda line: self.qmp.monitor(line).replace("\r\n", "")
        self.check("-z -l", say(f'dump-guest-memory -z -l "{path}"'), "Error: only one of '-z|-l|-s|-w' can be set")
        self.check("-R", say(f'dump-guest-memory -R "{path}"'), "")
        with open(path, "rb") as file:
            self.check("-R: magic", file.read(4)[1:], b"ELF")
        self.check("info dump", say("info dump"), "Status: completed")
        self.check("-p -z", say(f'dump-guest-memory -p -z "{path}"'),
                   "Error: kdump-compressed format doesn't support paging or filter")
        self.check("-w", say(f'dump-guest-memory -w "{path}"'), "Error: Windows dump is only available for x86-64")

    def test_row_92b_before_any_dump_there_is_no_state(self):
        """query-dump of a new machine"""
        self.check("query-dump", self.start(*BOARD).qmp.execute("query-dump"),
                   {"status": "none", "completed": 0, "total": 0})
