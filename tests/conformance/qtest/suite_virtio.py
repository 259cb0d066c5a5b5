"""virtio-mmio with a disk and a console, riscv64: rows v1 to v29."""
import os
import struct

import virtio
from virt import BOARD, HOLE, ROM
from virtio import Disk, Driver, INDIRECT, WRITE
from virtio_rows import PATTERN, RAM, RAM_SIZE, SECTORS, VirtioRows

BROKEN = {"status": 0x4f, "interrupt status": 3, "chains back": 0}
SILENT = {"status": 7, "interrupt status": 0, "chains back": 0}


class Legacy(VirtioRows):
    def test_row_v1_slots_and_their_registers(self):
        """256 bytes of registers of each slot, version 1: disk, console and rng are plugged in, in this order"""
        self.check_registers()

    def test_row_v2_registers_answer_whole_words_only(self):
        """1, 2 and 8 bytes of a slot with and without a device, version 1"""
        for slot in (7, 0):
            base = Driver(self.qtest, slot).base
            self.check(f"1 and 2 bytes, slot {slot}", self.qtest.read_all([(base, 1), (base, 2), (base + 12, 1)]),
                       [0, 0, 0] if slot == 7 else [0x76, 0x6976, 0x51])
            self.check(f"8 bytes, slot {slot}", self.qtest.read(base, 8), 0x174726976)
        self.check("behind 0x200", self.qtest.read(self.disk.base + 0x200, 4), 0)

    def test_row_v3_feature_words(self):
        """selectors 0 to 3, version 1"""
        self.check("disk", [self.disk.features(select) for select in range(4)], [0x31006ed4, 0, 0, 0])

    def test_row_v4_queues(self):
        """QueueNumMax of selected queues"""
        def sizes(driver, numbers):
            return [(driver.set(virtio.QUEUE_SEL, number), driver.get(virtio.QUEUE_NUM_MAX))[1] for number in numbers]
        self.check("disk", sizes(self.disk, (0, 1, 1023)), [1024, 0, 0])
        self.check("console", sizes(self.console, (0, 63, 64)), [1024, 1024, 0])
        self.check("1024 is not taken", sizes(self.console, (1, 1024)), [1024, 1024])

    def test_row_v5_configuration_space_of_the_disk(self):
        """reads of 1, 2, 4 and 8 bytes, at the end too"""
        base = self.disk.base + virtio.CONFIG
        self.disk.set(virtio.STATUS, 0)
        self.check("56 bytes", self.qtest.memory_read(base, 56).hex(" ", 8),
                   "4000000000000000 00000000fe000000 0200103f00020000 0000000000000000 01000100ffff3f00"
                   " 0100000001000000 ffff3f0001000000")
        for width, offsets, values in ((1, (0, 8, 12, 56, 57), [0x40, 0, 0xfe, 1, 0xff]),
                                       (2, (0, 8, 12, 56), [0x40, 0, 0xfe, 0xffff]),
                                       (4, (0, 8, 12, 56), [0x40, 0, 0xfe, 0xffffffff]),
                                       (8, (0, 8, 16, 56), [0x40, 0xfe00000000, 0x2003f100002, 2**64 - 1])):
            self.check(f"{width} bytes", self.qtest.read_all([(base + offset, width) for offset in offsets]), values)

    def test_row_v6_configuration_space_of_the_console(self):
        """16 bytes, and an emergency write"""
        base = self.console.base + virtio.CONFIG
        self.check("space", self.qtest.memory_read(base, 16).hex(" ", 4), "00000000 1f000000 00000000 ffffffff")
        before = len(self.printed())
        self.console.set(virtio.CONFIG + 8, ord("!"))
        self.console.until(lambda: len(self.printed()) > before)
        self.check("printed", self.printed()[before:], b"!")

    def test_row_v7_page_size_and_page_frame(self):
        """page sizes 0x3000 and 0, page frame 0"""
        disk = self.disk
        disk.start()
        disk.set(virtio.QUEUE_SEL, 0)
        disk.set(virtio.GUEST_PAGE_SIZE, 0x3000)
        disk.set(virtio.QUEUE_PFN, 0x80010)
        self.check("page frame", disk.get(virtio.QUEUE_PFN), 0x80010)
        disk.set(virtio.GUEST_PAGE_SIZE, 0)
        self.check("in pages of one byte", disk.get(virtio.QUEUE_PFN), 0x80010000)
        disk.set(virtio.QUEUE_PFN, 0)
        self.check("status, page frame after 0", [disk.get(virtio.STATUS), disk.get(virtio.QUEUE_PFN)], [0, 0])
        self.check("QueueReady", disk.get(virtio.QUEUE_READY), 0)

    def test_row_v8_reads_writes_and_the_interrupt(self):
        """a sector read, written and read back; interrupt status, acknowledged"""
        disk = self.disk
        disk.begin()
        self.check("read", disk.request(Disk.READ, 3, 1024), (0, 1025))
        self.check("data", self.qtest.memory_read(disk.data, 1024) == self.on_host()[3 * 512:5 * 512], True)
        self.check("write", disk.request(Disk.WRITE_OUT, 7, data=b"w" * 512), (0, 1))
        self.check("on the host", self.on_host()[7 * 512:8 * 512] == b"w" * 512, True)
        self.check("read back", disk.request(Disk.READ, 7, 512), (0, 513))
        self.check("data read back", self.qtest.memory_read(disk.data, 512) == b"w" * 512, True)
        self.check("interrupt status", disk.get(virtio.INTERRUPT_STATUS), 1)
        disk.set(virtio.INTERRUPT_ACK, 2)
        self.check("another bit acknowledged", disk.get(virtio.INTERRUPT_STATUS), 1)
        disk.set(virtio.INTERRUPT_ACK, 1)
        self.check("acknowledged", disk.get(virtio.INTERRUPT_STATUS), 0)

    def test_row_v9_requests_at_the_end_and_of_odd_lengths(self):
        """64 sectors"""
        self.disk.begin()
        for sector, length, status in ((63, 512, 0), (63, 1024, 1), (64, 0, 0), (65, 0, 1), (2**64 - 1, 512, 1),
                                       (0, 1, 1), (0, 511, 1), (0, 513, 1)):
            self.check(f"{length} bytes at sector {sector}", self.disk.request(Disk.READ, sector, length)[0], status)

    def test_row_v10_types_of_requests(self):
        """types 2 to 100, with 512 bytes of data where the low bit says so"""
        self.disk.begin()
        for kind, status in ((2, 1), (3, 1), (5, 0), (6, 2), (7, 2), (9, 0), (10, 2), (11, 2), (12, 2), (13, 2), (14, 2),
                             (15, 2), (100, 2), (0x80000000, 0)):
            data = bytes(512) if kind & 1 else None
            self.check(f"type {kind}", self.disk.request(kind, 0, 512, data)[0], status)

    def test_row_v11_identification(self):
        """GET_ID with room for 20 and 3 bytes"""
        self.disk.begin()
        for room, expected in ((20, b"no. 1\0AA"), (3, b"no.AAAAA")):
            self.qtest.memory_write(self.disk.data, b"A" * 8)
            self.check(f"{room} bytes", self.disk.request(Disk.GET_ID, 0, room), (0, room + 1))
            self.check(f"data of {room} bytes", self.qtest.memory_read(self.disk.data, 8), expected)

    def test_row_v12_discards_and_zeroing(self):
        """sector, count, flags"""
        self.disk.begin()
        before = self.on_host()
        for kind, name, rows in (
                (Disk.DISCARD, "discard", ((3, 1, 0, 0), (3, 1, 1, 2), (63, 2, 0, 1), (0, 0x400000, 0, 1))),
                (Disk.WRITE_ZEROES, "zero", ((3, 1, 0, 0), (4, 1, 1, 0), (4, 1, 2, 2), (64, 0, 0, 0), (64, 1, 0, 1)))):
            for sector, count, flags, status in rows:
                self.check(f"{name} {sector} {count} {flags}",
                           self.disk.request(kind, data=struct.pack("<QII", sector, count, flags))[0], status)
            kept = self.on_host()[3 * 512:5 * 512] == before[3 * 512:5 * 512]
            self.check(f"data kept by {name}", kept, kind == Disk.DISCARD)
        self.check("two ranges", self.disk.request(Disk.DISCARD, data=bytes(32))[0], 2)

    def test_row_v13_scsi(self):
        """a SCSI command in enough pieces"""
        disk = self.disk
        disk.begin()
        disk.put_header(Disk.SCSI, 0)
        self.qtest.memory_set(disk.data, 0x400, 0x11)
        disk.submit(disk.queue, [(disk.header, 16), (disk.data, 6), (disk.data + 0x100, 96, WRITE),
                                 (disk.data + 0x200, 16, WRITE), (disk.status, 1, WRITE)])
        self.check("status", self.qtest.read(disk.status, 1), 2)
        self.check("errors", self.qtest.memory_read(disk.data + 0x200, 5), b"\xff\0\0\0\x11")

    def test_row_v14_the_write_cache(self):
        """the configuration byte at 32: with neither FLUSH nor CONFIG_WCE, with FLUSH, with CONFIG_WCE, written, reset"""
        def cache(features):
            self.disk.begin(features)
            return self.disk.get(virtio.CONFIG + 32, 1)
        self.check("negotiated", [cache(0), cache(1 << 9), cache(1 << 11)], [0, 1, 1])
        self.disk.set(virtio.CONFIG + 32, 0, 1)
        self.check("written", self.disk.get(virtio.CONFIG + 32, 1), 0)
        self.disk.set(virtio.STATUS, 0)
        self.check("reset", self.disk.get(virtio.CONFIG + 32, 1), 1)
        self.disk.set(virtio.CONFIG, 5)
        self.check("capacity cannot be written", self.disk.get(virtio.CONFIG), SECTORS)
        self.disk.set(virtio.STATUS, 0)

    def test_row_v15_mistakes_silence_the_device(self):
        """what a driver must not do, version 1"""
        self.check_mistakes(SILENT)

    def test_row_v16_no_interrupt_and_notify_on_empty(self):
        """the available ring's flag, without and with feature 24"""
        for features, interrupt in ((0, 0), (1 << 24, 1)):
            self.disk.begin(features)
            self.qtest.write(self.disk.queue.available, 2, 1)
            self.disk.request(Disk.READ, 0, 512)
            self.check(f"features 0x{features:x}", self.disk.get(virtio.INTERRUPT_STATUS), interrupt)

    def test_row_v17_sizes_that_are_no_powers_of_two(self):
        """a queue of 6 entries, 9 requests"""
        self.disk.begin(entries=6)
        self.check("requests", [self.disk.request(Disk.READ, 0, 512) for _ in range(9)], [(0, 513)] * 9)

    def test_row_v18_without_driver_ok(self):
        """a request before DRIVER_OK"""
        self.disk.start()
        self.disk.queue = self.disk.add_queue(0, self.disk.ring)
        self.check("request", self.disk.request(Disk.READ, 0, 512), (0, 513))

    def test_row_v19_reset_of_the_machine(self):
        """system_reset while a queue is set up"""
        self.disk.begin()
        self.disk.request(Disk.READ, 0, 512)
        self.qmp.execute("system_reset")
        self.qmp.wait_for("RESET")
        self.check("status, interrupt status, page frame",
                   [self.disk.get(offset) for offset in (virtio.STATUS, virtio.INTERRUPT_STATUS, virtio.QUEUE_PFN)],
                   [0, 0, 0])

    def test_row_v20_a_console_without_control_queues(self):
        """output of a driver that did not negotiate MULTIPORT"""
        self.begin_console()
        before = len(self.printed())
        self.qtest.memory_write(self.message, b"plain\n")
        self.check("chain", self.console.submit(self.queues[1], [(self.message, 6)]), [(0, 0)])
        self.check("printed", self.printed()[before:], b"plain\n")

    def test_row_v20a_a_read_only_disk(self):
        """readonly=on"""
        machine = self.start(*BOARD, "-drive", f"file={self.file('read-only', PATTERN)},if=none,id=d,format=raw,readonly=on",
                             "-device", "virtio-blk-device,drive=d")
        disk = Disk(machine.qtest, RAM + 0x100000)
        self.check("features", disk.features(0), 0x31006ef4)
        disk.begin()
        self.check("read", disk.request(Disk.READ, 0, 512), (0, 513))
        self.check("write", disk.request(Disk.WRITE_OUT, 0, data=bytes(512)), (1, 1))
        self.check("flush", disk.request(Disk.FLUSH), (0, 1))
        self.check("discard", disk.request(Disk.DISCARD, data=struct.pack("<QII", 0, 1, 0))[0], 0)
        self.check("zero", disk.request(Disk.WRITE_ZEROES, data=struct.pack("<QII", 0, 1, 0))[0], 1)

    def test_row_v20b_a_snapshot(self):
        """snapshot=on: a sector written and read back, and the file"""
        machine = self.start(*BOARD, "-drive", f"file={self.file('kept', PATTERN)},if=none,id=d,format=raw,snapshot=on",
                             "-device", "virtio-blk-device,drive=d")
        disk = Disk(machine.qtest, RAM + 0x100000)
        disk.begin()
        self.check("write", disk.request(Disk.WRITE_OUT, 5, data=b"s" * 512), (0, 1))
        self.check("read", disk.request(Disk.READ, 5, 512), (0, 513))
        self.check("data", machine.qtest.memory_read(disk.data, 512) == b"s" * 512, True)
        with open(self.file("kept"), "rb") as file:
            self.check("file changed", file.read() != PATTERN, False)

    def test_row_v20c_sizes_that_are_no_whole_sectors(self):
        """a file of 1000 bytes: capacity, its last sector"""
        machine = self.start(*BOARD, "-drive", f"file={self.file('odd', b'o' * 1000)},if=none,id=d,format=raw",
                             "-device", "virtio-blk-device,drive=d")
        disk = Disk(machine.qtest, RAM + 0x100000)
        self.check("capacity", disk.get(virtio.CONFIG), 2)
        disk.begin()
        self.check("read", disk.request(Disk.READ, 1, 512), (0, 513))
        self.check("zeros", machine.qtest.memory_read(disk.data, 512) == b"o" * 488 + bytes(24), True)
        self.check("write", disk.request(Disk.WRITE_OUT, 1, data=b"p" * 512), (0, 1))
        self.check("size then", os.path.getsize(self.file("odd")), 1024)

    def test_row_v20d_geometry_of_a_partition_table(self):
        """a first partition that ends at head 7, sector 32; a disk of 1 MiB"""
        table = bytearray(1 << 20)
        table[0x1be:0x1ce] = struct.pack("<BBBBBBBBII", 0, 1, 1, 0, 0x83, 7, 32, 7, 32, 2016)
        table[510:512] = b"\x55\xaa"
        machine = self.start(*BOARD, "-drive", f"file={self.file('table', bytes(table))},if=none,id=d,format=raw",
                             "-device", "virtio-blk-device,drive=d")
        disk = Disk(machine.qtest, RAM + 0x100000)
        self.check("cylinders, heads, sectors", [disk.get(virtio.CONFIG + 16, 2), disk.get(virtio.CONFIG + 18, 1),
                                                 disk.get(virtio.CONFIG + 19, 1)], [8, 8, 32])


