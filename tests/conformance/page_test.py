"""The page's own rules, on made-up records."""
import json
import os
import tempfile
import unittest
from unittest import mock

import page
from deviations import Deviation


def entry(row, **answer):
    return {"row": row, "title": "it answers", "input": "a | b",
            "answer": [{"what": what, "value": value} for what, value in answer.items()]}


class Page(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def record(self, name, rows, version=None):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"target": "riscv64", "version": version, "rows": rows}, file)
        return path

    def pair(self, qemu, ours, declared=(), version=page.QEMU_VERSION):
        with mock.patch("deviations.DEVIATIONS", list(declared)), mock.patch("page.DEVIATIONS", list(declared)):
            pair = page.Pair(self.record("qemu", qemu, version), self.record("ours", ours))
            self.faults = page.judge([pair])
            return pair

    def test_equal_records_have_no_faults(self):
        pair = self.pair([entry("2", data="x"), entry("10", data="y")], [entry("10", data="y"), entry("2", data="x")])
        self.assertEqual(self.faults, [])
        self.assertIn("2 rows: 2 equal, 0 with a declared deviation", page.page([pair]))
        self.assertIn("| 2 | it answers | a \\| b | data: x | the same | equal |", page.page([pair]))

    def test_rows_are_in_the_order_of_their_numbers(self):
        pair = self.pair(*[[entry("47a", d="x"), entry("q2", d="x"), entry("9", d="x"), entry("47", d="x")]] * 2)
        self.assertEqual(pair.rows, ["9", "47", "47a", "q2"])

    def test_a_difference_that_is_not_declared_is_a_fault(self):
        self.pair([entry("2", data="x", more="1")], [entry("2", data="y", more="1")])
        self.assertEqual(self.faults, ["riscv64, row 2, data: QEMU 'x', vmcore-vp 'y', not declared"])

    def test_an_observation_on_one_side_only_is_a_difference(self):
        self.pair([entry("2", data="x", more="1")], [entry("2", data="x")])
        self.assertEqual(len(self.faults), 1)

    def test_a_declared_difference_is_told_with_its_reason(self):
        pair = self.pair([entry("2", data="x")], [entry("2", data="y")], [Deviation("riscv64", "2", "data", "x", "y", "so")])
        self.assertEqual(self.faults, [])
        self.assertIn("| data: x | data: **y** | deviation: so |", page.page([pair]))

    def test_a_difference_other_than_the_declared_one_is_a_fault(self):
        self.pair([entry("2", data="x")], [entry("2", data="z")], [Deviation("riscv64", "2", "data", "x", "y", "so")])
        self.assertEqual(len(self.faults), 2)

    def test_a_declared_difference_that_does_not_occur_is_a_fault(self):
        self.pair([entry("2", data="x")], [entry("2", data="x")], [Deviation("riscv64", "2", "data", "x", "y", "so")])
        self.assertEqual(self.faults, ["riscv64, row 2, data: declared, but does not occur"])

    def test_a_row_on_one_side_only_and_a_number_used_twice_are_faults(self):
        self.pair([entry("2", data="x")], [entry("3", data="x"), entry("3", data="x")])
        self.assertEqual(len(self.faults), 3)

    def test_without_the_right_qemu_there_is_nothing_to_compare(self):
        with self.assertRaises(page.Skip):
            self.pair([entry("2", data="x")], [entry("2", data="x")], version="9.0.0")
        with self.assertRaises(page.Skip):
            page.Pair(os.path.join(self.directory, "missing"), os.path.join(self.directory, "missing"))


if __name__ == "__main__":
    unittest.main()
