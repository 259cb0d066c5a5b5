#pragma once

#include "models/dump/guest_state.h"

#include <cstdint>
#include <string>
#include <vector>

extern "C" {

/// Guest memory in the simulator's own.
struct vmcore_post_mortem_range {
    uint64_t base;       ///< guest-physical address
    uint64_t size;       ///< bytes
    const uint8_t* host; ///< all of them
};

/// Registers of a CPU that lie in a row, 8 bytes each in the host's byte order.
struct vmcore_post_mortem_registers {
    const uint64_t* first;
    uint64_t count;
};

/// Where a debugger finds the guest in a simulator that is dead or held: share/vmcore_vp_gdb.py reads it out
/// of a core file or a live process. It describes itself, because the simulator is built without debug
/// information: no name or offset of C++ is needed beside this structure, in which new fields come at the
/// end.
struct vmcore_post_mortem_block {
    char magic[16];   ///< "vmcore-vp board" and a NUL, by which it is found where there are no symbols
    uint32_t version; ///< 1; another one means that the fields below are not these
    uint32_t bytes;   ///< of this structure
    char target[16];  ///< as in qemu-system-NAME, for example "riscv64"; ends with NULs
    uint64_t ranges;  ///< how many `range` has; 0: there is no board, and the rest says nothing
    const vmcore_post_mortem_range* range; ///< ascending by base
    uint64_t cpus;
    uint64_t runs_per_cpu;
    /// `runs_per_cpu` entries for each CPU. One after the other they are its registers in the order of the
    /// target's NT_PRSTATUS, for riscv64 pc and x1 to x31.
    const vmcore_post_mortem_registers* run;
    const uint8_t* record;         ///< the 16 bytes of etc/vmcoreinfo; null: there is no such device
    const uint8_t* record_present; ///< one byte: whether the guest published them
};

/// The one global variable of the project: a debugger must find it by its name, and may find nothing else.
/// Nobody else reads it.
extern vmcore_post_mortem_block vmcore_post_mortem;
}

namespace vmcore {

/// What a board tells about itself for the time after its death. All pointers stay valid as long as the
/// board.
struct post_mortem_view {
    std::vector<std::vector<vmcore_post_mortem_registers>> cpus; ///< as many runs for each
    const uint8_t* record = nullptr;
    const bool* record_present = nullptr;
};

/// Lets debuggers find a board from the construction to the destruction of this object. Of two at a time the
/// later one is found.
class post_mortem_registration {
public:
    /// Ranges without a host pointer cannot be found and are left out.
    post_mortem_registration(const std::string& target, const std::vector<memory_range>& ranges,
                             const post_mortem_view& view);
    ~post_mortem_registration();
    post_mortem_registration(const post_mortem_registration&) = delete;
    post_mortem_registration& operator=(const post_mortem_registration&) = delete;

private:
    std::vector<vmcore_post_mortem_range> m_ranges;
    std::vector<vmcore_post_mortem_registers> m_runs;
};

} // namespace vmcore
