#pragma once

#include "models/goldfish_rtc/goldfish_rtc.h"
#include "models/riscv/isa.h"
#include "platform/board_config.h"
#include "platform/virt/memory_map.h"
#include "platform/virt/virtio_config.h"

#include <string>
#include <systemc>

namespace vmcore::virt {

/// What a virt board is built from; it has 1 to max_harts CPUs.
struct virt_config : board_config {
    std::string bios;             ///< ELF or raw file, or "none"; see firmware_files.h for QEMU's default
    std::string kernel;           ///< ELF, Image or raw file; empty for none
    std::string initrd;           ///< file; empty for none
    std::string append;           ///< /chosen/bootargs
    std::string dtb;              ///< file; empty: the board's own device tree
    bool guest_required = true;   ///< something to run must be there; else whoever controls the run brings it
    std::string serial = "stdio"; ///< a back end, in QEMU's spelling of -serial

    virtio_config virtio;

    riscv::isa isa;                                   ///< of every hart
    sc_core::sc_time clock_period{1, sc_core::SC_NS}; ///< likewise
    bool block_cache = true;                          ///< harts keep decoded instructions
    bool trap_loop_panics = true; ///< a hart that only traps at its own handler is a guest that has failed
    uint64_t rtc_start = goldfish_rtc::config().start;        ///< seconds since 1970-01-01T00:00:00 UTC
    uint64_t rng_seed = 0;                                    ///< of /chosen/rng-seed in the device tree
    sc_core::sc_time serial_poll_interval{1, sc_core::SC_MS}; ///< between two looks for input
};

} // namespace vmcore::virt
