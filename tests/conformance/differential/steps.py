"""Steps of a sequence: what they are as text, and the lines of the qtest protocol that they stand for.

A step is a kind and named values, one line of a corpus file:

    select key=0x28                                    the selector, as it is meant to be written
    load offset=0 width=4                              a read of any width at any offset of the registers
    store offset=0x10 width=4 value=0x1000000          a write; the value is as the processor has it
    data count=5                                       single bytes of the data register
    block_load offset=0 length=12                      a copy out of the registers, cut as the bus does it
    block_store offset=0 length=12 seed=3              a copy of a pattern into them
    block_zero offset=8 length=12                      zeros into them
    fill address=0x80002000 length=16 seed=7           a pattern into RAM
    dma at=A control=C length=L address=D form=whole   a descriptor into RAM, and its address into the register: whole,
                                                       halves, low (half only) or none (the descriptor alone)
    items                                              every file, read by DMA
    compare | compare_all                              the windows of RAM in use | the whole arena
    reset                                              system_reset, over QMP
"""
from collections import namedtuple

from fw_cfg import READ, SELECT, descriptor

FIELDS = {
    "select": ("key",), "load": ("offset", "width"), "store": ("offset", "width", "value"), "data": ("count",),
    "block_load": ("offset", "length"), "block_zero": ("offset", "length"), "block_store": ("offset", "length", "seed"),
    "fill": ("address", "length", "seed"), "dma": ("at", "control", "length", "address", "form"),
    "items": (), "compare": (), "compare_all": (), "reset": (),
}
OBSERVED = 64  # bytes read at the start and at the end of a buffer; the rest is left to compare

Step = namedtuple("Step", "kind values")


def step(kind, *values):
    assert len(values) == len(FIELDS[kind]), f"{kind} {values}"
    return Step(kind, values)


def show(step):
    pairs = zip(FIELDS[step.kind], step.values)
    return " ".join([step.kind] + [f"{name}={value if isinstance(value, str) else hex(value)}" for name, value in pairs])


def parse(line):
    """A step from its text. Raises ValueError that says what is wrong with the line."""
    kind, *pairs = line.split()
    if kind not in FIELDS:
        raise ValueError(f"no step is called {kind!r}; expected {', '.join(FIELDS)}")
    given = dict(pair.partition("=")[::2] for pair in pairs)
    if tuple(given) != FIELDS[kind]:
        raise ValueError(f"{line!r}: expected {kind} with {', '.join(FIELDS[kind]) or 'nothing'}")
    return Step(kind, tuple(value if name == "form" else int(value, 0) for name, value in given.items()))


def pattern(length, seed):
    return bytes((seed * 41 + i * 13 + 1) & 0xff for i in range(length))


def write(address, data):
    return f"write 0x{address:x} 0x{len(data):x} 0x{data.hex()}"


def compare(windows):
    return [f"b64read 0x{start:x} 0x{size:x}" for start, size in windows]


def dma_lines(profile, at, control, length, address, form):
    lines = []
    if profile.in_ram(at):
        lines.append(write(at, descriptor(control, length, address)[:profile.ram_end - at]))
    if form == "none":
        return lines
    lines += profile.trigger(form, at)
    lines += profile.observe(at, 16)
    lines += profile.observe(address, min(length, OBSERVED))
    lines += profile.devices(address)
    if length > OBSERVED:
        end = min(address + length, profile.ram_end) if profile.in_ram(address) else address + length
        lines += profile.observe(end - OBSERVED, OBSERVED)
    return lines


def item_lines(profile):
    lines = []
    at, to = profile.descriptor_at, profile.ARENA + profile.SCRATCH
    for key, size in profile.keys.values():
        lines.append(write(at, descriptor(key << 16 | SELECT | READ, size, to)))
        lines += profile.trigger(profile.FORMS[0], at)
        lines.append(f"b64read 0x{at:x} 0x4")
        if size:
            lines.append(f"b64read 0x{to:x} 0x{size:x}")
    return lines


def render(profile, step):
    """The lines of a step. Reset has none: it goes over QMP."""
    kind, values = step
    if kind == "select":
        return [profile.select(*values)]
    if kind == "load":
        return [profile.load(*values)]
    if kind == "store":
        return [profile.store(*values)]
    if kind == "data":
        return [profile.load(profile.DATA_REGISTER, 1)] * values[0]
    if kind == "block_load":
        return [f"read 0x{profile.SELF + values[0]:x} 0x{values[1]:x}"]
    if kind == "block_store":
        return [write(profile.SELF + values[0], pattern(*values[1:]))]
    if kind == "block_zero":
        return [f"memset 0x{profile.SELF + values[0]:x} 0x{values[1]:x} 0x0"]
    if kind == "fill":
        return [write(values[0], pattern(*values[1:]))]
    if kind == "dma":
        return dma_lines(profile, *values)
    if kind == "items":
        return item_lines(profile)
    if kind == "compare":
        return compare(profile.windows) + profile.devices()
    if kind == "compare_all":
        return compare([(profile.ARENA, profile.ARENA_SIZE), *profile.windows[1:]]) + profile.devices()
    return []


def read_script(path):
    """Profile's name and steps of a corpus file. Raises ValueError that names file and line."""
    profile, steps = None, []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.partition("#")[0].strip()
            if not line:
                continue
            try:
                if line.startswith("profile "):
                    profile = line.split()[1]
                else:
                    steps.append(parse(line))
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from None
    if profile is None:
        raise ValueError(f"{path}: no line 'profile NAME'")
    return profile, steps


def script(profile, steps, remarks):
    """The text of a corpus file."""
    return "".join([*(f"# {remark}\n" for remark in remarks), f"profile {profile.name}\n",
                    *(show(step) + "\n" for step in steps)])
