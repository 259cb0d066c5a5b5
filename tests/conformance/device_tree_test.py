"""The device tree of the virt board beside QEMU's, node by node, in QEMU's order.

usage: device_tree_test.py VMCORE_VP

Exits with 77 when there is no QEMU.
"""
import os
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import qemu

VMCORE_VP = sys.argv.pop(1)
QEMU = qemu.find_qemu()
BEGIN_NODE, END_NODE, PROPERTY, NOP, END = 1, 2, 3, 4, 9

# What is meant to differ, as platform/virt/README.md tells.
LEFT_OUT = {"/pmu", "/flash@20000000", "/soc/pci@30000000"}
OF_THE_HART = {"riscv,isa", "riscv,isa-extensions", "mmu-type", "riscv,cbom-block-size", "riscv,cboz-block-size",
               "riscv,cbop-block-size"}
OUR_SEED = "/chosen", "rng-seed"


def parse(blob):
    """Paths of nodes with their properties, both in their order (Devicetree Specification 0.4, chapter 5)."""
    magic, _, structure, strings = struct.unpack_from(">4I", blob)
    assert magic == 0xd00dfeed
    nodes, path, at = {}, [], structure
    while True:
        token, = struct.unpack_from(">I", blob, at)
        at += 4
        if token == BEGIN_NODE:
            end = blob.index(0, at)
            path.append(blob[at:end].decode())
            at = (end + 4) & ~3
            nodes["/".join(path) or "/"] = {}
        elif token == END_NODE:
            path.pop()
        elif token == PROPERTY:
            size, name = struct.unpack_from(">2I", blob, at)
            end = blob.index(0, strings + name)
            nodes["/".join(path) or "/"][blob[strings + name:end].decode()] = blob[at + 8:at + 8 + size]
            at = (at + 8 + size + 3) & ~3
        elif token == END:
            return nodes
        else:
            assert token == NOP


def tree(binary, *options):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "dtb")
        subprocess.run([binary, "-M", f"virt,dumpdtb={path}", "-bios", "none", "-display", "none", *options], check=True,
                       capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        with open(path, "rb") as file:
            return parse(file.read())


class DeviceTree(unittest.TestCase):
    maxDiff = None

    def compare(self, *options):
        theirs, ours = tree(QEMU, *options), tree(VMCORE_VP, *options)
        self.assertEqual(list(ours), [path for path in theirs if path not in LEFT_OUT])
        for path, properties in ours.items():
            own = OF_THE_HART if path.startswith("/cpus/cpu@") else ()
            expected = {name: value for name, value in theirs[path].items() if name not in own}
            found = {name: value for name, value in properties.items() if name not in own}
            self.assertEqual(list(found), list(expected), path)
            for name, value in found.items():
                if (path, name) == OUR_SEED:
                    self.assertEqual(len(value), len(expected[name]))
                else:
                    self.assertEqual(value, expected[name], f"{path}: {name}")

    def test_one_hart(self):
        self.compare()

    def test_eight_harts(self):
        self.compare("-smp", "8")

    def test_ram_above_4_gib(self):
        self.compare("-m", "3G")

    def test_little_ram(self):
        self.compare("-m", "16M")

    def test_a_hart_tells_a_list_and_a_string_of_the_same_extensions(self):
        cpu = tree(VMCORE_VP)["/cpus/cpu@0"]
        names = cpu["riscv,isa-extensions"].decode().split("\0")[:-1]
        letters = "".join(name for name in names if len(name) == 1)
        self.assertEqual(cpu["riscv,isa"], "_".join(["rv64" + letters] + [n for n in names if len(n) > 1]).encode() + b"\0")

    def test_the_seed_is_the_same_in_every_run(self):
        self.assertEqual(tree(VMCORE_VP)["/chosen"], tree(VMCORE_VP)["/chosen"])


if QEMU is None:
    print("skipped: no qemu-system-riscv64 of version 8 or later")
    sys.exit(qemu.SKIPPED)
unittest.main()
