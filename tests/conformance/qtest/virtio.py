"""A driver of virtio-mmio over qtest, for disk and console, in both versions of the transport."""
import struct
import time

SLOTS, SLOT_SIZE = 0x10001000, 0x1000
PAGE = 4096
VERSION_1 = 1 << 32

# Registers.
MAGIC, VERSION, DEVICE_ID, VENDOR_ID = 0x00, 0x04, 0x08, 0x0c
DEVICE_FEATURES, DEVICE_FEATURES_SEL, DRIVER_FEATURES, DRIVER_FEATURES_SEL = 0x10, 0x14, 0x20, 0x24
GUEST_PAGE_SIZE, QUEUE_SEL, QUEUE_NUM_MAX, QUEUE_NUM, QUEUE_ALIGN, QUEUE_PFN = 0x28, 0x30, 0x34, 0x38, 0x3c, 0x40
QUEUE_READY, QUEUE_NOTIFY, INTERRUPT_STATUS, INTERRUPT_ACK, STATUS = 0x44, 0x50, 0x60, 0x64, 0x70
QUEUE_DESC, QUEUE_DRIVER, QUEUE_DEVICE, CONFIG_GENERATION, CONFIG = 0x80, 0x90, 0xa0, 0xfc, 0x100

# Flags of descriptors.
NEXT, WRITE, INDIRECT = 1, 2, 4


class Queue:
    """Rings of one queue, in three pages from `base` on."""

    def __init__(self, number, base, entries):
        self.number, self.descriptors, self.entries = number, base, entries
        self.available = base + 16 * entries
        self.used = -(-(self.available + 4 + 2 * entries) // PAGE) * PAGE
        self.offered = self.seen = 0


class Driver:
    def __init__(self, qtest, slot=7, legacy=True):
        self.qtest, self.base, self.legacy = qtest, SLOTS + SLOT_SIZE * slot, legacy

    def get(self, offset, width=4):
        return self.qtest.read(self.base + offset, width)

    def set(self, offset, value, width=4):
        self.qtest.write(self.base + offset, width, value)

    def features(self, select):
        self.set(DEVICE_FEATURES_SEL, select)
        return self.get(DEVICE_FEATURES)

    def start(self, features=0):
        """Resets the device and negotiates."""
        for status in (0, 1, 3):
            self.set(STATUS, status)
        self.set(DRIVER_FEATURES_SEL, 0)
        if self.legacy:
            self.set(GUEST_PAGE_SIZE, PAGE)
            self.set(DRIVER_FEATURES, features)
            return
        features |= VERSION_1
        self.set(DRIVER_FEATURES, features & 0xffffffff)
        self.set(DRIVER_FEATURES_SEL, 1)
        self.set(DRIVER_FEATURES, features >> 32)
        self.set(STATUS, 11)

    def finish(self):
        self.set(STATUS, self.get(STATUS) | 4)

    def add_queue(self, number, base, entries=8):
        queue = Queue(number, base, entries)
        self.qtest.memory_set(base, 3 * PAGE, 0)
        self.set(QUEUE_SEL, number)
        self.set(QUEUE_NUM, entries)
        if self.legacy:
            self.set(QUEUE_ALIGN, PAGE)
            self.set(QUEUE_PFN, base // PAGE)
        else:
            for offset, where in ((QUEUE_DESC, queue.descriptors), (QUEUE_DRIVER, queue.available),
                                  (QUEUE_DEVICE, queue.used)):
                self.set(offset, where & 0xffffffff)
                self.set(offset + 4, where >> 32)
            self.set(QUEUE_READY, 1)
        return queue

    def descriptor(self, table, index, address, length, flags=0, following=0):
        self.qtest.memory_write(table + 16 * index, struct.pack("<QIHH", address, length, flags, following))

    def chain(self, table, pieces, first=0):
        """Writes a chain of pairs (address, length), or triples with WRITE, from an index on."""
        for index, (address, length, *flags) in enumerate(pieces, first):
            last = index == first + len(pieces) - 1
            self.descriptor(table, index, address, length, sum(flags) | (0 if last else NEXT), 0 if last else index + 1)

    def offer(self, queue, head=0):
        self.qtest.write(queue.available + 4 + 2 * (queue.offered % queue.entries), 2, head)
        queue.offered += 1
        self.qtest.write(queue.available + 2, 2, queue.offered & 0xffff)

    def notify(self, queue):
        self.set(QUEUE_NOTIFY, queue.number)

    def used_index(self, queue):
        return self.qtest.read(queue.used + 2, 2)

    def used(self, queue):
        """Pairs of head and length that came back since the last call."""
        found = []
        while queue.seen != self.used_index(queue):
            at = queue.used + 4 + 8 * (queue.seen % queue.entries)
            found.append(struct.unpack("<II", self.qtest.memory_read(at, 8)))
            queue.seen += 1
        return found

    def until(self, condition, seconds=20):
        """Waits until the device has come that far: simulated time here, QEMU's own elsewhere."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("the virtio device does not come to it")
            self.pass_time()

    def pass_time(self, milliseconds=1):
        """Time for the device to do what it is going to do."""
        if not self.qtest.ask(f"clock_step {milliseconds * 1000000}").startswith("OK"):
            time.sleep(milliseconds / 1000)

    def submit(self, queue, pieces, head=0):
        """Makes a chain available, and waits until it has come back."""
        self.chain(queue.descriptors, pieces, head)
        self.offer(queue, head)
        wanted = queue.offered & 0xffff
        self.notify(queue)
        self.until(lambda: self.used_index(queue) == wanted)
        return self.used(queue)


class Disk(Driver):
    """Requests of a disk; everything lies behind `memory`."""
    READ, WRITE_OUT, SCSI, FLUSH, GET_ID, DISCARD, WRITE_ZEROES = 0, 1, 2, 4, 8, 11, 13

    def __init__(self, qtest, memory, slot=7, legacy=True):
        super().__init__(qtest, slot, legacy)
        self.ring, self.header, self.status = memory, memory + 0x10000, memory + 0x10100
        self.data, self.table = memory + 0x11000, memory + 0x20000

    def begin(self, features=0, entries=8):
        self.start(features)
        self.queue = self.add_queue(0, self.ring, entries)
        self.finish()

    def put_header(self, kind, sector):
        self.qtest.memory_write(self.header, struct.pack("<IIQ", kind, 0, sector))
        self.qtest.memory_write(self.status, b"\xee")

    def request(self, kind, sector=0, length=0, data=None):
        """Status byte and used length of a request whose data is read from memory, if given, or written there."""
        self.put_header(kind, sector)
        middle = []
        if data is not None:
            self.qtest.memory_write(self.data, data)
            middle = [(self.data, len(data))]
        elif length:
            middle = [(self.data, length, WRITE)]
        elements = self.submit(self.queue, [(self.header, 16), *middle, (self.status, 1, WRITE)])
        return self.qtest.read(self.status, 1), elements[0][1]

    def mistake(self):
        """Tells of what is offered, and gives the device time to find the mistake in it. Returns what is seen then."""
        self.notify(self.queue)
        if self.legacy:
            self.pass_time(30)
        else:
            self.until(lambda: self.get(STATUS) & 0x40)
        return {"status": self.get(STATUS), "interrupt status": self.get(INTERRUPT_STATUS),
                "chains back": len(self.used(self.queue))}
