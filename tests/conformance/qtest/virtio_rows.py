"""What the rows of virtio-mmio have in common: a board with a disk, a console and a source of entropy."""
import struct

from rows import Rows
from virt import BOARD, HOLE
from virtio import Disk, Driver, INDIRECT, NEXT, WRITE

RAM, RAM_SIZE = 0x80000000, 8 << 20
SECTORS = 64
PATTERN = bytes((i * 7 + i // 512) & 255 for i in range(SECTORS * 512))
SERIAL = "no. 1"


class VirtioRows(Rows):
    legacy = True

    @classmethod
    def machine_options(cls):
        return [*BOARD, "-global", f"virtio-mmio.force-legacy={'on' if cls.legacy else 'off'}",
                "-drive", f"file={cls.file('disk', PATTERN)},if=none,id=d,format=raw",
                "-device", f"virtio-blk-device,drive=d,serial={SERIAL}",
                "-device", "virtio-serial-device",
                "-chardev", f"file,path={cls.file('console')},id=c", "-device", "virtconsole,chardev=c",
                "-device", "virtio-rng-device"]

    def setUp(self):
        super().setUp()
        self.disk = Disk(self.qtest, RAM + 0x100000, legacy=self.legacy)
        self.console = Driver(self.qtest, 6, self.legacy)

    def on_host(self):
        with open(self.file("disk"), "rb") as file:
            return file.read()

    def printed(self):
        with open(self.file("console"), "rb") as file:
            return file.read()

    def check_registers(self):
        for slot in range(8):
            driver = Driver(self.qtest, slot, self.legacy)
            words = self.qtest.read_all([(driver.base + offset, 4) for offset in range(0, 0x100, 4)])
            self.check(f"slot {slot}", [f"{4 * index:02x}: {word:x}" for index, word in enumerate(words) if word],
                       self.registers(slot))

    def registers(self, slot):
        version = 1 if self.legacy else 2
        head = ["00: 74726976", f"04: {version}"]
        device = {7: ("2", "31006ed4", "30006e54"), 6: ("3", "39000006", "30000006"), 5: ("4", "39000000", "30000000")}
        if slot not in device:
            return [*head, "0c: 554d4551"]
        number, legacy, modern = device[slot]
        return [*head, f"08: {number}", "0c: 554d4551", f"10: {legacy if self.legacy else modern}", "34: 400",
                "b0: ffffffff", "b4: ffffffff"]

    def check_mistakes(self, expected):
        """Everything that a driver must not do to the disk's queue."""
        disk = self.disk
        header = (disk.header, 16)
        status = (disk.status, 1, WRITE)
        mistakes = {
            "head out of range": lambda: disk.offer(disk.queue, 8),
            "link out of range": lambda: self.offer_raw((0, disk.header, 16, NEXT, 8)),
            "loop": lambda: self.offer_raw((0, disk.header, 16, NEXT, 1), (1, disk.header, 16, NEXT, 0)),
            "writable before readable": lambda: self.offer_chain((disk.data, 16, WRITE), header),
            "no bytes": lambda: self.offer_chain((disk.header, 0), status),
            "no status": lambda: self.offer_chain(header),
            "no header": lambda: self.offer_chain(status),
            "short header": lambda: self.offer_chain((disk.header, 15), status),
            "4 GiB": lambda: self.offer_chain(header, (RAM, 0xffffffff, WRITE), status),
            "8 KiB of nothing": lambda: self.offer_chain(header, (HOLE, 8192, WRITE), status),
            "indirect table of 15 bytes": lambda: self.offer_raw((0, disk.table, 15, INDIRECT, 0)),
            "indirect table of no bytes": lambda: self.offer_raw((0, disk.table, 0, INDIRECT, 0)),
            "indirect table across the end of RAM":
                lambda: self.offer_raw((0, RAM + RAM_SIZE - 16, 48, INDIRECT, 0)),
        }
        for name, make in mistakes.items():
            disk.begin()
            disk.put_header(Disk.READ, 0)
            make()
            self.check(name, disk.mistake(), expected)
        disk.begin()
        self.check("a request after the reset", disk.request(Disk.READ, 0, 512), (0, 513))

    def offer_raw(self, *descriptors):
        for descriptor in descriptors:
            self.disk.descriptor(self.disk.queue.descriptors, *descriptor)
        self.disk.offer(self.disk.queue)

    def offer_chain(self, *pieces):
        self.disk.chain(self.disk.queue.descriptors, pieces)
        self.disk.offer(self.disk.queue)

    # Of the console.

    def begin_console(self, features=0):
        memory = RAM + 0x200000
        self.console.start(features)
        self.queues = [self.console.add_queue(number, memory + 0x4000 * number) for number in range(4)]
        self.console.finish()
        self.message = memory + 0x40000

    def tell(self, port, event, value):
        """Sends a control message. Returns those that come back, as (port, event, value)."""
        room = self.queues[2]
        self.qtest.memory_write(self.message, struct.pack("<IHH", port, event, value))
        self.console.submit(self.queues[3], [(self.message, 8)])
        self.console.pass_time(20)
        return [struct.unpack("<IHH", self.qtest.memory_read(self.message + 0x100 + 16 * head, 8))
                for head, _ in self.console.used(room)]

    def make_room(self):
        room = self.queues[2]
        for index in range(8):
            self.console.descriptor(room.descriptors, index, self.message + 0x100 + 16 * index, 16, WRITE)
            self.console.offer(room, index)
