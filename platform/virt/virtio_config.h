#pragma once

#include "models/virtio/disk_image.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

namespace vmcore::virt {

/// The devices in the virtio_mmio slots of a board.
struct virtio_config {
    struct device {
        enum class kind { block, console, entropy };

        kind what = kind::block;
        disk_image::config image; ///< of a block device
        std::string serial;       ///< of a block device: its identification
        std::string line;         ///< of a console: a back end, as -serial spells it; empty: there is no port
        std::string option;       ///< by which the user asked for the line, for messages
    };

    /// Whether a console is to have standard input and output.
    bool uses_stdio() const {
        return std::any_of(devices.begin(), devices.end(),
                           [](const device& each) { return each.line == "stdio"; });
    }

    std::vector<device> devices; ///< at most virtio_slot_count; the first gets the last slot, as in QEMU
    bool legacy = true;          ///< version 1 of virtio-mmio; else 2
    sc_core::sc_time request_latency{10, sc_core::SC_US};
    sc_core::sc_time byte_latency{1, sc_core::SC_NS};
    sc_core::sc_time poll_interval{1, sc_core::SC_MS}; ///< between two looks for a console's input
    unsigned seed = 0;                                 ///< of the bytes of entropy devices
};

} // namespace vmcore::virt
