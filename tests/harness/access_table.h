#pragma once

#include "tests/harness/test_initiator.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vmcore::test {

/// Which access widths a target takes at an offset; a width of 1, 2, 4 or 8 bytes is its own bit.
struct access_row {
    uint64_t offset;
    unsigned reads;
    unsigned writes;
};

/// Tries every width at every row's offset. Naturally misaligned accesses must be refused always: a hart
/// splits them. Writes carry `value`.
inline void expect_accesses(test_initiator& initiator, const std::vector<access_row>& table, uint64_t value) {
    for (const access_row& row : table)
        for (unsigned width : {1u, 2u, 4u, 8u}) {
            const std::string where =
                "offset " + std::to_string(row.offset) + ", width " + std::to_string(width);
            EXPECT_EQ(initiator.read(row.offset, width).ok(), (row.reads & width) != 0) << "read, " << where;
            EXPECT_EQ(initiator.write_value(row.offset, value, width).ok(), (row.writes & width) != 0)
                << "write, " << where;
        }
}

} // namespace vmcore::test
