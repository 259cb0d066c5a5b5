"""Random steps: everything a guest can do to fw_cfg, the likely and the unlikely, from a seed."""
import random

from fw_cfg import READ, SELECT, SKIP, WRITE, swap
from steps import step

COMPARE_EVERY = 20
MODES = (READ, READ, WRITE, WRITE, SKIP, 0, READ | WRITE, READ | SKIP, WRITE | SKIP)
EDGE_KEYS = (0x19, 0x1f, 0x20, 0x3e, 0x3f, 0x40, 0x3fff, 0x7fff, 0xbfff, 0xffff, 0xfffe)
HIGH_HALVES = (0, 0, 1, 2, 0x10, 0xffffffff)
LONGEST_READ = 0x1000000  # QEMU takes 10 ns for each byte that is not there
HUGE = (0xffffffff, 0x80000000, 0x7fffffff, 0x10000000, 0x01000000)


class Generator:
    """Steps for one round. The same profile and seed give the same steps."""

    def __init__(self, profile, seed):
        self.profile = profile
        self.random = random.Random(seed)
        self.files = list(profile.keys.values())
        self.record = profile.keys["etc/vmcoreinfo"][0]
        self.key = 0  # the key that was selected last, as far as this side knows
        kinds = [(self.select, 10), (self.data, 10), (self.load, 14), (self.store, 10), (self.dma, 38), (self.store_dma, 8),
                 (self.fill, 4), (self.write_record, 5), (self.read_item, 3), (self.walk, 4), (self.reset, 0.3)]
        if profile.target == "riscv64":
            kinds += [(self.block_load, 3), (self.block_store, 2), (self.block_zero, 1)]
        self.kinds, self.weights = zip(*kinds)

    def round(self, count):
        """`count` steps, with comparisons among them; the last compare everything."""
        steps = []
        while len(steps) < count - 2:
            if len(steps) % COMPARE_EVERY == COMPARE_EVERY - 1:
                steps.append(step("compare"))
            else:
                steps += self.random.choices(self.kinds, self.weights)[0]()
        return steps[:count - 2] + [step("compare_all"), step("items")]

    def chance(self, probability):
        return self.random.random() < probability

    # Values.

    def any_key(self):
        choice = self.random.random()
        if choice < 0.15:
            key = self.record
        elif choice < 0.6:
            key = self.random.choice(self.files)[0]
        elif choice < 0.72:
            key = self.random.randrange(0x20)
        elif choice < 0.85:
            key = self.random.choice(EDGE_KEYS)
        else:
            key = self.random.randrange(1 << 16)
        key |= self.random.choice((0, 0, 0, 0, 0, 0x4000, 0x8000, 0xc000))
        return 0 if self.profile.excluded(key) else key

    def size_of(self, key):
        return next((size for file, size in self.files if file == key & 0xbfff), 4)

    def any_control(self):
        if self.chance(0.75):
            control = self.random.choice(MODES) | (SELECT if self.chance(0.55) else 0)
        else:
            control = self.random.randrange(32)
        if self.chance(0.1):
            control |= self.random.randrange(1 << 16) & 0xffe0
        if self.chance(0.1):
            control |= 1
        return self.any_key() << 16 | control

    def any_length(self, control):
        size = self.size_of(control >> 16 if control & SELECT else self.key)
        choice = self.random.random()
        if choice < 0.08:
            return 0
        if choice < 0.4:
            return self.random.randrange(1, 33)
        if choice < 0.55:
            return 16
        if choice < 0.85:
            return max(0, size + self.random.randrange(-3, 4))
        if choice < 0.97:
            return self.random.randrange(1, 0x400)
        if choice < 0.99 or control & READ and not self.chance(0.03):
            return self.random.randrange(1, 0x20000)
        return LONGEST_READ if control & READ else self.random.choice(HUGE)

    def odd_address(self):
        """Behind or across the end of something, or where no memory is."""
        places = self.profile.addresses() + [(self.profile.ram_end - 24, self.profile.ram_end + 8)] * 3
        return self.random.randrange(*self.random.choice(places))

    def descriptor_address(self):
        if self.chance(0.12):
            at = self.odd_address()
            in_rom = self.profile.ROM <= at < self.profile.ROM + 0x100
            return at & ~0xf if in_rom else at  # one of those that were put there: parts of two could mean anything
        return self.profile.descriptor_at + self.random.randrange(16) * 16 + \
            (self.random.randrange(8) if self.chance(0.3) else 0)

    def data_address(self, at, length):
        choice = self.random.random()
        if choice < 0.05 and length <= 0x400 and self.profile.data_places():
            return self.random.randrange(*self.random.choice(self.profile.data_places()))
        if choice < 0.15 and length <= 0x20000:
            return self.odd_address()
        if length > 0x400:
            if length > 0x20000:
                return self.random.choice((self.profile.HOLE, self.profile.ram_end - 64))
            return self.profile.ARENA + self.profile.LARGE + self.random.randrange(0x8000)
        if choice < 0.22:
            return (at + self.random.randrange(-20, 20)) % (1 << 64)
        return self.profile.data_at + self.random.randrange(0xc00)

    # Steps.

    def select(self):
        self.key = self.any_key()
        return [step("select", self.key)]

    def data(self):
        return [step("data", self.random.choice((1, 1, 2, 3, 5, 8, 20)))]

    def walk(self):
        """Through one item: DMA and data register take turns, refused accesses between."""
        self.key, size = self.random.choice([file for file in self.files if file[1]])
        steps = [step("select", self.key)]
        at, data = self.profile.descriptor_at, self.profile.data_at
        for _ in range(self.random.randrange(2, 9)):
            choice = self.random.random()
            if choice < 0.3:
                control = self.random.choice((READ, SKIP, SKIP, WRITE))
                length = self.random.choice((1, 3, 8, size // 2, max(0, size - 5)))
                steps.append(step("dma", at, control, length, data if length < 0x400 else at + self.profile.LARGE,
                                  self.profile.FORMS[0]))
            elif choice < 0.8:
                steps.append(step("load", self.profile.DATA_REGISTER, self.random.choice(self.profile.WIDTHS)))
            else:
                steps += self.load() if choice < 0.9 else self.store()
        return steps

    def load(self):
        offset = self.profile.DATA_REGISTER if self.chance(0.5) else self.random.choice(self.profile.OFFSETS)
        return [step("load", offset, self.random.choice(self.profile.WIDTHS))]

    def store(self):
        """Anywhere but where a transfer can begin."""
        width = self.random.choice(self.profile.WIDTHS)
        offset = self.random.choice(self.profile.OFFSETS)
        if offset < self.profile.DMA_END and offset + width > self.profile.DMA:
            return self.store_dma()
        value = self.random.choice((0, self.random.randrange(1 << 8 * width)))
        if (offset, width) == (self.profile.SELECTOR, 2):
            return self.select()
        return [step("store", offset, width, value)]

    def store_dma(self):
        """The DMA register: halves, misplaced, of a wrong width - with a descriptor where it may come to point to."""
        at = self.descriptor_address()
        width = self.random.choice(self.profile.WIDTHS if self.chance(0.3) else (4,))
        offset = self.profile.DMA + self.random.choice((0, 4) if self.chance(0.8) else range(-3, 8))
        if width == 8:
            value = swap(at, 8)
        elif offset == self.profile.DMA:
            value = swap(self.random.choice(HIGH_HALVES), 4) & ((1 << 8 * width) - 1)
        else:
            value = swap(at & 0xffffffff, 4) & ((1 << 8 * width) - 1)
        return [*self.dma(at, "none"), step("store", offset, width, value)]

    def dma(self, at=None, form=None):
        at = self.descriptor_address() if at is None else at
        form = form or self.random.choice(self.profile.FORMS[:-1])
        control = self.any_control()
        length = self.any_length(control)
        if control & SELECT:
            self.key = control >> 16
        return [step("dma", at, control, length, self.data_address(at, length), form)]

    def fill(self):
        length = self.random.randrange(1, 64)
        if self.chance(0.2):
            address = self.profile.ram_end - length
        else:
            address = self.profile.data_at + self.random.randrange(0xc00)
        return [step("fill", address, length, self.random.randrange(256))]

    def write_record(self):
        """etc/vmcoreinfo, whole or in pieces, then read back."""
        form = self.profile.FORMS[0]
        at, data = self.profile.descriptor_at, self.profile.data_at
        steps = [step("fill", data, 20, self.random.randrange(256))]
        offset = 0
        while offset < 16:
            length = 16 if self.chance(0.4) else self.random.randrange(1, 18)
            skip = self.random.choice((0, 0, 1, 3))
            if offset == 0 or skip:
                steps.append(step("dma", at, self.record << 16 | SELECT | SKIP, offset + skip, data, form))
            source = data + offset if self.chance(0.9) else self.odd_address()
            steps.append(step("dma", at + 0x20, WRITE, length, source, form))
            offset += skip + length
        self.key = self.record
        return steps + [step("dma", at, self.record << 16 | SELECT | READ, 16, data + 0x40, form)]

    def read_item(self):
        self.key, size = self.random.choice(self.files)
        at, to = self.profile.descriptor_at, self.profile.ARENA + self.profile.LARGE
        return [step("dma", at, self.key << 16 | SELECT | READ, size + self.random.randrange(-1, 2) if size else 0, to,
                     self.profile.FORMS[0])]

    def block_load(self):
        return [step("block_load", self.random.choice(self.profile.OFFSETS), self.random.randrange(1, 65))]

    def block_store(self):
        offset = self.random.randrange(-4, self.profile.DMA)
        length = self.random.randrange(1, self.profile.DMA - offset + 1)
        return [step("block_store", offset, length, self.random.randrange(256))]

    def block_zero(self):
        """Over the DMA register too: a transfer described at 0, where nothing is."""
        return [step("block_zero", self.random.choice(self.profile.OFFSETS), self.random.randrange(1, 33))]

    def reset(self):
        return [step("reset")]
