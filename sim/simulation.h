#pragma once

#include "sim/options.h"

namespace vmcore::sim {

/// Builds the board, runs it, and writes the dumps and the summary that were asked for.
/// @returns the exit status of the simulator: the guest's finisher code, 0 when a signal ended the run
/// @throws std::runtime_error: one line for the user
int simulate(const options& wanted);

} // namespace vmcore::sim
