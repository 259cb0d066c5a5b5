"""Runs the rows of one target on one emulator.

usage: run.py TARGET EMULATOR [--record FILE] [-k PATTERN]

TARGET is riscv64 or x86_64. EMULATOR is the path of a vmcore-vp, or the word qemu: then the QEMU that is installed. Exits
with 77 when that is missing.
"""
import argparse
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "support"))
import qemu
from rows import Subject

SUITES = {
    "riscv64": ["suite_registers", "suite_dma", "suite_options", "suite_vmcoreinfo", "suite_dump", "suite_reset",
                "suite_qtest", "suite_qmp", "suite_plic"],
    "x86_64": ["suite_pc"],
}


def load(target, patterns):
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{pattern}*" for pattern in patterns] or None
    return loader.loadTestsFromNames(SUITES[target])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=SUITES)
    parser.add_argument("emulator")
    parser.add_argument("--record", metavar="FILE", help="write the rows and their answers as JSON")
    parser.add_argument("-k", dest="patterns", metavar="PATTERN", action="append", default=[], help="only these rows")
    arguments = parser.parse_args()
    if arguments.record and os.path.exists(arguments.record):
        os.remove(arguments.record)  # what an earlier run found is no answer of this one

    Subject.target = arguments.target
    Subject.is_qemu = arguments.emulator == "qemu"
    Subject.binary = qemu.find_qemu(arguments.target) if Subject.is_qemu else os.path.abspath(arguments.emulator)
    if Subject.binary is None:
        print(f"skipped: no qemu-system-{arguments.target} of version 8 or later")
        return qemu.SKIPPED
    outcome = unittest.TextTestRunner(verbosity=1).run(load(arguments.target, arguments.patterns))
    if arguments.record:
        with open(arguments.record, "w", encoding="utf-8") as file:
            json.dump({"target": arguments.target, "emulator": "QEMU" if Subject.is_qemu else "vmcore-vp",
                       "version": qemu.version(Subject.binary) if Subject.is_qemu else None,
                       "rows": Subject.results}, file, indent=1)
    silent = [row["row"] for row in Subject.results if not row["answer"]]
    if silent:
        print(f"rows that observed nothing: {', '.join(silent)}")
    return 0 if outcome.wasSuccessful() and Subject.results and not silent else 1


sys.exit(main())
