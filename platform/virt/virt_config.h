#pragma once

#include "models/riscv/isa.h"
#include "platform/board_config.h"
#include "platform/virt/memory_map.h"

#include <string>
#include <systemc>

namespace vmcore::virt {

/// What a virt board is built from; it has 1 to max_harts CPUs.
struct virt_config : board_config {
    std::string bios;             ///< ELF or raw file, or "none"
    std::string kernel;           ///< ELF, Image or raw file; empty for none
    std::string initrd;           ///< file; empty for none
    std::string append;           ///< /chosen/bootargs
    std::string dtb;              ///< file; empty: the board's own device tree
    bool guest_required = true;   ///< something to run must be there; else whoever controls the run brings it
    std::string serial = "stdio"; ///< a back end, in QEMU's spelling of -serial

    riscv::isa isa;                                           ///< of every hart
    sc_core::sc_time clock_period{1, sc_core::SC_NS};         ///< likewise
    bool block_cache = true;                                  ///< harts keep decoded instructions
    sc_core::sc_time serial_poll_interval{1, sc_core::SC_MS}; ///< between two looks for input
};

} // namespace vmcore::virt
