#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore::virt {

/// What the device tree says beyond the fixed memory map.
struct device_tree_options {
    uint64_t ram_size = 0; ///< bytes
    unsigned harts = 1;
    std::string isa = "rv64imac_zicntr_zicsr_zifencei"; ///< riscv,isa: base and single letters, then _zname
    std::vector<std::string> isa_extensions{"i", "m", "a", "c", "zicntr", "zicsr", "zifencei"};
    std::string mmu_type = "riscv,none"; ///< or riscv,sv39 and so on
    unsigned cbom_block_size = 0;        ///< bytes of a block of Zicbom; 0: the harts do not have it
    unsigned cbop_block_size = 0;        ///< likewise, Zicbop
    unsigned cboz_block_size = 0;        ///< likewise, Zicboz
    std::string bootargs;                ///< /chosen/bootargs; none when empty
    uint64_t initrd_start = 0;           ///< /chosen/linux,initrd-start and -end; none when equal
    uint64_t initrd_end = 0;
    uint64_t rng_seed = 0; ///< of the 32 bytes of /chosen/rng-seed, which QEMU draws anew for every run
};

/// A flattened device tree of the board (Devicetree Specification 0.4, chapter 5) with the nodes and
/// properties that QEMU gives the same devices.
std::vector<uint8_t> build_device_tree(const device_tree_options& options);

/// A user's device tree with bootargs and initrd put into /chosen, or unchanged when options has neither.
/// @param name option and file, for messages
/// @throws std::runtime_error when it is not a device tree
std::vector<uint8_t> amend_device_tree(const std::string& name, std::vector<uint8_t> blob,
                                       const device_tree_options& options);

} // namespace vmcore::virt
