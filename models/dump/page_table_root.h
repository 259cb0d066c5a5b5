#pragma once

#include "models/dump/arch.h"
#include "models/dump/guest_state.h"
#include "models/dump/page_table.h"
#include "models/dump/vmcoreinfo_text.h"

#include <optional>
#include <string>
#include <vector>

namespace vmcore {

/// The kernel's page tables, or why they were not found.
struct kernel_page_table {
    std::optional<page_table> table;
    std::string reason; ///< printable; empty when there is a table, or when the target's tables are not known
};

/// Finds a Linux kernel's own page tables by its VMCOREINFO (Documentation/admin-guide/kdump/vmcoreinfo.rst):
/// SYMBOL(swapper_pg_dir), and the target's keys that tell where the kernel's image is in memory. They are
/// good when they map swapper_pg_dir where it was found. Targets: riscv64, x86_64, aarch64.
kernel_page_table find_kernel_page_table(const dump_target& target, const vmcoreinfo_text& text,
                                         const guest_memory& memory);

/// The tables that the CPU's registers name: none when it does not page, or does not tell the registers.
/// riscv64 and riscv32: satp; x86_64 and i386: cr0, cr3, cr4, efer; aarch64: sctlr_el1, tcr_el1, ttbr0_el1,
/// ttbr1_el1.
std::vector<page_table> cpu_page_tables(const dump_target& target, const cpu_context& cpu);

} // namespace vmcore
