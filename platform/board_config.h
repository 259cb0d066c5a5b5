#pragma once

#include "models/dump/cpu_state.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

namespace vmcore {

/// What every board is built from. Files are read when the board is constructed.
struct board_config {
    struct fw_cfg_file {
        std::string name; ///< 1 to 55 bytes
        std::vector<uint8_t> bytes;
    };
    /// What -boot says; order= has no say on boards without drives.
    struct boot_settings {
        bool menu = false;
        std::optional<uint16_t> splash_time; ///< milliseconds the menu waits
        std::optional<uint16_t>
            reboot_timeout; ///< milliseconds before a reboot after a failed boot; else never
    };
    struct loader_image {
        std::string file;                 ///< empty: `address` is only where the CPU starts
        std::optional<uint64_t> address;  ///< guest-physical; an ELF file needs none
        bool force_raw = false;           ///< do not look for an ELF header
        std::optional<unsigned> cpu = {}; ///< starts there after a reset, or at the ELF file's entry
    };

    uint64_t ram_size = uint64_t(128) << 20; ///< bytes, a multiple of 4096
    unsigned cpus = 1;                       ///< harts of a board that has any; always what fw_cfg tells
    unsigned max_cpus = 1;                   ///< at least `cpus`
    std::array<uint8_t, 16> uuid{};          ///< in the order in which it is written
    boot_settings boot;
    std::vector<loader_image> loader_images;
    std::vector<fw_cfg_file> fw_cfg_files;
    std::optional<cpu_states> cpu_state;   ///< of the pc board's CPUs, which never run; none: it has no CPU
    unsigned vmcoreinfo_devices = 0;       ///< more than one is refused, as QEMU does
    std::optional<uint8_t> pvpanic_events; ///< the virt board has a pvpanic device, which tells of these
    bool strict = false;                   ///< report every use that the guest makes of a quirk of fw_cfg
    bool nographic = false;                ///< what fw_cfg tells the guest about it

    sc_core::sc_time quantum{10, sc_core::SC_US}; ///< how far an initiator may run ahead
    bool dmi = true;                              ///< harts and DMA use direct memory pointers
    sc_core::sc_time bus_latency;                 ///< per transaction
    bool ram_huge_pages = true;                   ///< RAM in host pages of 2 MiB, as QEMU has it
    sc_core::sc_time ram_read_latency;            ///< per 8-byte bus word
    sc_core::sc_time ram_write_latency;           ///< likewise
    sc_core::sc_time rom_latency;                 ///< likewise
    sc_core::sc_time register_latency;            ///< per access to a device register
    unsigned dma_burst = 64;                      ///< bytes per DMA transaction where there is no DMI
};

} // namespace vmcore
