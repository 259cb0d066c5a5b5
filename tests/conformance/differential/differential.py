"""Random sequences of what a guest can do to fw_cfg, on QEMU and on vmcore-vp: every answer must be equal.

usage: differential.py run PROFILE EMULATOR [--steps N] [--seed S] [--against E] [--keep DIRECTORY]
       differential.py replay EMULATOR [FILE...]
       differential.py soak EMULATOR [SECONDS] --keep DIRECTORY

PROFILE is riscv64 or x86_64. EMULATOR is the path of a vmcore-vp, or the word qemu. `run` replays the corpus of the profile,
then makes N steps from the seed; `replay` replays files, without any all of the corpus; `soak` runs both profiles with new
seeds. Exits with 1 after a difference, with 77 when there is no QEMU to compare with.
"""
import argparse
import glob
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "qtest"), os.path.join(HERE, "..", "..", "support")]
import qemu
from generator import Generator
from pair import Emulator, Pair
from profiles import PROFILES
from shrink import Shrinker
from steps import read_script, render, script, show

CORPUS = os.path.join(HERE, "corpus")
ROUND = 1000  # steps from one defined state: short enough to be shrunk soon


def brief(text):
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text)} characters)"


def first_unequal(answers):
    """Where in two long answers they part."""
    place = next((i for i, (a, b) in enumerate(zip(*answers)) if a != b), min(map(len, answers)))
    return place, tuple(answer[max(0, place - 8):place + 24] for answer in answers)


def explain(pair, steps, difference):
    """What differed, in lines for people."""
    lines = [f"step {difference.index + 1} of {len(steps)}: {show(steps[difference.index])}", f"line: {brief(difference.line)}",
             *(f"{name + ':':10} {brief(answer)}" for name, answer in zip(pair.names, difference.answers))]
    place, parts = first_unequal(difference.answers)
    if place > 150:
        lines.append(f"from character {place}: {parts[0]!r} and {parts[1]!r}")
    return lines


def reduce(pair, steps, difference, seconds):
    """The shortest sequence, and the difference that it shows on machines that have just been started."""
    shrinker = Shrinker(pair.profile, lambda candidate: pair.run(candidate) is not None, seconds)
    steps = shrinker.shrink(steps[:difference.index + 1])
    pair.stop()
    return steps, pair.run(steps)


