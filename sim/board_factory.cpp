#include "sim/board_factory.h"

#include "platform/pc/pc_board.h"
#include "platform/virt/virt_board.h"

namespace vmcore::sim {

std::unique_ptr<board> make_board(const options& wanted, power_control& power) {
    if (wanted.machine == machine_type::pc)
        return std::make_unique<pc::pc_board>("pc", wanted.board);
    return std::make_unique<virt::virt_board>("virt", wanted.board, power);
}

} // namespace vmcore::sim
