"""Every place where vmcore-vp is meant to answer otherwise than QEMU 10.0.2. The assertions and the page use this list.

What a guest can see has no place here: there the two are equal.
"""
from collections import namedtuple

# row and what: which observation of which row; qemu and ours: the two answers as the rows show them.
Deviation = namedtuple("Deviation", "row what qemu ours reason")

DEVIATIONS = [
]


def find(row, what):
    """The deviation declared for an observation, or None."""
    for deviation in DEVIATIONS:
        if (deviation.row, deviation.what) == (row, what):
            return deviation
    return None
