#pragma once

#include "platform/virt/memory_map.h"

#include <cstdint>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

namespace vmcore::virt {

/// What a virt board is built from. Files are read when the board is constructed.
struct virt_config {
    struct fw_cfg_file {
        std::string name; ///< 1 to 55 bytes
        std::vector<uint8_t> bytes;
    };
    struct loader_image {
        std::string file;
        std::optional<uint64_t> address; ///< guest-physical; an ELF file needs none
        bool force_raw = false;          ///< do not look for an ELF header
    };

    uint64_t ram_size = uint64_t(128) << 20; ///< bytes, a multiple of 4096
    unsigned harts = 1;                      ///< 1 to max_harts
    std::string bios;                        ///< ELF or raw file, or "none"
    std::string kernel;                      ///< ELF, Image or raw file; empty for none
    std::string initrd;                      ///< file; empty for none
    std::string append;                      ///< /chosen/bootargs
    std::string dtb;                         ///< file; empty: the board's own device tree
    std::vector<loader_image> loader_images;
    std::vector<fw_cfg_file> fw_cfg_files;
    unsigned vmcoreinfo_devices = 0; ///< more than one is refused, as QEMU does
    std::string serial = "stdio";    ///< a back end, in QEMU's spelling of -serial
    bool nographic = false;          ///< what fw_cfg tells the guest about it

    sc_core::sc_time clock_period{1, sc_core::SC_NS};         ///< of every hart
    sc_core::sc_time quantum{10, sc_core::SC_US};             ///< how far a hart may run ahead
    bool dmi = true;                                          ///< harts and DMA use direct memory pointers
    bool block_cache = true;                                  ///< harts keep decoded instructions
    sc_core::sc_time bus_latency;                             ///< per transaction
    sc_core::sc_time ram_read_latency;                        ///< per 8-byte bus word
    sc_core::sc_time ram_write_latency;                       ///< likewise
    sc_core::sc_time rom_latency;                             ///< likewise
    sc_core::sc_time register_latency;                        ///< per access to a device register
    sc_core::sc_time serial_poll_interval{1, sc_core::SC_MS}; ///< between two looks for input
    unsigned dma_burst = 64; ///< bytes per DMA transaction where there is no DMI
};

} // namespace vmcore::virt
