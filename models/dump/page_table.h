#pragma once

#include "models/dump/core_mapping.h"
#include "models/dump/guest_state.h"
#include "models/dump/memory_view.h"
#include "models/dump/page_table_format.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace vmcore {

/// An address space: how its tables are read, and where the first one is.
struct page_table {
    page_table_format format;
    uint64_t root = 0; ///< guest-physical address of the table of the first level
};

/// How far a walk goes. The defaults let every kernel through that was ever seen, and stop a table made to
/// take forever within a second.
struct walk_limits {
    uint64_t first_vaddr = 0;          ///< what lies below is left out
    uint64_t work = uint64_t{1} << 27; ///< entries looked at and pieces of memory found
    unsigned visits = 4; ///< how often a table is walked that several entries of the level above share
    size_t runs = 60000; ///< at least 1; the largest are kept. A core with so many still has fewer headers
                         ///< than PN_XNUM, which not every reader knows
};

/// What a walk found, and what it left out.
struct page_walk {
    std::vector<core_mapping> runs; ///< by ascending canonical address; each lies in one range of memory
    uint64_t runs_left_out = 0;     ///< none is larger than any in `runs`
    uint64_t tables_shared = 0;     ///< tables not walked once more
    uint64_t work = 0;              ///< spent
    bool out_of_work = false;       ///< the walk ended before the last table
};

/// Finds what the tables map onto guest memory, as contiguous runs: neighbours are merged, and what is not
/// memory, such as a device's registers, is left out. Permissions make no difference. A guest may have
/// written anything into the tables.
page_walk walk_page_table(const page_table& table, const guest_memory& memory,
                          const walk_limits& limits = {});

/// The guest-physical address, which may be no memory, that the tables give for `vaddr`. None: they map
/// nothing there, or are not in memory.
std::optional<uint64_t> translate(const page_table& table, const memory_view& memory, uint64_t vaddr);

} // namespace vmcore
