#pragma once

#include "models/test_finisher/power_control.h"
#include "platform/board.h"
#include "sim/options.h"

#include <memory>

namespace vmcore::sim {

/// The board that the command line asks for.
/// @param power told when a guest powers off, fails or resets itself
/// @throws std::runtime_error naming the option and the file that cannot be used
std::unique_ptr<board> make_board(const options& wanted, power_control& power);

} // namespace vmcore::sim
