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

/// Where a note's descriptor holds a row of registers of equal width.
struct register_block {
    std::vector<uint64_t> (cpu_context::*read)() const; ///< which registers
    uint32_t offset; ///< of the first one, from the start of the descriptor
    uint32_t width;  ///< bytes a register; higher bits of a value are dropped
    uint32_t count;  ///< how many registers `read` must give
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
    uint32_t size;                      ///< bytes of the descriptor
    std::optional<uint32_t> pid_offset; ///< where the 4-byte pr_pid is; it is the CPU's index plus one
    register_block registers;
    std::vector<constant_field> constants;
};

/// What a dump must know about an architecture. A new architecture is a new row in arch.cpp.
struct dump_target {
    const char* name; ///< as in qemu-system-NAME
    elf_class file_class;
    byte_order order;
    uint16_t machine; ///< e_machine

    /// The key of the VMCOREINFO line that tells where physical memory or the kernel starts; null: none
    /// does.
    const char* phys_base_key;

    /// All CPUs' notes of a group come before the next group's; in a group they come CPU by CPU.
    std::vector<std::vector<cpu_note_layout>> note_groups;
};

/// Every target there is.
const std::vector<dump_target>& dump_targets();

/// The target of that name. Throws std::runtime_error that lists the names when there is none.
const dump_target& find_dump_target(std::string_view name);

} // namespace vmcore
