"""Compares what run.py recorded on QEMU and on vmcore-vp, and makes docs/conformance.md of it.

usage: page.py PAGE [--write] --pair QEMU.json VMCORE_VP.json [--pair ...]

Fails when the two differ where no deviation is declared, when a declared deviation does not occur, and when PAGE is not
what the records say; --write writes it instead. Exits with 77 when there is no record of QEMU 10.0.2 to compare with.
"""
import argparse
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "qtest"))
from deviations import DEVIATIONS, NOT_COMPARED, find

SKIPPED = 77
QEMU_VERSION = "10.0.2"

INTRODUCTION = f"""# vmcore-vp beside QEMU

What QEMU {QEMU_VERSION} and vmcore-vp answer to the same input: registers and DMA of fw_cfg, the PLIC, command lines, records in
`etc/vmcoreinfo`, dumps, and the protocols qtest and QMP. Each row is a test in `tests/conformance/qtest`, which runs unchanged
on both; this page is made of what they recorded, by `tests/conformance/page.py`.

Processors are held (`-S`): the test plays the guest, over qtest. Where the two differ on purpose, the row says why; what a
guest can see never differs.
"""

# The parts of the page: heading, letter of the row's number, first and last number.
PARTS = [
    ("fw_cfg: registers", "", 1, 18),
    ("fw_cfg: DMA", "", 19, 47),
    ("Command line", "", 48, 55),
    ("vmcoreinfo", "", 56, 79),
    ("Dumps", "", 80, 100),
    ("Test finisher", "", 101, 199),
    ("PLIC", "p", 1, 99),
    ("Items of a PC", "i", 1, 99),
    ("qtest", "q", 1, 99),
    ("QMP", "m", 1, 99),
]


class Skip(Exception):
    """There is nothing to compare with, and why."""


def row_order(row):
    letter, number, suffix = re.fullmatch(r"([a-z]?)(\d+)([a-z]?)", row).groups()
    return letter, int(number), suffix


def read_record(path):
    if not os.path.exists(path):
        raise Skip(f"no record {os.path.basename(path)}: the rows did not run")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Pair:
    """The records of one target on both emulators, joined by row."""

    def __init__(self, qemu_path, our_path):
        qemu, ours = read_record(qemu_path), read_record(our_path)
        if qemu["version"] != QEMU_VERSION:
            raise Skip(f"the page is about QEMU {QEMU_VERSION}, not {qemu['version']}")
        self.target = qemu["target"]
        self.faults = []
        self.occurred = set()  # deviations that the records show
        self.qemu, self.ours = self._by_row(qemu["rows"]), self._by_row(ours["rows"])
        for row in sorted(set(self.qemu) ^ set(self.ours), key=row_order):
            self.faults.append(f"{self.target}, row {row}: recorded on one emulator only")
        self.rows = sorted(set(self.qemu) & set(self.ours), key=row_order)
        self.differences = {row: self._compare(row) for row in self.rows}

    def _by_row(self, rows):
        by_row = {}
        for row in rows:
            if row["row"] in by_row:
                self.faults.append(f"{self.target}, row {row['row']}: two tests have this number")
            by_row[row["row"]] = row
        return by_row

    def _compare(self, row):
        """The observations that differ, as triples of what, our value and the deviation."""
        theirs = {one["what"]: one["value"] for one in self.qemu[row]["answer"]}
        ours = {one["what"]: one["value"] for one in self.ours[row]["answer"]}
        differences = []
        for what in {**theirs, **ours}:
            pair = theirs.get(what, "not observed"), ours.get(what, "not observed")
            if pair[0] == pair[1]:
                continue
            declared = find(self.target, row, what)
            if declared is None or pair != (declared.qemu, declared.ours):
                self.faults.append(f"{self.target}, row {row}, {what}: QEMU {pair[0]!r}, vmcore-vp {pair[1]!r}, not declared")
            else:
                self.occurred.add(declared)
            differences.append((what, pair[1], declared))
        return differences


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def our_cell(differences):
    if not differences:
        return "the same"
    return "; ".join(f"{what}: **{value}**" for what, value, _ in differences)


def verdict_cell(differences):
    if not differences:
        return "equal"
    reasons = dict.fromkeys(declared.reason if declared else "not declared" for _, _, declared in differences)
    return "deviation: " + "; ".join(reasons)


def table(pair, letter, first, last):
    rows = [row for row in pair.rows if row_order(row)[0] == letter and first <= row_order(row)[1] <= last]
    if not rows:
        return []
    lines = ["| row | behaviour | input | QEMU | vmcore-vp | |", "|---|---|---|---|---|---|"]
    for row in rows:
        entry, differences = pair.qemu[row], pair.differences[row]
        answer = "; ".join(f"{one['what']}: {one['value']}" for one in entry["answer"])
        cells = [row, entry["title"], entry["input"], answer, our_cell(differences), verdict_cell(differences)]
        lines.append("| " + " | ".join(map(cell, cells)) + " |")
    return lines + [""]


def page(pairs):
    lines = [INTRODUCTION]
    for pair in pairs:
        deviating = sum(bool(differences) for differences in pair.differences.values())
        lines += [f"## {pair.target}", "", f"{len(pair.rows)} rows: {len(pair.rows) - deviating} equal, {deviating} with a "
                  "declared deviation.", ""]
        for heading, *part in PARTS:
            rows = table(pair, *part)
            if rows:
                lines += [f"### {heading}", "", *rows]
    lines += ["## Not compared", "", "| row | why |", "|---|---|",
              *(f"| {cell(row)} | {cell(reason)} |" for row, reason in NOT_COMPARED), ""]
    return "\n".join(lines)


def judge(pairs):
    faults = [fault for pair in pairs for fault in pair.faults]
    occurred = set().union(*(pair.occurred for pair in pairs))
    targets = {pair.target for pair in pairs}
    for deviation in DEVIATIONS:
        if deviation.target in targets and deviation not in occurred:
            faults.append(f"{deviation.target}, row {deviation.row}, {deviation.what}: declared, but does not occur")
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    parser.add_argument("--write", action="store_true", help="write the page instead of comparing it")
    parser.add_argument("--pair", nargs=2, action="append", required=True, metavar=("QEMU", "VMCORE_VP"))
    arguments = parser.parse_args()
    try:
        pairs = [Pair(*paths) for paths in arguments.pair]
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    faults = judge(pairs)
    made = page(pairs)
    if arguments.write:
        with open(arguments.page, "w", encoding="utf-8") as file:
            file.write(made)
    else:
        with open(arguments.page, encoding="utf-8") as file:
            if file.read() != made:
                faults.append(f"{os.path.basename(arguments.page)} is not what the rows say: if that is meant, build the target conformance_page")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
