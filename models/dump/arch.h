#pragma once

#include "models/dump/byte_sink.h"
#include "models/dump/guest_state.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vmcore {

/// EI_CLASS of an ELF file.
enum class elf_class : uint8_t { elf32 = 1, elf64 = 2 };

/// Where a note's descriptor holds a register.
struct register_field {
    std::string name; ///< as cpu_context::register_value() knows it; a register that a CPU has not is zero
    uint32_t offset;  ///< from the start of the descriptor
    uint32_t width;   ///< bytes, 1 to 8; higher bits of a value are dropped
};

/// A number that is the same in every note, for example a "floating point is valid" flag.
struct constant_field {
    uint32_t offset;
    uint32_t width;
    uint64_t value;
};

/// One ELF note about one CPU. What no member names is zero.
struct cpu_note_layout {
    const char* owner;                  ///< name of the note, for example "CORE"
    uint32_t type;                      ///< n_type, for example NT_PRSTATUS
    uint32_t size;                      ///< bytes of the descriptor; 0 where `build` makes it
    std::optional<uint32_t> pid_offset; ///< where the 4-byte pr_pid is; it is the CPU's index plus one
    std::vector<register_field> registers;
    std::vector<constant_field> constants;

    /// Makes a descriptor that tells its own length, instead of the fields above; null: they say it all. Such
    /// a note is ours, and QEMU's layout goes without it, as does a CPU that has nothing to put there (the
    /// descriptor is then empty).
    std::vector<uint8_t> (*build)(const cpu_context& cpu, size_t index, byte_order order) = nullptr;

    /// The register without which a CPU has no such note; null: every CPU has one. A note that may be missing
    /// is ours as well.
    const char* needed_register = nullptr;

    bool is_ours() const { return build != nullptr || needed_register != nullptr; }
};

/// What a dump must know about an architecture. A new architecture is a new row in arch.cpp.
struct dump_target {
    const char* name; ///< as in qemu-system-NAME, or a variant of it
    elf_class file_class;
    byte_order order;
    uint16_t machine; ///< e_machine

    /// ELF64 as soon as memory ends above 4 GiB, whatever file_class says.
    bool widens;

    const char* uts_machine; ///< what a Linux kernel tells in utsname.machine

    /// Bytes of a page in a kdump file of QEMU's layout.
    uint32_t qemu_page_size;
    /// Bytes that a page of a guest may have, one of which is a page in a kdump file of ours: the one that
    /// VMCOREINFO tells, else the first.
    std::vector<uint32_t> page_sizes;

    /// The key of the VMCOREINFO line that tells where physical memory or the kernel starts; null: none
    /// does.
    const char* phys_base_key;
    bool qemu_reads_phys_base; ///< QEMU looks for phys_base_key as well

    /// All CPUs' notes of a group come before the next group's; in a group they come CPU by CPU.
    std::vector<std::vector<cpu_note_layout>> note_groups;
};

/// Every target there is.
const std::vector<dump_target>& dump_targets();

/// The target of that name. Throws std::runtime_error that lists the names when there is none.
const dump_target& find_dump_target(std::string_view name);

/// The target with the ELF class that these ranges need.
dump_target target_for(const dump_target& target, const std::vector<memory_range>& ranges);

} // namespace vmcore
