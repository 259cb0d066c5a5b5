#pragma once

#include "models/dump/arch.h"
#include "models/dump/core_mapping.h"
#include "models/dump/guest_state.h"
#include "models/dump/vmcoreinfo_text.h"

#include <string>
#include <vector>

namespace vmcore {

/// The PT_LOADs of an ELF core, in the order they should stand there: readers take the first or the last one
/// that fits. But in QEMU's plan, every byte of the ranges is in at least one.
struct mapping_plan {
    std::vector<core_mapping> mappings;
    std::vector<std::string> warnings; ///< what is missing, and why
};

/// All memory at its physical addresses.
std::vector<core_mapping> map_physical(const std::vector<memory_range>& ranges);

/// Whether the text is a Linux kernel's, as debuggers ask: it has OSRELEASE and SYMBOL(swapper_pg_dir).
bool names_linux_kernel(const vmcoreinfo_text& text);

/// Memory as the Linux kernel sees it: each of the `ranges` at its address in the linear map, or at its
/// physical one if it is not there, then what else the kernel's page tables show of them, one mapping for
/// each contiguous run. When the tables cannot be found, all memory is at its physical addresses and a
/// warning says why; a target without known tables needs no warning.
mapping_plan map_kernel(const dump_target& target, const vmcoreinfo_text& text, const guest_memory& memory,
                        const std::vector<memory_range>& ranges);

/// Memory as the CPUs see it at this moment, one mapping for each contiguous run of their page tables, by
/// physical address; then at its physical addresses what none of them sees.
mapping_plan map_cpus(const dump_target& target, const std::vector<const cpu_context*>& cpus,
                      const guest_memory& memory, const std::vector<memory_range>& ranges);

/// What QEMU 10 makes of paging=true: it walks the tables of x86 CPUs only, leaves out what they do not show,
/// and takes 64-bit addresses of the lower half for ones of the upper half.
mapping_plan map_cpus_as_qemu(const dump_target& target, const std::vector<const cpu_context*>& cpus,
                              const guest_memory& memory, const std::vector<memory_range>& ranges);

} // namespace vmcore
