#include "sim/board_factory.h"

#include "platform/virt/virt_board.h"

namespace vmcore::sim {

std::unique_ptr<board> make_board(const options& wanted, power_control& power) {
    return std::make_unique<virt::virt_board>("virt", wanted.board, power);
}

} // namespace vmcore::sim