class Modern(VirtioRows):
    legacy = False

    def test_row_v21_slots_and_their_registers(self):
        """256 bytes of registers of each slot, version 2"""
        self.check_registers()

    def test_row_v22_feature_words(self):
        """selectors 0 to 3, version 2"""
        self.check("disk", [self.disk.features(select) for select in range(4)], [0x30006e54, 0x101, 0x101, 0x101])

    def test_row_v23_a_read_and_a_write(self):
        """a sector each way, directly and by an indirect table"""
        disk = self.disk
        disk.begin(1 << 28)
        self.check("write", disk.request(Disk.WRITE_OUT, 9, data=b"m" * 512), (0, 1))
        self.check("on the host", self.on_host()[9 * 512:10 * 512] == b"m" * 512, True)
        disk.put_header(Disk.READ, 9)
        disk.chain(disk.table, [(disk.header, 16), (disk.data + 0x1000, 512, WRITE), (disk.status, 1, WRITE)])
        self.check("indirect read", disk.submit(disk.queue, [(disk.table, 48, INDIRECT)]), [(0, 513)])
        self.check("data", self.qtest.memory_read(disk.data + 0x1000, 512) == b"m" * 512, True)

    def test_row_v24_mistakes_break_the_device(self):
        """what a driver must not do, version 2"""
        generation = self.disk.get(virtio.CONFIG_GENERATION)
        self.check_mistakes(BROKEN)
        self.check("generations of the configuration space", self.disk.get(virtio.CONFIG_GENERATION) - generation, 13)

    def test_row_v25_a_broken_device_stays_so_until_reset(self):
        """the status is written back without its bit, then a good request"""
        disk = self.disk
        disk.begin()
        disk.offer(disk.queue, 8)
        disk.mistake()
        disk.set(virtio.STATUS, 0xf)
        self.check("status", disk.get(virtio.STATUS), 0xf)
        disk.put_header(Disk.READ, 0)
        self.offer_chain((disk.header, 16), (disk.status, 1, WRITE))
        disk.notify(disk.queue)
        disk.pass_time(30)
        self.check("status byte", self.qtest.read(disk.status, 1), 0xee)

    def test_row_v26_event_indices(self):
        """interrupts with used_event 9, 9, 2, 2 for the elements 0 to 3, and avail_event"""
        disk = self.disk
        disk.begin(1 << 29)
        raised = []
        for event in (9, 9, 2, 2):
            disk.set(virtio.INTERRUPT_ACK, 3)
            self.qtest.write(disk.queue.available + 4 + 16, 2, event)
            disk.request(Disk.READ, 0, 512)
            disk.pass_time(20)
            raised.append(disk.get(virtio.INTERRUPT_STATUS))
        self.check("interrupt status", raised, [1, 0, 1, 0])
        self.check("avail_event", self.qtest.read(disk.queue.used + 4 + 64, 2), 4)

    def test_row_v27_a_little_outside_memory_is_no_mistake(self):
        """4096 bytes of nothing, and of ROM, as data of a read"""
        disk = self.disk
        disk.begin()
        for name, where in (("nothing", HOLE), ("ROM", ROM)):
            before = self.qtest.read(where, 8)
            disk.put_header(Disk.READ, 0)
            elements = disk.submit(disk.queue, [(disk.header, 16), (where, 4096, WRITE), (disk.status, 1, WRITE)])
            self.check(name, elements, [(0, 4097)])
            self.check(f"{name} changed", self.qtest.read(where, 8) != before, False)

    def test_row_v28_ready_and_rings_outside_memory(self):
        """QueueReady written and reset; a ring across the end of RAM"""
        disk = self.disk
        disk.begin()
        disk.set(virtio.QUEUE_READY, 0)
        self.check("not ready", disk.get(virtio.QUEUE_READY), 0)
        self.check("a request all the same", disk.request(Disk.READ, 0, 512), (0, 513))
        disk.set(virtio.QUEUE_DESC, RAM + RAM_SIZE - 16)
        disk.set(virtio.QUEUE_READY, 1)
        self.check("status", disk.get(virtio.STATUS), 0x4f)
        disk.set(virtio.STATUS, 0)
        self.check("after reset", disk.get(virtio.QUEUE_READY), 0)

    def test_row_v29_the_console_and_its_control_messages(self):
        """DEVICE_READY, PORT_READY, and nonsense, then output"""
        self.begin_console(2)
        self.make_room()
        self.check("DEVICE_READY", self.tell(0xffffffff, 0, 1), [(0, 1, 1)])
        self.check("PORT_READY", self.tell(0, 3, 1), [(0, 4, 1), (0, 6, 1)])
        self.check("PORT_READY of another port", self.tell(5, 3, 1), [])
        self.check("an unknown event", self.tell(0, 77, 1), [])
        self.check("DEVICE_READY 0", self.tell(0, 0, 0), [])
        self.check("PORT_OPEN", self.tell(0, 6, 1), [])
        before = len(self.printed())
        self.qtest.memory_write(self.message, b"hello\n")
        self.check("output", self.console.submit(self.queues[1], [(self.message, 6)]), [(0, 0)])
        self.check("printed", self.printed()[before:], b"hello\n")
