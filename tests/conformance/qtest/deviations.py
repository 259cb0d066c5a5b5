"""Every place where vmcore-vp is meant to answer otherwise than QEMU 10.0.2. The assertions and the page use this list.

What a guest can see has no place here: there the two are equal.
"""
from collections import namedtuple

# target, row and what: which observation of which row; qemu and ours: the two answers as the rows show them.
Deviation = namedtuple("Deviation", "target row what qemu ours reason")

DEVIATIONS = [
]

# Rows of the reference that are no test here, and why.
NOT_COMPARED = [
    ("77", "aarch64 only"),
    ("93, 97", "kdump formats"),
    ("99", "the human monitor"),
    ("100", "65535 program headers cannot be had from a machine's memory map; tests/models/dump has it"),
]


def find(target, row, what):
    """The deviation declared for an observation, or None."""
    for deviation in DEVIATIONS:
        if (deviation.target, deviation.row, deviation.what) == (target, row, what):
            return deviation
    return None