def report(pair, steps, difference, origin, keep, seconds=120):
    """Shrinks a failed sequence and prints it as a script; with `keep` stores it there. Returns the script's steps."""
    print(f"differs: {pair.profile.name}, {origin}")
    print("\n".join(explain(pair, steps, difference)), flush=True)
    shortest, shown = reduce(pair, steps, difference, seconds)
    if shown is None:
        shortest, shown = steps[:difference.index + 1], difference
        origin += "; not shown again by machines that have just been started"
    text = script(pair.profile, shortest, [f"Found by {origin}.", *explain(pair, shortest, shown)])
    print(f"\nthe shortest sequence found, {len(shortest)} steps:\n{text}")
    if len(shortest) <= 20:
        for step in shortest:
            print("\n".join(["  " + brief(line) for line in render(pair.profile, step)] or ["  (system_reset)"]))
    sys.stdout.flush()
    if keep:
        os.makedirs(keep, exist_ok=True)
        path = os.path.join(keep, f"{pair.profile.name}-{'-'.join(origin.split()[1:4:2]).strip(',;')}.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        print(f"kept as {path}")
    return shortest


def run_round(pair, seed, number, steps, keep, seconds=120):
    """One round of a seed. Returns whether the two sides were equal."""
    if not pair.sides:
        pair.start()  # the items' keys must be known
    sequence = Generator(pair.profile, f"{seed}/{number}").round(steps)
    difference = pair.run(sequence)
    if difference:
        report(pair, sequence, difference, f"seed {seed} round {number}", keep, seconds)
    return difference is None


def replay(pair, path):
    """One file of the corpus. Returns whether the two sides were equal."""
    _, steps = read_script(path)
    difference = pair.run(steps)
    if difference:
        print(f"differs: {path}\n" + "\n".join(explain(pair, steps, difference)))
    return difference is None


def corpus(profile):
    """The files of a profile, in order."""
    return [path for path in sorted(glob.glob(os.path.join(CORPUS, "*.txt"))) if read_script(path)[0] == profile.name]


def run(arguments):
    profile = PROFILES[arguments.profile]()
    print(f"{profile.name}: {arguments.steps} steps, seed {arguments.seed}", flush=True)
    start = time.monotonic()
    with Pair(profile, Emulator(arguments.against, profile), Emulator(arguments.emulator, profile)) as pair:
        files = corpus(profile)
        if not all([replay(pair, path) for path in files]):
            return 1
        for number in range(-(-arguments.steps // ROUND)):
            if not run_round(pair, arguments.seed, number, min(ROUND, arguments.steps - number * ROUND), arguments.keep):
                return 1
    print(f"equal: {len(files)} corpus files, {arguments.steps} steps, {time.monotonic() - start:.1f} s")
    return 0


def replay_all(arguments):
    equal = True
    for make in PROFILES.values():
        profile = make()
        files = [path for path in arguments.files if read_script(path)[0] == profile.name] or \
            (corpus(profile) if not arguments.files else [])
        if not files:
            continue
        with Pair(profile, Emulator("qemu", profile), Emulator(arguments.emulator, profile)) as pair:
            for path in files:
                equal = replay(pair, path) and equal
        print(f"{profile.name}: {len(files)} files replayed")
    return 0 if equal else 1


def soak(arguments):
    """Until the time is over. Goes on after a difference: one that has been found hides no other."""
    end = time.monotonic() + arguments.seconds
    profiles = [make() for make in PROFILES.values()]
    steps, findings, said = 0, 0, time.monotonic()
    seeds = random.SystemRandom()
    while time.monotonic() < end:
        seed = seeds.randrange(1 << 32)
        for profile in profiles:
            with Pair(profile, Emulator("qemu", profile), Emulator(arguments.emulator, profile)) as pair:
                for number in range(100):
                    if time.monotonic() >= end:
                        break
                    steps += ROUND
                    findings += not run_round(pair, seed, number, ROUND, arguments.keep)
                    if time.monotonic() - said >= 30:
                        said = time.monotonic()
                        print(f"{steps} steps, {findings} differences, {end - said:.0f} s left; {profile.name}, seed {seed}",
                              flush=True)
    print(f"{steps} steps, {findings} differences" + (f", kept in {arguments.keep}" if findings else ""))
    return 1 if findings else 0


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a number of at least 1")
    return value


def emulator(text):
    """The word qemu, or a program's absolute path: emulators are started in a directory of their own."""
    if text != "qemu" and not os.access(text, os.X_OK):
        raise argparse.ArgumentTypeError(f"{text}: no program; expected the path of a vmcore-vp, or qemu")
    return text if text == "qemu" else os.path.abspath(text)


def read_arguments():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run")
    running.add_argument("profile", choices=PROFILES)
    running.add_argument("emulator", type=emulator)
    running.add_argument("--steps", type=positive, default=50000)
    running.add_argument("--seed", default="1")
    running.add_argument("--against", type=emulator, default="qemu")
    running.add_argument("--keep")
    replaying = commands.add_parser("replay")
    replaying.add_argument("emulator", type=emulator)
    replaying.add_argument("files", nargs="*")
    soaking = commands.add_parser("soak")
    soaking.add_argument("emulator", type=emulator)
    soaking.add_argument("seconds", type=positive, nargs="?", default=3600)
    soaking.add_argument("--keep", required=True)
    return parser.parse_args()


def main():
    arguments = read_arguments()
    needed = {"run": [getattr(arguments, "profile", None)]}.get(arguments.command, list(PROFILES))
    for target in sorted({PROFILES[name].target for name in needed}):
        if qemu.find_qemu(target) is None:
            print(f"skipped: no qemu-system-{target} of version 8 or later")
            return qemu.SKIPPED
    return {"run": run, "replay": replay_all, "soak": soak}[arguments.command](arguments)


if __name__ == "__main__":
    sys.exit(main())
