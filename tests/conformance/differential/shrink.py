"""Makes a sequence that shows a difference short and plain: fewer steps first, then simpler numbers."""
import time

from steps import FIELDS, Step

PLAIN = {"length": (0, 1, 2, 4, 8, 16), "count": (1,), "width": (1, 2, 4), "seed": (0, 1), "key": (0,), "value": (0, 1),
         "control": (0, 2, 4, 8, 10, 16, 24)}


class Shrinker:
    """`fails` says whether a sequence still shows a difference. Tries no more when `seconds` have passed."""

    def __init__(self, profile, fails, seconds=120):
        self.profile, self.fails = profile, fails
        self.end = time.monotonic() + seconds
        self.tries = 0

    def works(self, steps):
        if time.monotonic() > self.end:
            return False
        self.tries += 1
        return self.fails(steps)

    def shrink(self, steps):
        """The shortest sequence found."""
        while True:
            before = steps
            steps = self.simplify(self.remove(steps))
            if steps == before or time.monotonic() > self.end:
                return steps

    def remove(self, steps):
        """Leaves out runs of steps, ever shorter ones, as long as the difference stays."""
        size = max(1, len(steps) // 2)
        while True:
            start = 0
            while start < len(steps):
                shorter = steps[:start] + steps[start + size:]
                if shorter and self.works(shorter):
                    steps = shorter
                else:
                    start += size
            if size == 1:
                return steps
            size //= 2

    def simplify(self, steps):
        for index in range(len(steps)):
            for field in range(len(FIELDS[steps[index].kind])):
                steps = self.simplify_value(steps, index, field)
        return steps

    def simplify_value(self, steps, index, field):
        """The plainest value of one field with which the difference stays."""
        kind, values = steps[index]
        for plain in self.plainer(kind, FIELDS[kind][field], values[field]):
            simpler = list(values)
            simpler[field] = plain
            candidate = steps[:index] + [Step(kind, tuple(simpler))] + steps[index + 1:]
            if self.works(candidate):
                return candidate
        return steps

    def plainer(self, kind, name, value):
        """Values to try instead, the plainest first. Addresses stay where something is known to be."""
        if name == "form":
            forms = self.profile.FORMS
            return forms[:forms.index(value)] if value != "none" else ()
        if name in ("at", "address"):
            known = (self.profile.descriptor_at if name == "at" else self.profile.data_at, self.profile.HOLE)
            return known[:known.index(value)] if value in known else known
        if kind == "store" and name == "offset":
            return ()  # another register is another step
        tries = [plain for plain in PLAIN.get(name, ()) if plain < value]
        if name == "control":
            tries += [value & 0xffff, *(value & ~(1 << bit) for bit in range(31, -1, -1) if value >> bit & 1)]
        if name in ("length", "key", "count"):
            tries += [value >> 1, value - 1]
        return [plain for plain in dict.fromkeys(tries) if 0 <= plain < value]
