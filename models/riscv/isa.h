#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vmcore::riscv {

/// The widest virtual addresses that a hart translates (privileged ISA, chapters "Sv39" to "Sv57").
enum class virtual_memory : uint8_t { bare, sv39, sv48, sv57 };

/// What an RV64 hart implements besides the base instruction set, Zicsr and Zifencei. The member functions
/// give the names by which guests learn of it.
struct isa {
    bool m = true;
    bool a = true;
    bool f = true;
    bool d = true; ///< needs f
    bool c = true;
    bool s = true; ///< supervisor mode; needs u
    bool u = true;
    bool zicntr = true; ///< cycle, time and instret
    bool zicbom = true; ///< cbo.clean, cbo.flush, cbo.inval
    bool zicboz = true; ///< cbo.zero
    bool zba = true;
    bool zbb = true;
    bool zbs = true;
    bool sstc = true;                                  ///< stimecmp
    bool svadu = true;                                 ///< A and D bits are set by the hart, from reset on
    bool pmp = true;                                   ///< 16 regions
    virtual_memory translation = virtual_memory::sv57; ///< bare without s

    static constexpr unsigned cache_block_bytes = 64; ///< of the cbo instructions

    uint64_t misa() const;
    /// riscv,isa of the device tree: "rv64imafdc_zicbom_...".
    std::string name() const;
    /// riscv,isa-extensions of the device tree, in the order of name().
    std::vector<std::string> extensions() const;
    /// mmu-type of the device tree: "riscv,sv57"; "riscv,none" without translation.
    std::string mmu_type() const;
};

} // namespace vmcore::riscv
