// The table of targets.
//
// A riscv NT_PRSTATUS is Linux's struct elf_prstatus of that XLEN: siginfo, signals, ids and times, then the
// general registers (pc, x1 to x31), then pr_fpvalid padded to a long. Readers know it by its size: 376 bytes
// on riscv64 (gdb and eu-readelf silently drop the registers of any other), 204 on riscv32. That of x86_64 is
// made the same way around its 27 user registers, 336 bytes. QEMU adds a note of its own there with control
// registers and segments, which no CPU here can tell; without it a reader knows the general registers only.

#include "models/dump/arch.h"

#include <stdexcept>

namespace vmcore {

namespace {

constexpr uint16_t em_x86_64 = 62;
constexpr uint16_t em_riscv = 243;
constexpr uint32_t nt_prstatus = 1;

cpu_note_layout prstatus(uint32_t size, uint32_t pid_offset, register_block registers) {
    return {"CORE", nt_prstatus, size, pid_offset, registers, {}};
}

// The physical address that Linux prints as the start of RAM, decimal; crash, makedumpfile and kdump headers
// use it.
constexpr const char* riscv_phys_base = "NUMBER(phys_ram_base)";
// How far the kernel was loaded from where it was linked for, decimal and perhaps negative.
constexpr const char* x86_64_phys_base = "NUMBER(phys_base)";

} // namespace

const std::vector<dump_target>& dump_targets() {
    static const std::vector<dump_target> targets = {
        {"riscv64",
         elf_class::elf64,
         byte_order::little,
         em_riscv,
         riscv_phys_base,
         {{prstatus(376, 32, {&cpu_context::general_registers, 112, 8, 32})}}},
        {"riscv32",
         elf_class::elf32,
         byte_order::little,
         em_riscv,
         riscv_phys_base,
         {{prstatus(204, 24, {&cpu_context::general_registers, 72, 4, 32})}}},
        {"x86_64",
         elf_class::elf64,
         byte_order::little,
         em_x86_64,
         x86_64_phys_base,
         {{prstatus(336, 32, {&cpu_context::general_registers, 112, 8, 27})}}},
    };
    return targets;
}

const dump_target& find_dump_target(std::string_view name) {
    std::string known;
    for (const dump_target& target : dump_targets()) {
        if (name == target.name)
            return target;
        known += (known.empty() ? "" : ", ") + std::string(target.name);
    }
    throw std::runtime_error("unknown dump target '" + std::string(name) + "': expected one of " + known);
}

} // namespace vmcore
