#pragma once

#include "platform/board.h"
#include "sim/bus_viewer.h"

#include <string>

namespace vmcore::sim::qmp {

/// The address spaces as QEMU's `info mtree -f` shows them, under the names that the board's buses know.
/// Where a target is mapped from another offset on than 0, the line ends in it.
std::string flat_view(board& shown, bus_viewer& viewer);

/// The same ranges as the tree of plain `info mtree`. Our buses do not nest, so the tree has one level.
std::string memory_tree(board& shown, bus_viewer& viewer);

} // namespace vmcore::sim::qmp
